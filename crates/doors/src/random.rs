//! Ids nobody can guess and hash keys nobody knows, from the seed a door was given.

use std::collections::HashMap;
use std::hash::BuildHasher;

use data_encoding::BASE64URL_NOPAD;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use siphasher::sip::SipHasher13;

/// A hash map whose keys strangers choose; never iterated.
pub(crate) type Map<K, V> = HashMap<K, V, Keyed>;

/// Makes hashers with the same secret keys.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keyed(u64, u64);

impl BuildHasher for Keyed {
    type Hasher = SipHasher13;

    fn build_hasher(&self) -> SipHasher13 {
        SipHasher13::new_with_keys(self.0, self.1)
    }
}

/// Randomness from a seed.
#[derive(Debug)]
pub(crate) struct Random(ChaCha12Rng);

impl Random {
    pub(crate) fn new(seed: [u8; 32]) -> Self {
        Self(ChaCha12Rng::from_seed(seed))
    }

    pub(crate) fn map<K, V>(&mut self) -> Map<K, V> {
        HashMap::with_hasher(Keyed(self.0.next_u64(), self.0.next_u64()))
    }

    /// A seed for somebody else's randomness.
    pub(crate) fn seed(&mut self) -> [u8; 32] {
        let mut seed = [0; 32];
        self.0.fill_bytes(&mut seed);
        seed
    }

    /// An id of 20 characters (120 random bits) that are safe in URLs.
    pub(crate) fn id(&mut self) -> [u8; 20] {
        let (mut random, mut id) = ([0; 15], [0; 20]);
        self.0.fill_bytes(&mut random);
        BASE64URL_NOPAD.encode_mut(&random, &mut id);
        id
    }
}
