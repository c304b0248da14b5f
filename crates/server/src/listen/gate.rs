//! How much one client address may hold open.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

/// Counts what each client address holds open, and refuses past its limits.
///
/// IPv6 clients are counted by /64, since one customer owns that much.
#[derive(Clone, Debug)]
pub struct Gate {
    counts: Arc<Mutex<HashMap<IpAddr, Count>>>,
    limits: GateLimits,
}

/// What one address may hold open at a time.
#[derive(Clone, Copy, Debug)]
pub struct GateLimits {
    /// TCP connections; also WebSockets, where a proxy stands between.
    pub connections: u32,
    /// WebSockets that have not authenticated.
    pub unproven: u32,
}

/// Proof that something was counted; dropping it uncounts.
#[derive(Debug)]
pub struct Pass {
    gate: Gate,
    key: IpAddr,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Socket,
    WebSocket,
    UnprovenWebSocket,
}

#[derive(Debug, Default)]
struct Count {
    sockets: u32,
    websockets: u32,
    unproven: u32,
}

/// How full the address of an accepted TCP connection is.
#[derive(Debug)]
pub enum Admission {
    /// Within the limit.
    Welcome(Pass),
    /// Over the limit, but few enough to be told so in words.
    Crowded(Pass),
    /// Far over the limit: to be closed at once.
    Refused,
}

impl Gate {
    /// A gate with nothing counted.
    #[must_use]
    pub fn new(limits: GateLimits) -> Self {
        Self {
            counts: Arc::default(),
            limits,
        }
    }

    /// Counts a TCP connection of `address`.
    #[must_use]
    pub fn admit(&self, address: IpAddr) -> Admission {
        let key = key(address);
        let sockets = self.with(key, |count| count.sockets.saturating_add(1));
        if sockets > self.limits.connections.saturating_add(TOLD) {
            return Admission::Refused;
        }
        let pass = self.pass(key, Kind::Socket);
        match sockets > self.limits.connections {
            true => Admission::Crowded(pass),
            false => Admission::Welcome(pass),
        }
    }

    /// Counts a WebSocket of `address` that has yet to authenticate; `None` when it may have no more.
    #[must_use]
    pub fn admit_websocket(&self, address: IpAddr) -> Option<Pass> {
        let key = key(address);
        let full = self.with(key, |count| {
            count.websockets >= self.limits.connections || count.unproven >= self.limits.unproven
        });
        (!full).then(|| self.pass(key, Kind::UnprovenWebSocket))
    }

    fn pass(&self, key: IpAddr, kind: Kind) -> Pass {
        self.with(key, |count| count.add(kind));
        Pass {
            gate: self.clone(),
            key,
            kind,
        }
    }

    fn with<T>(&self, key: IpAddr, act: impl FnOnce(&mut Count) -> T) -> T {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(key).or_default();
        let result = act(count);
        if count.is_empty() {
            counts.remove(&key);
        }
        result
    }
}

impl Pass {
    /// The WebSocket this pass counts has authenticated.
    pub fn prove(&mut self) {
        if self.kind == Kind::UnprovenWebSocket {
            self.kind = Kind::WebSocket;
            self.gate.with(self.key, |count| {
                count.unproven = count.unproven.saturating_sub(1)
            });
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let kind = self.kind;
        self.gate.with(self.key, |count| count.subtract(kind));
    }
}

impl Count {
    fn add(&mut self, kind: Kind) {
        match kind {
            Kind::Socket => self.sockets += 1,
            Kind::WebSocket => self.websockets += 1,
            Kind::UnprovenWebSocket => {
                self.websockets += 1;
                self.unproven += 1;
            }
        }
    }

    fn subtract(&mut self, kind: Kind) {
        match kind {
            Kind::Socket => self.sockets -= 1,
            Kind::WebSocket => self.websockets -= 1,
            Kind::UnprovenWebSocket => {
                self.websockets -= 1;
                self.unproven -= 1;
            }
        }
    }

    const fn is_empty(&self) -> bool {
        self.sockets == 0 && self.websockets == 0
    }
}

pub(crate) fn key(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
        v4 => v4,
    }
}

/// So many connections over the limit are answered with 429; the rest are closed unheard, since an answer costs memory.
const TOLD: u32 = 16;

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    #[test]
    fn connections_over_the_limit_are_told_then_refused() {
        let gate = Gate::new(GateLimits {
            connections: 2,
            unproven: 9,
        });
        let mut held = Vec::new();
        for _ in 0..2 {
            let Admission::Welcome(pass) = gate.admit(ALICE) else {
                panic!("within the limit")
            };
            held.push(pass);
        }
        for _ in 0..TOLD {
            let Admission::Crowded(pass) = gate.admit(ALICE) else {
                panic!("told")
            };
            held.push(pass);
        }
        assert!(matches!(gate.admit(ALICE), Admission::Refused));
        held.clear();
        assert!(matches!(gate.admit(ALICE), Admission::Welcome(_)));
    }

    #[test]
    fn a_proven_websocket_makes_room_for_the_next() {
        let gate = Gate::new(GateLimits {
            connections: 9,
            unproven: 1,
        });
        let mut first = gate.admit_websocket(ALICE).unwrap();
        assert!(gate.admit_websocket(ALICE).is_none());
        first.prove();
        assert!(gate.admit_websocket(ALICE).is_some());
    }

    #[test]
    fn websockets_are_limited_in_all_too() {
        let gate = Gate::new(GateLimits {
            connections: 1,
            unproven: 9,
        });
        let mut first = gate.admit_websocket(ALICE).unwrap();
        first.prove();
        assert!(gate.admit_websocket(ALICE).is_none());
    }

    #[test]
    fn one_ipv6_network_is_one_client_and_mapped_addresses_are_ipv4() {
        let gate = Gate::new(GateLimits {
            connections: 9,
            unproven: 1,
        });
        let held = gate.admit_websocket("2001:db8::1".parse().unwrap());
        assert!(held.is_some());
        assert!(
            gate.admit_websocket("2001:db8::2".parse().unwrap())
                .is_none()
        );
        assert!(
            gate.admit_websocket("2001:db8:0:1::2".parse().unwrap())
                .is_some()
        );
        let mapped = gate.admit_websocket("::ffff:192.0.2.1".parse().unwrap());
        assert!(mapped.is_some());
        assert!(gate.admit_websocket(ALICE).is_none());
    }

    #[test]
    fn nothing_is_remembered_of_an_address_that_left() {
        let gate = Gate::new(GateLimits {
            connections: 9,
            unproven: 9,
        });
        drop(gate.admit(ALICE));
        drop(gate.admit_websocket(ALICE));
        assert!(gate.counts.lock().unwrap().is_empty());
    }
}
