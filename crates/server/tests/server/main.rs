//! The real binary on loopback, met as browsers and strangers meet it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod abuse;
mod admin;
mod client;
mod credentials;
mod crossing;
mod crowd;
mod door;
mod events;
mod http;
mod mutation;
mod peerjs;
mod process;
mod proxied;
mod restart;
mod rooms;
mod signalling;
mod socketio;
mod startup;
mod turn;
#[path = "../relay/client.rs"]
#[expect(dead_code, reason = "the tests of the relay use the rest")]
mod turn_client;
mod turn_conf;
