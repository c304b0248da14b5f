//! Frames of a client to hub inputs.

use std::fmt;

use bytes::Bytes;
use data_encoding::BASE64URL_NOPAD;
use magpie_hub::{
    CallId, Command, Decline, DeviceId, HandleChange, Media, Millis, PersonId, PublicKey, Request,
    RequestBody, Signal, Tab,
};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// What a client's frame says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming {
    /// Who it is, with the proof.
    Auth(AuthRequest),
    /// Anything after that.
    Command(Command),
}

/// The answer to `hello`. The server checks the signature over [`auth_message`] and the origin before it attaches the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthRequest {
    /// The device's key.
    pub key: PublicKey,
    /// ECDSA P-256/SHA-256 signature, r then s.
    pub signature: [u8; 64],
    /// The origin the page believes it has.
    pub origin: String,
    /// The page.
    pub tab: Tab,
    /// What the device calls itself.
    pub label: String,
    /// Whether the other side of its calls is not to learn its address: [`super::hide`] its signals.
    pub hide: bool,
}

/// A frame that is no message of the protocol. Answer `malformed`, quoting `n` if there is one, and count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed {
    /// The request's number, as far as it could be read.
    pub n: Option<u64>,
    /// What is wrong, for the author of the client.
    pub detail: &'static str,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.detail)
    }
}

impl std::error::Error for Malformed {}

/// The text a device signs to prove that it holds its key: bound to this connection by the nonce, to this site by the origin.
#[must_use]
pub fn auth_message(nonce: &str, origin: &str) -> Vec<u8> {
    format!("magpie-auth-1\n{nonce}\n{origin}").into_bytes()
}

/// Reads one frame.
///
/// # Errors
///
/// [`Malformed`] if the frame is not JSON, not of a known type, or a field is missing, of the wrong kind, too long or out of
/// range. Unknown fields are ignored, so that newer clients can talk to older servers.
pub fn parse(frame: &Bytes) -> Result<Incoming, Malformed> {
    let text = std::str::from_utf8(frame).map_err(|_| malformed("not UTF-8"))?;
    // Nearly all frames are signals and begin like this; they are read in one pass, without copying.
    if text.starts_with(r#"{"t":"signal","#) {
        return signal(text, frame);
    }
    let head: Head =
        serde_json::from_str(text).map_err(|_| malformed("not a JSON object with a type"))?;
    match head.t {
        "signal" => signal(text, frame),
        "sync" => sync(text),
        "auth" => auth(text),
        _ => request(&head, text),
    }
}

fn malformed(detail: &'static str) -> Malformed {
    Malformed { n: None, detail }
}

#[derive(Deserialize)]
struct Head<'a> {
    t: &'a str,
    n: Option<u64>,
}

#[derive(Deserialize)]
struct SignalFrame<'a> {
    #[serde(rename = "t")]
    _t: &'a str,
    call: CallId,
    e: u32,
    s: Option<u64>,
    #[serde(rename = "ae")]
    _ae: u32,
    #[serde(rename = "as")]
    _as: u64,
    #[serde(borrow)]
    d: Option<&'a RawValue>,
}

fn signal(text: &str, frame: &Bytes) -> Result<Incoming, Malformed> {
    let signal: SignalFrame<'_> =
        serde_json::from_str(text).map_err(|_| malformed("not a signal"))?;
    if signal.e == 0 || signal.e > MAX_EPOCH || signal._ae > MAX_EPOCH || signal._as > MAX_INTEGER {
        return Err(malformed("a number out of range"));
    }
    match (signal.s, signal.d) {
        (None, None) => {}
        (Some(1..=MAX_INTEGER), Some(data)) if data.get().len() <= MAX_DATA => {}
        (Some(1..=MAX_INTEGER), Some(_)) => return Err(malformed("data longer than 64 KiB")),
        (Some(_), Some(_)) => return Err(malformed("a number out of range")),
        (Some(_), None) | (None, Some(_)) => return Err(malformed("s and d come together")),
    }
    Ok(Incoming::Command(Command::Signal(Signal {
        call: signal.call,
        frame: frame.clone(),
    })))
}

#[derive(Deserialize)]
struct SyncFrame {
    calls: KnownCalls,
}

