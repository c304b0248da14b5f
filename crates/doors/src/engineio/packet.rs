//! Single packets, as a WebSocket carries them.

use bytes::{BufMut, Bytes, BytesMut};
use data_encoding::BASE64;

use super::Malformed;

/// The revision of the protocol a client speaks (`EIO` in its requests).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// Socket.IO clients 1 and 2: the client sends pings, binary packets have a type byte.
    V3,
    /// Socket.IO clients 3 and later: the server sends pings.
    V4,
}

/// One WebSocket message. Text is UTF-8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// In a text frame.
    Text(Bytes),
    /// In a binary frame.
    Binary(Bytes),
}

/// What a client sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packet {
    /// Only servers send it.
    Open,
    /// The client leaves.
    Close,
    /// To be answered by a pong with the same text.
    Ping(Bytes),
    /// Proof of life.
    Pong,
    /// For the protocol above, as text: the whole packet, its `4` included, so that it can be passed on as it is.
    Text(Bytes),
    /// For the protocol above, as bytes.
    Binary(Bytes),
    /// The session moves to this WebSocket.
    Upgrade,
    /// Nothing.
    Noop,
}

impl Packet {
    /// Reads a WebSocket message.
    ///
    /// # Errors
    /// [`Malformed`] when it is none of the protocol's packets.
    pub fn decode(version: Version, frame: Frame) -> Result<Self, Malformed> {
        match frame {
            Frame::Text(text) => Self::decode_text(version, &text),
            Frame::Binary(bytes) if version == Version::V4 => Ok(Self::Binary(bytes)),
            Frame::Binary(bytes) => match bytes.first() {
                Some(4) => Ok(Self::Binary(bytes.slice(1..))),
                _ => Err(Malformed),
            },
        }
    }

    /// Reads a packet in its text form.
    pub(super) fn decode_text(version: Version, text: &Bytes) -> Result<Self, Malformed> {
        let rest = || text.slice(1..);
        match text.first() {
            Some(b'0') => Ok(Self::Open),
            Some(b'1') => Ok(Self::Close),
            Some(b'2') => Ok(Self::Ping(rest())),
            Some(b'3') => Ok(Self::Pong),
            Some(b'4') => Ok(Self::Text(text.clone())),
            Some(b'5') => Ok(Self::Upgrade),
            Some(b'6') => Ok(Self::Noop),
            Some(b'b') => base64(version, text),
            _ => Err(Malformed),
        }
    }
}

/// Bytes for clients that want them as text: `b`, in revision 3 the type, then base64.
fn base64(version: Version, text: &[u8]) -> Result<Packet, Malformed> {
    let encoded = match version {
        Version::V3 => text.strip_prefix(b"b4"),
        Version::V4 => text.strip_prefix(b"b"),
    };
    let bytes = BASE64.decode(encoded.ok_or(Malformed)?);
    bytes
        .map(|bytes| Packet::Binary(bytes.into()))
        .map_err(|_| Malformed)
}

impl Frame {
    /// A message of the protocol above, as bytes; `base64` for clients that cannot take binary frames.
    #[must_use]
    pub fn binary(version: Version, base64: bool, bytes: &Bytes) -> Self {
        match version {
            _ if base64 => Self::Text(to_base64(version, bytes).into()),
            Version::V4 => Self::Binary(bytes.clone()),
            Version::V3 => {
                let mut frame = BytesMut::with_capacity(bytes.len().saturating_add(1));
                frame.put_u8(4);
                frame.extend_from_slice(bytes);
                Self::Binary(frame.freeze())
            }
        }
    }

    pub(super) const fn ping() -> Self {
        Self::Text(Bytes::from_static(b"2"))
    }

    pub(super) const fn noop() -> Self {
        Self::Text(Bytes::from_static(b"6"))
    }

    pub(super) const fn close() -> Self {
        Self::Text(Bytes::from_static(b"1"))
    }

    pub(super) fn pong(data: &Bytes) -> Self {
        match data.is_empty() {
            true => Self::Text(Bytes::from_static(b"3")),
            false => Self::Text([b"3", data.as_ref()].concat().into()),
        }
    }
}

/// The text form of bytes.
pub(super) fn to_base64(version: Version, bytes: &[u8]) -> String {
    let mut text = String::from(match version {
        Version::V3 => "b4",
        Version::V4 => "b",
    });
    BASE64.encode_append(bytes, &mut text);
    text
}
