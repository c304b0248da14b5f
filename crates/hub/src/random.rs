//! Numbers and codes nobody can guess, from the seed the hub was given.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::hash::Keyed;
use crate::number::Number;

#[derive(Debug)]
pub(crate) struct Random(ChaCha12Rng);

impl Random {
    pub(crate) fn new(seed: [u8; 32]) -> Self {
        Self(ChaCha12Rng::from_seed(seed))
    }

    pub(crate) fn hash_keys(&mut self) -> Keyed {
        Keyed(self.0.next_u64(), self.0.next_u64())
    }

    /// A number; the bias of the modulo is below 1 in 10^11.
    pub(crate) fn number(&mut self) -> Number {
        let index = self.0.next_u64().checked_rem(u64::from(Number::COUNT));
        Number::nth(
            index
                .and_then(|index| u32::try_from(index).ok())
                .unwrap_or(0),
        )
    }

    /// A code of `length` characters, five random bits each, without characters that are mistaken for others.
    pub(crate) fn code(&mut self, length: usize) -> String {
        (0..length).map(|_| self.character()).collect()
    }

    fn character(&mut self) -> char {
        let index = (self.0.next_u32() >> 27) as usize;
        char::from(ALPHABET.get(index).copied().unwrap_or(b'2'))
    }
}

/// What a person typed, as codes are kept: lower case, without the separators people put in.
pub(crate) fn plain_code(typed: &str) -> String {
    typed
        .chars()
        .filter(|c| c.is_alphanumeric())
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

/// Digits and letters without 0, o, 1 and l.
const ALPHABET: &[u8; 32] = b"23456789abcdefghijkmnpqrstuvwxyz";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_codes() {
        let (mut a, mut b) = (Random::new([1; 32]), Random::new([1; 32]));
        assert_eq!(a.code(8), b.code(8));
        assert_eq!(a.number(), b.number());
    }

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        assert_eq!(plain_code(" K7Q2-m9xw "), "k7q2m9xw");
    }
}
