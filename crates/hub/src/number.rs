//! Short numbers that can be read out over a telephone.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A person's number: nine digits, the first not 0, the last a Damm check digit, so that every single wrong digit and
/// every swap of two neighbours is noticed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Number(u32);

/// Nine digits that are no number, or no nine digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadNumber;

impl fmt::Display for BadNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number has nine digits, the last of which checks the others")
    }
}

impl std::error::Error for BadNumber {}

impl Number {
    /// How many numbers there are.
    pub const COUNT: u32 = 90_000_000;

    /// The `index`th number, counted around [`Number::COUNT`].
    #[must_use]
    pub fn nth(index: u32) -> Self {
        let body = (index % Self::COUNT).saturating_add(10_000_000);
        Self(
            body.saturating_mul(10)
                .saturating_add(u32::from(damm(body))),
        )
    }
}

impl TryFrom<u32> for Number {
    type Error = BadNumber;

    fn try_from(value: u32) -> Result<Self, BadNumber> {
        let fits = (100_000_000..=999_999_999).contains(&value);
        if fits && damm(value) == 0 {
            Ok(Self(value))
        } else {
            Err(BadNumber)
        }
    }
}

impl From<Number> for u32 {
    fn from(number: Number) -> Self {
        number.0
    }
}

impl FromStr for Number {
    type Err = BadNumber;

    fn from_str(text: &str) -> Result<Self, BadNumber> {
        if text.len() != 9 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(BadNumber);
        }
        text.parse::<u32>().map_err(|_| BadNumber)?.try_into()
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The check digit of the digits of `value`; 0 if they end with theirs (H. Michael Damm, 2004).
fn damm(value: u32) -> u8 {
    let mut place = 1_000_000_000_u32;
    let mut interim = 0_u8;
    while place > 0 {
        let digit = value.checked_div(place).unwrap_or(0) % 10;
        // Zeros in front leave the interim digit at 0, so they need no special case.
        interim = QUASIGROUP
            .get(usize::from(interim))
            .and_then(|row| row.get(digit as usize))
            .copied()
            .unwrap_or(0);
        place /= 10;
    }
    interim
}

/// A totally anti-symmetric quasigroup of order 10 with zeros on its diagonal.
const QUASIGROUP: [[u8; 10]; 10] = [
    [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
    [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
    [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
    [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
    [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
    [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
    [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
    [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
    [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
    [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_of_572_is_4() {
        assert_eq!(damm(572), 4);
        assert_eq!(damm(5724), 0);
    }

    #[test]
    fn every_number_reads_back() {
        for index in (0..Number::COUNT).step_by(99_991) {
            let number = Number::nth(index);
            assert_eq!(number.to_string().len(), 9);
            assert_eq!(number.to_string().parse(), Ok(number));
        }
    }

    #[test]
    fn every_wrong_digit_is_noticed() {
        let number = Number::nth(12_345_678).to_string();
        for place in 0..9 {
            for digit in b'0'..=b'9' {
                let mut wrong = number.clone().into_bytes();
                if wrong[place] == digit {
                    continue;
                }
                wrong[place] = digit;
                let wrong = String::from_utf8(wrong).unwrap();
                assert_eq!(wrong.parse::<Number>(), Err(BadNumber), "{wrong}");
            }
        }
    }

    #[test]
    fn every_swap_of_neighbours_is_noticed() {
        let number = Number::nth(80_246_913).to_string();
        for place in 0..8 {
            let mut wrong = number.clone().into_bytes();
            if wrong[place] == wrong[place + 1] {
                continue;
            }
            wrong.swap(place, place + 1);
            let wrong = String::from_utf8(wrong).unwrap();
            assert_eq!(wrong.parse::<Number>(), Err(BadNumber), "{wrong}");
        }
    }

    #[test]
    fn other_lengths_and_signs_are_refused() {
        for text in [
            "",
            "1",
            "12345678",
            "1234567890",
            "+12345678",
            "12345678x",
            "١٢٣",
        ] {
            assert_eq!(text.parse::<Number>(), Err(BadNumber), "{text}");
        }
    }
}
