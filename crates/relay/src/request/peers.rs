//! CreatePermission and ChannelBind (RFC 8656 sections 10 and 12): which peers a client may reach.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use stun_types::attribute::ErrorCode;
use stun_types::prelude::AttributeStaticType;
use turn_types::attribute::{ChannelNumber, XorPeerAddress};

use super::{Granted, Refused, understand};
use crate::address::{ClientAddr, Family, Millis, PeerAddr};
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
        understand(stun, &[XorPeerAddress::TYPE])?;
        let id = self.own_allocation(client, identity)?;
        let mut permitted = Vec::new();
        for peer in stun.peers() {
            let peer = peer?;
            permitted.push((peer.ip(), self.judge(client, id, peer, Aim::Address)?));
            if permitted.len() > self.limits.permissions {
                return Err(Refused::Code(ErrorCode::INSUFFICIENT_CAPACITY));
            }
        }
        if permitted.is_empty() {
            return Err(Refused::Code(ErrorCode::BAD_REQUEST));
        }
        self.permit(now, id, &permitted)?;
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
        understand(stun, &[XorPeerAddress::TYPE, ChannelNumber::TYPE])?;
        let id = self.own_allocation(client, identity)?;
        let (Some(number), Some(peer)) = (stun.channel_number()?, stun.peer()?) else {
            return Err(Refused::Code(ErrorCode::BAD_REQUEST));
        };
        if !CHANNELS.contains(&number) {
            return Err(Refused::Code(ErrorCode::BAD_REQUEST));
        }
        let scope = self.judge(client, id, peer, Aim::Exactly)?;
        let (most, lifetime) = (self.limits.channels, self.lifetimes.channel);
        let allocation = self
            .table
            .get_mut(id)
            .ok_or(Refused::Code(ErrorCode::ALLOCATION_MISMATCH))?;
        allocation.can_bind(now, number, peer, most)?;
        self.permit(now, id, &[(peer.ip(), scope)])?;
        let allocation = self
            .table
            .get_mut(id)
            .ok_or(Refused::Code(ErrorCode::ALLOCATION_MISMATCH))?;
        allocation.bind(now, number, peer, lifetime, most)?;
        Ok(Granted::Done)
    }

    /// Whether a peer may be reached, and how much of its IP address with it. The port of a permission means nothing
    /// (RFC 8656 section 10.1) unless it names one of our own addresses.
    fn judge(
        &mut self,
        client: ClientAddr,
        id: RelayId,
        peer: PeerAddr,
        aim: Aim,
    ) -> Result<Scope, Refused> {
        let family = self.table.get(id).map(|a| a.family);
        if family != Some(Family::of(peer.ip())) {
            return Err(Refused::Code(ErrorCode::PEER_ADDRESS_FAMILY_MISMATCH));
        }
        let port = match aim {
            Aim::Address => self.policy.check_listener(peer),
            Aim::Exactly => self.policy.check_port(peer),
        };
        let verdict = port.and_then(|()| match self.policy.check_range(peer.ip()) {
            Ok(()) => Ok(Scope::Everything),
            Err(_) if self.table.owner(peer).is_some() => Ok(Scope::OwnRelays),
            Err(why) => Err(why),
        });
        verdict.map_err(|why| {
            self.counts.count_refusal(why);
            self.effects
                .push_back(Effect::Refused { client, peer, why });
            Refused::Code(ErrorCode::FORBIDDEN)
        })
    }

    fn permit(
        &mut self,
        now: Millis,
        id: RelayId,
        peers: &[(IpAddr, Scope)],
    ) -> Result<(), Refused> {
        let (most, lifetime) = (self.limits.permissions, self.lifetimes.permission);
        let Some(allocation) = self.table.get_mut(id) else {
            return Ok(());
        };
        if !allocation.has_room(now, peers, most) {
            return Err(Refused::Code(ErrorCode::INSUFFICIENT_CAPACITY));
        }
        for (ip, scope) in peers {
            allocation.permit(now, *ip, *scope, lifetime);
        }
        let outside = peers.iter().any(|(_, scope)| *scope == Scope::Everything);
        if outside && !allocation.watched {
            allocation.watched = true;
            self.effects.push_back(Effect::Watch { relay: id });
        }
        Ok(())
    }
}

/// How much of a peer's transport address a request means.
#[derive(Clone, Copy)]
enum Aim {
    Address,
    Exactly,
}

/// RFC 8656 section 12 ends at 0x4fff; clients written to RFC 5766, coturn's among them, go on to 0x7fff.
const CHANNELS: RangeInclusive<u16> = 0x4000..=0x7fff;
