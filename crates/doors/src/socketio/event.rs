//! Events and answers: JSON as it came, with its values' places, and the attachments.

use std::borrow::Cow;
use std::ops::Range;

use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;

/// The values of an event or answer. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Args {
    /// The text that holds the JSON array: often the whole packet, so that it can be passed on as it is.
    text: Bytes,
    /// Where in it the array begins; it ends with the text.
    start: usize,
    /// Where in the text each value is.
    values: Vec<Range<usize>>,
    /// What placeholders in the values stand for, by number.
    attachments: Vec<Bytes>,
}

/// An event: a name and values. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    name: Cow<'static, str>,
    /// The name, then the values.
    args: Args,
}

impl Args {
    /// No values.
    #[must_use]
    pub fn new() -> Self {
        Self::from_raw(std::iter::empty::<&str>())
    }

    /// Values that are JSON already, like those of [`Args::iter`] or [`json`].
    #[must_use]
    pub fn from_raw<S: AsRef<str>>(values: impl IntoIterator<Item = S>) -> Self {
        let mut text = String::from("[");
        let mut places = Vec::new();
        for value in values {
            if !places.is_empty() {
                text.push(',');
            }
            let start = text.len();
            text.push_str(value.as_ref());
            places.push(start..text.len());
        }
        text.push(']');
        Self {
            text: text.into(),
            start: 0,
            values: places,
            attachments: Vec::new(),
        }
    }

    /// Takes over the attachments of the event that values were taken from: placeholders keep their numbers.
    #[must_use]
    pub fn with_attachments_of(mut self, other: &Self) -> Self {
        self.attachments.clone_from(&other.attachments);
        self
    }

    /// Reads the JSON array that begins at `start`; `None` if that is none.
    pub(super) fn parse(text: Bytes, start: usize) -> Option<Self> {
        let json = std::str::from_utf8(text.get(start..)?).ok()?;
        let raw: Vec<&RawValue> = serde_json::from_str(json).ok()?;
        let place = |value: &&RawValue| {
            let offset = value
                .get()
                .as_ptr()
                .addr()
                .checked_sub(text.as_ptr().addr())?;
            Some(offset..offset.checked_add(value.get().len())?)
        };
        let values = raw.iter().map(place).collect::<Option<_>>()?;
        Some(Self {
            text,
            start,
            values,
            attachments: Vec::new(),
        })
    }

    pub(super) fn set_attachments(&mut self, attachments: Vec<Bytes>) {
        self.attachments = attachments;
    }

    /// How many values there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are no values.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The JSON of one value.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&str> {
        self.values.get(index).map(|place| self.raw(place))
    }

    /// The JSON of each value.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.values.iter().map(|place| self.raw(place))
    }

    /// The attachments.
    #[must_use]
    pub fn attachments(&self) -> &[Bytes] {
        &self.attachments
    }

    /// The whole array.
    pub(super) fn json(&self) -> &[u8] {
        self.text.get(self.start..).unwrap_or_default()
    }

    /// The text itself, if what stands before the array in it is `head`.
    pub(super) fn whole_behind(&self, head: &str) -> Option<Bytes> {
        (self.text.get(..self.start) == Some(head.as_bytes())).then(|| self.text.clone())
    }

    fn raw(&self, place: &Range<usize>) -> &str {
        let bytes = self.text.get(place.clone()).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }
}

impl Default for Args {
    fn default() -> Self {
        Self::new()
    }
}

/// The same values, however they are kept.
impl PartialEq for Args {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter()) && self.attachments == other.attachments
    }
}

impl Eq for Args {}

impl Event {
    /// An event with values that are JSON already.
    #[must_use]
    pub fn new<S: AsRef<str>>(
        name: impl Into<Cow<'static, str>>,
        values: impl IntoIterator<Item = S>,
    ) -> Self {
        let name = name.into();
        let values: Vec<S> = values.into_iter().collect();
        let quoted = json(&name);
        let all = std::iter::once(quoted.as_str()).chain(values.iter().map(AsRef::as_ref));
        Self {
            args: Args::from_raw(all),
            name,
        }
    }

