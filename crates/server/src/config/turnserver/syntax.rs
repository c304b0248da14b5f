//! The lines of a turnserver.conf, read as coturn reads them.
//!
//! A setting stands alone on its line: `name`, `name=value` or `name value`, with any number of blanks and equals signs
//! between. `#` begins a comment only at the beginning of a line. A value may stand in double quotes.

/// One setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// Counted from 1.
    pub(super) number: usize,
    pub(super) name: &'a str,
    /// Empty if there is none.
    pub(super) value: &'a str,
}

/// All settings of `text`, in order.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let numbered = text.lines().enumerate();
    numbered.filter_map(|(index, line)| {
        let line = line.trim();
        let (name, rest) = line.split_at(line.find(SEPARATORS).unwrap_or(line.len()));
        let setting = !line.is_empty() && !line.starts_with('#');
        setting.then_some(Line {
            number: index + 1,
            name,
            value: unquoted(rest.trim_start_matches(SEPARATORS)),
        })
    })
}

impl<'a> Line<'a> {
    /// Whether a switch is on: without a value it is.
    pub(super) fn is_on(&self) -> Option<bool> {
        let value = self.word();
        let first = value.chars().next().map(|c| c.to_ascii_lowercase());
        match first {
            None | Some('1'..='9' | 'y' | 't') => Some(true),
            Some('0' | 'n' | 'f') => Some(false),
            _ if value.eq_ignore_ascii_case("on") => Some(true),
            _ if value.eq_ignore_ascii_case("off") => Some(false),
            _ => None,
        }
    }

    /// The value up to a comment that coturn would take for a part of it: for values that cannot hold a blank.
    pub(super) fn word(&self) -> &'a str {
        self.before_comment().unwrap_or(self.value)
    }

    /// Whether something like a comment, or a semicolon, is a part of the value.
    pub(super) fn has_tail(&self) -> bool {
        self.before_comment().is_some() || self.value.ends_with(';')
    }

    fn before_comment(&self) -> Option<&'a str> {
        if self.value.starts_with('#') {
            return Some("");
        }
        let at = self.value.find(" #").or_else(|| self.value.find("\t#"))?;
        Some(self.value.get(..at)?.trim_end())
    }
}

fn unquoted(value: &str) -> &str {
    match value.strip_prefix('"') {
        Some(inner) => inner.strip_suffix('"').unwrap_or(inner),
        None => value,
    }
}

const SEPARATORS: [char; 3] = [' ', '=', '\t'];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_and_equals_signs_separate_alike() {
        for text in [
            "realm=example.org",
            "realm example.org",
            "  realm = example.org  ",
            "realm\t==\texample.org\r",
            "realm=\"example.org\"",
            "realm \"example.org\" ",
        ] {
            assert_eq!(read(text), [(1, "realm", "example.org")], "{text:?}");
        }
    }

    #[test]
    fn comments_and_empty_lines_are_counted_and_skipped() {
        let text = "# first\n\n   # second\nfingerprint\n\t\nverbose\n";
        assert_eq!(read(text), [(4, "fingerprint", ""), (6, "verbose", "")]);
    }

    #[test]
    fn a_value_keeps_what_looks_like_a_separator() {
        assert_eq!(
            read("redis-userdb=\"ip=127.0.0.1 dbname=0\""),
            [(1, "redis-userdb", "ip=127.0.0.1 dbname=0")]
        );
        assert_eq!(read("user=a:b=c"), [(1, "user", "a:b=c")]);
    }

    #[test]
    fn a_comment_behind_a_value_is_a_part_of_it_as_in_coturn() {
        let line = lines("realm=example.org # mine").next().unwrap();
        assert_eq!(line.value, "example.org # mine");
        assert_eq!(line.word(), "example.org");
        assert!(line.has_tail());
    }

    #[test]
    fn a_switch_is_on_unless_it_is_told_otherwise() {
        let on = |text| lines(text).next().unwrap().is_on();
        for text in ["x", "x=1", "x yes", "x=True", "x=on", "x # why"] {
            assert_eq!(on(text), Some(true), "{text}");
        }
        for text in ["x=0", "x no", "x=False", "x=off"] {
            assert_eq!(on(text), Some(false), "{text}");
        }
        assert_eq!(on("x=perhaps"), None);
    }

    fn read(text: &str) -> Vec<(usize, &str, &str)> {
        lines(text)
            .map(|line| (line.number, line.name, line.value))
            .collect()
    }
}
