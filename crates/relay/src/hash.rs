//! Hash tables keyed by what strangers choose: SipHash under a key drawn from the seed, so that nobody can aim at a bucket.

use std::collections::HashMap;
use std::hash::BuildHasher;

use siphasher::sip::SipHasher13;

use crate::relay::derive;

/// A hash map whose order and collisions depend on the seed alone.
pub(crate) type SeededMap<K, V> = HashMap<K, V, Seeded>;

/// Builds keyed hashers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seeded {
    keys: (u64, u64),
}

impl Seeded {
    /// The hasher that `seed` gives for the purpose `label`.
    pub(crate) fn derived(seed: [u8; 32], label: &[u8]) -> Self {
        let drawn = derive(seed, label);
        Self::new(drawn.first_chunk().copied().unwrap_or_default())
    }

    pub(crate) fn new(seed: [u8; 16]) -> Self {
        let [a, b] = [0, 8].map(|at| {
            let half = seed.get(at..).and_then(|s| s.first_chunk::<8>());
            u64::from_le_bytes(half.copied().unwrap_or_default())
        });
        Self { keys: (a, b) }
    }
}

impl BuildHasher for Seeded {
    type Hasher = SipHasher13;

    fn build_hasher(&self) -> SipHasher13 {
        SipHasher13::new_with_keys(self.keys.0, self.keys.1)
    }
}
