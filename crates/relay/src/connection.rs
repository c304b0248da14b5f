//! TCP connections between relayed addresses and peers (RFC 6062): which there are, how far they have come, when they are
//! given up. Their bytes never come here.

use std::collections::VecDeque;
use std::hash::BuildHasher;
use std::time::Duration;

use stun_types::message::TransactionId;

use crate::address::{ClientAddr, Millis, PeerAddr};
use crate::effect::RelayId;
use crate::hash::{Seeded, SeededMap};
use crate::message::Stun;

/// Names a connection with a peer: the value of a CONNECTION-ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub(crate) u32);

impl ConnectionId {
    /// The value on the wire.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// Which of the relays of one server has the connection.
    #[must_use]
    pub const fn worker(self) -> u8 {
        let [.., worker] = self.0.to_be_bytes();
        worker
    }
}

/// The connection that `message` asks to bind, if it is a ConnectionBind request: which of several relays is to be given it.
#[must_use]
pub fn connection_to_bind(message: &[u8]) -> Option<ConnectionId> {
    if !message.starts_with(&CONNECTION_BIND_REQUEST) {
        return None;
    }
    Stun::parse(message)?.connection_id().ok().flatten()
}

/// Why no connection with a peer has come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectError {
    /// The peer refuses, is unreachable or does not answer: 447.
    Failed,
    /// No descriptor is free: 508.
    Exhausted,
}

/// A connection between a relayed address and a peer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Connection {
    pub(crate) relay: RelayId,
    pub(crate) peer: PeerAddr,
    pub(crate) stage: Stage,
}

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Being made for the Connect request of that transaction.
    Connecting(TransactionId),
    /// There, and waiting for the client to bind a connection of its own to it.
    Waiting,
    /// Bound to the client's connection.
    Bound(ClientAddr),
}

/// Connections by id, by relayed address and peer, by the client's end, and by age.
#[derive(Debug)]
pub(crate) struct Connections {
    all: SeededMap<ConnectionId, Entry>,
    by_peer: SeededMap<(RelayId, PeerAddr), ConnectionId>,
    by_data: SeededMap<ClientAddr, ConnectionId>,
    by_relay: SeededMap<RelayId, Vec<ConnectionId>>,
    /// Both waits last equally long, so what began first ends first. An entry whose time is not the connection's is stale.
    by_age: VecDeque<(Millis, ConnectionId)>,
    hasher: Seeded,
    worker: u8,
    drawn: u64,
}

#[derive(Debug)]
struct Entry {
    connection: Connection,
    /// When it is given up, while nobody has bound it.
    due: Option<Millis>,
}

impl Connections {
    pub(crate) fn new(hasher: Seeded, worker: u8) -> Self {
        Self {
            all: SeededMap::with_hasher(hasher),
            by_peer: SeededMap::with_hasher(hasher),
            by_data: SeededMap::with_hasher(hasher),
            by_relay: SeededMap::with_hasher(hasher),
            by_age: VecDeque::new(),
            hasher,
            worker,
            drawn: 0,
        }
    }

    /// Adds a connection that is not bound yet. There must be none between that relayed address and that peer.
    pub(crate) fn insert(&mut self, now: Millis, connection: Connection) -> ConnectionId {
        let id = self.draw();
        let Connection { relay, peer, .. } = connection;
        let entry = Entry {
            connection,
            due: None,
        };
        self.all.insert(id, entry);
        self.by_peer.insert((relay, peer), id);
        self.by_relay.entry(relay).or_default().push(id);
        self.wait(now, id);
        id
    }

    /// The connection has been made: from `now` on it waits for the client.
    pub(crate) fn connected(&mut self, now: Millis, id: ConnectionId) {
        if let Some(entry) = self.all.get_mut(&id) {
            entry.connection.stage = Stage::Waiting;
            self.wait(now, id);
        }
    }

