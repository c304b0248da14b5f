//! Polling by script elements, for browsers without XMLHttpRequest across origins.

use super::request::percent_decode;

/// Wraps a text body into a call of the client's function; `function` is made of digits.
#[must_use]
pub fn wrap(function: &str, body: &str) -> String {
    // The two separators end a line in old JavaScript, though not in JSON.
    let quoted = serde_json::Value::from(body)
        .to_string()
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029");
    format!("___eio[{function}]({quoted});")
}

/// Takes the payload out of the form a client posts; `None`: it is no such form.
///
/// A form turns line ends into others, so the client writes a line end as `\n` and that as `\\n`.
#[must_use]
pub fn unwrap(form: &str) -> Option<String> {
    let field = form.split('&').find_map(|pair| pair.strip_prefix("d="))?;
    let escaped = percent_decode(field);
    let mut payload = String::with_capacity(escaped.len());
    let mut rest = escaped.as_str();
    while let Some((before, behind)) = rest.split_once('\\') {
        payload.push_str(before);
        rest = match (behind.strip_prefix("\\n"), behind.strip_prefix('n')) {
            (Some(behind), _) => {
                payload.push_str("\\n");
                behind
            }
            (_, Some(behind)) => {
                payload.push('\n');
                behind
            }
            _ => {
                payload.push('\\');
                behind
            }
        };
    }
    payload.push_str(rest);
    Some(payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_valid_javascript_whatever_is_in_it() {
        assert_eq!(
            wrap("7", "4[\"</script>\u{2028}\"]"),
            r#"___eio[7]("4[\"</script>\u2028\"]");"#
        );
    }

    #[test]
    fn line_ends_of_a_form_are_those_of_the_payload() {
        assert_eq!(
            unwrap("d=8%3A4%5C%5Cn+a%5Cnb%22").as_deref(),
            Some("8:4\\n a\nb\"")
        );
        assert_eq!(unwrap("x=1"), None);
    }
}
