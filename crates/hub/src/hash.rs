//! Hash maps with keys from the hub's own seed: clients choose call ids and must not be able to choose collisions.

use std::collections::HashMap;
use std::hash::BuildHasher;

use siphasher::sip::SipHasher13;

/// A hash map that is never iterated.
pub(crate) type Map<K, V> = HashMap<K, V, Keyed>;

/// Makes hashers with the same secret keys.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keyed(pub(crate) u64, pub(crate) u64);

impl BuildHasher for Keyed {
    type Hasher = SipHasher13;

    fn build_hasher(&self) -> SipHasher13 {
        SipHasher13::new_with_keys(self.0, self.1)
    }
}
