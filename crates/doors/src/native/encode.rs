//! Hub events to frames for a client.

use std::borrow::Cow;

use magpie_hub::{
    Answer, CallId, Card, Contact, DeviceCard, ErrorCode, Event, Fault, Linked, Me, Media,
    MissedCall, View, Welcome,
};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

/// The first frame of a connection; `nonce` is 32 random bytes in base64url, for this connection and one answer.
#[must_use]
pub fn hello(nonce: &str) -> String {
    #[derive(Serialize)]
    struct Hello<'a> {
        t: &'static str,
        nonce: &'a str,
        v: u32,
    }
    text(&Hello {
        t: "hello",
        nonce,
        v: super::VERSION,
    })
}

/// An error before there is a session, such as a wrong proof of identity.
#[must_use]
pub fn refusal(code: ErrorCode, detail: &'static str) -> String {
    encode(&Event::Error {
        n: None,
        fault: Fault {
            code,
            detail: Cow::Borrowed(detail),
            retry_after: None,
        },
    })
}

/// Writes an event as a frame.
#[must_use]
pub fn encode(event: &Event) -> String {
    text(&Wire(event))
}

fn text<T: Serialize>(value: &T) -> String {
    #[expect(
        clippy::expect_used,
        reason = "strings, numbers and maps with text keys always serialize"
    )]
    serde_json::to_string(value).expect("a plain value")
}

/// Something of the hub as it looks on the wire.
struct Wire<'a, T>(&'a T);

/// Writes a list of things of the hub.
struct Each<'a, T>(&'a [T]);

impl<'a, T> Serialize for Each<'a, T>
where
    Wire<'a, T>: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Wire))
    }
}

/// A map with these fields, in this order.
macro_rules! object {
    ($serializer:expr, $($key:literal: $value:expr),* $(,)?) => {{
        let mut map = $serializer.serialize_map(None)?;
        $(map.serialize_entry($key, &$value)?;)*
        map.end()
    }};
}

impl Serialize for Wire<'_, Event> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Event::Welcome(it) => Wire(&**it).serialize(s),
            Event::Ok { n, answer } => ok(s, *n, answer),
            Event::Error { n, fault } => error(s, *n, fault),
            Event::Call(view) => object!(s, "t": "call", "call": Wire(&**view)),
            Event::LostCall(id) => object!(s, "t": "call", "call": Lost(id)),
            Event::Synced { now } => object!(s, "t": "synced", "now": now),
            Event::Presence { id, online } => {
                object!(s, "t": "presence", "id": id, "online": online)
            }
            Event::Missed(missed) => object!(s, "t": "missed", "missed": Wire(missed)),
            Event::Me(me) => object!(s, "t": "me", "me": Wire(me)),
            Event::Contacts(contacts) => object!(s, "t": "contacts", "contacts": Each(contacts)),
            Event::Blocked(blocked) => object!(s, "t": "blocked", "blocked": Each(blocked)),
            Event::MissedSeen { up_to } => object!(s, "t": "missed-cleared", "upTo": up_to),
            Event::LinkRequest { device, label } => {
                object!(s, "t": "link-request", "device": device, "label": label)
            }
            Event::Linked(it) => Wire(&**it).serialize(s),
            Event::Unlinked => object!(s, "t": "unlinked"),
            Event::Drain { retry_after } => object!(s, "t": "drain", "retryAfter": retry_after),
        }
    }
}

fn ok<S: Serializer>(s: S, n: u64, answer: &Answer) -> Result<S::Ok, S::Error> {
    match answer {
        Answer::Done => object!(s, "t": "ok", "n": n),
        Answer::Call(call) => object!(s, "t": "ok", "n": n, "call": call),
        Answer::Card(card) => object!(s, "t": "ok", "n": n, "card": Wire(card)),
        Answer::Me(me) => object!(s, "t": "ok", "n": n, "me": Wire(me)),
        Answer::Contacts(contacts) => object!(s, "t": "ok", "n": n, "contacts": Each(contacts)),
        Answer::Blocked(blocked) => object!(s, "t": "ok", "n": n, "blocked": Each(blocked)),
        Answer::Code { code, expires } => {
            object!(s, "t": "ok", "n": n, "code": code, "expires": expires)
        }
        Answer::Person(person) => object!(s, "t": "ok", "n": n, "person": person),
    }
}

