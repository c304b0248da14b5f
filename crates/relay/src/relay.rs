//! The state machine's surface; requests are answered in `request`, packets relayed in `packet`.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;

use hmac::{Hmac, Mac};
use sha1::Sha1;

use crate::address::{ClientAddr, Millis, RelayAddr};
use crate::answer::SCRATCH;
use crate::auth::Users;
use crate::config::{AlternateServer, Binding, Config, Lifetimes, Limits};
use crate::connection::Connections;
use crate::discovery::NatDiscovery;
use crate::effect::{Effect, OpenError, Output, RelayId};
use crate::hash::Seeded;
use crate::limit::RateLimit;
use crate::nonce::Nonces;
use crate::policy::Policy;
use crate::reserve::Reservations;
use crate::revoke::{self, Revoked};
use crate::shared::Shared;
use crate::snapshot::Snapshot;
use crate::table::Table;

/// A STUN and TURN server.
///
/// Contract: after each call with `&mut self` carry out every [`poll_effect`](Self::poll_effect), then call
/// [`handle_timeout`](Self::handle_timeout) when [`poll_timeout`](Self::poll_timeout) says. Send an [`Output`] before the next
/// call: it borrows the relay. Never a panic whatever the packets are, and no structure grows without a bound.
#[derive(Debug)]
pub struct Relay {
    pub(crate) realm: String,
    pub(crate) software: String,
    pub(crate) binding: Binding,
    pub(crate) turn: bool,
    pub(crate) old_channels: bool,
    pub(crate) tcp_peers: bool,
    pub(crate) limits: Limits,
    pub(crate) lifetimes: Lifetimes,
    pub(crate) alternate: Option<AlternateServer>,
    pub(crate) discovery: Option<NatDiscovery>,
    pub(crate) users: Users,
    pub(crate) revoked: Revoked,
    /// Seconds that the wall clock is ahead of the time given with each call.
    wall_ahead: i64,
    pub(crate) nonces: Nonces,
    pub(crate) policy: Policy,
    pub(crate) challenges: RateLimit,
    pub(crate) table: Table,
    pub(crate) connections: Connections,
    pub(crate) reservations: Reservations,
    pub(crate) effects: VecDeque<Effect>,
    pub(crate) scratch: Box<[u8; SCRATCH]>,
    pub(crate) counts: Snapshot,
    /// State of the generator of transaction ids: distinct, not secret.
    pub(crate) transactions: u64,
}

impl Relay {
    /// A relay without allocations. `seed` must be fresh in every process, and secret.
    #[must_use]
    pub fn new(config: Config, seed: [u8; 32]) -> Self {
        Self::sharing(config, seed, 0, Arc::new(Shared::new(seed)))
    }

    /// One of several relays of one server, `worker` of them. All get the same `config` and `seed`, so that each takes the
    /// nonces of the others, and `shared`, so that quotas hold over all of them, each takes the reservations of the others and
    /// knows their relayed addresses.
    #[must_use]
    pub fn sharing(config: Config, seed: [u8; 32], worker: u8, shared: Arc<Shared>) -> Self {
        let hasher = Seeded::derived(seed, b"hash");
        let counter = derive([worker; 32], &derive(seed, b"id"));
        let realm = cut(config.realm.clone());
        let Limits {
            challenges_per_second,
            challenge_burst,
            ..
        } = config.limits;
        Self {
            users: Users::new(&config, realm.clone(), hasher),
            revoked: Revoked::new(hasher),
            realm,
            alternate: config.alternate_server.map(|alternate| AlternateServer {
                domain: alternate.domain.map(cut),
                ..alternate
            }),
            discovery: config.nat_discovery,
            wall_ahead: 0,
            software: cut(config.software),
            binding: config.binding,
            turn: config.turn,
            old_channels: config.old_channels,
            tcp_peers: config.tcp_peers,
            limits: config.limits,
            lifetimes: config.lifetimes,
            nonces: Nonces::new(&derive(seed, b"nonce"), config.lifetimes.nonce),
            policy: Policy::new(config.allow_peers, config.deny_peers, hasher),
            challenges: RateLimit::new(hasher, challenges_per_second, challenge_burst),
            table: Table::new(config.limits, hasher, worker, Arc::clone(&shared)),
            connections: Connections::new(hasher, worker),
            reservations: Reservations::new(shared, hasher, worker),
            effects: VecDeque::new(),
            scratch: Box::new([0; SCRATCH]),
            counts: Snapshot::default(),
            transactions: u64::from_le_bytes(counter.first_chunk().copied().unwrap_or_default()),
        }
    }

