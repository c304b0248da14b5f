//! Hash tables keyed by what strangers choose: SipHash under a key drawn from the seed, so that nobody can aim at a bucket.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};

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

/// A hash map for the packet path, keyed by what only clients that have proven who they are get in.
pub(crate) type FoldedMap<K, V> = HashMap<K, V, Folded>;

/// Builds hashers that multiply and fold under secret keys: a tenth of SipHash's instructions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Folded {
    start: u64,
    key: u64,
}

impl Folded {
    /// Keys that nobody can tell from what `hasher` does elsewhere.
    pub(crate) fn new(hasher: Seeded) -> Self {
        Self {
            start: hasher.hash_one("folded start"),
            key: hasher.hash_one("folded key") | 1,
        }
    }
}

impl BuildHasher for Folded {
    type Hasher = Fold;

    #[inline]
    fn build_hasher(&self) -> Fold {
        Fold {
            state: self.start,
            key: self.key,
        }
    }
}

/// See [`Folded`].
#[derive(Debug)]
pub(crate) struct Fold {
    state: u64,
    key: u64,
}

impl Hasher for Fold {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64((*byte).into());
        }
    }

    #[inline]
    fn write_u64(&mut self, word: u64) {
        let product = u128::from(self.state ^ word).wrapping_mul(u128::from(self.key));
        self.state = product as u64 ^ (product >> 64) as u64;
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.state
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_words_spread_over_all_bits() {
        let folded = Folded::new(Seeded::new([7; 16]));
        let mut seen = std::collections::BTreeSet::new();
        for word in 0..1000_u64 {
            let mut fold = folded.build_hasher();
            fold.write_u64(word << 16);
            fold.write_u64(1);
            seen.insert(fold.finish() >> 54);
        }
        // Of 1,024 values, about 638 appear by chance.
        assert!(seen.len() > 550, "{}", seen.len());
    }
}
