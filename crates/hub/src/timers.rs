//! What is due when.

use std::collections::BTreeSet;

use crate::ids::{CallId, PersonId};
use crate::time::Millis;

/// Something that happens by itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    /// A call rings, waits or is kept for too long.
    Call(CallId),
    /// A link code grows old.
    LinkCode(String),
    /// An invite grows old.
    Invite(String),
    /// Somebody whose last connection closed has not come back.
    Gone(PersonId),
    /// Time to look for silent connections and forget what says nothing any more.
    Sweep,
}

#[derive(Debug, Default)]
pub(crate) struct Timers {
    set: BTreeSet<(Millis, Due)>,
    first: Option<Millis>,
}

impl Timers {
    pub(crate) fn add(&mut self, at: Millis, due: Due) {
        self.set.insert((at, due));
        self.remember_first();
    }

    pub(crate) fn remove(&mut self, at: Millis, due: Due) {
        self.set.remove(&(at, due));
        self.remember_first();
    }

    /// Takes the earliest thing that is due.
    pub(crate) fn pop(&mut self, now: Millis) -> Option<Due> {
        if self.first? > now {
            return None;
        }
        let (_, due) = self.set.pop_first()?;
        self.remember_first();
        Some(due)
    }

    /// When the earliest thing is due; asked after every message, so it is kept at hand.
    pub(crate) fn first(&self) -> Option<Millis> {
        self.first
    }

    fn remember_first(&mut self) {
        self.first = self.set.first().map(|(at, _)| *at);
    }
}
