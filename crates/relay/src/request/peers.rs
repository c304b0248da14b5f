//! CreatePermission and ChannelBind (RFC 8656 sections 10 and 12): which peers a client may reach.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use stun_types::attribute::ErrorCode;
use stun_types::prelude::Attribute;

use super::{Granted, Refused, understand};
use crate::address::{ClientAddr, Family, Millis, PeerAddr, Protocol};
use crate::allocation::Scope;
use crate::auth::Identity;
use crate::effect::{Effect, RelayId};
use crate::message::Stun;
use crate::relay::Relay;

impl Relay {
    /// RFC 8656 section 10.2: all of the permissions or none.
    pub(super) fn create_permission(
        &mut self,
        now: Millis,
        client: ClientAddr,
        stun: &Stun<'_>,
        identity: &Identity,
    ) -> Result<Granted, Refused> {
        understand(stun)?;
        let id = self.own_allocation(client, identity)?;
        let protocol = self.protocol(id);
        let mut permitted = Vec::new();
        for peer in stun.peers() {
            let peer = peer?;
            let relay = self.relay_towards(id, peer)?;
            let scope = self.judge(client, protocol, peer, Aim::Address)?;
            permitted.push(Permitted {
                relay,
                ip: peer.ip(),
                scope,
            });
            if permitted.len() > self.limits.permissions {
                return Err(Refused::Code(ErrorCode::INSUFFICIENT_CAPACITY));
            }
        }
        if permitted.is_empty() {
            return Err(Refused::Code(ErrorCode::BAD_REQUEST));
        }
        self.permit(now, &permitted)?;
        Ok(Granted::Done)
    }

    /// RFC 8656 section 12.2.
    pub(super) fn channel_bind(
        &mut self,
        now: Millis,
        client: ClientAddr,
        stun: &Stun<'_>,
        identity: &Identity,
    ) -> Result<Granted, Refused> {
        understand(stun)?;
        let id = self.own_allocation(client, identity)?;
        let protocol = self.protocol(id);
        if protocol == Protocol::Tcp {
            // Channels carry datagrams (RFC 6062 section 3).
            return Err(Refused::Code(ErrorCode::BAD_REQUEST));
        }
        let (Some(number), Some(peer)) = (stun.channel_number()?, stun.peer()?) else {
            return Err(Refused::Code(ErrorCode::BAD_REQUEST));
        };
        let numbers = match self.old_channels || is_of_old_coturn(stun) {
            true => OLD_CHANNELS,
            false => CHANNELS,
        };
        if !numbers.contains(&number) {
            return Err(Refused::Code(ErrorCode::BAD_REQUEST));
        }
        let relay = self.relay_towards(id, peer)?;
        let scope = self.judge(client, protocol, peer, Aim::Exactly)?;
        // The number is the client's: bound to a peer of one family, it is taken for the other.
        let other = self.table.channel(now, &client, number);
        if other.is_some_and(|(other, _)| other != relay) {
            return Err(Refused::Code(ErrorCode::BAD_REQUEST));
        }
        let (most, lifetime) = (self.limits.channels, self.lifetimes.channel);
        let mismatch = || Refused::Code(ErrorCode::ALLOCATION_MISMATCH);
        let allocation = self.table.get_mut(relay).ok_or_else(mismatch)?;
        allocation.can_bind(now, number, peer, most)?;
        let ip = peer.ip();
        self.permit(now, &[Permitted { relay, ip, scope }])?;
        let allocation = self.table.get_mut(relay).ok_or_else(mismatch)?;
        allocation.bind(now, number, peer, lifetime, most)?;
        Ok(Granted::Done)
    }

    fn protocol(&self, id: RelayId) -> Protocol {
        self.table.get(id).map_or(Protocol::Udp, |a| a.protocol)
    }

    /// Which relayed address of an allocation reaches `peer`: the one of its family, or 443 (RFC 8656 sections 10.2, 12.2).
    pub(super) fn relay_towards(&self, id: RelayId, peer: PeerAddr) -> Result<RelayId, Refused> {
        self.table
            .with_family(id, Family::of(peer.ip()))
            .ok_or(Refused::Code(ErrorCode::PEER_ADDRESS_FAMILY_MISMATCH))
    }

