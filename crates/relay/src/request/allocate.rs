//! Allocate and Refresh (RFC 8656 sections 7 and 8).

use std::time::Duration;

use stun_types::attribute::{AttributeType, ErrorCode, XorMappedAddress};
use stun_types::message::TransactionId;
use stun_types::prelude::AttributeStaticType;
use turn_types::attribute::{
    DontFragment, EvenPort, Lifetime, ReservationToken, XorRelayedAddress,
};
use turn_types::message::ALLOCATE;

use super::{Granted, Refused, understand};
use crate::address::{ClientAddr, Family, Millis, Protocol, RelayAddr};
use crate::allocation::Allocation;
use crate::answer::Answer;
use crate::auth::Identity;
use crate::effect::{Effect, OpenError, Output, Port, RelayId};
use crate::message::Stun;
use crate::relay::Relay;
use crate::shared::Seat;

impl Relay {
    /// RFC 8656 section 7.2, checks in its order.
    pub(super) fn allocate(
        &mut self,
        now: Millis,
        client: ClientAddr,
        stun: &Stun<'_>,
        identity: Identity,
    ) -> Result<Granted, Refused> {
        understand(stun)?;
        let transaction = stun.message().transaction_id();
        if let Some(id) = self.table.by_client(&client) {
            return self.allocate_again(id, transaction);
        }
        let protocol = requested_protocol(client, stun, self.tcp_peers)?;
        let asked = Asked::read(stun)?;
        let granted = self.granted(stun.lifetime()?);
        let configured = self.users.is_fixed(&identity.username);
        let Some(seat) = self.table.seat(client, &identity.username, configured) else {
            self.counts.refused_allocations = self.counts.refused_allocations.wrapping_add(1);
            return Err(Refused::Code(ErrorCode::ALLOCATION_QUOTA_REACHED));
        };
        if let Some(alternate) = &self.alternate {
            let addresses = alternate.addresses_for(client.remote().ip());
            if !addresses.is_empty() {
                return Err(Refused::Elsewhere(addresses));
            }
        }
        let wish = self.wish(&asked, &identity.username)?;
        let expires = now.after(seconds(granted));
        let rate = seat.rate();
        let allocation = |family: Family, identity: Identity, seat: Option<Seat>| {
            Allocation::new(
                client,
                family,
                protocol,
                transaction,
                granted,
                identity.username,
                identity.key,
                expires,
                rate,
                seat,
            )
        };
        let second = wish
            .dual
            .then(|| allocation(Family::V6, identity.clone(), None));
        let mut first = allocation(wish.family, identity, Some(seat));
        if let Port::Pair(reservation) = wish.port {
            first.reserved = Some(reservation);
        }
        let first = self.table.insert(first);
        self.open(first, client, wish.family, protocol, wish.port);
        if let Some(second) = second {
            let second = self.table.insert_sibling(first, second);
            self.open(second, client, Family::V6, protocol, wish.port);
        }
        Ok(Granted::Later)
    }

    fn open(
        &mut self,
        relay: RelayId,
        client: ClientAddr,
        family: Family,
        protocol: Protocol,
        port: Port,
    ) {
        self.effects.push_back(Effect::Open {
            relay,
            client,
            family,
            protocol,
            port,
        });
    }

    /// Port and families of a new allocation: what was asked for, or the port kept under the token.
    fn wish(&mut self, asked: &Asked, username: &str) -> Result<Wish, Refused> {
        if let Some(token) = asked.token {
            let claimed = self.reservations.claim(token, username);
            let (reservation, family) =
                claimed.ok_or(Refused::Code(ErrorCode::INSUFFICIENT_CAPACITY))?;
            return Ok(Wish {
                port: Port::Reserved(reservation),
                family,
                dual: false,
            });
        }
        Ok(Wish {
            family: asked.family,
            port: self.port(asked.even)?,
            dual: asked.dual,
        })
    }

    fn port(&mut self, even: Option<bool>) -> Result<Port, Refused> {
        Ok(match even {
            None => Port::Any,
            Some(false) => Port::Even,
            Some(true) => {
                let drawn = self.reservations.draw();
                Port::Pair(drawn.ok_or(Refused::Code(ErrorCode::INSUFFICIENT_CAPACITY))?)
            }
        })
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

    /// RFC 8656 section 8.2. A family names one address of a dual allocation; without it both are meant.
    pub(super) fn refresh(
        &mut self,
        now: Millis,
        client: ClientAddr,
        stun: &Stun<'_>,
        identity: &Identity,
    ) -> Result<Granted, Refused> {
        understand(stun)?;
        let id = self.own_allocation(client, identity)?;
        let family = stun.requested_family()?;
        let lifetime = stun.lifetime()?;
        let mismatch = Refused::Code(ErrorCode::PEER_ADDRESS_FAMILY_MISMATCH);
        let sibling = self.table.get(id).and_then(|a| a.sibling);
        let concerned = match family {
            None => [Some(id), sibling],
            Some(family) => {
                let one = family.and_then(|family| self.table.with_family(id, family));
                [Some(one.ok_or(mismatch)?), None]
            }
        };
        let granted = match lifetime {
            Some(0) => 0,
            _ => self.granted(lifetime),
        };
        for id in concerned.into_iter().flatten() {
            match granted {
                0 => self.close(id),
                _ => self.table.set_expiry(id, now.after(seconds(granted))),
            }
        }
        Ok(Granted::Refreshed(granted))
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
        self.answer_when_whole(id)
    }

    /// Answers the Allocate once the sockets of both families are there, or known not to be.
    fn answer_when_whole(&mut self, id: RelayId) -> Output<'_> {
        let allocation = self.table.get(id);
        let sibling = allocation.and_then(|a| a.sibling);
        let waits = [Some(id), sibling]
            .into_iter()
            .flatten()
            .any(|id| self.table.get(id).is_none_or(|a| a.relay.is_none()));
        if waits {
            return Output::Nothing;
        }
        self.answer_allocated(id)
    }

