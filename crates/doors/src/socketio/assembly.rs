//! Events whose attachments are still on their way, and the check that their placeholders fit.

use std::fmt;

use bytes::Bytes;
use magpie_hub::Millis;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::api::SocketKey;
use super::event::Args;
use super::packet::Kind;

/// A packet that waits for its attachments.
#[derive(Debug)]
pub(super) struct Assembly {
    pub(super) socket: SocketKey,
    pub(super) kind: Kind,
    pub(super) id: Option<u64>,
    /// When the last must have come.
    pub(super) due: Millis,
    args: Args,
    missing: usize,
    attachments: Vec<Bytes>,
    bytes: usize,
}

impl Assembly {
    pub(super) const fn new(
        (socket, kind, id): (SocketKey, Kind, Option<u64>),
        args: Args,
        attachments: usize,
        due: Millis,
    ) -> Self {
        Self {
            socket,
            kind,
            id,
            due,
            args,
            missing: attachments,
            attachments: Vec::new(),
            bytes: 0,
        }
    }

    /// Takes an attachment.
    pub(super) fn push(&mut self, bytes: Bytes) {
        self.bytes = self.bytes.saturating_add(bytes.len());
        self.missing = self.missing.saturating_sub(1);
        self.attachments.push(bytes);
    }

    /// Bytes of the attachments so far.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) const fn is_whole(&self) -> bool {
        self.missing == 0
    }

    pub(super) fn into_args(mut self) -> Args {
        self.args.set_attachments(self.attachments);
        self.args
    }
}

/// Whether every placeholder in a value stands for one of `attachments`; one that does not would make each receiver's
/// client drop its connection.
pub(super) fn placeholders_fit(value: &str, attachments: usize) -> bool {
    let mut json = serde_json::Deserializer::from_str(value);
    Check { attachments }.deserialize(&mut json).is_ok()
}

/// Whether a value is nested so deeply that a client's parser might give up.
pub(super) fn is_too_deep(json: &[u8]) -> bool {
    let opening = |byte: &&u8| matches!(byte, b'[' | b'{');
    if json.iter().filter(opening).count() <= DEPTH {
        return false;
    }
    let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => depth = depth.saturating_add(1),
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => (),
        }
        if depth > DEPTH {
            return true;
        }
    }
    false
}

/// Arrays and objects within each other.
const DEPTH: usize = 100;

/// Walks through a value and fails at a placeholder that does not fit.
#[derive(Clone, Copy)]
struct Check {
    attachments: usize,
}

impl<'de> DeserializeSeed<'de> for Check {
    type Value = Scalar;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Scalar, D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// What matters of a value: whether it is `true`, or a number that could be an attachment's.
#[derive(Clone, Copy, PartialEq)]
enum Scalar {
    True,
    Number(u64),
    Other,
}

impl<'de> Visitor<'de> for Check {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Scalar, E> {
        Ok(if value { Scalar::True } else { Scalar::Other })
    }

    fn visit_u64<E>(self, value: u64) -> Result<Scalar, E> {
        Ok(Scalar::Number(value))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Scalar, E> {
        Ok(Scalar::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Scalar, E> {
        Ok(Scalar::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Scalar, E> {
        Ok(Scalar::Other)
    }

    fn visit_unit<E>(self) -> Result<Scalar, E> {
        Ok(Scalar::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Scalar, A::Error> {
        while values.next_element_seed(self)?.is_some() {}
        Ok(Scalar::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Scalar, A::Error> {
        let (mut marked, mut number) = (false, None);
        while let Some(key) = fields.next_key::<String>()? {
            let value = fields.next_value_seed(self)?;
            // Of two fields with the same name JavaScript takes the last.
            match (key.as_str(), value) {
                ("_placeholder", value) => marked = value == Scalar::True,
                ("num", Scalar::Number(value)) => number = Some(value),
                ("num", _) => number = None,
                _ => (),
            }
        }
        let fits = number
            .and_then(|number| usize::try_from(number).ok())
            .is_some_and(|number| number < self.attachments);
        match marked && !fits {
            true => Err(serde::de::Error::invalid_type(
                serde::de::Unexpected::Map,
                &IgnoredAny,
            )),
            false => Ok(Scalar::Other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_has_to_stand_for_an_attachment_there_is() {
        for (value, fits) in [
            (r#"{"a":[{"_placeholder":true,"num":1}]}"#, true),
            (r#"{"num":1,"_placeholder":true}"#, true),
            (r#"[{"_placeholder":true,"num":2}]"#, false),
            (r#"{"_placeholder":true,"num":1,"num":2}"#, false),
            (r#"{"_placeholder":true,"num":-1}"#, false),
            (r#"{"_placeholder":true,"num":0.5}"#, false),
            (r#"{"_placeholder":true,"num":"0"}"#, false),
            (r#"{"_placeholder":true}"#, false),
            (r#"{"_placeholder":false,"num":9}"#, true),
            (r#"{"__proto__":{"_placeholder":true,"num":9}}"#, false),
            (r#""_placeholder""#, true),
        ] {
            assert_eq!(placeholders_fit(value, 2), fits, "{value}");
        }
    }

    #[test]
    fn depth_counts_what_is_open_and_not_what_is_quoted() {
        assert!(!is_too_deep(&b"[]".repeat(200)));
        assert!(!is_too_deep(
            &[b"[\"", "[\\\"".repeat(200).as_bytes(), b"\"]"].concat()
        ));
        assert!(is_too_deep(&[b"[".repeat(101), b"]".repeat(101)].concat()));
        assert!(!is_too_deep(&[b"[".repeat(100), b"]".repeat(100)].concat()));
    }
}
