//! All allocations and every index over them, kept in step in one place.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hash::BuildHasher;
use std::sync::Arc;

use crate::address::{ClientAddr, Family, Millis, PeerAddr, Protocol, RelayAddr};
use crate::allocation::{Allocation, Scope};
use crate::config::Limits;
use crate::credentials::account;
use crate::effect::RelayId;
use crate::hash::{Folded, FoldedMap, Seeded};
use crate::limit::block;
use crate::shared::{Directory, Home, Seat, Shared};

/// Allocations by id, client, relayed address and time of expiry. By relayed address they are found in the directory that
/// all relays of the server share.
///
/// A dual allocation takes two slots, which its client's entry reaches one through the other, and counts once.
#[derive(Debug)]
pub(crate) struct Table {
    slots: Vec<Slot>,
    free: BinaryHeap<Reverse<u32>>,
    by_client: FoldedMap<ClientAddr, RelayId>,
    timers: BinaryHeap<Reverse<(Millis, RelayId)>>,
    limits: Limits,
    hasher: Seeded,
    worker: u8,
    shared: Arc<Shared>,
}

/// Where one of our relayed addresses is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    Here(RelayId),
    /// By another worker.
    Worker(u8),
}

#[derive(Debug, Default)]
struct Slot {
    generation: u32,
    allocation: Option<Allocation>,
}

impl Table {
    pub(crate) fn new(limits: Limits, hasher: Seeded, worker: u8, shared: Arc<Shared>) -> Self {
        Self {
            slots: Vec::new(),
            free: BinaryHeap::new(),
            by_client: FoldedMap::with_hasher(Folded::new(hasher)),
            timers: BinaryHeap::new(),
            limits,
            hasher,
            worker,
            shared,
        }
    }

    /// A seat for one more allocation of that user, `configured` or not, at that client, if the quotas leave one.
    pub(crate) fn seat(
        &self,
        client: ClientAddr,
        username: &str,
        configured: bool,
    ) -> Option<Seat> {
        let address = block(client.remote().ip());
        let account = self.hasher.hash_one(account(username));
        let mut limits = self.limits;
        if configured && limits.spare_configured_users {
            limits.per_user = None;
        }
        Seat::take(&self.shared, &limits, address, account)
    }

    /// Takes the lowest free slot. The client must have no allocation yet.
    pub(crate) fn insert(&mut self, allocation: Allocation) -> RelayId {
        let client = allocation.client;
        let id = self.place(allocation);
        self.by_client.insert(client, id);
        id
    }

    /// Adds the other half of a dual allocation.
    pub(crate) fn insert_sibling(&mut self, first: RelayId, mut second: Allocation) -> RelayId {
        second.sibling = Some(first);
        let id = self.place(second);
        if let Some(first) = self.get_mut(first) {
            first.sibling = Some(id);
        }
        id
    }

    /// Records the relayed address of an allocation.
    pub(crate) fn set_relay(&mut self, id: RelayId, relay: RelayAddr) {
        let home = Home {
            worker: self.worker,
            slot: id.slot,
        };
        if let Some(allocation) = self.get_mut(id) {
            allocation.relay = Some(relay);
            let protocol = allocation.protocol;
            self.directory(protocol).set(relay.get(), Some(home));
        }
    }

    fn directory(&self, protocol: Protocol) -> &Directory {
        match protocol {
            Protocol::Udp => &self.shared.directory,
            Protocol::Tcp => &self.shared.streams,
        }
    }

    /// Sets when an allocation expires.
    pub(crate) fn set_expiry(&mut self, id: RelayId, expires: Millis) {
        let Some(allocation) = self.get_mut(id) else {
            return;
        };
        allocation.expires = expires;
        // An entry that comes too early is put back when it is due; only one that would come too late needs another.
        if expires < allocation.timer {
            allocation.timer = expires;
            self.timers.push(Reverse((expires, id)));
        }
    }

    /// Takes an allocation out of everything.
    pub(crate) fn remove(&mut self, id: RelayId) -> Option<Allocation> {
        let slot = self.slots.get_mut(id.slot())?;
        let allocation = slot
            .allocation
            .take_if(|_| slot.generation == id.generation)?;
        self.free.push(Reverse(id.slot));
        if let Some(relay) = allocation.relay {
            self.directory(allocation.protocol).set(relay.get(), None);
        }
        Some(self.part(allocation))
    }

    /// Takes an allocation from its client; of a dual one the other half goes on alone.
    fn part(&mut self, mut allocation: Allocation) -> Allocation {
        let client = allocation.client;
        let rest = allocation
            .sibling
            .and_then(|id| Some((id, self.get_mut(id)?)));
        if let Some((id, rest)) = rest {
            rest.sibling = None;
            rest.seat = allocation.seat.take().or(rest.seat.take());
            self.by_client.insert(client, id);
        } else {
            self.by_client.remove(&client);
        }
        allocation
    }

    /// The next allocation that has expired by `now`.
    pub(crate) fn pop_expired(&mut self, now: Millis) -> Option<RelayId> {
        while let Some(Reverse((due, id))) = self.timers.peek().copied() {
            if due > now {
                return None;
            }
            self.timers.pop();
            let Some(allocation) = self.get_mut(id) else {
                continue;
            };
            if allocation.expires <= now {
                return Some(id);
            }
            // A second entry may be waiting after an expiry that was shortened and lengthened again.
            if allocation.timer == due {
                allocation.timer = allocation.expires;
                let timer = allocation.timer;
                self.timers.push(Reverse((timer, id)));
            }
        }
        None
    }

