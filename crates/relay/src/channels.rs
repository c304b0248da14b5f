//! The channels of one allocation (RFC 8656 section 12), found by number and by peer.

use std::net::IpAddr;
use std::time::Duration;

use crate::address::{Millis, PeerAddr};
use crate::allocation::{BindError, Scope};

/// Bindings in the order they were made, and two sorted lists of their places: most allocations have one or two, which cost
/// a hundred bytes here and a comparison to find. Few need no lists.
#[derive(Debug)]
pub(crate) struct Channels {
    bound: Vec<Channel>,
    by_number: Vec<u16>,
    by_peer: Vec<u16>,
}

#[derive(Clone, Copy, Debug)]
struct Channel {
    peer: PeerAddr,
    expires: Millis,
    /// When packets stop to pass: when it expires, or before that its peer's permission.
    open: Millis,
    number: u16,
    /// What that permission reaches.
    scope: Scope,
}

impl Channels {
    pub(crate) const fn new() -> Self {
        Self {
            bound: Vec::new(),
            by_number: Vec::new(),
            by_peer: Vec::new(),
        }
    }

    /// Binds or refreshes a channel. [`permit`](Self::permit) opens it.
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
        if let Some(channel) = self.numbered_mut(number) {
            channel.expires = expires;
            return Ok(());
        }
        self.bound.reserve_exact(1);
        self.bound.push(Channel {
            peer,
            expires,
            open: Millis(0),
            number,
            scope: Scope::OwnRelays,
        });
        self.index();
        Ok(())
    }

    /// Notes the permission of an address beside each channel to it, so that a packet needs one comparison for both.
    pub(crate) fn permit(&mut self, ip: IpAddr, scope: Scope, expires: Millis) {
        let bound = self.bound.iter_mut();
        for channel in bound.filter(|channel| channel.peer.ip() == ip) {
            channel.open = channel.expires.min(expires);
            channel.scope = scope;
        }
    }

    /// Peer of a channel that is bound and permitted.
    #[inline]
    pub(crate) fn open_to(&self, now: Millis, number: u16) -> Option<(&PeerAddr, Scope)> {
        let channel = self.numbered(number)?;
        (channel.open > now).then_some((&channel.peer, channel.scope))
    }

    /// Channel of a peer, bound and permitted.
    #[inline]
    pub(crate) fn open_from(&self, now: Millis, peer: &PeerAddr) -> Option<(u16, Scope)> {
        let channel = self.to(peer)?;
        (channel.open > now).then_some((channel.number, channel.scope))
    }

    /// Whether [`bind`](Self::bind) would succeed. Clears expired bindings that stand in the way.
    pub(crate) fn can_bind(
        &mut self,
        now: Millis,
        number: u16,
        peer: PeerAddr,
        most: usize,
    ) -> Result<(), BindError> {
        if self.peer(now, number) == Some(peer) {
            return Ok(());
        }
        if self.peer(now, number).is_some() || self.number(now, peer).is_some() {
            return Err(BindError::Taken);
        }
        // What is left of either has expired: each may have been bound to something else.
        self.keep(|channel| channel.number != number && channel.peer != peer);
        if self.bound.len() >= most {
            self.keep(|channel| channel.expires > now);
        }
        if self.bound.len() >= most {
            Err(BindError::Full)
        } else {
            Ok(())
        }
    }

    /// Peer of a channel, permitted or not.
    pub(crate) fn peer(&self, now: Millis, number: u16) -> Option<PeerAddr> {
        let channel = self.numbered(number)?;
        (channel.expires > now).then_some(channel.peer)
    }

    /// Channel of a peer.
    fn number(&self, now: Millis, peer: PeerAddr) -> Option<u16> {
        let channel = self.to(&peer)?;
        (channel.expires > now).then_some(channel.number)
    }

    #[inline]
    fn to(&self, peer: &PeerAddr) -> Option<&Channel> {
        if self.bound.len() <= FEW {
            return self.bound.iter().find(|channel| channel.peer == *peer);
        }
        self.to_one_of_many(peer)
    }

    fn to_one_of_many(&self, peer: &PeerAddr) -> Option<&Channel> {
        let at = self
            .by_peer
            .binary_search_by(|at| self.at(*at).map(|c| c.peer.get()).cmp(&Some(peer.get())))
            .ok()?;
        self.at(*self.by_peer.get(at)?)
    }

    #[inline]
    fn numbered(&self, number: u16) -> Option<&Channel> {
        if self.bound.len() <= FEW {
            return self.bound.iter().find(|channel| channel.number == number);
        }
        self.numbered_one_of_many(number)
    }

    fn numbered_one_of_many(&self, number: u16) -> Option<&Channel> {
        let at = self
            .by_number
            .binary_search_by(|at| self.at(*at).map(|c| c.number).cmp(&Some(number)))
            .ok()?;
        self.at(*self.by_number.get(at)?)
    }

    fn numbered_mut(&mut self, number: u16) -> Option<&mut Channel> {
        self.bound
            .iter_mut()
            .find(|channel| channel.number == number)
    }

    fn at(&self, at: u16) -> Option<&Channel> {
        self.bound.get(usize::from(at))
    }

    fn keep(&mut self, wanted: impl Fn(&Channel) -> bool) {
        if !self.bound.iter().all(&wanted) {
            self.bound.retain(wanted);
            self.index();
        }
    }

    /// Makes the two lists anew; bindings change rarely.
    fn index(&mut self) {
        let Self {
            bound,
            by_number,
            by_peer,
        } = self;
        if bound.len() <= FEW {
            return;
        }
        let places = 0..u16::try_from(bound.len()).unwrap_or(u16::MAX);
        for list in [&mut *by_number, &mut *by_peer] {
            list.clear();
            list.reserve_exact(bound.len());
            list.extend(places.clone());
        }
        let channel = |at: &u16| bound.get(usize::from(*at));
        by_number.sort_unstable_by_key(|at| channel(at).map(|c| c.number));
        by_peer.sort_unstable_by_key(|at| channel(at).map(|c| c.peer.get()));
    }
}

/// As many are looked through faster than looked up.
const FEW: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    const LIFETIME: Duration = Duration::from_secs(600);

    #[test]
    fn each_of_many_channels_is_found_by_number_and_by_peer() {
        let mut channels = Channels::new();
        let number = |n: u16| 0x4000 + n.wrapping_mul(97) % 256;
        for n in 0..256 {
            channels
                .bind(Millis(1), number(n), peer(n), LIFETIME, 256)
                .unwrap();
        }
        for n in 0..256 {
            assert_eq!(channels.peer(Millis(1), number(n)), Some(peer(n)));
            assert_eq!(channels.number(Millis(1), peer(n)), Some(number(n)));
        }
        assert_eq!(channels.peer(Millis(1), 0x5000), None);
        assert_eq!(
            channels.bind(Millis(1), 0x5000, peer(256), LIFETIME, 256),
            Err(BindError::Full)
        );
    }

    #[test]
    fn an_expired_channel_makes_room() {
        let mut channels = Channels::new();
        channels
            .bind(Millis(1), 0x4000, peer(0), LIFETIME, 1)
            .unwrap();
        let later = Millis(1).after(LIFETIME);
        assert_eq!(channels.peer(later, 0x4000), None);
        channels.bind(later, 0x4001, peer(1), LIFETIME, 1).unwrap();
        assert_eq!(channels.peer(later, 0x4001), Some(peer(1)));
    }

    fn peer(n: u16) -> PeerAddr {
        let [high, low] = n.to_be_bytes();
        PeerAddr::new(([93, 184, high, low], 7000).into())
    }
}
