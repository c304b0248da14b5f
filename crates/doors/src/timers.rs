//! What is due when.

use std::collections::BTreeSet;

use magpie_hub::Millis;

/// Things that are due at some moment, the earliest first.
#[derive(Debug)]
pub(crate) struct Timers<D> {
    set: BTreeSet<(Millis, D)>,
}

impl<D> Default for Timers<D> {
    fn default() -> Self {
        Self {
            set: BTreeSet::new(),
        }
    }
}

impl<D: Ord> Timers<D> {
    pub(crate) fn add(&mut self, at: Millis, due: D) {
        self.set.insert((at, due));
    }

    pub(crate) fn remove(&mut self, at: Millis, due: D) {
        self.set.remove(&(at, due));
    }

    /// Takes the earliest thing that is due.
    pub(crate) fn pop(&mut self, now: Millis) -> Option<D> {
        if self.first()? > now {
            return None;
        }
        self.set.pop_first().map(|(_, due)| due)
    }

    pub(crate) fn first(&self) -> Option<Millis> {
        self.set.first().map(|(at, _)| *at)
    }
}
