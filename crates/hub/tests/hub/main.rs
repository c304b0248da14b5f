//! The hub in virtual time, by its public face alone.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod anything;
mod calling;
mod identity;
mod limits;
mod linking;
mod multiple;
mod people;
mod presence;
mod pruning;
mod restart;
mod signals;
mod world;
