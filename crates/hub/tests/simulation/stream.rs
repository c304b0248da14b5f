//! The numbered stream of signals of `docs/protocol.md`, both directions of one endpoint.

use std::collections::VecDeque;

use bytes::Bytes;
use magpie_hub::Millis;

#[derive(Debug)]
pub(crate) struct Stream {
    epoch: u8,
    next: u64,
    unacknowledged: VecDeque<(u64, String)>,
    sent_up_to: u64,
    sent_at: Millis,
    owes_acknowledgement: bool,
    last: u64,
    /// What arrived, in the order of arrival.
    pub(crate) received: Vec<String>,
}

impl Stream {
    pub(crate) fn new(epoch: u8) -> Self {
        Self {
            epoch,
            next: 1,
            unacknowledged: VecDeque::new(),
            sent_up_to: 0,
            sent_at: Millis(0),
            owes_acknowledgement: false,
            last: 0,
            received: Vec::new(),
        }
    }

    pub(crate) fn say(&mut self, word: &str) {
        self.unacknowledged
            .push_back((self.next, format!("{} {word}", self.epoch)));
        self.next += 1;
    }

    /// Everything unacknowledged goes out again.
    pub(crate) fn repeat(&mut self) {
        self.sent_up_to = 0;
    }

    pub(crate) fn due(&mut self, now: Millis) -> Vec<Bytes> {
        if !self.unacknowledged.is_empty() && now.since(self.sent_at) >= 2_000 {
            self.repeat();
        }
        let fresh = self
            .unacknowledged
            .iter()
            .filter(|(s, _)| *s > self.sent_up_to);
        let mut frames: Vec<Bytes> = fresh
            .map(|(s, word)| Bytes::from(format!("{s}|{}|{word}", self.last)))
            .collect();
        if !frames.is_empty() {
            self.sent_at = now;
            self.sent_up_to = self.next - 1;
        } else if self.owes_acknowledgement {
            frames.push(Bytes::from(format!("0|{}|", self.last)));
        }
        self.owes_acknowledgement = false;
        frames
    }

    pub(crate) fn receive(&mut self, _now: Millis, frame: &Bytes) {
        let text = std::str::from_utf8(frame).unwrap();
        let parts: Vec<&str> = text.splitn(3, '|').collect();
        let (s, acknowledged): (u64, u64) = (parts[0].parse().unwrap(), parts[1].parse().unwrap());
        self.unacknowledged.retain(|(s, _)| *s > acknowledged);
        if s == self.last + 1 {
            self.last = s;
            self.received.push(parts[2].to_owned());
        }
        self.owes_acknowledgement |= s > 0;
    }

    pub(crate) fn is_acknowledged(&self) -> bool {
        self.unacknowledged.is_empty()
    }
}