fn error<S: Serializer>(s: S, n: Option<u64>, fault: &Fault) -> Result<S::Ok, S::Error> {
    let mut map = s.serialize_map(None)?;
    map.serialize_entry("t", "error")?;
    if let Some(n) = n {
        map.serialize_entry("n", &n)?;
    }
    map.serialize_entry("code", fault.code.as_str())?;
    map.serialize_entry("detail", &fault.detail)?;
    if let Some(ms) = fault.retry_after {
        map.serialize_entry("retryAfter", &ms)?;
    }
    map.end()
}

impl Serialize for Wire<'_, Welcome> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let it = self.0;
        object!(s, "t": "welcome", "me": Wire(&it.me), "endpoint": it.endpoint, "token": it.token,
            "calls": Each(&it.calls), "missed": Each(&it.missed), "contacts": Each(&it.contacts),
            "blocked": Each(&it.blocked), "now": it.now)
    }
}

impl Serialize for Wire<'_, Linked> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let it = self.0;
        object!(s, "t": "linked", "me": Wire(&it.me), "missed": Each(&it.missed),
            "contacts": Each(&it.contacts), "blocked": Each(&it.blocked))
    }
}

impl Serialize for Wire<'_, Me> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let it = self.0;
        object!(s, "id": it.id, "number": it.number.to_string(), "handle": it.handle, "name": it.name,
            "devices": Each(&it.devices))
    }
}

impl Serialize for Wire<'_, DeviceCard> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let it = self.0;
        object!(s, "id": it.id, "label": it.label, "here": it.here, "linkedAt": it.linked_at)
    }
}

impl Serialize for Wire<'_, Card> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let it = self.0;
        object!(s, "id": it.id, "number": it.number.map(|number| number.to_string()), "handle": it.handle,
            "name": it.name)
    }
}

impl Serialize for Wire<'_, Contact> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let it = &self.0.card;
        object!(s, "id": it.id, "number": it.number.map(|number| number.to_string()), "handle": it.handle,
            "name": it.name, "online": self.0.online)
    }
}

impl Serialize for Wire<'_, MissedCall> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let it = self.0;
        object!(s, "call": it.call, "from": Wire(&it.from), "at": it.at, "media": it.media)
    }
}

impl Serialize for Wire<'_, View> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let it = self.0;
        let media = Kinds {
            caller: it.media.caller,
            callee: it.media.callee,
        };
        object!(s, "id": it.id, "v": it.v, "state": it.state.as_str(), "role": it.role.as_str(),
            "peer": Wire(&it.peer), "media": media, "startedAt": it.started_at, "answeredAt": it.answered_at,
            "alerting": it.alerting, "peerHere": it.peer_here, "peerEndpoint": it.peer_endpoint,
            "reason": it.reason.map(magpie_hub::EndReason::as_str), "text": it.text)
    }
}

/// The view of a call that nobody knows: whole, so that a client reads it like any other, but only the id, the version,
/// the state and the reason mean anything.
struct Lost<'a>(&'a CallId);

impl Serialize for Lost<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        object!(s, "id": self.0, "v": MAX_VERSION, "state": "ended", "role": "caller", "peer": Nobody,
            "media": Kinds { caller: Media::Audio, callee: None }, "startedAt": 0, "answeredAt": (),
            "alerting": false, "peerHere": false, "peerEndpoint": (), "reason": "lost", "text": ())
    }
}

/// The card of nobody.
struct Nobody;

impl Serialize for Nobody {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        object!(s, "id": "", "number": (), "handle": (), "name": ())
    }
}

#[derive(Serialize)]
struct Kinds {
    caller: Media,
    callee: Option<Media>,
}

/// The largest integer that JavaScript has exactly; no version comes after it.
const MAX_VERSION: u64 = (1 << 53) - 1;
