//! The chat server of MDN's WebRTC sample: names, messages for all, and messages for one.
//!
//! Everything a client says about itself is replaced by what is known: its number, its name.

mod broker;
mod text;

pub use broker::{Broker, Full, Room};

/// The sub-protocol the sample's page asks for.
pub const PROTOCOL: &str = "json";

/// The longest message taken, in bytes.
pub const MAX_MESSAGE: usize = 256 * 1024;

#[cfg(test)]
mod tests;