    /// The same values under another name, attachments included.
    #[must_use]
    pub fn renamed(&self, name: impl Into<Cow<'static, str>>) -> Self {
        Self::new(name, self.values()).with_attachments_of(self)
    }

    /// Takes over the attachments of the event that values were taken from: placeholders keep their numbers.
    #[must_use]
    pub fn with_attachments_of(mut self, other: &Self) -> Self {
        self.args.attachments.clone_from(&other.args.attachments);
        self
    }

    /// An event that came in; `None` if the values are not those of an event.
    pub(super) fn from_args(args: Args) -> Option<Self> {
        let raw = args.get(0)?;
        let name: Cow<'_, str> = match raw.as_bytes().first() {
            Some(b'"') => serde_json::from_str(raw).ok()?,
            Some(b'0'..=b'9' | b'-') => raw.into(),
            _ => return None,
        };
        if RESERVED.contains(&name.as_ref()) {
            return None;
        }
        Some(Self {
            name: known(&name),
            args,
        })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many values come with it.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.args.len().saturating_sub(1)
    }

    /// Whether no values come with it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The JSON of one value; the first is 0.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&str> {
        self.args.get(index.checked_add(1)?)
    }

    /// A value, if it is of this type.
    #[must_use]
    pub fn parse<'a, T: serde::Deserialize<'a>>(&'a self, index: usize) -> Option<T> {
        serde_json::from_str(self.get(index)?).ok()
    }

    /// The JSON of each value.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.args.iter().skip(1)
    }

    /// The attachments that placeholders in the values stand for.
    #[must_use]
    pub fn attachments(&self) -> &[Bytes] {
        self.args.attachments()
    }

    /// The name and the values.
    pub(super) const fn args(&self) -> &Args {
        &self.args
    }
}

/// The JSON of something that cannot fail to have one: strings, numbers, structures of them.
#[must_use]
pub fn json<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| String::from("null"))
}

/// The names nearly all events have are not copied.
fn known(name: &str) -> Cow<'static, str> {
    match KNOWN.iter().find(|known| **known == name) {
        Some(known) => Cow::Borrowed(known),
        None => Cow::Owned(name.to_owned()),
    }
}

const KNOWN: [&str; 6] = [
    "offer",
    "answer",
    "candidate",
    "ice-candidate",
    "icecandidate",
    "message",
];

/// Clients give these a meaning of their own, and treat a packet with one as broken.
const RESERVED: [&str; 6] = [
    "connect",
    "connect_error",
    "disconnect",
    "disconnecting",
    "newListener",
    "removeListener",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_where_they_stand() {
        let text = Bytes::from_static(br#"42["offer", {"a":[1,"]"]} ,"x" ]"#);
        let event = Event::from_args(Args::parse(text, 2).unwrap()).unwrap();
        assert_eq!(event.name(), "offer");
        let values: Vec<_> = event.values().collect();
        assert_eq!(values, [r#"{"a":[1,"]"]}"#, r#""x""#]);
        assert_eq!(event.parse::<String>(1).as_deref(), Some("x"));
    }

    #[test]
    fn a_name_written_with_escapes_is_the_name_it_means() {
        let event = Event::from_args(Args::parse(r#"["\u006fffer"]"#.into(), 0).unwrap());
        assert_eq!(event.unwrap().name(), "offer");
    }

    #[test]
    fn what_is_no_event_is_refused() {
        for text in [
            "{}",
            "[",
            "[]",
            "[null]",
            "[{}]",
            "[\"a\"]x",
            "",
            "[\"disconnect\"]",
        ] {
            let event = Args::parse(text.into(), 0).and_then(Event::from_args);
            assert_eq!(event, None, "{text}");
        }
    }

    #[test]
    fn a_renamed_event_keeps_values_and_attachments() {
        let mut args = Args::parse(r#"["a",1,{"_placeholder":true,"num":0}]"#.into(), 0).unwrap();
        args.set_attachments(vec!["bytes".into()]);
        let event = Event::from_args(args).unwrap().renamed("b\"");
        assert_eq!(
            event.args().json(),
            br#"["b\"",1,{"_placeholder":true,"num":0}]"#
        );
        assert_eq!(event.attachments(), [Bytes::from("bytes")]);
    }
}
