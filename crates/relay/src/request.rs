//! Requests: who may ask, what they get, which error they get instead.

use std::net::IpAddr;

use stun_types::attribute::{AttributeType, ErrorCode, XorMappedAddress};
use stun_types::message::{BINDING, IntegrityKey, Method, TransactionId};
use stun_types::prelude::AttributeStaticType;
use turn_types::attribute::{
    ChannelNumber, DontFragment, EvenPort, Lifetime, RequestedAddressFamily, RequestedTransport,
    ReservationToken, XorPeerAddress, XorRelayedAddress,
};
use turn_types::message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, REFRESH};

use crate::address::{ClientAddr, Family, Millis, PeerAddr, RelayAddr};
use crate::allocation::{Allocation, BindError, Scope};
use crate::answer::Answer;
use crate::auth::{Claim, Denied, Identity, signed_by};
use crate::effect::{Effect, OpenError, Output, Port, RelayId};
use crate::message::{Malformed, Stun};
use crate::relay::Relay;

/// What an authenticated request has brought about.
enum Granted {
    /// The answer comes when the relay socket is there, or this is a request to which it will come.
    Later,
    /// An allocation made by the same request before.
    Again(RelayId),
    /// LIFETIME in seconds.
    Refreshed(u32),
    Done,
}

/// Why it has not.
enum Refused {
    Code(u16),
    Unknown(Vec<AttributeType>),
}

impl From<Malformed> for Refused {
    fn from(_: Malformed) -> Self {
        Self::Code(ErrorCode::BAD_REQUEST)
    }
}

impl From<BindError> for Refused {
    fn from(error: BindError) -> Self {
        Self::Code(match error {
            BindError::Taken => ErrorCode::BAD_REQUEST,
            BindError::Full => ErrorCode::INSUFFICIENT_CAPACITY,
        })
    }
}

