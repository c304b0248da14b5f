//! The real binary on loopback, met as browsers and strangers meet it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod abuse;
mod client;
mod http;
mod process;
mod restart;
mod signalling;
mod startup;
mod turn;
mod turn_conf;
