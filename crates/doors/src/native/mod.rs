//! The native protocol, `docs/protocol.md`: one JSON object per WebSocket text frame.

mod close;
mod encode;
mod hide;
mod parse;

pub use close::{
    CLOSE_AUTH, CLOSE_FLOOD, CLOSE_MALFORMED, CLOSE_REPLACED, CLOSE_SILENT, CLOSE_UNLINKED, close,
};
pub use encode::{encode, hello, refusal};
pub use hide::hide;
pub use parse::{AuthRequest, Incoming, Malformed, auth_message, parse};

/// The version of the protocol in `hello`.
pub const VERSION: u32 = 1;

/// The longest frame a client may send, in bytes.
pub const MAX_FRAME: usize = 256 * 1024;
