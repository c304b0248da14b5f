//! Servers that WebRTC tutorials ask for: rooms over Socket.IO.

mod relay;
mod rooms;

pub use relay::{Limits, Relay};
pub use rooms::{Full, RoomKey, Rooms, Site};
