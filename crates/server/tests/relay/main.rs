//! The relay over real sockets: with a client of our own, and with coturn's test programs.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails here")]

mod aioice;
mod client;
mod coturn;
mod discovery;
mod dual;
mod errors;
mod server;
mod sockets;
mod tcp;
mod turn_client;
mod unreachable;
mod workers;
