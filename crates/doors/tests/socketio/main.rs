//! Socket.IO clients in virtual time, down to the text of their packets.

mod heartbeat;
mod lab;
mod packets;
mod rooms;
mod upgrade;
