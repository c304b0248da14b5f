//! The STUN and TURN server's outside: sockets, client streams, and the list of ICE servers pages are given.
//!
//! The protocol itself lives in `magpie-relay`, which never sees a socket; worker threads here, one for each core, move
//! packets between it and the network. The main runtime only hands client streams over and asks for credentials.

mod alarm;
mod ask;
mod clock;
mod connections;
pub mod discovery;
mod handle;
mod ice;
mod inbox;
mod net;
mod outbox;
mod peering;
mod place;
mod plain;
mod ring;
mod socket;
mod splice;
mod stream;
mod switch;
mod train;
mod unreachable;
mod worker;

pub use handle::{ClientStream, Credential, Relay, RelayError, RelayHandle};
pub use ice::IceServer;
pub use socket::RelaySocket;
