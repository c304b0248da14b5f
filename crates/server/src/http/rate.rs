//! Requests per minute and client address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::listen::client_key;

/// Lets each client address ask so many times a minute, all at once or spread.
///
/// IPv6 clients are counted by /64. At most 16,384 addresses are remembered; with more active ones in a minute,
/// all start afresh, which is milder than to refuse strangers.
#[derive(Debug)]
pub struct Rate {
    per_minute: u32,
    spent: Mutex<HashMap<IpAddr, Spent>>,
}

#[derive(Clone, Copy, Debug)]
struct Spent {
    count: u32,
    since: Instant,
}

impl Rate {
    /// Allows `per_minute` requests per minute and address.
    #[must_use]
    pub fn new(per_minute: u32) -> Self {
        Self {
            per_minute,
            spent: Mutex::default(),
        }
    }

    /// Counts a request of `address` at `now`.
    ///
    /// # Errors
    /// Too many: how long to wait before the next.
    pub fn take(&self, address: IpAddr, now: Instant) -> Result<(), Duration> {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        if spent.len() >= REMEMBERED {
            spent.retain(|_, spent| now.duration_since(spent.since) < WINDOW);
            if spent.len() >= REMEMBERED {
                spent.clear();
            }
        }
        let entry = spent.entry(client_key(address)).or_insert(Spent {
            count: 0,
            since: now,
        });
        let age = now.duration_since(entry.since);
        if age >= WINDOW {
            *entry = Spent {
                count: 0,
                since: now,
            };
        } else if entry.count >= self.per_minute {
            return Err(WINDOW - age);
        }
        entry.count += 1;
        Ok(())
    }
}

/// Addresses remembered at a time.
const REMEMBERED: usize = 16_384;

const WINDOW: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_asked_enough_waits_for_the_next_minute() {
        let (rate, now) = (Rate::new(2), Instant::now());
        let (alice, bob) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        assert!(rate.take(alice, now).is_ok());
        assert!(rate.take(alice, now).is_ok());
        assert_eq!(
            rate.take(alice, now + Duration::from_secs(20)),
            Err(Duration::from_secs(40))
        );
        assert!(rate.take(bob, now).is_ok());
        assert!(rate.take(alice, now + WINDOW).is_ok());
    }

    #[test]
    fn a_flood_of_addresses_takes_bounded_memory() {
        let (rate, now) = (Rate::new(2), Instant::now());
        for n in 0..u32::try_from(REMEMBERED).unwrap() + 10 {
            rate.take(IpAddr::V4(n.into()), now).unwrap();
        }
        assert!(rate.spent.lock().unwrap().len() <= REMEMBERED);
    }
}
