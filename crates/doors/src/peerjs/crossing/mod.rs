//! A PeerJS client calls a native person: one call from its offer to its end.
//!
//! Towards the PeerJS clients this is a peer whose id is the person's number; towards the hub a page that dials. The offer
//! is held until somebody answers, so nothing of either side is told before. What PeerJS has no word for does not cross:
//! a second offer of the native page (a shared screen, or a new path after the network changed).

mod stream;

use std::collections::VecDeque;

use bytes::Bytes;
use magpie_hub::{CallId, Command, Media, Millis, Request, RequestBody, Signal};
use serde_json::{Value, json};

use self::stream::{Received, Stream};

/// One call from a PeerJS client to a number.
#[derive(Debug)]
pub struct Crossing {
    number: String,
    call: CallId,
    state: State,
    caller: Option<Caller>,
    stream: Stream,
    /// Whether the page that answered is connected.
    there: bool,
    /// When what was held for too long ends the call.
    until: Option<Millis>,
    /// When to give the hub a sign of life, and to say again what was not acknowledged.
    beat: Millis,
    steps: VecDeque<Step>,
}

/// What is to be done for a call, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Connect to the hub as a page of this PeerJS client.
    Introduce {
        /// Its id.
        peer: String,
    },
    /// Hand the hub a command of that page.
    Ask(Command),
    /// Say this as the peer that has the number for its id.
    Say(String),
    /// Tell a PeerJS client that the number is not available.
    Expire {
        /// Its id.
        peer: String,
    },
    /// The call is over; so is this.
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nobody has called yet.
    Idle,
    /// The hub is not asked yet, or has not answered.
    Ringing,
    Active,
    Over,
}

/// Who calls, and with which of its connections.
#[derive(Debug)]
struct Caller {
    peer: String,
    connection: Value,
    offer: String,
    /// Candidates that came while it rang.
    candidates: Vec<Value>,
}

impl Crossing {
    /// A call to a number, of which nothing is known yet.
    #[must_use]
    pub fn new(now: Millis, seed: [u8; 32], number: &str) -> Self {
        let [a, b, c, d, rest @ ..] = seed;
        let mut call = [0; 16];
        for (to, from) in call.iter_mut().zip(rest) {
            *to = from;
        }
        let epoch = (u32::from_le_bytes([a, b, c, d]) & 0x7fff_ffff).max(1);
        Self {
            number: number.to_owned(),
            call: CallId(call),
            state: State::Idle,
            caller: None,
            stream: Stream::new(epoch),
            there: false,
            until: Some(now.after(OFFER_MS)),
            beat: now.after(BEAT_MS),
            steps: VecDeque::new(),
        }
    }

