//! Why a connection is closed, in the numbers of WebSocket close frames (RFC 6455, section 7.4.2: 4000-4999 are private).

use magpie_hub::CloseReason;

/// Too many malformed messages.
pub const CLOSE_MALFORMED: u16 = 4400;
/// No proof of identity in time, or a wrong one.
pub const CLOSE_AUTH: u16 = 4401;
/// The device was unlinked; its key is worth nothing any more.
pub const CLOSE_UNLINKED: u16 = 4403;
/// Nothing was heard for too long.
pub const CLOSE_SILENT: u16 = 4408;
/// The same endpoint connected again.
pub const CLOSE_REPLACED: u16 = 4409;
/// Too much, too fast.
pub const CLOSE_FLOOD: u16 = 4429;

/// The close code and the text beside it.
#[must_use]
pub fn close(why: CloseReason) -> (u16, &'static str) {
    match why {
        CloseReason::Replaced => (CLOSE_REPLACED, "replaced"),
        CloseReason::Malformed => (CLOSE_MALFORMED, "malformed"),
        CloseReason::Flood => (CLOSE_FLOOD, "rate"),
        CloseReason::Unlinked => (CLOSE_UNLINKED, "unlinked"),
        CloseReason::Silent => (CLOSE_SILENT, "silent"),
    }
}
