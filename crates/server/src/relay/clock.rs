//! Time as the relay's core takes it.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use magpie_relay::Millis;

/// Milliseconds since 1970 that never go back: the wall clock at the start, and the monotonic one from there on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    started: Instant,
    wall: Duration,
}

impl Clock {
    pub(super) fn start() -> Self {
        Self {
            started: Instant::now(),
            wall: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default(),
        }
    }

    pub(super) fn now(&self) -> Millis {
        Millis(0).after(self.wall + self.started.elapsed())
    }
}
