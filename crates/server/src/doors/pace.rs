//! Slows down clients that send too much for too long.

use std::time::Duration;

use magpie_hub::Millis;

/// What a client may send: everything has its price in time, and it may be so far ahead of it. Past that it is read no
/// faster, and the rest waits in its own buffers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// When the client will have paid for what it sent, microseconds since 1970.
    even: u64,
    /// How far ahead it may be, microseconds.
    ahead: u64,
}

impl Pace {
    /// A client that has sent nothing yet.
    pub(super) const fn new(ahead: Duration) -> Self {
        Self {
            even: 0,
            ahead: ahead.as_micros() as u64,
        }
    }

    /// Counts something sent; how long to wait before reading more.
    pub(super) fn spend(&mut self, now: Millis, price: Duration) -> Option<Duration> {
        let now = now.0 * 1000;
        self.even = self.even.max(now) + price.as_micros() as u64;
        let over = (self.even - now).checked_sub(self.ahead)?;
        (over > 0).then(|| Duration::from_micros(over.max(1000)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_may_run_ahead_for_a_while_and_catches_up_by_pausing() {
        let mut pace = Pace::new(Duration::from_millis(10));
        let price = Duration::from_millis(5);
        let now = Millis(1_000_000);
        assert_eq!(pace.spend(now, price), None);
        assert_eq!(pace.spend(now, price), None);
        assert_eq!(pace.spend(now, price), Some(price));
        assert_eq!(pace.spend(Millis(1_000_100), price), None);
    }
}
