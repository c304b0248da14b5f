//! A native person calls a PeerJS client.

use magpie_hub::{CallId, Media, Millis, RequestBody};
use serde_json::{Value, json};

use super::line::{Line, PROFILE, field, part};
use super::stream::Received;
use super::{Across, CANDIDATES, RESTART_MS, Step, restarts, with_a_stream};

/// One call of a native person to a PeerJS client.
///
/// PeerJS has no ringing: its offer is the ring, and its answer means that somebody took the call. A native page makes its
/// offer when a call is answered, so the call is answered towards the hub as soon as it rings, and ends if the PeerJS
/// client does not answer in its turn.
#[derive(Debug)]
pub struct Outward {
    peer: String,
    connection: Value,
    state: State,
    line: Line,
    /// Candidates of the PeerJS client that came before its answer.
    candidates: Vec<Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nobody has dialled yet.
    Idle,
    /// The native page has yet to offer.
    Accepted,
    /// The PeerJS client has yet to answer.
    Offered,
    Active,
    Over,
}

impl Outward {
    /// A page of the PeerJS client `peer`, for somebody who is about to dial it.
    #[must_use]
    pub fn new(now: Millis, seed: [u8; 32], peer: &str) -> Self {
        let mut line = Line::new(now, seed, DIAL_MS);
        line.push(Step::Introduce {
            peer: peer.to_owned(),
        });
        Self {
            peer: peer.to_owned(),
            // As PeerJS clients name theirs; as random as the call's id is.
            connection: format!("mc_{}", line.call).into(),
            state: State::Idle,
            line,
            candidates: Vec::new(),
        }
    }

    fn welcomed(&mut self, now: Millis, welcome: &Value) {
        self.line.introduce(&self.peer, welcome);
        for view in welcome["calls"].as_array().into_iter().flatten() {
            self.viewed(now, view);
        }
    }

    fn viewed(&mut self, now: Millis, view: &Value) {
        if self.state == State::Idle {
            return self.rung(now, view);
        }
        if field(view, "id") != self.line.call.to_string() {
            return;
        }
        match field(view, "state") {
            "active" => self.line.note_presence(view["peerHere"] == true),
            "ended" => self.end(),
            _ => (),
        }
    }

    /// Somebody dials: the call is answered, so that their page makes its offer.
    fn rung(&mut self, now: Millis, view: &Value) {
        let call: Option<CallId> = field(view, "id").parse().ok();
        let number = part(part(view, "peer"), "number").as_str();
        let (Some(call), Some(number), "ringing", "callee") =
            (call, number, field(view, "state"), field(view, "role"))
        else {
            return;
        };
        self.line.call = call;
        self.state = State::Accepted;
        self.line.until = Some(now.after(OFFER_MS));
        self.line.push(Step::Appear {
            number: number.to_owned(),
        });
        let media = Media::Video;
        self.line.ask(ACCEPT, RequestBody::Accept { call, media });
    }

    fn signalled(&mut self, now: Millis, signal: &Value) {
        let data = match self.line.receive(signal) {
            Received::Take(data) => data,
            Received::Pass => return,
            // A page that was loaded again would need an offer of ours.
            Received::Fresh => return self.hang_up(),
        };
        match (data.get("description"), data.get("candidate")) {
            (Some(description), _) if self.state == State::Accepted => {
                self.offer(now, description);
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

    fn offer(&mut self, now: Millis, description: &Value) {
        self.state = State::Offered;
        self.line.until = Some(now.after(ANSWER_MS));
        let offer = json!({ "type": "offer", "sdp": with_a_stream(field(description, "sdp")) });
        self.say("OFFER", json!({ "sdp": offer, "browser": "magpie" }));
    }

    fn answered(&mut self, answer: &Value) {
        let sdp = field(answer, "sdp");
        if self.state != State::Offered || sdp.is_empty() {
            return;
        }
        self.state = State::Active;
        self.line.until = None;
        let state =
            json!({ "audio": sends(sdp, "audio"), "video": sends(sdp, "video"), "screen": false });
        let answer = json!({ "type": "answer", "sdp": sdp });
        self.line.signal(json!({ "description": answer }));
        self.line.signal(json!({ "state": state }));
        for candidate in std::mem::take(&mut self.candidates) {
            self.line.signal(json!({ "candidate": candidate }));
        }
    }

    fn candidate(&mut self, candidate: &Value) {
        if self.state == State::Active {
            self.line.signal(json!({ "candidate": candidate }));
        } else if self.candidates.len() < CANDIDATES {
            self.candidates.push(candidate.clone());
        }
    }

    fn say(&mut self, kind: &str, payload: Value) {
        self.line.say(kind, &self.peer, &self.connection, payload);
    }

    fn end(&mut self) {
        if matches!(self.state, State::Offered | State::Active) {
            self.line.leave(&self.peer);
        }
        if self.state != State::Over {
            self.state = State::Over;
            self.line.push(Step::End);
        }
    }
}

impl Across for Outward {
    fn handle_peer(&mut self, _: Millis, text: &[u8]) {
        let message: Value = serde_json::from_slice(text).unwrap_or_default();
        let (payload, src) = (part(&message, "payload"), field(&message, "src"));
        let ours = src == self.peer && payload["connectionId"] == self.connection;
        match field(&message, "type") {
            "ANSWER" if ours => self.answered(&payload["sdp"]),
            "CANDIDATE" if ours => self.candidate(&payload["candidate"]),
            "LEAVE" | "EXPIRE" if src == self.peer => self.hang_up(),
            // The person is in this call, whoever wants another.
            "OFFER" => self.line.push(Step::Expire {
                peer: src.to_owned(),
            }),
            _ => (),
        }
    }

    fn handle_hub(&mut self, now: Millis, text: &[u8]) {
        let event: Value = serde_json::from_slice(text).unwrap_or_default();
        match field(&event, "t") {
            "welcome" => self.welcomed(now, &event),
            "error" if *part(&event, "n") != PROFILE => self.end(),
            "call" => self.viewed(now, part(&event, "call")),
            "signal" => self.signalled(now, &event),
            _ => (),
        }
    }

    fn hang_up(&mut self) {
        if !matches!(self.state, State::Idle | State::Over) {
            self.line.hang_up();
        }
        self.end();
    }

    fn refuse(&mut self) {
        self.hang_up();
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
        Some(&self.peer)
    }
}

/// Whether a description's side sends anything of a kind (RFC 8866, sections 5.14 and 6.7).
fn sends(sdp: &str, kind: &str) -> bool {
    let mut sections = sdp.split("\nm=").skip(1);
    sections.any(|section| {
        let mut words = section.split_ascii_whitespace();
        words.next() == Some(kind)
            && words.next() != Some("0")
            && !section.contains("\na=recvonly")
            && !section.contains("\na=inactive")
    })
}

/// The number of our acceptance among our requests.
const ACCEPT: u64 = 2;

/// How long to wait for whoever is about to dial, milliseconds.
const DIAL_MS: u64 = 10_000;

/// How long the native page may take to offer, milliseconds.
const OFFER_MS: u64 = 15_000;

/// How long the PeerJS client may take to answer, milliseconds: as long as a telephone rings.
const ANSWER_MS: u64 = 45_000;

#[cfg(test)]
mod tests;
