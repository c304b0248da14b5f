//! One allocation: its permissions and channels (RFC 8656 sections 5, 9 and 12).

use std::net::IpAddr;
use std::num::NonZeroU64;
use std::time::Duration;

use stun_types::message::{IntegrityKey, TransactionId};

use crate::address::{ClientAddr, Family, Millis, PeerAddr, RelayAddr};
use crate::effect::Reservation;
use crate::hash::{Seeded, SeededMap};
use crate::limit::Bucket;

/// A relayed address on behalf of a client.
#[derive(Debug)]
pub(crate) struct Allocation {
    pub(crate) client: ClientAddr,
    pub(crate) family: Family,
    /// `None` until the socket is there.
    pub(crate) relay: Option<RelayAddr>,
    /// Of the Allocate that made it: a request that repeats it is answered alike.
    pub(crate) transaction: TransactionId,
    /// Seconds granted to that Allocate.
    pub(crate) granted: u32,
    /// The port kept for the same user, of which the answer tells.
    pub(crate) reserved: Option<Reservation>,
    pub(crate) username: Box<str>,
    pub(crate) key: IntegrityKey,
    pub(crate) expires: Millis,
    /// The earliest entry of the timer queue that is about this allocation.
    pub(crate) timer: Millis,
    /// Whether the relay socket is being read.
    pub(crate) watched: bool,
    traffic: Bucket,
    permissions: SeededMap<IpAddr, Permission>,
    channels: SeededMap<u16, Channel>,
    numbers: SeededMap<PeerAddr, u16>,
}

/// What a permission reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Everything at that IP address.
    Everything,
    /// Only our own relayed addresses at that IP address, which policy refuses otherwise.
    OwnRelays,
}

#[derive(Clone, Copy, Debug)]
struct Permission {
    scope: Scope,
    expires: Millis,
}

#[derive(Clone, Copy, Debug)]
struct Channel {
    peer: PeerAddr,
    expires: Millis,
}

/// Why a permission or channel is not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BindError {
    /// The channel has another peer, or the peer another channel: 400.
    Taken,
    /// The allocation has all it may have: 508.
    Full,
}

impl Allocation {
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a field; there is one caller"
    )]
    pub(crate) fn new(
        client: ClientAddr,
        family: Family,
        transaction: TransactionId,
        granted: u32,
        username: Box<str>,
        key: IntegrityKey,
        expires: Millis,
        hasher: Seeded,
    ) -> Self {
        Self {
            client,
            family,
            relay: None,
            transaction,
            granted,
            reserved: None,
            username,
            key,
            expires,
            timer: expires,
            watched: false,
            traffic: Bucket::default(),
            permissions: SeededMap::with_hasher(hasher),
            channels: SeededMap::with_hasher(hasher),
            numbers: SeededMap::with_hasher(hasher),
        }
    }

    /// Whether one more permission for `peer` fits.
    pub(crate) fn has_room(&mut self, now: Millis, peers: &[(IpAddr, Scope)], most: usize) -> bool {
        let new = peers
            .iter()
            .filter(|(ip, _)| !self.permissions.contains_key(ip))
            .count();
        if self.permissions.len().saturating_add(new) > most {
            self.permissions.retain(|_, p| p.expires > now);
        }
        self.permissions.len().saturating_add(new) <= most
    }

    /// Installs or refreshes a permission (RFC 8656 section 10.2). One that reached everything still does.
    pub(crate) fn permit(&mut self, now: Millis, ip: IpAddr, scope: Scope, lifetime: Duration) {
        let live = self.permitted(now, ip);
        let scope = if live == Some(Scope::Everything) {
            Scope::Everything
        } else {
            scope
        };
        let expires = now.after(lifetime);
        self.permissions.insert(ip, Permission { scope, expires });
    }

    /// What the client may reach at `ip` at this moment.
    pub(crate) fn permitted(&self, now: Millis, ip: IpAddr) -> Option<Scope> {
        let permission = self.permissions.get(&ip)?;
        (permission.expires > now).then_some(permission.scope)
    }

    /// Whether a packet of `bytes` is within `max_bps`, which may come in bursts of a second's worth.
    pub(crate) fn admits(&mut self, now: Millis, bytes: usize, max_bps: NonZeroU64) -> bool {
        let bits = (bytes as u64).saturating_mul(8);
        let burst = max_bps.get().max(LONGEST_PACKET);
        self.traffic.take(now, bits, max_bps.get(), burst)
    }

    /// Binds or refreshes a channel (RFC 8656 section 12.2).
    pub(crate) fn bind(
        &mut self,
        now: Millis,
        number: u16,
        peer: PeerAddr,
        lifetime: Duration,
        most: usize,
    ) -> Result<(), BindError> {
        self.can_bind(now, number, peer, most)?;
        let expires = now.after(lifetime);
        self.channels.insert(number, Channel { peer, expires });
        self.numbers.insert(peer, number);
        Ok(())
    }

    /// Whether [`bind`](Self::bind) would succeed. Clears expired bindings that stand in the way.
    pub(crate) fn can_bind(
        &mut self,
        now: Millis,
        number: u16,
        peer: PeerAddr,
        most: usize,
    ) -> Result<(), BindError> {
        let same = |allocation: &Self| allocation.channel_peer(now, number) == Some(peer);
        if same(self) {
            return Ok(());
        }
        if self.channel_peer(now, number).is_some() || self.channel_number(now, peer).is_some() {
            return Err(BindError::Taken);
        }
        self.unbind(number, peer);
        if self.channels.len() >= most {
            self.channels.retain(|_, c| c.expires > now);
            let channels = &self.channels;
            self.numbers
                .retain(|_, number| channels.contains_key(number));
        }
        if self.channels.len() >= most {
            Err(BindError::Full)
        } else {
            Ok(())
        }
    }

    /// Peer of a channel.
    pub(crate) fn channel_peer(&self, now: Millis, number: u16) -> Option<PeerAddr> {
        let channel = self.channels.get(&number)?;
        (channel.expires > now).then_some(channel.peer)
    }

    /// Channel of a peer.
    pub(crate) fn channel_number(&self, now: Millis, peer: PeerAddr) -> Option<u16> {
        let number = *self.numbers.get(&peer)?;
        let channel = self.channels.get(&number)?;
        (channel.expires > now).then_some(number)
    }

    /// Forgets the expired bindings of a number and of a peer: each may have been bound to something else.
    fn unbind(&mut self, number: u16, peer: PeerAddr) {
        if let Some(channel) = self.channels.remove(&number) {
            self.numbers.remove(&channel.peer);
        }
        if let Some(number) = self.numbers.remove(&peer) {
            self.channels.remove(&number);
        }
    }
}

/// Bits of the longest datagram, which has to pass at the lowest rate too.
const LONGEST_PACKET: u64 = 8 * 65_536;
