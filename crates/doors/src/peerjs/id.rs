//! Names of peers.

use magpie_hub::Number;

/// Whether `id` can be a peer's: 1 to 64 letters, digits, `-`, `_` and single spaces between others.
///
/// PeerServer takes anything, line breaks and markup included, and hands it to other clients and to logs.
#[must_use]
pub fn is_valid(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b' ');
    (1..=LONGEST).contains(&id.len())
        && id.bytes().all(plain)
        && !id.starts_with(' ')
        && !id.ends_with(' ')
        && !id.contains("  ")
}

/// The person's number that an id is, written with or without separators.
#[must_use]
pub fn number(id: &str) -> Option<Number> {
    let digits: String = id.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    digits.parse().ok()
}

/// Characters of the longest id.
const LONGEST: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_words_of_plain_characters() {
        for id in [
            "a",
            "Alice",
            "my room_1-b",
            "-x-",
            "__proto__",
            &"x".repeat(64),
        ] {
            assert!(is_valid(id), "{id}");
        }
    }

    #[test]
    fn a_number_is_read_as_it_is_shown() {
        let plain = Number::nth(7);
        let digits = plain.to_string();
        let shown = format!("{} {}-{}", &digits[..3], &digits[3..6], &digits[6..]);
        assert_eq!(number(&digits), Some(plain));
        assert_eq!(number(&shown), Some(plain));
        assert_eq!(number("not a number"), None);
    }

    #[test]
    fn anything_else_is_none() {
        for id in [
            "",
            " a",
            "a ",
            "a  b",
            "a\r\nb",
            "<script>",
            "a/b",
            "ä",
            "a\0",
            "a.b",
            &"x".repeat(65),
        ] {
            assert!(!is_valid(id), "{id:?}");
        }
    }
}
