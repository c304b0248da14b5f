//! `magpie ca`, the real program on stores of its own: nothing of the machine's is touched.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod browsers;
mod export;
mod issue;
mod server;
mod sudo;
mod system;
mod watch;
mod world;
