//! Names of peers.

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
