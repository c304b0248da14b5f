//! Time as the relay's core takes it.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use magpie_relay::Millis;

/// Milliseconds that never go back or jump: the wall clock at the start, and the monotonic one from there on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    started: Instant,
    wall: Duration,
}

impl Clock {
    pub(super) fn start() -> Self {
        Self {
            started: Instant::now(),
            wall: since_1970(),
        }
    }

    pub(super) fn now(&self) -> Millis {
        Millis(0).after(self.wall + self.started.elapsed())
    }
}

/// What the wall clock shows, right or wrong.
pub(super) fn wall() -> Millis {
    Millis(0).after(since_1970())
}

fn since_1970() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}