    /// When [`pop_expired`](Self::pop_expired) has to be asked next.
    pub(crate) fn next_timer(&self) -> Option<Millis> {
        self.timers.peek().map(|Reverse((due, _))| *due)
    }

    pub(crate) fn len(&self) -> usize {
        self.by_client.len()
    }

    #[inline]
    pub(crate) fn by_client(&self, client: &ClientAddr) -> Option<RelayId> {
        self.by_client.get(client).copied()
    }

    /// A client's relayed address of `family`.
    pub(crate) fn by_family(&self, client: &ClientAddr, family: Family) -> Option<RelayId> {
        let first = self.by_client(client)?;
        self.with_family(first, family)
    }

    /// Of a relayed address and its sibling the one of `family`.
    pub(crate) fn with_family(&self, id: RelayId, family: Family) -> Option<RelayId> {
        let allocation = self.get(id)?;
        if allocation.family == family {
            return Some(id);
        }
        allocation.sibling
    }

    /// Where a client's channel leads at `now`, with what its permission reaches, if packets may pass.
    #[inline]
    pub(crate) fn open_channel(
        &self,
        now: Millis,
        client: &ClientAddr,
        number: u16,
    ) -> Option<(RelayId, &PeerAddr, Scope)> {
        let first = self.by_client(client)?;
        let allocation = self.get(first)?;
        if let Some((peer, scope)) = allocation.open_to(now, number) {
            return Some((first, peer, scope));
        }
        self.open_channel_of(now, allocation.sibling?, number)
    }

    fn open_channel_of(
        &self,
        now: Millis,
        id: RelayId,
        number: u16,
    ) -> Option<(RelayId, &PeerAddr, Scope)> {
        let (peer, scope) = self.get(id)?.open_to(now, number)?;
        Some((id, peer, scope))
    }

    /// Where a client's channel leads at `now`: numbers are the client's, whichever family the peer is of.
    pub(crate) fn channel(
        &self,
        now: Millis,
        client: &ClientAddr,
        number: u16,
    ) -> Option<(RelayId, PeerAddr)> {
        let first = self.by_client(client)?;
        let allocation = self.get(first)?;
        if let Some(peer) = allocation.channel_peer(now, number) {
            return Some((first, peer));
        }
        let second = allocation.sibling?;
        Some((second, self.get(second)?.channel_peer(now, number)?))
    }

    /// Who serves `peer`, if it is a relayed address of this server.
    #[inline]
    pub(crate) fn owner(&self, peer: &PeerAddr) -> Option<Owner> {
        let home = self.shared.directory.find(&peer.get())?;
        if home.worker != self.worker {
            return Some(Owner::Worker(home.worker));
        }
        let slot = self.slots.get(home.slot as usize)?;
        let generation = slot.generation;
        slot.allocation.as_ref()?;
        Some(Owner::Here(RelayId {
            slot: home.slot,
            generation,
        }))
    }

    /// Whether `peer` is a relayed address of this server that listens for connections.
    pub(crate) fn is_stream_of_ours(&self, peer: PeerAddr) -> bool {
        self.shared.streams.find(&peer.get()).is_some()
    }

    #[inline]
    pub(crate) fn get(&self, id: RelayId) -> Option<&Allocation> {
        let slot = self.slots.get(id.slot())?;
        slot.allocation
            .as_ref()
            .filter(|_| slot.generation == id.generation)
    }

    pub(crate) fn get_mut(&mut self, id: RelayId) -> Option<&mut Allocation> {
        let slot = self.slots.get_mut(id.slot())?;
        slot.allocation
            .as_mut()
            .filter(|_| slot.generation == id.generation)
    }

    /// The half of a dual allocation whose rate both halves share; the allocation itself if it has no other half.
    pub(crate) fn metered(&mut self, id: RelayId) -> Option<&mut Allocation> {
        let sibling = self.get(id)?.sibling;
        self.get_mut(sibling.map_or(id, |sibling| sibling.min(id)))
    }

    /// Every allocation that is `wanted`; looks at all of them.
    pub(crate) fn find(&self, wanted: impl Fn(&Allocation) -> bool) -> Vec<RelayId> {
        let ids = self.slots.iter().zip(0..).map(|(slot, at)| RelayId {
            slot: at,
            generation: slot.generation,
        });
        ids.filter(|id| self.get(*id).is_some_and(&wanted))
            .collect()
    }

    /// A removed allocation leaves its timer behind: without this, opening and closing in a loop would pile them up.
    fn drop_stale_timers(&mut self) {
        let most = self.by_client.len().saturating_mul(8).saturating_add(1024);
        if self.timers.len() > most {
            let mut timers = std::mem::take(&mut self.timers);
            timers.retain(|Reverse((_, id))| self.get(*id).is_some());
            self.timers = timers;
        }
    }

    fn place(&mut self, allocation: Allocation) -> RelayId {
        let slot = self.take_slot();
        let timer = allocation.timer;
        let generation = self.fill(slot, allocation);
        let id = RelayId { slot, generation };
        self.timers.push(Reverse((timer, id)));
        self.drop_stale_timers();
        id
    }

    fn take_slot(&mut self) -> u32 {
        if let Some(Reverse(slot)) = self.free.pop() {
            return slot;
        }
        self.slots.push(Slot::default());
        u32::try_from(self.slots.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }

    fn fill(&mut self, slot: u32, allocation: Allocation) -> u32 {
        let Some(slot) = self.slots.get_mut(slot as usize) else {
            return 0;
        };
        slot.generation = slot.generation.wrapping_add(1);
        slot.allocation = Some(allocation);
        slot.generation
    }
}