    /// Tells which addresses the server listens on, wildcards and what they stand for, in their advertised form too. No client may have
    /// one of them as its peer.
    pub fn set_listening(&mut self, addresses: &[SocketAddr]) {
        self.policy.set_listening(addresses);
    }

    /// Tells what the wall clock shows at `now`: credentials made elsewhere expire by it, however often it is set, while
    /// everything else counts the time given with each call, which never jumps.
    pub fn set_wall_clock(&mut self, now: Millis, wall: Millis) {
        let difference = wall
            .seconds()
            .cast_signed()
            .wrapping_sub(now.seconds().cast_signed());
        self.wall_ahead = difference;
    }

    /// Seconds since 1970 by the wall clock.
    pub(crate) const fn wall_seconds(&self, now: Millis) -> u64 {
        now.seconds().saturating_add_signed(self.wall_ahead)
    }

    /// Answers [`Effect::Open`]: the relayed address as clients are told it, or why there is none. Returns the answer to the
    /// client's Allocate.
    pub fn relay_opened(
        &mut self,
        now: Millis,
        id: RelayId,
        result: Result<RelayAddr, OpenError>,
    ) -> Output<'_> {
        match result {
            Ok(relay) => self.allocated(now, id, relay),
            Err(error) => self.not_allocated(id, error),
        }
    }

    /// A client's stream has ended, and its allocation with it (RFC 8656 section 3.1), or the connection with a peer that it
    /// was bound to (RFC 6062 section 5.5).
    pub fn client_gone(&mut self, client: ClientAddr) {
        if let Some(connection) = self.connections.by_data(&client) {
            self.connections.remove(connection);
            self.effects.push_back(Effect::Disconnect { connection });
        }
        if let Some(id) = self.table.by_client(&client) {
            self.close_all(id);
        }
    }

    /// Takes a credential back: its allocations end at once, and it opens no other one.
    ///
    /// `id` is a user name, the id of a time-limited one (`MINTER~RANDOM` in `EXPIRY:MINTER~RANDOM`), or a minter. A user
    /// of the configuration is refused until the relay is made anew without it; anything else until every credential
    /// that is valid now has expired. At most 4096 are kept in mind.
    pub fn revoke(&mut self, now: Millis, id: &str) {
        let wall = self.wall_seconds(now);
        let fixed = self.users.is_fixed(id);
        self.revoked
            .insert(wall, id, fixed, self.users.horizon(wall));
        for relay in self.table.find(|a| revoke::names(id, &a.username)) {
            // The second half of a dual allocation has gone with the first.
            if self.table.get(relay).is_some() {
                self.counts.revoked_allocations = self.counts.revoked_allocations.wrapping_add(1);
                self.close_all(relay);
            }
        }
    }

    /// Ends what has expired by `now`.
    pub fn handle_timeout(&mut self, now: Millis) {
        while let Some(id) = self.table.pop_expired(now) {
            self.close(id);
        }
        while let Some(id) = self.connections.pop_expired(now) {
            self.expire_connection(id);
        }
        while let Some(reservation) = self.reservations.pop_expired(now) {
            self.effects.push_back(Effect::Release { reservation });
        }
    }

    /// The next thing to be done outside.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due; in constant time.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Millis> {
        let timers = [
            self.table.next_timer(),
            self.connections.next_timer(),
            self.reservations.next_timer(),
        ];
        timers.into_iter().flatten().min()
    }

    /// Which of the relays of one server this is.
    #[must_use]
    pub const fn worker(&self) -> u8 {
        self.connections.worker()
    }

    /// Counts since the start.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            allocations: self.table.len(),
            connections: self.connections.len(),
            ..self.counts.clone()
        }
    }

    /// Ends an allocation, both halves of a dual one.
    pub(crate) fn close_all(&mut self, id: RelayId) {
        let sibling = self.table.get(id).and_then(|a| a.sibling);
        self.close(id);
        if let Some(sibling) = sibling {
            self.close(sibling);
        }
    }

    /// Ends one relayed address.
    pub(crate) fn close(&mut self, id: RelayId) {
        while let Some(connection) = self.connections.any_of(id) {
            self.connections.remove(connection);
            self.effects.push_back(Effect::Disconnect { connection });
        }
        if self.table.remove(id).is_some() {
            self.effects.push_back(Effect::Close { relay: id });
        }
    }
}

pub(crate) fn derive(seed: [u8; 32], label: &[u8]) -> [u8; 20] {
    let mut mac = Hmac::<Sha1>::new_from_slice(&seed)
        .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
    mac.update(label);
    mac.finalize().into_bytes().into()
}

/// At most 128 bytes, so that every answer fits the scratch buffer.
fn cut(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(128));
    text
}
