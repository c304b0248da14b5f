//! What both kinds of call have in common: what is said to the hub and to the PeerJS client.

use std::collections::VecDeque;

use bytes::Bytes;
use magpie_hub::{CallId, Command, HandleChange, Millis, Request, RequestBody, Signal};
use serde_json::{Value, json};

use super::Step;
use super::stream::{Received, Stream};

/// Our end of a call between a PeerJS client and a native page.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) call: CallId,
    stream: Stream,
    /// Whether the native page is connected.
    there: bool,
    /// When to give the hub a sign of life, and to say again what was not acknowledged.
    beat: Millis,
    /// When what is waited for should have come: the call ends then.
    pub(super) until: Option<Millis>,
    steps: VecDeque<Step>,
}

impl Line {
    /// A line with a random call id, of which nobody knows yet; the first thing waited for has to come within `patience`
    /// milliseconds.
    pub(super) fn new(now: Millis, seed: [u8; 32], patience: u64) -> Self {
        let [a, b, c, d, rest @ ..] = seed;
        let mut call = [0; 16];
        for (to, from) in call.iter_mut().zip(rest) {
            *to = from;
        }
        let epoch = (u32::from_le_bytes([a, b, c, d]) & 0x7fff_ffff).max(1);
        Self {
            call: CallId(call),
            stream: Stream::new(epoch),
            there: false,
            beat: now.after(BEAT_MS),
            until: Some(now.after(patience)),
            steps: VecDeque::new(),
        }
    }

    pub(super) fn push(&mut self, step: Step) {
        self.steps.push_back(step);
    }

    pub(super) fn poll_step(&mut self) -> Option<Step> {
        self.steps.pop_front()
    }

    /// Tells the hub how the PeerJS client is called, now that it has said who that is to it.
    pub(super) fn introduce(&mut self, peer: &str, welcome: &Value) {
        let profile = RequestBody::Profile {
            name: Some(peer.to_owned()),
            handle: HandleChange::Keep,
        };
        self.ask(PROFILE, profile);
        let me = &welcome["me"];
        self.push(Step::Known {
            person: field(me, "id").to_owned(),
            number: field(me, "number").to_owned(),
        });
    }

    pub(super) fn ask(&mut self, n: u64, body: RequestBody) {
        self.push(Step::Ask(Command::Request(Request { n, body })));
    }

    pub(super) fn hang_up(&mut self) {
        self.ask(HANG_UP, RequestBody::Hangup { call: self.call });
    }

    /// Says something to the native page.
    pub(super) fn signal(&mut self, data: Value) {
        let signal = self.stream.push(data);
        self.forward(signal);
    }

    /// What a signal of the native page means; one that is taken is acknowledged.
    pub(super) fn receive(&mut self, signal: &Value) -> Received {
        let received = self.stream.receive(signal);
        if matches!(received, Received::Take(_)) {
            let acknowledgement = self.stream.acknowledgement();
            self.forward(acknowledgement);
        }
        received
    }

    /// The native page is connected, or not; one that is back is told again what it missed.
    pub(super) fn note_presence(&mut self, there: bool) {
        if there && !self.there {
            self.say_again();
        }
        self.there = there;
    }

    /// Says something to the PeerJS client about the connection of this call.
    pub(super) fn say(&mut self, kind: &str, peer: &str, connection: &Value, mut payload: Value) {
        if let Some(object) = payload.as_object_mut() {
            object.insert("type".into(), "media".into());
            object.insert("connectionId".into(), connection.clone());
        }
        let message = json!({ "type": kind, "dst": peer, "payload": payload });
        self.push(Step::Say(message.to_string()));
    }

    pub(super) fn leave(&mut self, peer: &str) {
        let leave = json!({ "type": "LEAVE", "dst": peer });
        self.push(Step::Say(leave.to_string()));
    }

    pub(super) fn handle_timeout(&mut self, now: Millis) {
        if self.beat <= now {
            self.beat = now.after(BEAT_MS);
            self.say_again();
            self.push(Step::Ask(Command::Sync(vec![(self.call, 0)])));
        }
    }

    /// Whether what is waited for should have come by `now`.
    pub(super) fn is_overdue(&self, now: Millis) -> bool {
        self.until.is_some_and(|until| until <= now)
    }

    pub(super) fn poll_timeout(&self) -> Millis {
        self.until.map_or(self.beat, |until| until.min(self.beat))
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
        self.push(Step::Ask(Command::Signal(signal)));
    }
}

/// A part of a message; null where there is none.
pub(super) fn part<'a>(object: &'a Value, name: &str) -> &'a Value {
    object.get(name).unwrap_or(&Value::Null)
}

/// A field that is a text; empty where there is none.
pub(super) fn field<'a>(object: &'a Value, name: &str) -> &'a str {
    part(object, name).as_str().unwrap_or_default()
}

/// The numbers of our requests.
pub(super) const PROFILE: u64 = 1;
const HANG_UP: u64 = 3;

/// Between two signs of life for the hub, milliseconds.
const BEAT_MS: u64 = 5_000;
