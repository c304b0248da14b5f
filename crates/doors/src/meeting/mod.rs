//! Publish and subscribe for meeting pages: what a page publishes under a subject reaches the subject's other subscribers.

mod broker;
mod message;

pub use broker::{Broker, Limits};

/// The longest message taken, in bytes.
pub const MAX_MESSAGE: usize = 256 * 1024;

#[cfg(test)]
mod tests;
