//! What the parts of the server have counted, as JSON.

use serde_json::{Value, json};

/// A look at every part at about the same moment.
#[derive(Debug)]
pub(super) struct Figures {
    /// All workers together.
    pub(super) relay: magpie_relay::Snapshot,
    /// Packets the workers dropped for want of room in a socket, a stream or a ring.
    pub(super) crowded_out: u64,
    pub(super) hub: magpie_hub::Snapshot,
}

impl Figures {
    pub(super) fn relay(&self) -> Value {
        let relay = &self.relay;
        json!({
            "allocations": relay.allocations,
            "tcp_connections": relay.connections,
            "packets": { "to_peers": relay.to_peers, "to_clients": relay.to_clients },
            "bytes": { "to_peers": relay.bytes_to_peers, "to_clients": relay.bytes_to_clients },
            "challenges": { "sent": relay.challenges, "suppressed": relay.challenges_suppressed },
            "errors": relay.errors,
            "refused_peers": { "all": relay.refused_peers, "by_rule": relay.refused_by_rule },
            "refused_allocations": relay.refused_allocations,
            "revoked_allocations": relay.revoked_allocations,
            "dropped": { "over_rate": relay.over_rate, "crowded_out": self.crowded_out, "other": relay.dropped },
        })
    }

    pub(super) fn hub(&self) -> Value {
        let hub = &self.hub;
        json!({
            "persons": hub.persons,
            "devices": hub.devices,
            "connections": hub.connections,
            "calls": { "ringing": hub.ringing, "active": hub.active, "ended": hub.ended },
            "signals": { "forwarded": hub.forwarded, "dropped": hub.dropped },
        })
    }
}
