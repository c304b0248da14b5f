//! JSON objects whose fields can be exchanged while everything else stays as it was written.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::socketio::json;

/// The fields of an object, in their order, each as it came.
#[derive(Clone, Debug)]
pub(super) struct Fields<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Fields<'a> {
    /// Reads an object; `None` if the text is none.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        text.starts_with('{')
            .then(|| serde_json::from_str(text).ok())?
    }

    /// No fields.
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    /// The JSON of a field; of several of one name the last, as in a browser.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().rev().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_ref())
    }

    /// A field that is a string, or a number taken as its digits.
    pub(super) fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        text(self.get(name)?)
    }

    /// The same fields without one.
    pub(super) fn without(mut self, name: &str) -> Self {
        self.0.retain(|(key, _)| key != name);
        self
    }

    /// Sets a field to a value that is JSON already.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<Cow<'a, str>>) -> Self {
        self = self.without(name);
        self.0.push((name.into(), value.into()));
        self
    }

    /// Only these, in the order they came.
    pub(super) fn only(mut self, names: &[&str]) -> Self {
        self.0.retain(|(key, _)| names.contains(&key.as_ref()));
        self
    }

    /// The object.
    pub(super) fn json(&self) -> String {
        let fields = self
            .0
            .iter()
            .map(|(key, value)| format!("{}:{value}", json(key.as_ref())));
        format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
    }
}

/// A JSON string's content, or a number's digits; room names and user ids are either.
pub(super) fn text(value: &str) -> Option<Cow<'_, str>> {
    match value.as_bytes().first()? {
        b'"' => serde_json::from_str::<String>(value).ok().map(Cow::Owned),
        b'0'..=b'9' | b'-' => Some(value.into()),
        _ => None,
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Fields<'de>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut fields = Vec::new();
                while let Some((key, value)) = map.next_entry::<String, &'de RawValue>()? {
                    fields.push((Cow::Owned(key), Cow::Borrowed(value.get())));
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_touched_stays_as_it_was_written() {
        let object = Fields::parse(r#"{"b": 1.50, "to":"x","a":{"_placeholder":true, "num":0}}"#);
        let object = object.unwrap().without("to").with("from", r#""y""#);
        assert_eq!(
            object.json(),
            r#"{"b":1.50,"a":{"_placeholder":true, "num":0},"from":"y"}"#
        );
    }

    #[test]
    fn a_field_that_is_given_twice_is_set_once() {
        let object = Fields::parse(r#"{"from":"a","x":1,"from":"b"}"#).unwrap();
        assert_eq!(object.get("from"), Some(r#""b""#));
        assert_eq!(object.with("from", "0").json(), r#"{"x":1,"from":0}"#);
    }

    #[test]
    fn what_is_no_object_has_no_fields() {
        for text in ["[]", "1", "\"{}\"", "null", "{", ""] {
            assert!(Fields::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn numbers_name_rooms_too() {
        assert_eq!(text("42").as_deref(), Some("42"));
        assert_eq!(text(r#""\u0061""#).as_deref(), Some("a"));
        assert_eq!(text("null"), None);
    }
}
