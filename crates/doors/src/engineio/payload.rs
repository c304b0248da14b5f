//! Several packets in the body of one HTTP request or answer.

use std::collections::VecDeque;

use bytes::{BufMut, Bytes, BytesMut};

use super::packet::to_base64;
use super::{Frame, Malformed, Packet, Version};

/// The body of an answer, in the form its content type says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// `text/plain; charset=UTF-8`.
    Text(String),
    /// `application/octet-stream`; revision 3 only.
    Binary(Bytes),
}

/// The packets of a request's body, one after the other; ends after the first that is malformed.
#[derive(Debug)]
pub struct Packets {
    version: Version,
    form: Form,
    rest: Option<Bytes>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Revision 4: separated.
    Separated,
    /// Revision 3: each behind its length in UTF-16 units.
    Counted,
    /// Revision 3 with bytes: each behind a kind, a length in bytes as decimal digits, and 255.
    Framed,
}

/// Reads a body; `binary` when its content type is `application/octet-stream`.
///
/// # Errors
/// [`Malformed`] for bytes that are no text where text is due.
pub fn decode(version: Version, binary: bool, body: Bytes) -> Result<Packets, Malformed> {
    let form = match (version, binary) {
        (Version::V4, false) => Form::Separated,
        (Version::V4, true) => return Err(Malformed),
        (Version::V3, false) => Form::Counted,
        (Version::V3, true) => Form::Framed,
    };
    if form != Form::Framed && std::str::from_utf8(&body).is_err() {
        return Err(Malformed);
    }
    // In revision 4 a body is at least one packet, and an empty packet is none.
    let rest = (form == Form::Separated || !body.is_empty()).then_some(body);
    Ok(Packets {
        version,
        form,
        rest,
    })
}

impl Iterator for Packets {
    type Item = Result<Packet, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest.take()?;
        let split = match self.form {
            Form::Separated => Ok(separated(&rest)),
            Form::Counted => counted(&rest),
            Form::Framed => framed(&rest),
        };
        Some(split.and_then(|(frame, rest)| {
            let packet = match frame {
                Frame::Text(text) => Packet::decode_text(self.version, &text)?,
                binary @ Frame::Binary(_) => Packet::decode(self.version, binary)?,
            };
            self.rest = rest;
            Ok(packet)
        }))
    }
}

/// A packet and what is behind it, if anything.
///
/// The packet is copied: as a part of the body it would keep the whole of it in memory for as long as it is queued.
type Split = (Frame, Option<Bytes>);

fn separated(body: &Bytes) -> Split {
    match body.iter().position(|byte| *byte == SEPARATOR) {
        Some(end) => {
            let behind = body.slice(end.saturating_add(1)..);
            (Frame::Text(copy(body, 0, end)), Some(behind))
        }
        None => (Frame::Text(copy(body, 0, body.len())), None),
    }
}

fn counted(body: &Bytes) -> Result<Split, Malformed> {
    let colon = body.iter().take(DIGITS).position(|byte| *byte == b':');
    let (digits, text) = body
        .split_at_checked(colon.ok_or(Malformed)?)
        .ok_or(Malformed)?;
    let units = std::str::from_utf8(digits).map_err(|_| Malformed)?;
    let units: usize = units.parse().map_err(|_| Malformed)?;
    let length = bytes_of_units(text.get(1..).unwrap_or_default(), units).ok_or(Malformed)?;
    let start = digits.len().saturating_add(1);
    let end = start.saturating_add(length);
    let packet = Frame::Text(copy(body, start, end));
    Ok((packet, non_empty(body.slice(end..))))
}

/// How many bytes the first `units` UTF-16 units take. The text is known to be UTF-8, and is not checked again for every
/// packet in it.
fn bytes_of_units(text: &[u8], units: usize) -> Option<usize> {
    let (mut length, mut missing) = (0usize, units);
    while missing > 0 {
        let (bytes, units) = match text.get(length)? {
            0..=0x7f => (1, 1),
            0x80..=0xdf => (2, 1),
            0xe0..=0xef => (3, 1),
            0xf0.. => (4, 2),
        };
        length = length.saturating_add(bytes);
        missing = missing.checked_sub(units)?;
    }
    Some(length)
}

