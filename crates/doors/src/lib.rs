//! Client protocols: bytes of a client to and from typed hub inputs and effects.

#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod broker;
pub mod engineio;
mod given;
mod liveness;
pub mod mdn;
pub mod meeting;
pub mod native;
pub mod peerjs;
mod random;
mod slab;
pub mod socketio;
mod timers;
pub mod tutorial;

pub use broker::{Broker, Effect, Ended};