    /// Binds a waiting connection to the client's end `data`.
    pub(crate) fn bind(&mut self, id: ConnectionId, data: ClientAddr) {
        if let Some(entry) = self.all.get_mut(&id) {
            entry.connection.stage = Stage::Bound(data);
            entry.due = None;
            self.by_data.insert(data, id);
        }
    }

    /// Forgets a connection.
    pub(crate) fn remove(&mut self, id: ConnectionId) -> Option<Connection> {
        let Connection { relay, peer, stage } = self.all.remove(&id)?.connection;
        self.by_peer.remove(&(relay, peer));
        if let Stage::Bound(data) = stage {
            self.by_data.remove(&data);
        }
        if let Some(ids) = self.by_relay.get_mut(&relay) {
            ids.retain(|other| *other != id);
            if ids.is_empty() {
                self.by_relay.remove(&relay);
            }
        }
        Some(Connection { relay, peer, stage })
    }

    /// One of the connections of a relayed address.
    pub(crate) fn any_of(&self, relay: RelayId) -> Option<ConnectionId> {
        self.by_relay.get(&relay)?.last().copied()
    }

    /// The next connection that has waited too long by `now`.
    pub(crate) fn pop_expired(&mut self, now: Millis) -> Option<ConnectionId> {
        while let Some((due, id)) = self.by_age.front().copied() {
            if due > now {
                return None;
            }
            self.by_age.pop_front();
            if self.all.get(&id).is_some_and(|e| e.due == Some(due)) {
                return Some(id);
            }
        }
        None
    }

    /// When [`pop_expired`](Self::pop_expired) has to be asked next.
    pub(crate) fn next_timer(&self) -> Option<Millis> {
        self.by_age.front().map(|(due, _)| *due)
    }

    pub(crate) fn get(&self, id: ConnectionId) -> Option<Connection> {
        self.all.get(&id).map(|entry| entry.connection)
    }

    /// The connection that a client's data connection is bound to.
    pub(crate) fn by_data(&self, data: &ClientAddr) -> Option<ConnectionId> {
        self.by_data.get(data).copied()
    }

    /// Whether there is a connection, in whatever stage, between a relayed address and a peer.
    pub(crate) fn has(&self, relay: RelayId, peer: PeerAddr) -> bool {
        self.by_peer.contains_key(&(relay, peer))
    }

    /// Connections of one relayed address.
    pub(crate) fn count(&self, relay: RelayId) -> usize {
        self.by_relay.get(&relay).map_or(0, Vec::len)
    }

    pub(crate) const fn worker(&self) -> u8 {
        self.worker
    }

    /// Connections in all.
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    fn wait(&mut self, now: Millis, id: ConnectionId) {
        let due = now.after(PATIENCE);
        if let Some(entry) = self.all.get_mut(&id) {
            entry.due = Some(due);
        }
        self.by_age.push_back((due, id));
        self.drop_stale_timers();
    }

    /// A connection leaves its timers behind: without this, making and closing them in a loop would pile them up.
    fn drop_stale_timers(&mut self) {
        let most = self.all.len().saturating_mul(2).saturating_add(1024);
        if self.by_age.len() > most {
            let all = &self.all;
            self.by_age
                .retain(|(due, id)| all.get(id).is_some_and(|e| e.due == Some(*due)));
        }
    }

    /// An id that is not in use, tells the worker, and cannot be foretold.
    fn draw(&mut self) -> ConnectionId {
        loop {
            self.drawn = self.drawn.wrapping_add(1);
            let [a, b, c, ..] = self
                .hasher
                .hash_one(("connection", self.worker, self.drawn))
                .to_be_bytes();
            let id = ConnectionId(u32::from_be_bytes([a, b, c, self.worker]));
            if !self.all.contains_key(&id) {
                return id;
            }
        }
    }
}

/// The first two bytes of a ConnectionBind request (RFC 6062 section 6.1).
const CONNECTION_BIND_REQUEST: [u8; 2] = [0x00, 0x0b];
/// RFC 6062 section 5.2: at least 30 seconds for the peer to answer, and 30 for the client to bind.
const PATIENCE: Duration = Duration::from_secs(30);
