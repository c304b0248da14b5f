//! ICMP errors, passed on to the client whose packet brought them about (RFC 8656 section 11.5).

use stun_types::attribute::{AttributeType, RawAttribute};
use turn_types::attribute::XorPeerAddress;
use turn_types::message::DATA;

use crate::address::{Family, Millis, PeerAddr};
use crate::allocation::Scope;
use crate::answer::Answer;
use crate::effect::{Output, RelayId};
use crate::head::Head;
use crate::relay::Relay;

/// What an ICMP packet says, in the numbers of ICMP or ICMPv6 as the peer's family has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IcmpError {
    /// Type.
    pub kind: u8,
    /// Code.
    pub code: u8,
    /// MTU of the next hop in bytes, where the error is that a packet was longer.
    pub mtu: u32,
}

impl Relay {
    /// Takes an ICMP error about a packet that the relay socket sent to `peer`.
    ///
    /// The client hears of it if it has a permission for the peer, and of ten a second at most: whoever is on the way can
    /// make up any number of them.
    pub fn from_peer_icmp(
        &mut self,
        now: Millis,
        relay: RelayId,
        peer: PeerAddr,
        error: IcmpError,
    ) -> Output<'_> {
        let Some(allocation) = self.table.get_mut(relay) else {
            return self.drop_packet();
        };
        let permitted = allocation.permitted(now, peer.ip()) == Some(Scope::Everything);
        let client = allocation.client;
        if !permitted || !is_told(peer, error) || !allocation.admits_error(now) {
            return self.drop_packet();
        }
        let transaction = self.next_transaction();
        let mut indication = Answer::indication(DATA, transaction, self.scratch.as_mut());
        indication.add(&XorPeerAddress::new(peer.get(), transaction));
        indication.add(&RawAttribute::new(ICMP, &value(peer, error)));
        let length = indication.finish(None);
        // Not an answer: where there is no room, it may be dropped.
        Output::ToClient {
            client,
            head: Head::empty(),
            payload: self.scratch.get(..length).unwrap_or_default(),
            padding: 0,
        }
    }
}

/// RFC 8656 section 11.5: what concerns delivery, and nothing else.
fn is_told(peer: PeerAddr, error: IcmpError) -> bool {
    match Family::of(peer.ip()) {
        Family::V4 => matches!(error.kind, 3 | 11),
        Family::V6 => matches!(error.kind, 1..=3),
    }
}

/// RFC 8656 section 18.13: 7 bits of type, 9 of code, then the error data, which only an MTU is.
fn value(peer: PeerAddr, error: IcmpError) -> [u8; 8] {
    let [high, low] = (u16::from(error.kind) << 9 | u16::from(error.code)).to_be_bytes();
    let too_long = match Family::of(peer.ip()) {
        Family::V4 => (error.kind, error.code) == (3, 4),
        Family::V6 => error.kind == 2,
    };
    let [a, b, c, d] = if too_long { error.mtu } else { 0 }.to_be_bytes();
    [0, 0, high, low, a, b, c, d]
}

const ICMP: AttributeType = AttributeType::new(0x8004);
