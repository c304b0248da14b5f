//! All allocations and every index over them, kept in step in one place.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::address::{ClientAddr, Millis, PeerAddr, RelayAddr};
use crate::allocation::Allocation;
use crate::config::Limits;
use crate::credentials::account;
use crate::effect::RelayId;
use crate::hash::{Seeded, SeededMap};
use crate::limit::block;

/// Allocations by id, client, relayed address and time of expiry, and counted by account and client address.
#[derive(Debug)]
pub(crate) struct Table {
    slots: Vec<Slot>,
    free: BinaryHeap<Reverse<u32>>,
    by_client: SeededMap<ClientAddr, RelayId>,
    by_relay: SeededMap<PeerAddr, RelayId>,
    by_account: SeededMap<Box<str>, u32>,
    by_address: SeededMap<u64, u32>,
    timers: BinaryHeap<Reverse<(Millis, RelayId)>>,
    limits: Limits,
}

#[derive(Debug, Default)]
struct Slot {
    generation: u32,
    allocation: Option<Allocation>,
}

impl Table {
    pub(crate) fn new(limits: Limits, hasher: Seeded) -> Self {
        Self {
            slots: Vec::new(),
            free: BinaryHeap::new(),
            by_client: SeededMap::with_hasher(hasher),
            by_relay: SeededMap::with_hasher(hasher),
            by_account: SeededMap::with_hasher(hasher),
            by_address: SeededMap::with_hasher(hasher),
            timers: BinaryHeap::new(),
            limits,
        }
    }

    /// Whether quotas leave room for one more allocation of that user at that client.
    pub(crate) fn has_room(&self, client: ClientAddr, username: &str) -> bool {
        let below = |count: Option<u32>, most: Option<std::num::NonZeroU32>| {
            most.is_none_or(|most| count.unwrap_or(0) < most.get())
        };
        let total = u32::try_from(self.by_client.len()).unwrap_or(u32::MAX);
        let address = self.by_address.get(&block(client.remote().ip()));
        let account = self.by_account.get(account(username));
        below(Some(total), self.limits.total)
            && below(address.copied(), self.limits.per_address)
            && below(account.copied(), self.limits.per_user)
    }

    /// Takes the lowest free slot. The client must have no allocation yet.
    pub(crate) fn insert(&mut self, allocation: Allocation) -> RelayId {
        let slot = self.take_slot();
        count(&mut self.by_account, account(&allocation.username).into());
        count(&mut self.by_address, block(allocation.client.remote().ip()));
        let (client, timer) = (allocation.client, allocation.timer);
        let generation = self.fill(slot, allocation);
        let id = RelayId { slot, generation };
        self.by_client.insert(client, id);
        self.timers.push(Reverse((timer, id)));
        self.drop_stale_timers();
        id
    }

    /// Records the relayed address of an allocation.
    pub(crate) fn set_relay(&mut self, id: RelayId, relay: RelayAddr) {
        if let Some(allocation) = self.get_mut(id) {
            allocation.relay = Some(relay);
            self.by_relay.insert(relay.as_peer(), id);
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
        self.by_client.remove(&allocation.client);
        if let Some(relay) = allocation.relay {
            self.by_relay.remove(&relay.as_peer());
        }
        discount(&mut self.by_account, account(&allocation.username));
        discount(
            &mut self.by_address,
            &block(allocation.client.remote().ip()),
        );
        Some(allocation)
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

    pub(crate) fn by_client(&self, client: &ClientAddr) -> Option<RelayId> {
        self.by_client.get(client).copied()
    }

    /// The allocation whose relayed address `peer` is.
    pub(crate) fn by_relay(&self, peer: &PeerAddr) -> Option<RelayId> {
        self.by_relay.get(peer).copied()
    }

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
        let most = self.by_client.len().saturating_mul(4).saturating_add(1024);
        if self.timers.len() > most {
            let mut timers = std::mem::take(&mut self.timers);
            timers.retain(|Reverse((_, id))| self.get(*id).is_some());
            self.timers = timers;
        }
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

fn count<K: Eq + std::hash::Hash>(counts: &mut SeededMap<K, u32>, key: K) {
    let count = counts.entry(key).or_insert(0);
    *count = count.saturating_add(1);
}

fn discount<K, Q>(counts: &mut SeededMap<K, u32>, key: &Q)
where
    K: Eq + std::hash::Hash + std::borrow::Borrow<Q>,
    Q: Eq + std::hash::Hash + ?Sized,
{
    if let Some(count) = counts.get_mut(key) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            counts.remove(key);
        }
    }
}