    /// Takes a message of the PeerJS side.
    pub fn handle_peer(&mut self, text: &[u8]) {
        let message: Value = serde_json::from_slice(text).unwrap_or_default();
        let field = |name: &str| {
            message
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let payload = message.get("payload").unwrap_or(&Value::Null);
        match (field("type"), field("src")) {
            ("OFFER", peer) => self.offered(peer, payload),
            ("CANDIDATE", peer) if self.is_caller(peer, payload) => self.candidate(payload),
            ("LEAVE" | "EXPIRE", peer) if self.peer() == Some(peer) => self.hang_up(),
            _ => (),
        }
    }

    /// Takes a message of the hub, in the native protocol.
    pub fn handle_hub(&mut self, now: Millis, text: &[u8]) {
        let event: Value = serde_json::from_slice(text).unwrap_or_default();
        match event.get("t").and_then(Value::as_str).unwrap_or_default() {
            "welcome" => self.dial(),
            "error" if event.get("n") != Some(&PROFILE.into()) => self.fail(),
            "call" => self.viewed(event.get("call").unwrap_or(&Value::Null)),
            "signal" => self.signalled(now, &event),
            _ => (),
        }
    }

    /// The caller is gone from the PeerJS side, or the connection to the hub is.
    pub fn hang_up(&mut self) {
        if matches!(self.state, State::Ringing | State::Active) {
            let body = RequestBody::Hangup { call: self.call };
            self.ask(HANG_UP, body);
        }
        self.leave();
        self.end();
    }

    /// The caller may not call: it is told that the number is not available.
    pub fn refuse(&mut self) {
        self.fail();
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Millis) {
        if self.until.is_some_and(|until| until <= now) {
            return self.hang_up();
        }
        if self.beat <= now {
            self.beat = now.after(BEAT_MS);
            self.say_again();
            self.steps
                .push_back(Step::Ask(Command::Sync(vec![(self.call, 0)])));
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called next.
    #[must_use]
    pub fn poll_timeout(&self) -> Millis {
        self.until.map_or(self.beat, |until| until.min(self.beat))
    }

    /// The next thing to be done outside.
    pub fn poll_step(&mut self) -> Option<Step> {
        self.steps.pop_front()
    }

    /// The PeerJS client that calls.
    #[must_use]
    pub fn peer(&self) -> Option<&str> {
        self.caller.as_ref().map(|caller| caller.peer.as_str())
    }

    fn offered(&mut self, peer: &str, payload: &Value) {
        if self.peer() == Some(peer) {
            return;
        }
        let sdp = payload.pointer("/sdp/sdp").and_then(Value::as_str);
        let offer = sdp.filter(|sdp| payload["type"] == "media" && has_sound_and_picture(sdp));
        let (Some(offer), State::Idle) = (offer, self.state) else {
            return self.steps.push_back(Step::Expire {
                peer: peer.to_owned(),
            });
        };
        self.caller = Some(Caller {
            peer: peer.to_owned(),
            connection: payload["connectionId"].clone(),
            offer: offer.to_owned(),
            candidates: Vec::new(),
        });
        self.state = State::Ringing;
        self.until = None;
        self.steps.push_back(Step::Introduce {
            peer: peer.to_owned(),
        });
    }

    fn is_caller(&self, peer: &str, payload: &Value) -> bool {
        let caller = self.caller.as_ref();
        caller.is_some_and(|caller| {
            caller.peer == peer && caller.connection == payload["connectionId"]
        })
    }

    fn candidate(&mut self, payload: &Value) {
        let candidate = payload["candidate"].clone();
        if self.state == State::Active {
            return self.signal(json!({ "candidate": candidate }));
        }
        if let Some(caller) = &mut self.caller
            && caller.candidates.len() < CANDIDATES
        {
            caller.candidates.push(candidate);
        }
    }

    fn dial(&mut self) {
        let name = self.peer().unwrap_or_default().to_owned();
        let profile = RequestBody::Profile {
            name: Some(name),
            handle: magpie_hub::HandleChange::Keep,
        };
        self.ask(PROFILE, profile);
        let dial = RequestBody::Dial {
            call: self.call,
            to: self.number.clone(),
            media: Media::Video,
        };
        self.ask(DIAL, dial);
    }

    fn viewed(&mut self, view: &Value) {
        if view["id"] != self.call.to_string().as_str() {
            return;
        }
        match (view["state"].as_str().unwrap_or_default(), self.state) {
            ("active", State::Ringing) => self.answered(),
            ("active", State::Active) => {
                let there = view["peerHere"] == true;
                if there && !self.there {
                    self.say_again();
                }
                self.there = there;
            }
            // A PeerJS client that has no answer yet passes `LEAVE` over; the error it shows.
            ("ended", State::Ringing) => self.fail(),
            ("ended", _) => {
                self.leave();
                self.end();
            }
            _ => (),
        }
    }

    /// Somebody answered: what was held goes out.
    fn answered(&mut self) {
        self.state = State::Active;
        self.there = true;
        let Some(caller) = &mut self.caller else {
            return;
        };
        let candidates = std::mem::take(&mut caller.candidates);
        let offer = json!({ "type": "offer", "sdp": caller.offer });
        self.signal(json!({ "description": offer }));
        self.signal(json!({ "state": { "audio": true, "video": true, "screen": false } }));
        for candidate in candidates {
            self.signal(json!({ "candidate": candidate }));
        }
    }

    fn signalled(&mut self, now: Millis, signal: &Value) {
        let data = match self.stream.receive(signal) {
            Received::Take(data) => data,
            Received::Pass => return,
            // The page has nothing of the connection any more, and a PeerJS client cannot be asked for another.
            Received::Fresh => return self.hang_up(),
        };
        let acknowledgement = self.stream.acknowledgement();
        self.forward(acknowledgement);
        match (data.get("description"), data.get("candidate")) {
            (Some(description), _) if description["type"] == "answer" => {
                let sdp = description["sdp"].as_str().unwrap_or_default();
                let answer = json!({ "type": "answer", "sdp": with_a_stream(sdp) });
                self.say("ANSWER", json!({ "sdp": answer, "browser": "magpie" }));
            }
            (Some(description), _) if self.restarts(description) => {
                self.until = Some(now.after(RESTART_MS));
            }
            (_, Some(candidate)) if candidate.is_object() => {
                self.say("CANDIDATE", json!({ "candidate": candidate }));
            }
            _ => (),
        }
    }

    /// Whether an offer is for another path: the media no longer arrive, most likely since the caller hung up, which
    /// PeerJS clients tell each other by closing the connection only.
    fn restarts(&self, description: &Value) -> bool {
        let sdp = description["sdp"].as_str().unwrap_or_default();
        description["type"] == "offer" && !sdp.contains("a=recvonly") && !sdp.contains("a=sendonly")
    }

    fn fail(&mut self) {
        if let Some(peer) = self.peer() {
            let peer = peer.to_owned();
            self.steps.push_back(Step::Expire { peer });
        }
        self.leave();
        self.end();
    }

    fn leave(&mut self) {
        if self.state != State::Over
            && let Some(peer) = self.peer()
        {
            let leave = json!({ "type": "LEAVE", "dst": peer });
            self.steps.push_back(Step::Say(leave.to_string()));
        }
    }

    fn end(&mut self) {
        if self.state != State::Over {
            self.state = State::Over;
            self.steps.push_back(Step::End);
        }
    }

    fn say(&mut self, kind: &str, mut payload: Value) {
        let Some(caller) = &self.caller else {
            return;
        };
        if let Some(object) = payload.as_object_mut() {
            object.insert("type".into(), "media".into());
            object.insert("connectionId".into(), caller.connection.clone());
        }
        let message = json!({ "type": kind, "dst": caller.peer, "payload": payload });
        self.steps.push_back(Step::Say(message.to_string()));
    }

    fn signal(&mut self, data: Value) {
        let signal = self.stream.push(data);
        self.forward(signal);
    }

    fn say_again(&mut self) {
        for signal in self.stream.again() {
            self.forward(signal);
        }
    }

    fn forward(&mut self, mut signal: Value) {
        if let Some(object) = signal.as_object_mut() {
            object.insert("call".into(), self.call.to_string().into());
        }
        let signal = Signal {
            call: self.call,
            frame: Bytes::from(signal.to_string()),
        };
        self.steps.push_back(Step::Ask(Command::Signal(signal)));
    }

    fn ask(&mut self, n: u64, body: RequestBody) {
        let request = Request { n, body };
        self.steps.push_back(Step::Ask(Command::Request(request)));
    }
}

/// The native page lays its sound and picture on what the offer brings.
fn has_sound_and_picture(sdp: &str) -> bool {
    sdp.contains("\nm=audio ") && sdp.contains("\nm=video ")
}

/// The same description with its tracks in a stream: the native page puts them in none, and PeerJS clients show streams.
///
/// # Spec
/// RFC 8830 section 2: `-` stands for no stream.
fn with_a_stream(sdp: &str) -> String {
    sdp.replace("\na=msid:- ", "\na=msid:magpie ")
}

/// The numbers of our requests.
const PROFILE: u64 = 1;
const DIAL: u64 = 2;
const HANG_UP: u64 = 3;

/// Candidates held while it rings.
const CANDIDATES: usize = 64;

/// How long to wait for the offer that began it, milliseconds.
const OFFER_MS: u64 = 1_000;

/// Between two signs of life for the hub, milliseconds.
const BEAT_MS: u64 = 5_000;

/// How long a path that broke may take to heal by itself, milliseconds.
const RESTART_MS: u64 = 10_000;

#[cfg(test)]
mod tests;
