//! What people typed, as pages that put it into their HTML can bear it.

/// The text without tags, and without what an appended `>` would make one.
pub(super) fn plain(typed: &str) -> String {
    let mut out = String::with_capacity(typed.len());
    let mut rest = typed;
    while let Some((before, tag)) = rest.split_once('<') {
        out.push_str(before);
        rest = match tag.split_once('>') {
            Some((_, after)) if opens_tag(tag) => after,
            _ => {
                // What follows stays, so nothing taken out later makes a tag of it.
                if !opens_tag(tag) && !tag.starts_with('<') {
                    out.push('<');
                }
                tag
            }
        };
    }
    out.push_str(rest);
    out
}

/// A name people can be told apart by: plain, without control characters, not too long.
pub(super) fn name(typed: &str) -> String {
    let plain: String = plain(typed)
        .chars()
        .filter(|c| !c.is_control() && !matches!(c, '<' | '>'))
        .take(LONGEST_NAME)
        .collect();
    match plain.trim() {
        "" => "user".to_owned(),
        name => name.to_owned(),
    }
}

/// Whether HTML takes `<` for the start of a tag before this.
fn opens_tag(after: &str) -> bool {
    after.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'))
}

/// Characters of the longest name.
const LONGEST_NAME: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_go_and_comparisons_stay() {
        for (typed, left) in [
            ("plain", "plain"),
            ("<b>bold</b>!", "bold!"),
            ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
            ("a < b", "a < b"),
            ("<img src=x onerror=alert(1)>", ""),
            (
                "<img src=x onerror=alert(1) ",
                "img src=x onerror=alert(1) ",
            ),
            ("<<b>script>", "script>"),
            ("<>", "<>"),
            ("<<<a>b>c>", "b>c>"),
            ("ü<i>ö</i>", "üö"),
        ] {
            assert_eq!(plain(typed), left, "{typed}");
        }
    }

    #[test]
    fn a_name_is_never_empty_long_or_markup() {
        assert_eq!(name("  Ann\r\n "), "Ann");
        assert_eq!(name("<script>"), "user");
        assert_eq!(name("\u{0}"), "user");
        assert_eq!(name("<<"), "user");
        assert_eq!(name(&"x".repeat(5_000)).len(), 64);
    }
}
