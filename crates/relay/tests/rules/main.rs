//! The rules of STUN and TURN, one test each, on the state machine in virtual time.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails here")]

mod allocate;
mod alternate;
mod auth;
mod channel;
mod conformance;
mod connect;
mod data;
mod discovery;
mod dual;
mod icmp;
mod lab;
mod limits;
mod modern;
mod mutation;
mod permission;
mod policy;
mod refresh;
mod reserve;
mod revoke;
mod services;
mod stun;
mod workers;
