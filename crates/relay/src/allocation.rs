//! One allocation: its permissions and channels (RFC 8656 sections 5, 9 and 12).

use std::net::IpAddr;
use std::num::NonZeroU64;
use std::time::Duration;

use stun_types::message::TransactionId;

use crate::address::{ClientAddr, Family, Millis, PeerAddr, Protocol, RelayAddr};
use crate::channels::Channels;
use crate::effect::{RelayId, Reservation};
use crate::integrity::Key;
use crate::limit::Bucket;
use crate::shared::Seat;

/// A relayed address on behalf of a client. What RFC 8656 section 7.2 calls a dual allocation is two of these that know each
/// other: expiry, permissions and channels belong to each relayed address (section 3.2).
#[derive(Debug)]
pub(crate) struct Allocation {
    pub(crate) client: ClientAddr,
    pub(crate) family: Family,
    pub(crate) protocol: Protocol,
    /// `None` until the socket is there.
    pub(crate) relay: Option<RelayAddr>,
    /// Of the Allocate that made it: a request that repeats it is answered alike.
    pub(crate) transaction: TransactionId,
    /// Seconds granted to that Allocate.
    pub(crate) granted: u32,
    /// The port kept for the same user, of which the answer tells.
    pub(crate) reserved: Option<Reservation>,
    /// The relayed address of the other family that the same Allocate made.
    pub(crate) sibling: Option<RelayId>,
    /// Why there is none of the other family, if one was asked for: ADDRESS-ERROR-CODE.
    pub(crate) lacking: Option<(Family, u16)>,
    pub(crate) username: Box<str>,
    pub(crate) key: Key,
    pub(crate) expires: Millis,
    /// The earliest entry of the timer queue that is about this allocation.
    pub(crate) timer: Millis,
    /// Whether the relay socket is being read.
    pub(crate) watched: bool,
    /// Bits per second it may carry in each direction; `None`: any number.
    rate: Option<NonZeroU64>,
    to_peers: Bucket,
    to_client: Bucket,
    /// ICMP errors passed on.
    errors: Bucket,
    /// By address. Few, so a sorted list beats a hash in time and by far in memory.
    permissions: Vec<Permission>,
    channels: Channels,
    /// Counts it in the quotas until it is dropped; a dual allocation has one.
    pub(crate) seat: Option<Seat>,
}

/// A direction through an allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Towards {
    /// From its client.
    Peers,
    /// From its peers.
    Client,
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
    ip: IpAddr,
    scope: Scope,
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
    pub(crate) const fn new(
        client: ClientAddr,
        family: Family,
        protocol: Protocol,
        transaction: TransactionId,
        granted: u32,
        username: Box<str>,
        key: Key,
        expires: Millis,
        rate: Option<NonZeroU64>,
        seat: Option<Seat>,
    ) -> Self {
        Self {
            client,
            family,
            protocol,
            relay: None,
            transaction,
            granted,
            reserved: None,
            sibling: None,
            lacking: None,
            username,
            key,
            expires,
            timer: expires,
            watched: false,
            rate,
            to_peers: Bucket::new(),
            to_client: Bucket::new(),
            errors: Bucket::new(),
            permissions: Vec::new(),
            channels: Channels::new(),
            seat,
        }
    }

    /// Whether permissions for `peers` fit.
    pub(crate) fn has_room<I: Iterator<Item = IpAddr>>(
        &mut self,
        now: Millis,
        peers: impl Fn() -> I,
        most: usize,
    ) -> bool {
        let new = peers().filter(|ip| self.find(*ip).is_err()).count();
        if self.permissions.len().saturating_add(new) > most {
            self.permissions.retain(|p| p.expires > now);
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
        let permission = Permission { ip, scope, expires };
        self.channels.permit(ip, scope, expires);
        match self.find(ip) {
            Ok(at) => {
                if let Some(place) = self.permissions.get_mut(at) {
                    *place = permission;
                }
            }
            Err(at) => {
                self.permissions.reserve_exact(1);
                self.permissions.insert(at, permission);
            }
        }
    }

    /// What the client may reach at `ip` at this moment.
    pub(crate) fn permitted(&self, now: Millis, ip: IpAddr) -> Option<Scope> {
        let permission = self.permissions.get(self.find(ip).ok()?)?;
        (permission.expires > now).then_some(permission.scope)
    }

    /// Whether packets of `bytes` in all are within the rate of their direction; they may come in bursts of a second's worth.
    pub(crate) fn admits(&mut self, now: Millis, bytes: usize, towards: Towards) -> bool {
        let Some(rate) = self.rate.map(NonZeroU64::get) else {
            return true;
        };
        let bucket = match towards {
            Towards::Peers => &mut self.to_peers,
            Towards::Client => &mut self.to_client,
        };
        bucket.take(now, bits(bytes), rate, rate.max(LONGEST_PACKET))
    }

    /// Counts bytes that have passed already: from when on more may.
    pub(crate) fn passed(&mut self, now: Millis, to_peers: usize, to_client: usize) -> Millis {
        let Some(rate) = self.rate.map(NonZeroU64::get) else {
            return now;
        };
        let burst = rate.max(LONGEST_PACKET);
        let up = self.to_peers.overdraw(now, bits(to_peers), rate, burst);
        let down = self.to_client.overdraw(now, bits(to_client), rate, burst);
        now.after(Duration::from_millis(up.max(down)))
    }

    /// Whether the client may hear of one more ICMP error.
    pub(crate) fn admits_error(&mut self, now: Millis) -> bool {
        self.errors
            .take(now, 1, ERRORS_PER_SECOND, ERRORS_PER_SECOND)
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
        self.channels.bind(now, number, peer, lifetime, most)?;
        let at = self.find(peer.ip()).ok();
        if let Some(permission) = at.and_then(|at| self.permissions.get(at)) {
            let Permission { ip, scope, expires } = *permission;
            self.channels.permit(ip, scope, expires);
        }
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
        self.channels.can_bind(now, number, peer, most)
    }

    /// Peer of a channel, permitted or not.
    pub(crate) fn channel_peer(&self, now: Millis, number: u16) -> Option<PeerAddr> {
        self.channels.peer(now, number)
    }

    /// Peer of a channel, and what its permission reaches, if packets may pass.
    #[inline]
    pub(crate) fn open_to(&self, now: Millis, number: u16) -> Option<(&PeerAddr, Scope)> {
        self.relay.as_ref()?;
        self.channels.open_to(now, number)
    }

    /// What the permission of a peer reaches, if packets may pass, and the peer's channel, if it has one.
    #[inline]
    pub(crate) fn open_from(&self, now: Millis, peer: &PeerAddr) -> Option<(Scope, Option<u16>)> {
        if let Some((number, scope)) = self.channels.open_from(now, peer) {
            return Some((scope, Some(number)));
        }
        // A channel that is not open has expired if there is a permission.
        Some((self.permitted(now, peer.ip())?, None))
    }

    #[inline]
    fn find(&self, ip: IpAddr) -> Result<usize, usize> {
        // Nearly all packets of nearly all allocations end here.
        if self.permissions.first().is_some_and(|p| p.ip == ip) {
            return Ok(0);
        }
        self.permissions.binary_search_by(|p| p.ip.cmp(&ip))
    }
}

const fn bits(bytes: usize) -> u64 {
    (bytes as u64).saturating_mul(8)
}

const ERRORS_PER_SECOND: u64 = 10;
/// Bits of the longest datagram, which has to pass at the lowest rate too.
const LONGEST_PACKET: u64 = 8 * 65_536;
