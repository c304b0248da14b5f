//! What a relay has done so far.

use std::collections::BTreeMap;

use crate::policy::Refusal;

/// Counts since the start, and the present size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Allocations at this moment.
    pub allocations: usize,
    /// TCP connections with peers at this moment, those being made included.
    pub connections: usize,
    /// Packets relayed to peers.
    pub to_peers: u64,
    /// Payload bytes of those.
    pub bytes_to_peers: u64,
    /// Packets relayed to clients, those handed over inside the process included.
    pub to_clients: u64,
    /// Payload bytes of those.
    pub bytes_to_clients: u64,
    /// Answers 401 and 438 sent.
    pub challenges: u64,
    /// Answers left unsent because one address asked for too many.
    pub challenges_suppressed: u64,
    /// Peers refused by policy.
    pub refused_peers: u64,
    /// Those by the name of the rule that refused them; there are as many names as rules.
    pub refused_by_rule: BTreeMap<&'static str, u64>,
    /// Error answers by their code.
    pub errors: BTreeMap<u16, u64>,
    /// Allocations refused by a quota (486) or for want of ports (508).
    pub refused_allocations: u64,
    /// Allocations ended because their credential was revoked.
    pub revoked_allocations: u64,
    /// Packets dropped since their allocation carries more bits than it may.
    pub over_rate: u64,
    /// Packets dropped because they were not STUN, not allowed, or for nobody.
    pub dropped: u64,
}

impl Snapshot {
    /// Adds what another relay of the same server has counted.
    pub fn add(&mut self, other: &Self) {
        self.allocations = self.allocations.saturating_add(other.allocations);
        self.connections = self.connections.saturating_add(other.connections);
        for (sum, more) in [
            (&mut self.to_peers, other.to_peers),
            (&mut self.bytes_to_peers, other.bytes_to_peers),
            (&mut self.to_clients, other.to_clients),
            (&mut self.bytes_to_clients, other.bytes_to_clients),
            (&mut self.challenges, other.challenges),
            (&mut self.challenges_suppressed, other.challenges_suppressed),
            (&mut self.refused_peers, other.refused_peers),
            (&mut self.refused_allocations, other.refused_allocations),
            (&mut self.revoked_allocations, other.revoked_allocations),
            (&mut self.over_rate, other.over_rate),
            (&mut self.dropped, other.dropped),
        ] {
            *sum = sum.wrapping_add(more);
        }
        for (rule, more) in &other.refused_by_rule {
            add(&mut self.refused_by_rule, *rule, *more);
        }
        for (code, more) in &other.errors {
            add(&mut self.errors, *code, *more);
        }
    }

    pub(crate) fn count_refusal(&mut self, why: Refusal) {
        self.refused_peers = self.refused_peers.wrapping_add(1);
        add(&mut self.refused_by_rule, why.rule(), 1);
    }

    pub(crate) fn count_error(&mut self, code: u16) {
        add(&mut self.errors, code, 1);
    }
}

fn add<K: Ord>(counts: &mut BTreeMap<K, u64>, key: K, more: u64) {
    let count = counts.entry(key).or_default();
    *count = count.wrapping_add(more);
}
