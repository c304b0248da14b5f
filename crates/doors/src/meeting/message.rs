//! Messages as pages write them; what is published is passed on as it was written.

use std::borrow::Cow;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::given::given;

/// What a page asks for.
#[derive(Debug)]
pub(super) enum Message<'a> {
    Subscribe(Cow<'a, str>),
    Unsubscribe(Cow<'a, str>),
    Publish {
        subject: Cow<'a, str>,
        /// The message for the subscribers.
        text: Bytes,
    },
}

/// Why something is no message: words for its sender.
pub(super) type Fault = &'static str;

#[derive(Deserialize)]
struct Said<'a> {
    #[serde(borrow)]
    cmd: Cow<'a, str>,
    #[serde(borrow)]
    subject: &'a RawValue,
    #[serde(borrow, default, deserialize_with = "given")]
    event: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "given")]
    data: Option<&'a RawValue>,
}

pub(super) fn parse(text: &[u8]) -> Result<Message<'_>, Fault> {
    let said: Said<'_> = serde_json::from_slice(text).map_err(|_| "invalid message")?;
    let subject: Cow<'_, str> = serde_json::from_str::<Borrowed<'_>>(said.subject.get())
        .map_err(|_| "the subject is no text")?
        .0;
    if subject.is_empty() || subject.len() > LONGEST_SUBJECT {
        return Err("a subject has 1 to 256 bytes");
    }
    match &*said.cmd {
        "subscribe" => Ok(Message::Subscribe(subject)),
        "unsubscribe" => Ok(Message::Unsubscribe(subject)),
        "publish" => Ok(Message::Publish {
            subject,
            text: published(&said),
        }),
        _ => Err("unknown cmd"),
    }
}

/// Texts with escapes have to be copied, others need not.
#[derive(Deserialize)]
struct Borrowed<'a>(#[serde(borrow)] Cow<'a, str>);

fn published(said: &Said<'_>) -> Bytes {
    let mut text = [r#"{"subject":"#, said.subject.get()].concat();
    for (name, value) in [("event", said.event), ("data", said.data)] {
        if let Some(value) = value {
            text.push_str(&[",\"", name, "\":", value.get()].concat());
        }
    }
    text.push('}');
    text.into()
}

/// `what` is a text of ours that needs no escaping.
pub(super) fn error(what: &str) -> Bytes {
    format!(r#"{{"event":"error","data":{{"message":"{what}"}}}}"#).into()
}

/// Bytes of the longest subject.
const LONGEST_SUBJECT: usize = 256;
