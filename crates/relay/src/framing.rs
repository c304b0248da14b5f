//! Messages back to back in a stream: STUN and ChannelData over TCP and TLS (RFC 8489 section 6.2.2, RFC 8656 section 12.5).
//!
//! ```
//! use magpie_relay::framing::{split, whole};
//!
//! let stream = [0x40, 1, 0, 3, b'a', b'b', b'c', 0, 0x40, 1, 0];
//! assert_eq!(whole(&stream), Ok(8));
//! assert_eq!(split(&stream), Ok(Some((&stream[..8], &stream[8..]))));
//! ```

use std::fmt;

/// The longest message a stream can carry: a STUN header with the longest body.
pub const LONGEST: usize = 20 + 65_532;

/// The stream does not carry STUN or ChannelData, or no longer does: close it, since there is no way to find the next message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotFramed {
    /// The bytes that are no header.
    pub header: [u8; 4],
}

impl fmt::Display for NotFramed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "neither STUN nor ChannelData: {:02x?}", self.header)
    }
}

impl std::error::Error for NotFramed {}

/// Length of the message at the head of `stream` with its padding, or `None` before four bytes of it are there.
///
/// # Errors
/// [`NotFramed`]: close the stream.
pub fn length(stream: &[u8]) -> Result<Option<usize>, NotFramed> {
    let Some(&header) = stream.first_chunk::<4>() else {
        return Ok(None);
    };
    let [kind, _, high, low] = header;
    let body = usize::from(u16::from_be_bytes([high, low]));
    let cookie = stream.get(4..8).is_none_or(|c| c == MAGIC_COOKIE);
    match kind {
        0x00..=0x3f if body.is_multiple_of(4) && cookie => Ok(Some(body.saturating_add(20))),
        0x40..=0x7f => Ok(Some(body.saturating_add(4).next_multiple_of(4))),
        _ => Err(NotFramed { header }),
    }
}

/// A message and what follows it.
pub type Split<'a> = (&'a [u8], &'a [u8]);

/// Takes the first message off `stream`: the message and the rest, or `None` while it is incomplete.
///
/// # Errors
/// [`NotFramed`]: close the stream.
pub fn split(stream: &[u8]) -> Result<Option<Split<'_>>, NotFramed> {
    Ok(length(stream)?.and_then(|length| stream.split_at_checked(length)))
}

/// How many bytes at the head of `stream` are complete messages.
///
/// # Errors
/// [`NotFramed`], if what follows the complete ones cannot be a message.
pub fn whole(stream: &[u8]) -> Result<usize, NotFramed> {
    let mut rest = stream;
    while let Some((_, after)) = split(rest)? {
        rest = after;
    }
    Ok(stream.len().saturating_sub(rest.len()))
}

pub(crate) const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