impl Relay {
    /// Answers a request; a method that is not ours is dropped (RFC 8489 section 6.3).
    pub(crate) fn on_request(
        &mut self,
        now: Millis,
        client: ClientAddr,
        stun: &Stun<'_>,
    ) -> Output<'_> {
        match stun.message().method() {
            BINDING => self.on_binding(client, stun),
            ALLOCATE | REFRESH | CREATE_PERMISSION | CHANNEL_BIND => {
                match self.authenticate(now, client, stun) {
                    Ok(identity) => self.on_authenticated(now, client, stun, identity),
                    Err(denied) => self.deny(now, client, stun, denied),
                }
            }
            _ => self.drop_packet(),
        }
    }

    /// RFC 8489 section 6.3.1 without authentication; the answer is shorter than three requests.
    fn on_binding(&mut self, client: ClientAddr, stun: &Stun<'_>) -> Output<'_> {
        let transaction = stun.message().transaction_id();
        let unknown = stun.unknown(&[]);
        if !unknown.is_empty() {
            let mut answer = Answer::error(
                ErrorCode::UNKNOWN_ATTRIBUTE,
                BINDING,
                transaction,
                self.scratch.as_mut(),
            );
            answer.add_unknown(&unknown);
            let length = answer.finish(None);
            return self.reply(client, length);
        }
        let mut answer = Answer::success(BINDING, transaction, self.scratch.as_mut());
        answer.add(&XorMappedAddress::new(client.remote(), transaction));
        let length = answer.finish(None);
        self.reply(client, length)
    }

    /// RFC 8489 section 9.2.4. The key of an allocation stays good as long as it lives, whatever becomes of its credential.
    fn authenticate(
        &mut self,
        now: Millis,
        client: ClientAddr,
        stun: &Stun<'_>,
    ) -> Result<Identity, Denied> {
        let claim = Claim::read(stun)?;
        let allocation = self
            .table
            .by_client(&client)
            .and_then(|id| self.table.get(id));
        let identity = match allocation.filter(|a| *a.username == *claim.username) {
            Some(allocation) => Identity {
                username: claim.username.into(),
                key: signed_by(stun, allocation.key.clone()).ok_or(Denied::Unauthorized)?,
                expires: None,
            },
            None => self.users.identify(self.wall_seconds(now), claim, stun)?,
        };
        let opens = stun.message().has_method(ALLOCATE) && allocation.is_none();
        if opens
            && identity
                .expires
                .is_some_and(|at| at <= self.wall_seconds(now))
        {
            return Err(Denied::Unauthorized);
        }
        if !self.nonces.is_good(now, client.remote(), claim.nonce) {
            return Err(Denied::Stale);
        }
        self.challenges.credit(client.remote().ip());
        Ok(identity)
    }

    /// Says why a request is not authenticated, within the rate its address gets: over UDP it might not come from there.
    fn deny(
        &mut self,
        now: Millis,
        client: ClientAddr,
        stun: &Stun<'_>,
        denied: Denied,
    ) -> Output<'_> {
        let proven = client.transport().is_stream();
        if !proven && !self.challenges.take(now, client.remote().ip()) {
            self.counts.challenges_suppressed = self.counts.challenges_suppressed.wrapping_add(1);
            return Output::Nothing;
        }
        self.counts.challenges = self.counts.challenges.wrapping_add(1);
        let code = match denied {
            Denied::Unauthorized => ErrorCode::UNAUTHORIZED,
            Denied::Stale => ErrorCode::STALE_NONCE,
            Denied::Bad => ErrorCode::BAD_REQUEST,
        };
        let message = stun.message();
        let mut answer = Answer::error(
            code,
            message.method(),
            message.transaction_id(),
            self.scratch.as_mut(),
        );
        if denied != Denied::Bad {
            answer.add_challenge(&self.realm, &self.nonces.issue(now, client.remote()));
        }
        let length = answer.finish(None);
        self.reply(client, length)
    }

    fn on_authenticated(
        &mut self,
        now: Millis,
        client: ClientAddr,
        stun: &Stun<'_>,
        identity: Identity,
    ) -> Output<'_> {
        let message = stun.message();
        let (method, transaction, key) = (
            message.method(),
            message.transaction_id(),
            identity.key.clone(),
        );
        let outcome = match method {
            ALLOCATE => self.allocate(now, client, stun, identity),
            REFRESH => self.refresh(now, client, stun, &identity),
            CREATE_PERMISSION => self.create_permission(now, client, stun, &identity),
            _ => self.channel_bind(now, client, stun, &identity),
        };
        match outcome {
            Ok(Granted::Later) => Output::Nothing,
            Ok(Granted::Again(id)) => self.answer_allocated(id),
            Ok(Granted::Refreshed(lifetime)) => {
                self.succeed(client, method, transaction, &key, Some(lifetime))
            }
            Ok(Granted::Done) => self.succeed(client, method, transaction, &key, None),
            Err(refused) => self.refuse(client, method, transaction, &key, refused),
        }
    }

    /// RFC 8656 section 7.2, checks in its order.
    fn allocate(
        &mut self,
        now: Millis,
        client: ClientAddr,
        stun: &Stun<'_>,
        identity: Identity,
    ) -> Result<Granted, Refused> {
        understand(stun, &ALLOCATE_KNOWS)?;
        let transaction = stun.message().transaction_id();
        if let Some(id) = self.table.by_client(&client) {
            return self.allocate_again(id, transaction);
        }
        match stun.requested_transport()? {
            None => return Err(Refused::Code(ErrorCode::BAD_REQUEST)),
            Some(UDP) => {}
            Some(_) => return Err(Refused::Code(ErrorCode::UNSUPPORTED_TRANSPORT_PROTOCOL)),
        }
        let granted = self.granted(stun.lifetime()?);
        if !self.table.has_room(client, &identity.username) {
            self.counts.refused_allocations = self.counts.refused_allocations.wrapping_add(1);
            return Err(Refused::Code(ErrorCode::ALLOCATION_QUOTA_REACHED));
        }
        let (port, family) = self.port(stun, &identity.username)?;
        let mut allocation = Allocation::new(
            client,
            family,
            transaction,
            granted,
            identity.username,
            identity.key,
            now.after(seconds(granted)),
            self.hasher,
        );
        if let Port::Pair(reservation) = port {
            allocation.reserved = Some(reservation);
        }
        let relay = self.table.insert(allocation);
        self.effects.push_back(Effect::Open {
            relay,
            client,
            family,
            port,
        });
        Ok(Granted::Later)
    }

    /// Port and family of a new allocation: any IPv4 one unless asked otherwise, or the one kept under a token, which
    /// excludes every other wish (RFC 8656 section 7.2, steps 5 to 8).
    fn port(&mut self, stun: &Stun<'_>, username: &str) -> Result<(Port, Family), Refused> {
        let (family, even, token) = (
            stun.requested_family()?,
            stun.even_port()?,
            stun.reservation_token()?,
        );
        if let Some(token) = token {
            if even.is_some() || family.is_some() {
                return Err(Refused::Code(ErrorCode::BAD_REQUEST));
            }
            let claimed = self.reservations.claim(token, username);
            let (reservation, family) =
                claimed.ok_or(Refused::Code(ErrorCode::INSUFFICIENT_CAPACITY))?;
            return Ok((Port::Reserved(reservation), family));
        }
        let family = family.unwrap_or(Some(Family::V4));
        let family = family.ok_or(Refused::Code(ErrorCode::ADDRESS_FAMILY_NOT_SUPPORTED))?;
        let port = match even {
            None => Port::Any,
            Some(false) => Port::Even,
            Some(true) => {
                let drawn = self.reservations.draw();
                Port::Pair(drawn.ok_or(Refused::Code(ErrorCode::INSUFFICIENT_CAPACITY))?)
            }
        };
        Ok((port, family))
    }

    /// A repeated request is answered alike, another one is 437.
    fn allocate_again(&self, id: RelayId, transaction: TransactionId) -> Result<Granted, Refused> {
        match self.table.get(id) {
            Some(allocation) if allocation.transaction == transaction => match allocation.relay {
                Some(_) => Ok(Granted::Again(id)),
                None => Ok(Granted::Later),
            },
            _ => Err(Refused::Code(ErrorCode::ALLOCATION_MISMATCH)),
        }
    }

    /// RFC 8656 section 8.2.
    fn refresh(
        &mut self,
        now: Millis,
        client: ClientAddr,
        stun: &Stun<'_>,
        identity: &Identity,
    ) -> Result<Granted, Refused> {
        understand(stun, &[Lifetime::TYPE, RequestedAddressFamily::TYPE])?;
        let id = self.own_allocation(client, identity)?;
        let family = stun.requested_family()?;
        let lifetime = stun.lifetime()?;
        if family.is_some_and(|family| family != self.table.get(id).map(|a| a.family)) {
            return Err(Refused::Code(ErrorCode::PEER_ADDRESS_FAMILY_MISMATCH));
        }
        if lifetime == Some(0) {
            self.close(id);
            return Ok(Granted::Refreshed(0));
        }
        let granted = self.granted(lifetime);
        self.table.set_expiry(id, now.after(seconds(granted)));
        Ok(Granted::Refreshed(granted))
    }

    /// RFC 8656 section 10.2: all of the permissions or none.
    fn create_permission(
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
    fn channel_bind(
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

    /// The allocation of this client, if it is there (437) and of this user (441).
    fn own_allocation(&self, client: ClientAddr, identity: &Identity) -> Result<RelayId, Refused> {
        let mismatch = Refused::Code(ErrorCode::ALLOCATION_MISMATCH);
        let Some(id) = self.table.by_client(&client) else {
            return Err(mismatch);
        };
        match self.table.get(id) {
            Some(allocation) if allocation.relay.is_none() => Err(mismatch),
            Some(allocation) if allocation.username == identity.username => Ok(id),
            Some(_) => Err(Refused::Code(ErrorCode::WRONG_CREDENTIALS)),
            None => Err(mismatch),
        }
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
            Err(_) if self.table.by_relay(&peer).is_some() => Ok(Scope::OwnRelays),
            Err(why) => Err(why),
        });
        verdict.map_err(|why| {
            self.counts.refused_peers = self.counts.refused_peers.wrapping_add(1);
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

    /// Seconds an allocation gets when `asked`: RFC 8656 section 7.2.
    fn granted(&self, asked: Option<u32>) -> u32 {
        let least = clamp(self.lifetimes.allocation.as_secs());
        let most = clamp(self.lifetimes.allocation_max.as_secs()).max(least);
        asked.unwrap_or(least).clamp(least, most)
    }

    pub(crate) fn allocated(&mut self, now: Millis, id: RelayId, relay: RelayAddr) -> Output<'_> {
        let Some(allocation) = self.table.get(id) else {
            self.effects.push_back(Effect::Close { relay: id });
            return Output::Nothing;
        };
        let granted = allocation.granted;
        if let Some(reservation) = allocation.reserved {
            let username = allocation.username.clone();
            self.reservations
                .keep(now, reservation, username, allocation.family);
        }
        self.table.set_relay(id, relay);
        self.table.set_expiry(id, now.after(seconds(granted)));
        self.answer_allocated(id)
    }

    pub(crate) fn not_allocated(&mut self, id: RelayId, error: OpenError) -> Output<'_> {
        let Some(allocation) = self.table.remove(id) else {
            return Output::Nothing;
        };
        self.counts.refused_allocations = self.counts.refused_allocations.wrapping_add(1);
        let code = match error {
            OpenError::Family => ErrorCode::ADDRESS_FAMILY_NOT_SUPPORTED,
            OpenError::Exhausted => ErrorCode::INSUFFICIENT_CAPACITY,
        };
        self.refuse(
            allocation.client,
            ALLOCATE,
            allocation.transaction,
            &allocation.key,
            Refused::Code(code),
        )
    }

    /// The answer to the Allocate that made `id`, the same each time.
    fn answer_allocated(&mut self, id: RelayId) -> Output<'_> {
        let Some(allocation) = self.table.get(id) else {
            return Output::Nothing;
        };
        let Some(relay) = allocation.relay else {
            return Output::Nothing;
        };
        let (client, transaction) = (allocation.client, allocation.transaction);
        let mut answer = Answer::success(ALLOCATE, transaction, self.scratch.as_mut());
        answer.add(&XorRelayedAddress::new(relay.get(), transaction));
        answer.add(&Lifetime::new(allocation.granted));
        answer.add(&XorMappedAddress::new(client.remote(), transaction));
        if let Some(reservation) = allocation.reserved {
            answer.add(&ReservationToken::new(reservation.0));
        }
        answer.add_software(&self.software);
        let length = answer.finish(Some(&allocation.key));
        self.reply(client, length)
    }

    fn succeed(
        &mut self,
        client: ClientAddr,
        method: Method,
        transaction: TransactionId,
        key: &IntegrityKey,
        lifetime: Option<u32>,
    ) -> Output<'_> {
        let mut answer = Answer::success(method, transaction, self.scratch.as_mut());
        if let Some(lifetime) = lifetime {
            answer.add(&Lifetime::new(lifetime));
        }
        answer.add_software(&self.software);
        let length = answer.finish(Some(key));
        self.reply(client, length)
    }

    fn refuse(
        &mut self,
        client: ClientAddr,
        method: Method,
        transaction: TransactionId,
        key: &IntegrityKey,
        refused: Refused,
    ) -> Output<'_> {
        let code = match &refused {
            Refused::Code(code) => *code,
            Refused::Unknown(_) => ErrorCode::UNKNOWN_ATTRIBUTE,
        };
        let mut answer = Answer::error(code, method, transaction, self.scratch.as_mut());
        if let Refused::Unknown(unknown) = &refused {
            answer.add_unknown(unknown);
        }
        answer.add_software(&self.software);
        let length = answer.finish(Some(key));
        self.reply(client, length)
    }

    fn reply(&self, client: ClientAddr, length: usize) -> Output<'_> {
        let message = self.scratch.get(..length).unwrap_or_default();
        Output::Reply { client, message }
    }
}

/// How much of a peer's transport address a request means.
#[derive(Clone, Copy)]
enum Aim {
    Address,
    Exactly,
}

fn understand(stun: &Stun<'_>, known: &[AttributeType]) -> Result<(), Refused> {
    let unknown = stun.unknown(known);
    if unknown.is_empty() {
        Ok(())
    } else {
        Err(Refused::Unknown(unknown))
    }
}

const fn seconds(seconds: u32) -> std::time::Duration {
    std::time::Duration::from_secs(seconds as u64)
}

fn clamp(seconds: u64) -> u32 {
    u32::try_from(seconds).unwrap_or(u32::MAX)
}

/// What an Allocate may ask.
const ALLOCATE_KNOWS: [AttributeType; 6] = [
    Lifetime::TYPE,
    RequestedTransport::TYPE,
    RequestedAddressFamily::TYPE,
    DontFragment::TYPE,
    EvenPort::TYPE,
    ReservationToken::TYPE,
];
/// RFC 8656 section 12 ends at 0x4fff; clients written to RFC 5766, coturn's among them, go on to 0x7fff.
const CHANNELS: std::ops::RangeInclusive<u16> = 0x4000..=0x7fff;
/// IANA protocol number.
const UDP: u8 = 17;
