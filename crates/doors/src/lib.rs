//! Client protocols: bytes of a client to and from typed hub inputs and effects.

#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

pub mod engineio;
pub mod native;
mod random;
mod slab;
pub mod socketio;
pub mod tutorial;
