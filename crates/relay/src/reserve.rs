//! Ports kept for a second allocation of the same user (EVEN-PORT and RESERVATION-TOKEN, RFC 8656 section 7.2).

use std::collections::VecDeque;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::time::Duration;

use crate::address::{Family, Millis};
use crate::effect::Reservation;
use crate::hash::Seeded;
use crate::shared::Shared;

/// Reservations by age; by token they lie in [`Shared`], so that each relay of the server takes the tokens of the others.
#[derive(Debug)]
pub(crate) struct Reservations {
    shared: Arc<Shared>,
    /// Every reservation lasts as long as any other, so the oldest expires first.
    by_age: VecDeque<(Millis, Reservation)>,
    hasher: Seeded,
    worker: u8,
    drawn: u64,
}

/// Who may claim a reservation.
#[derive(Debug)]
pub(crate) struct Kept {
    username: Box<str>,
    family: Family,
}

impl Reservations {
    pub(crate) const fn new(shared: Arc<Shared>, hasher: Seeded, worker: u8) -> Self {
        Self {
            shared,
            by_age: VecDeque::new(),
            hasher,
            worker,
            drawn: 0,
        }
    }

    /// A token nobody can guess, or `None` while too many are out.
    pub(crate) fn draw(&mut self) -> Option<Reservation> {
        if self.by_age.len() >= MOST {
            return None;
        }
        self.drawn = self.drawn.wrapping_add(1);
        let drawn = ("reservation", self.worker, self.drawn);
        Some(Reservation(self.hasher.hash_one(drawn)))
    }

    /// Starts the life of a reservation that `username` may claim.
    pub(crate) fn keep(
        &mut self,
        now: Millis,
        token: Reservation,
        username: Box<str>,
        family: Family,
    ) {
        self.shared
            .reservations()
            .insert(token.0, Kept { username, family });
        self.by_age.push_back((now.after(LIFETIME), token));
    }

    /// Hands a reservation to `username`.
    pub(crate) fn claim(&mut self, token: u64, username: &str) -> Option<(Reservation, Family)> {
        let mut kept = self.shared.reservations();
        let family = kept
            .get(&token)
            .filter(|kept| *kept.username == *username)?
            .family;
        kept.remove(&token);
        Some((Reservation(token), family))
    }

    /// The next reservation made here that nobody has claimed by `now`.
    pub(crate) fn pop_expired(&mut self, now: Millis) -> Option<Reservation> {
        while let Some((due, token)) = self.by_age.front().copied() {
            if due > now {
                return None;
            }
            self.by_age.pop_front();
            if self.shared.reservations().remove(&token.0).is_some() {
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