fn framed(body: &Bytes) -> Result<Split, Malformed> {
    let (kind, rest) = body.split_first().ok_or(Malformed)?;
    let digits = rest.iter().take(DIGITS).position(|byte| *byte == 255);
    let digits = digits.ok_or(Malformed)?;
    let mut length: usize = 0;
    for digit in rest.iter().take(digits) {
        if *digit > 9 {
            return Err(Malformed);
        }
        length = length
            .saturating_mul(10)
            .saturating_add(usize::from(*digit));
    }
    // The kind stands before the digits, 255 behind them.
    let start = digits.saturating_add(2);
    let end = start.saturating_add(length);
    if length == 0 || end > body.len() {
        return Err(Malformed);
    }
    let content = copy(body, start, end);
    let frame = match kind {
        0 if std::str::from_utf8(&content).is_ok() => Frame::Text(content),
        1 => Frame::Binary(content),
        _ => return Err(Malformed),
    };
    Ok((frame, non_empty(body.slice(end..))))
}

fn copy(body: &Bytes, start: usize, end: usize) -> Bytes {
    Bytes::copy_from_slice(body.get(start..end).unwrap_or_default())
}

fn non_empty(bytes: Bytes) -> Option<Bytes> {
    (!bytes.is_empty()).then_some(bytes)
}

/// Writes the body of an answer. With `base64` it is text whatever the frames are.
#[must_use]
pub fn encode(version: Version, base64: bool, frames: &VecDeque<Frame>) -> Body {
    let binary = |frame: &Frame| matches!(frame, Frame::Binary(_));
    match version {
        Version::V4 => Body::Text(encode_separated(frames)),
        Version::V3 if !base64 && frames.iter().any(binary) => Body::Binary(encode_framed(frames)),
        Version::V3 => Body::Text(encode_counted(frames)),
    }
}

fn encode_separated(frames: &VecDeque<Frame>) -> String {
    let mut body = String::new();
    for frame in frames {
        if !body.is_empty() {
            body.push(char::from(SEPARATOR));
        }
        match frame {
            Frame::Text(text) => body.push_str(as_text(text)),
            Frame::Binary(bytes) => body.push_str(&to_base64(Version::V4, bytes)),
        }
    }
    body
}

fn encode_counted(frames: &VecDeque<Frame>) -> String {
    let mut body = String::new();
    for frame in frames {
        match frame {
            Frame::Text(text) => count(as_text(text), &mut body),
            // Behind the type byte.
            Frame::Binary(bytes) => {
                let content = bytes.get(1..).unwrap_or_default();
                count(&to_base64(Version::V3, content), &mut body);
            }
        }
    }
    body
}

fn count(text: &str, body: &mut String) {
    let units: usize = text.chars().map(char::len_utf16).sum();
    body.push_str(&units.to_string());
    body.push(':');
    body.push_str(text);
}

fn encode_framed(frames: &VecDeque<Frame>) -> Bytes {
    let mut body = BytesMut::new();
    for frame in frames {
        let (kind, content) = match frame {
            Frame::Text(text) => (0, text),
            Frame::Binary(bytes) => (1, bytes),
        };
        body.put_u8(kind);
        for digit in content.len().to_string().bytes() {
            body.put_u8(digit.saturating_sub(b'0'));
        }
        body.put_u8(255);
        body.extend_from_slice(content);
    }
    body.freeze()
}

fn as_text(text: &[u8]) -> &str {
    std::str::from_utf8(text).unwrap_or_default()
}

/// Between two packets of revision 4.
const SEPARATOR: u8 = 0x1e;

/// A length has fewer digits than this.
const DIGITS: usize = 10;

#[cfg(test)]
#[path = "payload/tests.rs"]
mod tests;
