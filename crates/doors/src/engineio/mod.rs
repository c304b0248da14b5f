//! Engine.IO, revisions 3 and 4: the transport below Socket.IO, without its I/O.
//!
//! A session is opened by an HTTP request or a WebSocket, carried by long-polling or by the WebSocket, and may move from
//! the first to the second on the way. Packets for a client are queued in the form they have on a WebSocket
//! ([`Frame`]); whoever answers a poll turns them into a [`payload`].
//!
//! Our own because of order, memory and limits: one queue per session whatever carries it, nothing buffered for an idle
//! one, and every number a stranger can raise is bounded.
//!
//! # Spec
//! The Engine.IO protocol, revisions 3 and 4, and what the reference server does where they are silent.

pub mod jsonp;
mod packet;
pub mod payload;
mod request;
mod sessions;

pub use packet::{Frame, Packet, Version};
pub use request::{Query, Refusal, Request, Transport};
pub use sessions::{Clash, ConnKey, Effect, Probed, Reason, Received, Sessions, Settings};

/// What a session cannot go on after: a packet or payload that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not an Engine.IO packet")
    }
}

impl std::error::Error for Malformed {}