    pub(crate) fn not_allocated(&mut self, id: RelayId, error: OpenError) -> Output<'_> {
        let Some(allocation) = self.table.remove(id) else {
            return Output::Nothing;
        };
        let code = match error {
            OpenError::Family => ErrorCode::ADDRESS_FAMILY_NOT_SUPPORTED,
            OpenError::Exhausted => ErrorCode::INSUFFICIENT_CAPACITY,
            OpenError::Failed => ErrorCode::SERVER_ERROR,
        };
        if let Some(sibling) = allocation.sibling {
            if let Some(sibling) = self.table.get_mut(sibling) {
                sibling.lacking = Some((allocation.family, code));
            }
            return self.answer_when_whole(sibling);
        }
        self.counts.refused_allocations = self.counts.refused_allocations.wrapping_add(1);
        // Of two reasons the one that may pass with time.
        let code = allocation
            .lacking
            .map_or(code, |(_, other)| code.max(other));
        self.refuse(
            allocation.client,
            ALLOCATE,
            allocation.transaction,
            &allocation.key,
            Refused::Code(code),
        )
    }

    /// The answer to the Allocate that made `id`, the same each time.
    pub(super) fn answer_allocated(&mut self, id: RelayId) -> Output<'_> {
        let Some(allocation) = self.table.get(id) else {
            return Output::Nothing;
        };
        let sibling = allocation.sibling.and_then(|id| self.table.get(id));
        let relayed = |family: Family| {
            let mut both = [Some(allocation), sibling].into_iter().flatten();
            both.find(|a| a.family == family)?.relay
        };
        let (client, transaction) = (allocation.client, allocation.transaction);
        let mut answer = Answer::success(ALLOCATE, transaction, self.scratch.as_mut());
        for relay in [relayed(Family::V4), relayed(Family::V6)]
            .into_iter()
            .flatten()
        {
            answer.add(&XorRelayedAddress::new(relay.get(), transaction));
        }
        if let Some((family, code)) = allocation.lacking {
            answer.add_address_error(family, code);
        }
        answer.add(&Lifetime::new(allocation.granted));
        answer.add(&XorMappedAddress::new(client.remote(), transaction));
        if let Some(reservation) = allocation.reserved {
            answer.add(&ReservationToken::new(reservation.0));
        }
        answer.add_software(&self.software);
        let length = answer.finish(Some(&allocation.key));
        self.reply(client, length)
    }
}

/// REQUESTED-TRANSPORT. Connections are for clients that have one themselves, and nothing that concerns datagrams goes with
/// them (RFC 6062 section 5.1).
fn requested_protocol(
    client: ClientAddr,
    stun: &Stun<'_>,
    tcp_peers: bool,
) -> Result<Protocol, Refused> {
    let bad = Err(Refused::Code(ErrorCode::BAD_REQUEST));
    match stun.requested_transport()? {
        None => bad,
        Some(UDP) => Ok(Protocol::Udp),
        Some(TCP) if !tcp_peers => Err(Refused::Code(ErrorCode::UNSUPPORTED_TRANSPORT_PROTOCOL)),
        Some(TCP) if !client.transport().is_stream() => bad,
        Some(TCP) if OF_DATAGRAMS.iter().any(|kind| stun.has(*kind)) => bad,
        Some(TCP) => Ok(Protocol::Tcp),
        Some(_) => Err(Refused::Code(ErrorCode::UNSUPPORTED_TRANSPORT_PROTOCOL)),
    }
}

/// What an Allocate says about ports and families.
struct Asked {
    family: Family,
    dual: bool,
    even: Option<bool>,
    token: Option<u64>,
}

impl Asked {
    /// An IPv4 address unless another is named. A token excludes every other wish (RFC 8656 section 7.2, steps 5 to 9).
    fn read(stun: &Stun<'_>) -> Result<Self, Refused> {
        let (family, additional, even, token) = (
            stun.requested_family()?,
            stun.additional_family()?,
            stun.even_port()?,
            stun.reservation_token()?,
        );
        // A second address is an IPv6 one beside an IPv4 one, and no pair of ports (section 7.1).
        let contradicts = match additional {
            None => token.is_some() && (even.is_some() || family.is_some()),
            Some(Some(Family::V6)) => family.is_some() || token.is_some() || even == Some(true),
            Some(_) => true,
        };
        if contradicts {
            return Err(Refused::Code(ErrorCode::BAD_REQUEST));
        }
        let family = family.unwrap_or(Some(Family::V4));
        Ok(Self {
            family: family.ok_or(Refused::Code(ErrorCode::ADDRESS_FAMILY_NOT_SUPPORTED))?,
            dual: additional.is_some(),
            even,
            token,
        })
    }
}

/// What an Allocate gets.
struct Wish {
    port: Port,
    family: Family,
    /// An IPv6 address beside the IPv4 one.
    dual: bool,
}

const fn seconds(seconds: u32) -> Duration {
    Duration::from_secs(seconds as u64)
}

fn clamp(seconds: u64) -> u32 {
    u32::try_from(seconds).unwrap_or(u32::MAX)
}

const OF_DATAGRAMS: [AttributeType; 3] =
    [DontFragment::TYPE, EvenPort::TYPE, ReservationToken::TYPE];
/// IANA protocol numbers.
const UDP: u8 = 17;
const TCP: u8 = 6;
