//! Ports kept for a second allocation of the same user (EVEN-PORT and RESERVATION-TOKEN, RFC 8656 section 7.2).

use std::collections::VecDeque;
use std::hash::BuildHasher;
use std::time::Duration;

use crate::address::{Family, Millis};
use crate::effect::Reservation;
use crate::hash::{Seeded, SeededMap};

/// Reservations by token and by age.
#[derive(Debug)]
pub(crate) struct Reservations {
    kept: SeededMap<u64, Kept>,
    /// Every reservation lasts as long as any other, so the oldest expires first.
    by_age: VecDeque<(Millis, Reservation)>,
    hasher: Seeded,
    drawn: u64,
}

#[derive(Debug)]
struct Kept {
    username: Box<str>,
    family: Family,
}

impl Reservations {
    pub(crate) fn new(hasher: Seeded) -> Self {
        Self {
            kept: SeededMap::with_hasher(hasher),
            by_age: VecDeque::new(),
            hasher,
            drawn: 0,
        }
    }

    /// A token nobody can guess, or `None` while too many are out.
    pub(crate) fn draw(&mut self) -> Option<Reservation> {
        if self.by_age.len() >= MOST {
            return None;
        }
        self.drawn = self.drawn.wrapping_add(1);
        Some(Reservation(
            self.hasher.hash_one(("reservation", self.drawn)),
        ))
    }

    /// Starts the life of a reservation that `username` may claim.
    pub(crate) fn keep(
        &mut self,
        now: Millis,
        token: Reservation,
        username: Box<str>,
        family: Family,
    ) {
        self.kept.insert(token.0, Kept { username, family });
        self.by_age.push_back((now.after(LIFETIME), token));
    }

    /// Hands a reservation to `username`.
    pub(crate) fn claim(&mut self, token: u64, username: &str) -> Option<(Reservation, Family)> {
        let family = self
            .kept
            .get(&token)
            .filter(|kept| *kept.username == *username)?
            .family;
        self.kept.remove(&token);
        Some((Reservation(token), family))
    }

    /// The next reservation that nobody has claimed by `now`.
    pub(crate) fn pop_expired(&mut self, now: Millis) -> Option<Reservation> {
        while let Some((due, token)) = self.by_age.front().copied() {
            if due > now {
                return None;
            }
            self.by_age.pop_front();
            if self.kept.remove(&token.0).is_some() {
                return Some(token);
            }
        }
        None
    }

    pub(crate) fn next_timer(&self) -> Option<Millis> {
        self.by_age.front().map(|(due, _)| *due)
    }
}

/// RFC 8656 section 7.2: at least 30 seconds.
const LIFETIME: Duration = Duration::from_secs(30);
const MOST: usize = 256;
