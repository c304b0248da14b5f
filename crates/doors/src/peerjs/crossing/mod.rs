//! Calls between PeerJS clients and native people: each from its offer to its end.
//!
//! Towards the PeerJS clients this is a peer whose id is the person's number; towards the hub a page of the PeerJS client.
//! [`Crossing`] is a call to a person: the offer is held until somebody answers, so nothing of either side is told before.
//! [`Outward`] is a call of a person. What PeerJS has no word for does not cross: a second offer of the native page (a
//! shared screen, or a new path after the network changed).

mod line;
mod outward;
mod stream;

use magpie_hub::{Command, Media, Millis, RequestBody};
use serde_json::{Value, json};

use self::line::Line;
pub use self::outward::Outward;
use self::stream::Received;

/// One call from a PeerJS client to a number.
#[derive(Debug)]
pub struct Crossing {
    number: String,
    state: State,
    caller: Option<Caller>,
    line: Line,
}

/// What carries either kind of call needs of it.
pub trait Across {
    /// Takes a message of the PeerJS side.
    fn handle_peer(&mut self, now: Millis, text: &[u8]);

    /// Takes a message of the hub, in the native protocol.
    fn handle_hub(&mut self, now: Millis, text: &[u8]);

    /// The PeerJS client is gone, or the connection to the hub is.
    fn hang_up(&mut self);

    /// The PeerJS client may not call: it is told that the number is not available.
    fn refuse(&mut self);

    /// Does what is due at `now`.
    fn handle_timeout(&mut self, now: Millis);

    /// When [`handle_timeout`](Self::handle_timeout) is to be called next.
    fn poll_timeout(&self) -> Millis;

    /// The next thing to be done outside.
    fn poll_step(&mut self) -> Option<Step>;

