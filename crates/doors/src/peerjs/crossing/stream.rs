//! Our end of the numbered stream of signals between the two endpoints of a native call.
//!
//! # Spec
//! `docs/protocol.md`, "Signals". Nothing is lost between us and the hub, so what is unacknowledged is said again only
//! when the other end comes back, and from time to time.

use std::collections::VecDeque;

use serde_json::{Value, json};

/// One end of a stream pair.
#[derive(Debug)]
pub(super) struct Stream {
    epoch: u32,
    last: u64,
    unacknowledged: VecDeque<(u64, Value)>,
    peer_epoch: u64,
    peer_last: u64,
}

/// What a received signal means.
#[derive(Debug, PartialEq)]
pub(super) enum Received {
    /// The next one.
    Take(Value),
    /// Nothing new.
    Pass,
    /// The other page was loaded again: it knows nothing of what was said.
    Fresh,
}

impl Stream {
    /// `epoch`: random, 1 to 2^31 - 1.
    pub(super) const fn new(epoch: u32) -> Self {
        Self {
            epoch,
            last: 0,
            unacknowledged: VecDeque::new(),
            peer_epoch: 0,
            peer_last: 0,
        }
    }

    /// Says something; returns the signal without its call.
    pub(super) fn push(&mut self, data: Value) -> Value {
        self.last = self.last.saturating_add(1);
        let signal = self.signal(Some((self.last, &data)));
        self.unacknowledged.push_back((self.last, data));
        signal
    }

    /// Everything the other end has not acknowledged, in order.
    pub(super) fn again(&self) -> Vec<Value> {
        self.unacknowledged
            .iter()
            .map(|(s, data)| self.signal(Some((*s, data))))
            .collect()
    }

    /// Acknowledges what was taken.
    pub(super) fn acknowledgement(&self) -> Value {
        self.signal(None)
    }

    /// Takes a signal of the other end.
    pub(super) fn receive(&mut self, signal: &Value) -> Received {
        let number = |field: &str| signal.get(field).and_then(Value::as_u64).unwrap_or(0);
        let (epoch, s, heard) = (number("e"), number("s"), number("ae"));
        if heard != 0 && heard != u64::from(self.epoch) {
            return Received::Pass;
        }
        if epoch != self.peer_epoch {
            if self.peer_epoch != 0 {
                return Received::Fresh;
            }
            if s != 1 {
                return Received::Pass;
            }
            self.peer_epoch = epoch;
        }
        if heard != 0 {
            let upto = number("as");
            self.unacknowledged.retain(|(s, _)| *s > upto);
        }
        if s != self.peer_last.saturating_add(1) {
            return Received::Pass;
        }
        self.peer_last = s;
        Received::Take(signal.get("d").cloned().unwrap_or_default())
    }

    fn signal(&self, item: Option<(u64, &Value)>) -> Value {
        let heard = if self.peer_last > 0 {
            self.peer_epoch
        } else {
            0
        };
        let mut signal =
            json!({ "t": "signal", "e": self.epoch, "ae": heard, "as": self.peer_last });
        if let (Some((s, data)), Some(object)) = (item, signal.as_object_mut()) {
            object.insert("s".into(), s.into());
            object.insert("d".into(), data.clone());
        }
        signal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_acknowledged_is_said_again() {
        let mut stream = Stream::new(7);
        stream.push(json!("a"));
        stream.push(json!("b"));
        assert_eq!(stream.again().len(), 2);
        let signal = json!({ "e": 9, "s": 1, "ae": 7, "as": 1, "d": "x" });
        assert_eq!(stream.receive(&signal), Received::Take(json!("x")));
        assert_eq!(stream.receive(&signal), Received::Pass);
        let again = stream.again();
        assert_eq!(again.len(), 1);
        assert_eq!(
            again[0],
            json!({ "t": "signal", "e": 7, "s": 2, "ae": 9, "as": 1, "d": "b" })
        );
        assert_eq!(stream.acknowledgement().get("s"), None);
    }

    #[test]
    fn a_page_loaded_again_is_another_one() {
        let mut stream = Stream::new(7);
        stream.receive(&json!({ "e": 9, "s": 1, "ae": 0, "as": 0, "d": 1 }));
        let fresh = json!({ "e": 10, "s": 1, "ae": 0, "as": 0, "d": 1 });
        assert_eq!(stream.receive(&fresh), Received::Fresh);
    }

    #[test]
    fn what_was_written_for_another_page_of_ours_is_passed_over() {
        let mut stream = Stream::new(7);
        let signal = json!({ "e": 9, "s": 1, "ae": 8, "as": 1, "d": 1 });
        assert_eq!(stream.receive(&signal), Received::Pass);
    }
}
