//! Socket.IO clients in virtual time, down to the text of their packets.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod anything;
mod heartbeat;
mod lab;
mod packets;
mod rooms;
mod upgrade;
