//! Messages as clients write them. A payload is checked to be JSON and passed on as it was written.

use std::borrow::Cow;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::given::given;

/// What a client sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Message<'a> {
    /// For another peer.
    Relay(Relay<'a>),
    /// The client gives up its id.
    Leave,
    /// A sign of life.
    Heartbeat,
    /// Of a type this server does not know; PeerServer ignores those.
    Unknown,
}

/// A message for another peer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Relay<'a> {
    pub(super) kind: Kind,
    pub(super) dst: Cow<'a, str>,
    /// JSON text; `None` where the client sent none.
    pub(super) payload: Option<&'a str>,
}

/// Types that clients may send each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Offer,
    Answer,
    Candidate,
    Leave,
}

/// Why something is no message: words for its sender.
pub(super) type Fault = &'static str;

#[derive(Deserialize)]
struct Said<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    dst: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "given")]
    payload: Option<&'a RawValue>,
}

/// Reads a message.
pub(super) fn parse(text: &[u8]) -> Result<Message<'_>, Fault> {
    let said: Said<'_> = serde_json::from_slice(text).map_err(|_| "Invalid message")?;
    let kind = match &*said.kind {
        "OFFER" => Kind::Offer,
        "ANSWER" => Kind::Answer,
        "CANDIDATE" => Kind::Candidate,
        "LEAVE" => Kind::Leave,
        "HEARTBEAT" => return Ok(Message::Heartbeat),
        "OPEN" | "ID-TAKEN" | "ERROR" | "EXPIRE" => {
            return Err("Messages of this type come from the server only");
        }
        _ => return Ok(Message::Unknown),
    };
    match said.dst.filter(|dst| !dst.is_empty()) {
        Some(dst) if super::is_valid(&dst) => Ok(Message::Relay(Relay {
            kind,
            dst,
            payload: said.payload.map(RawValue::get),
        })),
        Some(_) => Err("Invalid destination"),
        None if kind == Kind::Leave => Ok(Message::Leave),
        None => Err("No destination"),
    }
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Offer => "OFFER",
            Self::Answer => "ANSWER",
            Self::Candidate => "CANDIDATE",
            Self::Leave => "LEAVE",
        }
    }
}

impl Relay<'_> {
    /// The message as its destination gets it; ids need no escaping.
    pub(super) fn stamped(&self, src: &str) -> Bytes {
        let Self { kind, dst, payload } = self;
        let kind = kind.name();
        match payload {
            Some(payload) => [
                r#"{"type":""#,
                kind,
                r#"","src":""#,
                src,
                r#"","dst":""#,
                dst,
                r#"","payload":"#,
                payload,
                "}",
            ]
            .concat(),
            None => pair(kind, src, dst),
        }
        .into()
    }
}

/// A message of the server in the name of `src`, or of a peer without a payload.
pub(super) fn pair(kind: &str, src: &str, dst: &str) -> String {
    format!(r#"{{"type":"{kind}","src":"{src}","dst":"{dst}"}}"#)
}

/// `what` is a text of ours that needs no escaping.
pub(super) fn error(what: &str) -> String {
    format!(r#"{{"type":"ERROR","payload":{{"msg":"{what}"}}}}"#)
}

pub(super) const OPEN: &str = r#"{"type":"OPEN"}"#;

pub(super) const ID_TAKEN: &str = r#"{"type":"ID-TAKEN","payload":{"msg":"ID is taken"}}"#;
