//! Credentials that are good no longer, although they have not expired.

use crate::credentials::{account, expiry};
use crate::hash::{Seeded, SeededMap};

/// Names that open no allocation: a user name, the id of a time-limited one, or its minter.
#[derive(Debug)]
pub(crate) struct Revoked {
    /// Until when, in seconds since 1970.
    names: SeededMap<Box<str>, u64>,
}

impl Revoked {
    pub(crate) fn new(hasher: Seeded) -> Self {
        Self {
            names: SeededMap::with_hasher(hasher),
        }
    }

    /// Refuses `name` from here on: a time-limited user name until it expires, a configured one (`fixed`) for good, an id or
    /// a minter until `horizon`, when everything that was valid at this moment has expired.
    pub(crate) fn insert(&mut self, wall_seconds: u64, name: &str, fixed: bool, horizon: u64) {
        let until = match expiry(name) {
            _ if fixed => u64::MAX,
            Some(expires) => expires,
            None => horizon,
        };
        if self.names.len() >= MOST {
            self.names.retain(|_, until| *until > wall_seconds);
        }
        if self.names.len() >= MOST {
            self.forget_first();
        }
        self.names.insert(name.into(), until);
    }

    /// Whether `username` is revoked, itself or by its id or minter.
    pub(crate) fn holds(&self, wall_seconds: u64, username: &str) -> bool {
        !self.names.is_empty()
            && spellings(username).into_iter().any(|name| {
                let until = self.names.get(name);
                until.is_some_and(|until| *until > wall_seconds)
            })
    }

    /// Makes room by forgetting the one that would be forgotten first anyway.
    fn forget_first(&mut self) {
        let first = self.names.iter().min_by_key(|(_, until)| **until);
        if let Some(name) = first.map(|(name, _)| name.clone()) {
            self.names.remove(&name);
        }
    }
}

/// Whether revoking `name` ends what `username` has.
pub(crate) fn names(name: &str, username: &str) -> bool {
    spellings(username).contains(&name)
}

/// What a user name may be revoked by: all of it, its id, its minter.
fn spellings(username: &str) -> [&str; 3] {
    let id = match username.split_once(':') {
        Some((_, id)) if expiry(username).is_some() => id,
        _ => username,
    };
    [username, id, account(username)]
}

/// Only the operator adds to it; the oldest would have expired long before so many are there.
const MOST: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_bounded_and_keeps_what_lasts_longest() {
        let mut revoked = Revoked::new(Seeded::new([1; 16]));
        for n in 0..=MOST as u64 {
            revoked.insert(0, &format!("{}:u", 1000 + n), false, 0);
        }
        assert_eq!(revoked.names.len(), MOST);
        assert!(!revoked.holds(0, "1000:u"));
        assert!(revoked.holds(0, "1001:u"));
    }

    #[test]
    fn what_has_expired_makes_room_first() {
        let mut revoked = Revoked::new(Seeded::new([1; 16]));
        for n in 0..MOST as u64 {
            revoked.insert(0, &format!("{}:u", 1000 + n), false, 0);
        }
        revoked.insert(5000, "another", false, 9000);
        assert!(revoked.holds(5000, "5095:u") && revoked.holds(5000, "another"));
        assert_eq!(revoked.names.len(), 96);
    }
}
