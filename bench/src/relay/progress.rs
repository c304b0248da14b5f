//! What the sending and the receiving threads tell each other.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Shared by all threads of a run.
#[derive(Debug)]
pub(super) struct Progress {
    delivered: Vec<AtomicU64>,
    /// Packets that arrived of each sender's flows.
    pub(super) arrived: Vec<AtomicU64>,
    stop: AtomicBool,
    over: AtomicBool,
}

/// What a sender did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) packets: u64,
    pub(super) calls: u64,
}

/// What a receiver saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Received {
    pub(super) packets: u64,
    pub(super) calls: u64,
    /// Duplicates, and what belongs to no flow.
    pub(super) strays: u64,
}

impl Progress {
    pub(super) fn new(flows: usize, senders: usize) -> Self {
        let zeros = |count| (0..count).map(|_| AtomicU64::new(0)).collect();
        Self {
            delivered: zeros(flows),
            arrived: zeros(senders),
            stop: AtomicBool::new(false),
            over: AtomicBool::new(false),
        }
    }

    /// Counts a packet of a flow; flows are dealt out to the senders in turn.
    pub(super) fn arrive(&self, flow: usize) {
        self.delivered[flow].fetch_add(1, Ordering::Release);
        self.arrived[flow % self.arrived.len()].fetch_add(1, Ordering::Release);
    }

    pub(super) fn delivered(&self, flow: usize) -> u64 {
        self.delivered[flow].load(Ordering::Acquire)
    }

    /// Packets that arrived in all.
    pub(super) fn total(&self) -> u64 {
        let load = |count: &AtomicU64| count.load(Ordering::Acquire);
        self.arrived.iter().map(load).sum()
    }

    /// Tells the senders to end.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Release);
    }

    pub(super) fn stopping(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    /// Tells the receivers to end.
    pub(super) fn end(&self) {
        self.over.store(true, Ordering::Release);
    }

    pub(super) fn over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }
}