    /// The PeerJS client of the call.
    fn peer(&self) -> Option<&str>;
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
    /// The hub has told who the page's person is.
    Known {
        /// Their id.
        person: String,
        /// Their number.
        number: String,
    },
    /// Join the PeerJS clients as the peer that has this number for its id.
    Appear {
        /// The number.
        number: String,
    },
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
        Self {
            number: number.to_owned(),
            state: State::Idle,
            caller: None,
            line: Line::new(now, seed, OFFER_MS),
        }
    }

    fn offered(&mut self, peer: &str, payload: &Value) {
        if self.peer() == Some(peer) {
            return;
        }
        let sdp = payload.pointer("/sdp/sdp").and_then(Value::as_str);
        let offer = sdp.filter(|sdp| payload["type"] == "media" && has_sound_and_picture(sdp));
        let (Some(offer), State::Idle) = (offer, self.state) else {
            return self.line.push(Step::Expire {
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
        self.line.until = None;
        self.line.push(Step::Introduce {
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
            return self.line.signal(json!({ "candidate": candidate }));
        }
        if let Some(caller) = &mut self.caller
            && caller.candidates.len() < CANDIDATES
        {
            caller.candidates.push(candidate);
        }
    }

    fn dial(&mut self, welcome: &Value) {
        let name = self.peer().unwrap_or_default().to_owned();
        self.line.introduce(&name, welcome);
        let dial = RequestBody::Dial {
            call: self.line.call,
            to: self.number.clone(),
            media: Media::Video,
        };
        self.line.ask(DIAL, dial);
    }

    /// The hub has made a call of the dial; another than ours when the person has called meanwhile.
    fn dialled(&mut self, ok: &Value) {
        if ok["n"] == DIAL && ok["call"] != self.line.call.to_string().as_str() {
            self.fail();
        }
    }

    fn viewed(&mut self, view: &Value) {
        if view["id"] != self.line.call.to_string().as_str() {
            return;
        }
        match (view["state"].as_str().unwrap_or_default(), self.state) {
            ("active", State::Ringing) => self.answered(),
            ("active", State::Active) => self.line.note_presence(view["peerHere"] == true),
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
        self.line.note_presence(true);
        let Some(caller) = &mut self.caller else {
            return;
        };
        let candidates = std::mem::take(&mut caller.candidates);
        let offer = json!({ "type": "offer", "sdp": caller.offer });
        self.line.signal(json!({ "description": offer }));
        self.line
            .signal(json!({ "state": { "audio": true, "video": true, "screen": false } }));
        for candidate in candidates {
            self.line.signal(json!({ "candidate": candidate }));
        }
    }

    fn signalled(&mut self, now: Millis, signal: &Value) {
        let data = match self.line.receive(signal) {
            Received::Take(data) => data,
            Received::Pass => return,
            // The page has nothing of the connection any more, and a PeerJS client cannot be asked for another.
            Received::Fresh => return self.hang_up(),
        };
        match (data.get("description"), data.get("candidate")) {
            (Some(description), _) if description["type"] == "answer" => {
                let sdp = description["sdp"].as_str().unwrap_or_default();
                let answer = json!({ "type": "answer", "sdp": with_a_stream(sdp) });
                self.say("ANSWER", json!({ "sdp": answer, "browser": "magpie" }));
            }
            (Some(description), _) if restarts(description) => {
                self.line.until = Some(now.after(RESTART_MS));
            }
            (_, Some(candidate)) if candidate.is_object() => {
                self.say("CANDIDATE", json!({ "candidate": candidate }));
            }
            _ => (),
        }
    }

    fn fail(&mut self) {
        if let Some(peer) = self.peer() {
            let peer = peer.to_owned();
            self.line.push(Step::Expire { peer });
        }
        self.leave();
        self.end();
    }

    fn leave(&mut self) {
        if self.state != State::Over
            && let Some(caller) = &self.caller
        {
            self.line.leave(&caller.peer);
        }
    }

    fn end(&mut self) {
        if self.state != State::Over {
            self.state = State::Over;
            self.line.push(Step::End);
        }
    }

    fn say(&mut self, kind: &str, payload: Value) {
        if let Some(caller) = &self.caller {
            self.line
                .say(kind, &caller.peer, &caller.connection, payload);
        }
    }
}

impl Across for Crossing {
    fn handle_peer(&mut self, _: Millis, text: &[u8]) {
        let message: Value = serde_json::from_slice(text).unwrap_or_default();
        let payload = line::part(&message, "payload");
        match (line::field(&message, "type"), line::field(&message, "src")) {
            ("OFFER", peer) => self.offered(peer, payload),
            ("CANDIDATE", peer) if self.is_caller(peer, payload) => self.candidate(payload),
            ("LEAVE" | "EXPIRE", peer) if self.peer() == Some(peer) => self.hang_up(),
            _ => (),
        }
    }

    fn handle_hub(&mut self, now: Millis, text: &[u8]) {
        let event: Value = serde_json::from_slice(text).unwrap_or_default();
        match line::field(&event, "t") {
            "welcome" => self.dial(&event),
            "ok" => self.dialled(&event),
            "error" if *line::part(&event, "n") != line::PROFILE => self.fail(),
            "call" => self.viewed(line::part(&event, "call")),
            "signal" => self.signalled(now, &event),
            _ => (),
        }
    }

    fn hang_up(&mut self) {
        if matches!(self.state, State::Ringing | State::Active) {
            self.line.hang_up();
        }
        self.leave();
        self.end();
    }

    fn refuse(&mut self) {
        self.fail();
    }

    fn handle_timeout(&mut self, now: Millis) {
        match self.line.is_overdue(now) {
            true => self.hang_up(),
            false => self.line.handle_timeout(now),
        }
    }

    fn poll_timeout(&self) -> Millis {
        self.line.poll_timeout()
    }

    fn poll_step(&mut self) -> Option<Step> {
        self.line.poll_step()
    }

    fn peer(&self) -> Option<&str> {
        self.caller.as_ref().map(|caller| caller.peer.as_str())
    }
}

/// Whether an offer is for another path: the media no longer arrive, most likely since the PeerJS client hung up, which
/// those tell each other by closing the connection only.
fn restarts(description: &Value) -> bool {
    let sdp = description["sdp"].as_str().unwrap_or_default();
    description["type"] == "offer" && !sdp.contains("a=recvonly") && !sdp.contains("a=sendonly")
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

/// The number of our dial among our requests.
const DIAL: u64 = 2;

/// Candidates held until there is somebody to tell them.
const CANDIDATES: usize = 64;

/// How long to wait for the offer that began it, milliseconds.
const OFFER_MS: u64 = 1_000;

/// How long a path that broke may take to heal by itself, milliseconds.
const RESTART_MS: u64 = 10_000;

#[cfg(test)]
mod tests;