    /// Whether a peer may be reached, and how much of its IP address with it. The port of a permission means nothing
    /// (RFC 8656 section 10.1) unless it names one of our own addresses.
    pub(super) fn judge(
        &mut self,
        client: ClientAddr,
        protocol: Protocol,
        peer: PeerAddr,
        aim: Aim,
    ) -> Result<Scope, Refused> {
        let port = match aim {
            Aim::Address => self.policy.check_listener(peer),
            Aim::Exactly => self.policy.check_port(peer),
        };
        let verdict = port.and_then(|()| match self.policy.check_range(peer.ip()) {
            Ok(()) => Ok(Scope::Everything),
            Err(_) if self.is_ours(protocol, peer) => Ok(Scope::OwnRelays),
            Err(why) => Err(why),
        });
        verdict.map_err(|why| {
            self.counts.count_refusal(why);
            self.effects
                .push_back(Effect::Refused { client, peer, why });
            Refused::Code(ErrorCode::FORBIDDEN)
        })
    }

    fn is_ours(&self, protocol: Protocol, peer: PeerAddr) -> bool {
        match protocol {
            Protocol::Udp => self.table.owner(&peer).is_some(),
            Protocol::Tcp => self.table.is_stream_of_ours(peer),
        }
    }

    /// Installs or refreshes permissions: all or, for want of room, none.
    fn permit(&mut self, now: Millis, permitted: &[Permitted]) -> Result<(), Refused> {
        let (most, lifetime) = (self.limits.permissions, self.lifetimes.permission);
        let first = permitted.first().map(|p| p.relay);
        let mut relays = permitted.iter().map(|p| p.relay);
        let second = relays.find(|relay| Some(*relay) != first);
        for relay in [first, second].into_iter().flatten() {
            let new = || permitted.iter().filter(|p| p.relay == relay).map(|p| p.ip);
            let allocation = self.table.get_mut(relay);
            if allocation.is_some_and(|a| !a.has_room(now, new, most)) {
                return Err(Refused::Code(ErrorCode::INSUFFICIENT_CAPACITY));
            }
        }
        for Permitted { relay, ip, scope } in permitted {
            let Some(allocation) = self.table.get_mut(*relay) else {
                continue;
            };
            allocation.permit(now, *ip, *scope, lifetime);
            let silent = allocation.protocol == Protocol::Udp && !allocation.watched;
            if *scope == Scope::Everything && silent {
                allocation.watched = true;
                self.effects.push_back(Effect::Watch { relay: *relay });
            }
        }
        Ok(())
    }
}

/// A permission about to be installed.
struct Permitted {
    relay: RelayId,
    ip: IpAddr,
    scope: Scope,
}

/// How much of a peer's transport address a request means.
#[derive(Clone, Copy)]
pub(super) enum Aim {
    Address,
    Exactly,
}

/// Whether coturn's client before 4.17 has written the request: it draws channel numbers from all of RFC 5766's range, ends
/// where one is refused, and Debian's is what people try a relay with. Only the order of its attributes tells it.
fn is_of_old_coturn(stun: &Stun<'_>) -> bool {
    let attributes = stun.message().iter_attributes();
    let kinds = attributes.map(|(_, raw)| raw.get_type().value());
    kinds.eq(OLD_COTURN)
}

/// CHANNEL-NUMBER, XOR-PEER-ADDRESS, USERNAME, NONCE, REALM, MESSAGE-INTEGRITY, FINGERPRINT.
const OLD_COTURN: [u16; 7] = [0x000c, 0x0012, 0x0006, 0x0015, 0x0014, 0x0008, 0x8028];
/// RFC 8656 section 12.
const CHANNELS: RangeInclusive<u16> = 0x4000..=0x4fff;
/// RFC 5766 section 11.
const OLD_CHANNELS: RangeInclusive<u16> = 0x4000..=0x7fff;
