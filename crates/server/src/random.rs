//! Randomness of the system, for the cores that have none of their own.

use aws_lc_rs::rand;

/// 32 bytes nobody can guess.
#[must_use]
pub(crate) fn seed() -> [u8; 32] {
    let mut seed = [0; 32];
    rand::fill(&mut seed).unwrap_or_else(|_| unreachable!("the system gives randomness"));
    seed
}

/// A random UUID (RFC 9562 section 5.4), as PeerJS clients use for ids.
#[must_use]
pub(crate) fn uuid() -> String {
    let mut random = [0; 16];
    random.copy_from_slice(&seed()[..16]);
    let bits = u128::from_be_bytes(random);
    let bits = bits & !(0xf << 76) & !(0b11 << 62) | (4 << 76) | (0b10 << 62);
    let hex = format!("{bits:032x}");
    [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ]
    .join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_says_that_it_is_random() {
        let (one, other) = (uuid(), uuid());
        assert_ne!(one, other);
        assert_eq!(one.len(), 36);
        assert_eq!(one.as_bytes()[14], b'4');
        assert!(b"89ab".contains(&one.as_bytes()[19]));
    }
}
