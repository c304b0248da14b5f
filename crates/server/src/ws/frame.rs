//! WebSocket frames of a server, as values: bytes in, messages out, no I/O.
//!
//! Our own because of memory: a connection that is idle keeps no buffer at all, and one that sent a large message gives
//! its buffer back. Extensions (compression) are not offered: our messages are small and the memory is not.
//!
//! # Spec
//! RFC 6455 section 5, the server's side.

use axum::body::Bytes;

/// What a client sent, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// A text message; always valid UTF-8.
    Text(Bytes),
    /// A binary message; a door that speaks only text refuses it with [`Violation::Binary`].
    Binary(Bytes),
    /// A ping, to be answered with its bytes.
    Ping(Bytes),
    /// A pong; proof of life only.
    Pong,
    /// The client closes; nothing follows.
    Close,
}

/// Why a connection must be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// A frame or a message of fragments is longer than allowed.
    TooLong,
    /// A binary message, where only text is spoken.
    Binary,
    /// A text message that is not UTF-8.
    NotUtf8,
    /// The framing itself is wrong.
    Protocol,
}

impl Violation {
    /// The close code and reason to send.
    #[must_use]
    pub const fn close(self) -> Close {
        match self {
            Self::TooLong => Close::new(1009, "the message is too long"),
            Self::Binary => Close::new(1003, "messages are text"),
            Self::NotUtf8 => Close::new(1007, "text is UTF-8"),
            Self::Protocol => Close::new(1002, "not the WebSocket protocol"),
        }
    }
}

/// A close code (RFC 6455 section 7.4, or 4000-4999) and its reason, at most 123 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Close {
    code: u16,
    reason: &'static str,
}

impl Close {
    /// A close frame's content.
    #[must_use]
    pub const fn new(code: u16, reason: &'static str) -> Self {
        Self { code, reason }
    }

    /// The close code.
    #[must_use]
    pub const fn code(self) -> u16 {
        self.code
    }

    /// The reason.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        self.reason
    }

    /// Appends the frame to `out`.
    pub fn encode(self, out: &mut Vec<u8>) {
        let reason = &self.reason.as_bytes()[..self.reason.len().min(CONTROL_MAX - 2)];
        out.extend_from_slice(&[FIN | CLOSE, reason.len() as u8 + 2]);
        out.extend_from_slice(&self.code.to_be_bytes());
        out.extend_from_slice(reason);
    }
}

/// Appends a text frame to `out`.
pub fn encode_text(text: &[u8], out: &mut Vec<u8>) {
    encode(TEXT, text, out);
}

/// Appends a binary frame to `out`.
pub fn encode_binary(bytes: &[u8], out: &mut Vec<u8>) {
    encode(BINARY, bytes, out);
}

/// Appends a ping frame to `out`.
pub fn encode_ping(out: &mut Vec<u8>) {
    encode(PING, &[], out);
}

/// Appends a pong frame to `out`; `payload` is what the ping carried.
pub fn encode_pong(payload: &[u8], out: &mut Vec<u8>) {
    encode(PONG, payload, out);
}

fn encode(opcode: u8, payload: &[u8], out: &mut Vec<u8>) {
    out.push(FIN | opcode);
    match payload.len() {
        short @ 0..=125 => out.push(short as u8),
        medium @ 126..=0xffff => {
            out.push(126);
            out.extend_from_slice(&(medium as u16).to_be_bytes());
        }
        long => {
            out.push(127);
            out.extend_from_slice(&(long as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(payload);
}

/// Turns a client's bytes into messages. Holds memory only while a frame or a message is incomplete.
#[derive(Debug)]
pub struct Decoder {
    /// Longest message taken, bytes.
    limit: usize,
    /// Start of a frame of which the rest has not arrived.
    partial: Vec<u8>,
    /// The message that came in fragments so far, while one is under way.
    fragments: Option<Fragments>,
}

#[derive(Debug)]
struct Fragments {
    /// What the first frame said they are, [`TEXT`] or [`BINARY`].
    opcode: u8,
    bytes: Vec<u8>,
}

/// One frame found at the start of some bytes.
struct Frame<'a> {
    last: bool,
    opcode: u8,
    mask: [u8; 4],
    payload: &'a [u8],
}

/// What the start of some bytes holds.
enum Parsed<'a> {
    Whole {
        frame: Frame<'a>,
        size: usize,
    },
    /// At least so many bytes in all are needed.
    Needs(usize),
}

impl Decoder {
    /// A decoder that refuses messages longer than `limit` bytes.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        Self {
            limit,
            partial: Vec::new(),
            fragments: None,
        }
    }

    /// Changes the limit for frames that begin from here on.
    pub const fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Whether a frame or message has begun and not ended.
    #[must_use]
    pub const fn is_midway(&self) -> bool {
        !self.partial.is_empty() || self.fragments.is_some()
    }

    /// Bytes of incomplete frames and messages held.
    #[must_use]
    pub fn held(&self) -> usize {
        let fragments = self.fragments.as_ref().map_or(0, |f| f.bytes.len());
        self.partial.len() + fragments
    }

    /// Takes bytes off the front of `input` until a message is whole, or `input` is empty (`None`).
    ///
    /// # Errors
    /// [`Violation`]: the connection must be closed and no more bytes fed.
    pub fn next(&mut self, input: &mut &[u8]) -> Result<Option<Message>, Violation> {
        while !input.is_empty() {
            if let Some(message) = self.step(input)? {
                return Ok(Some(message));
            }
        }
        Ok(None)
    }

    fn step(&mut self, input: &mut &[u8]) -> Result<Option<Message>, Violation> {
        if self.partial.is_empty() {
            return match parse(input, self.limit)? {
                Parsed::Whole { frame, size } => {
                    let rest = &input[size..];
                    let message = accept(frame, &mut self.fragments, self.limit);
                    *input = rest;
                    message
                }
                Parsed::Needs(_) => {
                    self.partial.extend_from_slice(std::mem::take(input));
                    Ok(None)
                }
            };
        }
        if let Parsed::Needs(total) = parse(&self.partial, self.limit)? {
            let missing = (total - self.partial.len()).min(input.len());
            let (more, rest) = input.split_at(missing);
            // Grows with what has arrived: an announced length alone costs nothing.
            self.partial.extend_from_slice(more);
            *input = rest;
        }
        let Parsed::Whole { frame, .. } = parse(&self.partial, self.limit)? else {
            return Ok(None);
        };
        let message = accept(frame, &mut self.fragments, self.limit);
        self.partial = Vec::new();
        message
    }
}

