//! The hub itself: what comes in, what goes out.

use std::collections::VecDeque;
use std::net::IpAddr;

use crate::command::Command;
use crate::effect::Effect;
use crate::ids::{ConnId, PublicKey, Tab};
use crate::limits::Limits;
use crate::record::Record;
use crate::time::Millis;

/// Checks an ECDSA P-256/SHA-256 signature (64 bytes, r then s) of a key over a message.
pub type VerifyProof = fn(key: &PublicKey, message: &[u8], signature: &[u8]) -> bool;

/// A client that has proved to hold its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The key.
    pub device: PublicKey,
    /// The page.
    pub tab: Tab,
    /// What the device calls itself.
    pub label: String,
    /// Where it connects from.
    pub address: IpAddr,
    /// The bearer token for `/api/ice-servers`; handed through to [`crate::Welcome`].
    pub token: String,
}

/// Counts for logs and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Snapshot {
    /// People known.
    pub persons: usize,
    /// Devices known, unlinked ones included.
    pub devices: usize,
    /// Connections attached.
    pub connections: usize,
    /// Calls ringing.
    pub ringing: usize,
    /// Calls answered and going on.
    pub active: usize,
    /// Calls over and still remembered.
    pub ended: usize,
    /// Signals passed on since the start.
    pub forwarded: u64,
    /// Messages dropped by the rate limit since the start.
    pub dropped: u64,
}

/// People, devices and calls; see the crate's documentation for the calling contract.
#[derive(Debug)]
pub struct Hub {
    effects: VecDeque<Effect>,
}

impl Hub {
    /// Makes a hub that goes on from what was saved; every endpoint of a saved call counts as gone since `now`.
    ///
    /// `seed` feeds numbers, codes and hashing and must be secret and fresh. Effects may be waiting at once.
    #[must_use]
    pub fn new(
        _now: Millis,
        _seed: [u8; 32],
        _limits: Limits,
        _verify: VerifyProof,
        _saved: Vec<Record>,
    ) -> Self {
        Self {
            effects: VecDeque::new(),
        }
    }

    /// Takes in a client that has proved to hold its key.
    pub fn attach(&mut self, _now: Millis, _conn: ConnId, _session: Session) {}

    /// Does what a client asks.
    pub fn handle_command(&mut self, _now: Millis, _conn: ConnId, _command: Command) {}

    /// Answers and counts a message that its door could not read.
    pub fn handle_malformed(
        &mut self,
        _now: Millis,
        _conn: ConnId,
        _n: Option<u64>,
        _detail: &'static str,
    ) {
    }

    /// Forgets a connection that was closed.
    pub fn detach(&mut self, _now: Millis, _conn: ConnId) {}

    /// Does what is due.
    pub fn handle_timeout(&mut self, _now: Millis) {}

    /// The next thing to do, in order.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// When [`Hub::handle_timeout`] is next needed.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Millis> {
        None
    }

    /// Counts for logs and metrics.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::default()
    }
}
