//! Allocate and Refresh (RFC 8656 sections 7 and 8).

use std::time::Duration;

use stun_types::attribute::{AttributeType, ErrorCode, XorMappedAddress};
use stun_types::message::TransactionId;
use stun_types::prelude::AttributeStaticType;
use turn_types::attribute::{
    DontFragment, EvenPort, Lifetime, RequestedAddressFamily, RequestedTransport, ReservationToken,
    XorRelayedAddress,
};
use turn_types::message::ALLOCATE;

use super::{Granted, Refused, understand};
use crate::address::{ClientAddr, Family, Millis, RelayAddr};
use crate::allocation::Allocation;
use crate::answer::Answer;
use crate::auth::Identity;
use crate::effect::{Effect, OpenError, Output, Port, RelayId};
use crate::message::Stun;
use crate::relay::Relay;

impl Relay {
    /// RFC 8656 section 7.2, checks in its order.
    pub(super) fn allocate(
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
        if let Some(alternate) = &self.alternate {
            let addresses = alternate.addresses_for(client.remote().ip());
            if !addresses.is_empty() {
                return Err(Refused::Elsewhere(addresses));
            }
        }
        let granted = self.granted(stun.lifetime()?);
        let Some(seat) = self.table.seat(client, &identity.username) else {
            self.counts.refused_allocations = self.counts.refused_allocations.wrapping_add(1);
            return Err(Refused::Code(ErrorCode::ALLOCATION_QUOTA_REACHED));
        };
        let (port, family) = self.port(stun, &identity.username)?;
        let mut allocation = Allocation::new(
            client,
            family,
            transaction,
            granted,
            identity.username,
            identity.key,
            now.after(seconds(granted)),
            seat,
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
    pub(super) fn refresh(
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
    pub(super) fn answer_allocated(&mut self, id: RelayId) -> Output<'_> {
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
}

const fn seconds(seconds: u32) -> Duration {
    Duration::from_secs(seconds as u64)
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
/// IANA protocol number.
const UDP: u8 = 17;