/// The calls of a `sync`; a map with more entries than any client has calls is refused while it is read.
struct KnownCalls(Vec<(CallId, u64)>);

impl<'de> Deserialize<'de> for KnownCalls {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Calls;

        impl<'de> Visitor<'de> for Calls {
            type Value = KnownCalls;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("call ids with versions")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<KnownCalls, A::Error> {
                let mut calls = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    if calls.len() == MAX_SYNC_CALLS {
                        return Err(serde::de::Error::custom("too many calls"));
                    }
                    calls.push(entry);
                }
                Ok(KnownCalls(calls))
            }
        }

        deserializer.deserialize_map(Calls)
    }
}

fn sync(text: &str) -> Result<Incoming, Malformed> {
    let frame: SyncFrame = serde_json::from_str(text).map_err(|_| malformed("not a sync"))?;
    Ok(Incoming::Command(Command::Sync(frame.calls.0)))
}

#[derive(Deserialize)]
struct AuthFrame {
    key: PublicKey,
    sig: Signature,
    origin: String,
    tab: Tab,
    label: String,
    #[serde(default)]
    hide: bool,
}

fn auth(text: &str) -> Result<Incoming, Malformed> {
    let frame: AuthFrame = serde_json::from_str(text).map_err(|_| malformed("not an auth"))?;
    if frame.origin.len() > MAX_ORIGIN {
        return Err(malformed("an origin too long"));
    }
    Ok(Incoming::Auth(AuthRequest {
        key: frame.key,
        signature: frame.sig.0,
        origin: frame.origin,
        tab: frame.tab,
        label: frame.label.chars().take(MAX_LABEL).collect(),
        hide: frame.hide,
    }))
}

/// 64 bytes in base64url without padding.
struct Signature([u8; 64]);

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Signature;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("64 bytes in base64url")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Signature, E> {
                let mut bytes = [0; 64];
                let fits = BASE64URL_NOPAD.decode_len(text.len()) == Ok(bytes.len());
                match fits.then(|| BASE64URL_NOPAD.decode_mut(text.as_bytes(), &mut bytes)) {
                    Some(Ok(_)) => Ok(Signature(bytes)),
                    _ => Err(E::custom("not 64 bytes in base64url")),
                }
            }
        }

        deserializer.deserialize_str(Text)
    }
}

fn request(head: &Head<'_>, text: &str) -> Result<Incoming, Malformed> {
    let n = match head.n {
        Some(n @ 1..=MAX_INTEGER) => n,
        Some(_) => return Err(malformed("n out of range")),
        None => return Err(malformed("an unknown type, or no n")),
    };
    let body = body(head.t, text).map_err(|detail| Malformed { n: Some(n), detail })?;
    Ok(Incoming::Command(Command::Request(Request { n, body })))
}

fn body(t: &str, text: &str) -> Result<RequestBody, &'static str> {
    match t {
        "dial" => dial(read(text)?),
        "accept" => read(text).map(|Accept { call, media }| RequestBody::Accept { call, media }),
        "decline" => decline(read(text)?),
        "hangup" => read(text).map(|Call { call }| RequestBody::Hangup { call }),
        "lookup" => lookup(read(text)?),
        "profile" => profile(read(text)?),
        "contact-add" => contact_add(read(text)?),
        "contact-remove" => read(text).map(|Person { id }| RequestBody::ContactRemove { id }),
        "block" => read(text).map(|Person { id }| RequestBody::Block { id }),
        "unblock" => read(text).map(|Person { id }| RequestBody::Unblock { id }),
        "missed-seen" => read(text).map(|MissedSeen { up_to }| RequestBody::MissedSeen { up_to }),
        "invite" => read(text).map(|IgnoredAny| RequestBody::Invite),
        "link-offer" => read(text).map(|IgnoredAny| RequestBody::LinkOffer),
        "link-claim" => link_claim(read(text)?),
        "link-approve" => read(text).map(|LinkApprove { device, sig }| RequestBody::LinkApprove {
            device,
            signature: sig.0,
        }),
        "link-reject" => read(text).map(|Device { device }| RequestBody::LinkReject { device }),
        "unlink" => read(text).map(|Device { device }| RequestBody::Unlink { device }),
        _ => Err("an unknown type"),
    }
}

fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, &'static str> {
    serde_json::from_str(text).map_err(|_| "a field is missing or not of its kind")
}

#[derive(Deserialize)]
struct Dial {
    call: CallId,
    to: String,
    media: Media,
}

fn dial(Dial { call, to, media }: Dial) -> Result<RequestBody, &'static str> {
    short(&to, MAX_NAME)?;
    Ok(RequestBody::Dial { call, to, media })
}

#[derive(Deserialize)]
struct Accept {
    call: CallId,
    media: Media,
}

#[derive(Deserialize)]
struct DeclineFrame {
    call: CallId,
    reason: String,
}

fn decline(DeclineFrame { call, reason }: DeclineFrame) -> Result<RequestBody, &'static str> {
    short(&reason, MAX_REASON)?;
    let reason = if reason == "declined" || reason.is_empty() {
        Decline::Plain
    } else {
        Decline::Text(reason)
    };
    Ok(RequestBody::Decline { call, reason })
}

#[derive(Deserialize)]
struct Call {
    call: CallId,
}

#[derive(Deserialize)]
struct Lookup {
    who: String,
}

fn lookup(Lookup { who }: Lookup) -> Result<RequestBody, &'static str> {
    short(&who, MAX_NAME)?;
    Ok(RequestBody::Lookup { who })
}

#[derive(Deserialize)]
struct Profile {
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    handle: Option<Option<String>>,
}

/// Tells `null` from a field that is not there.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

fn profile(Profile { name, handle }: Profile) -> Result<RequestBody, &'static str> {
    let handle = match handle {
        None => HandleChange::Keep,
        Some(None) => HandleChange::Free,
        Some(Some(handle)) => HandleChange::Take(handle),
    };
    // The hub judges both, with errors of their own; here only what is absurd is kept out.
    short(name.as_deref().unwrap_or_default(), MAX_ABSURD)?;
    if let HandleChange::Take(handle) = &handle {
        short(handle, MAX_ABSURD)?;
    }
    Ok(RequestBody::Profile { name, handle })
}

#[derive(Deserialize)]
struct ContactAdd {
    id: PersonId,
    name: Option<String>,
}

fn contact_add(ContactAdd { id, name }: ContactAdd) -> Result<RequestBody, &'static str> {
    short(name.as_deref().unwrap_or_default(), MAX_NAME)?;
    Ok(RequestBody::ContactAdd { id, name })
}

#[derive(Deserialize)]
struct Person {
    id: PersonId,
}

#[derive(Deserialize)]
struct MissedSeen {
    #[serde(rename = "upTo")]
    up_to: Millis,
}

#[derive(Deserialize)]
struct LinkClaim {
    code: String,
}

fn link_claim(LinkClaim { code }: LinkClaim) -> Result<RequestBody, &'static str> {
    short(&code, MAX_NAME)?;
    Ok(RequestBody::LinkClaim { code })
}

#[derive(Deserialize)]
struct LinkApprove {
    device: DeviceId,
    sig: Signature,
}

#[derive(Deserialize)]
struct Device {
    device: DeviceId,
}

fn short(text: &str, max: usize) -> Result<(), &'static str> {
    // Counting stops at the limit, however long the text.
    if text.chars().nth(max).is_some() {
        Err("a text too long")
    } else {
        Ok(())
    }
}

/// Epochs are below 2^31.
const MAX_EPOCH: u32 = (1 << 31) - 1;
/// The largest integer that JavaScript has exactly.
const MAX_INTEGER: u64 = (1 << 53) - 1;
/// Bytes of the data of a signal.
const MAX_DATA: usize = 64 * 1024;
/// Calls in a `sync`.
const MAX_SYNC_CALLS: usize = 64;
/// Characters of a number, handle, id, code or name.
const MAX_NAME: usize = 64;
/// Characters of a reason to decline.
const MAX_REASON: usize = 200;
/// Characters of a device's label; the rest is cut off.
const MAX_LABEL: usize = 64;
/// Characters nobody has in a name.
const MAX_ABSURD: usize = 1_000;
/// Bytes of an origin.
const MAX_ORIGIN: usize = 300;
