//! Servers that WebRTC tutorials ask for: rooms over Socket.IO.
//!
//! An event nobody here knows is passed on to the others in the sender's room as it is. Above that lies a table of
//! [dialects](dialects): what the servers of widespread tutorials say when somebody joins or leaves, and how they address one
//! client.

mod addressing;
mod clients;
mod dialects;
mod fields;
mod joining;
mod lobby;
mod rooms;

pub use lobby::{Limits, Lobby};
pub use rooms::{Full, RoomKey, Rooms, Site};