fn parse(bytes: &[u8], limit: usize) -> Result<Parsed<'_>, Violation> {
    let [first, second, rest @ ..] = bytes else {
        return Ok(Parsed::Needs(2));
    };
    let (last, opcode) = (first & FIN != 0, first & 0x0f);
    // Reserved bits mean an extension, and none was agreed; a client must mask (sections 5.2, 5.1).
    if first & 0x70 != 0 || second & MASKED == 0 || !matches!(opcode, 0..=2 | 8..=10) {
        return Err(Violation::Protocol);
    }
    let short = usize::from(second & 0x7f);
    if opcode >= CLOSE && (short > CONTROL_MAX || !last) {
        return Err(Violation::Protocol);
    }
    let (length, before_mask) = match (short, rest) {
        (126, [a, b, ..]) => (u64::from(u16::from_be_bytes([*a, *b])), 4),
        (127, [a, b, c, d, e, f, g, h, ..]) => {
            (u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]), 10)
        }
        (126, _) => return Ok(Parsed::Needs(4)),
        (127, _) => return Ok(Parsed::Needs(10)),
        _ => (short as u64, 2),
    };
    let length = usize::try_from(length)
        .ok()
        .filter(|length| *length <= limit)
        .ok_or(Violation::TooLong)?;
    let size = before_mask + 4 + length;
    match bytes.get(before_mask..size) {
        Some([a, b, c, d, payload @ ..]) => Ok(Parsed::Whole {
            frame: Frame {
                last,
                opcode,
                mask: [*a, *b, *c, *d],
                payload,
            },
            size,
        }),
        _ => Ok(Parsed::Needs(size)),
    }
}

fn accept(
    frame: Frame<'_>,
    fragments: &mut Option<Fragments>,
    limit: usize,
) -> Result<Option<Message>, Violation> {
    match (frame.opcode, fragments.take()) {
        (opcode @ (TEXT | BINARY), None) => {
            let begun = Fragments {
                opcode,
                bytes: Vec::new(),
            };
            gather(&frame, begun, fragments)
        }
        (CONTINUATION, Some(sofar)) if sofar.bytes.len() + frame.payload.len() > limit => {
            Err(Violation::TooLong)
        }
        (CONTINUATION, Some(sofar)) => gather(&frame, sofar, fragments),
        (CLOSE, _) => Ok(Some(Message::Close)),
        (PING | PONG, under_way) => {
            *fragments = under_way;
            Ok(Some(control(&frame)))
        }
        _ => Err(Violation::Protocol),
    }
}

fn gather(
    frame: &Frame<'_>,
    mut sofar: Fragments,
    fragments: &mut Option<Fragments>,
) -> Result<Option<Message>, Violation> {
    sofar.bytes.reserve_exact(frame.payload.len());
    unmask_onto(&mut sofar.bytes, frame);
    if !frame.last {
        *fragments = Some(sofar);
        return Ok(None);
    }
    if sofar.opcode == BINARY {
        return Ok(Some(Message::Binary(sofar.bytes.into())));
    }
    match std::str::from_utf8(&sofar.bytes) {
        Ok(_) => Ok(Some(Message::Text(sofar.bytes.into()))),
        Err(_) => Err(Violation::NotUtf8),
    }
}

fn control(frame: &Frame<'_>) -> Message {
    if frame.opcode == PONG {
        return Message::Pong;
    }
    let mut payload = Vec::with_capacity(frame.payload.len());
    unmask_onto(&mut payload, frame);
    Message::Ping(payload.into())
}

/// Whole words at a time, since this touches every byte of every message.
fn unmask_onto(out: &mut Vec<u8>, frame: &Frame<'_>) {
    let word = u32::from_ne_bytes(frame.mask);
    let mut words = frame.payload.chunks_exact(4);
    for bytes in &mut words {
        let masked = u32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        out.extend_from_slice(&(masked ^ word).to_ne_bytes());
    }
    out.extend(
        words
            .remainder()
            .iter()
            .zip(frame.mask)
            .map(|(byte, mask)| byte ^ mask),
    );
}

const FIN: u8 = 0x80;
const MASKED: u8 = 0x80;
const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;
/// Longest payload of a control frame (section 5.5).
const CONTROL_MAX: usize = 125;

#[cfg(test)]
#[path = "frame/tests.rs"]
mod tests;
