//! Signs of life: silent clients are asked for one, then given up.

use magpie_hub::Millis;

/// When a client was heard of last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Life {
    heard: Millis,
    asked: bool,
}

/// What is to be done about a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pulse {
    Fine,
    /// Half its time is over.
    Ask,
    /// Its time is over.
    Dead,
}

impl Life {
    pub(crate) const fn new(now: Millis) -> Self {
        Self {
            heard: now,
            asked: false,
        }
    }

    /// Looks whether a client that may be silent for `alive` milliseconds is to be asked, which is noted, or is dead.
    pub(crate) fn check(&mut self, now: Millis, alive: u64) -> Pulse {
        let silent = now.since(self.heard);
        if silent >= alive {
            return Pulse::Dead;
        }
        if silent < alive / 2 || self.asked {
            return Pulse::Fine;
        }
        self.asked = true;
        Pulse::Ask
    }
}

/// How often to look, milliseconds: so that a client is given up soon after its time.
pub(crate) fn period(alive: u64) -> u64 {
    (alive / 8).clamp(50, 10_000)
}

/// Close code for a client that gave no sign of life.
pub(crate) const CLOSE_SILENT: u16 = 4408;
