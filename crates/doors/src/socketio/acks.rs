//! Answers on their way: who waits for which, and who was asked.

use std::collections::{BTreeMap, BTreeSet};

use super::api::AckTo;

/// The answers one client waits for, and those it is asked for.
#[derive(Debug, Default)]
pub(super) struct Acks {
    /// The client's numbers of events it wants answered.
    waiting: BTreeSet<u64>,
    /// Our numbers of events it is to answer, and for whom.
    asked: BTreeMap<u64, AckTo>,
    next: u64,
}

impl Acks {
    /// The client waits for an answer.
    pub(super) fn wait(&mut self, id: u64, limit: usize) {
        self.waiting.insert(id);
        if self.waiting.len() > limit {
            self.waiting.pop_first();
        }
    }

    /// Whether the client still waits; it does so once.
    pub(super) fn satisfy(&mut self, id: u64) -> bool {
        self.waiting.remove(&id)
    }

    /// A number under which the client is to answer for somebody.
    pub(super) fn ask(&mut self, to: AckTo, limit: usize) -> u64 {
        let id = self.next;
        self.next = self.next.wrapping_add(1);
        self.asked.insert(id, to);
        if self.asked.len() > limit {
            self.asked.pop_first();
        }
        id
    }

    /// For whom an answer of the client is.
    pub(super) fn answer(&mut self, id: u64) -> Option<AckTo> {
        self.asked.remove(&id)
    }
}
