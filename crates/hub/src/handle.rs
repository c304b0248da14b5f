//! Names people choose for themselves, one owner each, also against look-alikes.

use unicode_normalization::UnicodeNormalization;
use unicode_security::{GeneralSecurityProfile, skeleton};

use crate::ids::PersonId;

/// A handle that may be taken: how it is shown, and what it is compared by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Handle {
    /// As written, in Unicode form NFKC.
    pub(crate) shown: String,
    /// Two handles are the same if these are.
    pub(crate) folded: String,
}

impl Handle {
    /// Reads a handle, with or without `@`; nothing if it breaks a rule. A handle is 2-32 letters, digits, `-` and `_`. It
    /// has a letter (else it would be a number), does not begin like an invite and is no person id.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let shown: String = text
            .trim()
            .trim_start_matches('@')
            .nfkc()
            .take(MAX_CHARS.saturating_add(1))
            .collect();
        let length = shown.chars().count();
        let sound = shown.chars().all(is_allowed) && shown.chars().any(char::is_alphabetic);
        let means_else = shown.to_lowercase().starts_with("i-")
            || shown.to_lowercase().parse::<PersonId>().is_ok();
        if !(MIN_CHARS..=MAX_CHARS).contains(&length) || !sound || means_else {
            return None;
        }
        let folded = fold(&shown);
        Some(Self { shown, folded })
    }
}

fn is_allowed(c: char) -> bool {
    c == '-' || c == '_' || (c.is_alphanumeric() && c.identifier_allowed())
}

/// Case and look-alikes folded (UTS 39, section 4). The skeleton may bring capitals in (a zero becomes an O), so case is
/// folded on both sides of it.
fn fold(shown: &str) -> String {
    let lower = shown.to_lowercase();
    let skeleton: String = skeleton(&lower).collect();
    skeleton.to_lowercase().nfkc().collect()
}

const MIN_CHARS: usize = 2;
const MAX_CHARS: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> String {
        Handle::parse(text).unwrap().folded
    }

    #[test]
    fn letters_digits_hyphens_and_underlines_are_handles() {
        for text in [
            "ab",
            "Ann-2",
            "a_b",
            "鹊桥",
            "鹊桥ann",
            "Zoë",
            "ann小明_7",
            "@ann",
            "日本語カナ",
            "한국",
        ] {
            assert!(Handle::parse(text).is_some(), "{text}");
        }
    }

    #[test]
    fn other_texts_are_not() {
        let long = "x".repeat(33);
        for text in [
            "",
            "a",
            "桥",
            "a b",
            "a.b",
            "a@b",
            "a\u{200b}b",
            "a\u{202e}b",
            "😀😀",
            "12",
            "123-456",
            "i-abc",
            "I-abc",
            &long,
        ] {
            assert!(Handle::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_person_id_is_no_handle() {
        assert!(Handle::parse(&PersonId([1; 16]).to_string()).is_none());
    }

    #[test]
    fn thirty_two_characters_fit() {
        assert!(Handle::parse(&"桥".repeat(32)).is_some());
    }

    #[test]
    fn case_does_not_tell_handles_apart() {
        assert_eq!(folded("ANN"), folded("ann"));
    }

    #[test]
    fn look_alikes_do_not_tell_handles_apart() {
        assert_eq!(folded("раураl"), folded("paypal"));
        assert_eq!(folded("b0b"), folded("bob"));
        assert_eq!(folded("B0B"), folded("bOb"));
        assert_eq!(folded("ａｎｎ"), folded("ann"));
        assert_eq!(folded("bil1"), folded("bill"));
    }

    #[test]
    fn different_handles_stay_different() {
        assert_ne!(folded("ann"), folded("anna"));
        assert_ne!(folded("鹊桥"), folded("雀桥"));
    }

    #[test]
    fn folding_is_stable() {
        for text in ["ANN", "раураl", "鹊桥", "Zoë", "b0b", "İstanbul"] {
            let once = folded(text);
            assert_eq!(fold(&once), once, "{text}");
        }
    }
}
