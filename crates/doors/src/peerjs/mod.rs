//! PeerJS: what PeerServer does for the npm package `peerjs`, any 1.x, as a state machine.
//!
//! Ids, tokens, the queue for peers that are not there yet, and who hears of whom. Where PeerServer has a fault, the
//! client gets what it needs: a client that comes back with its token takes over at once and is told `OPEN`; an id whose
//! connection broke is kept for it; nobody speaks in the server's or in another peer's name.

mod broker;
mod crossing;
mod id;
mod message;
mod waiting;

pub use broker::{Broker, Hello, Limits, Options, Presence, Refused};
pub use crossing::{Across, Crossing, Outward, Step};
pub use id::{is_valid, number};

/// What `GET {path}` answers.
pub const DESCRIPTION: &str = r#"{"name":"PeerJS Server","description":"A server side element to broker connections between PeerJS clients.","website":"https://peerjs.com/"}"#;

/// The longest message taken, in bytes. Descriptions with many candidates are some 20 KB.
pub const MAX_MESSAGE: usize = 256 * 1024;

/// Close code for a client whose id is held by a newer connection of its own.
pub const CLOSE_REPLACED: u16 = 4409;

#[cfg(test)]
mod tests;
