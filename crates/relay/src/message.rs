//! A STUN message as the relay reads it: parsed once, attributes behind MESSAGE-INTEGRITY out of sight.

use stun_types::attribute::AttributeType;
use stun_types::message::{Message, MessageHeader};
use stun_types::prelude::{Attribute, AttributeFromRaw, AttributeStaticType};
use turn_types::attribute::{
    AdditionalAddressFamily, ChannelNumber, ConnectionId as ConnectionIdAttribute, EvenPort,
    Lifetime, RequestedAddressFamily, RequestedTransport, ReservationToken, XorPeerAddress,
};

use crate::address::{Family, PeerAddr};
use crate::connection::ConnectionId;

/// A well-formed STUN message that fills its packet exactly.
#[derive(Debug)]
pub(crate) struct Stun<'a> {
    packet: &'a [u8],
    message: Message<'a>,
}

/// An attribute is there but its value is not what it has to be: 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

impl<'a> Stun<'a> {
    /// `None`: not STUN, cut short, longer than it says, or with a wrong FINGERPRINT: to be dropped (RFC 8489 section 6.3).
    pub(crate) fn parse(packet: &'a [u8]) -> Option<Self> {
        let header = MessageHeader::from_bytes(packet).ok()?;
        let length = usize::from(header.data_length());
        // The codec reads attributes past the declared length, so the lengths must agree before it is asked.
        if !length.is_multiple_of(4) || length.checked_add(MessageHeader::LENGTH)? != packet.len() {
            return None;
        }
        let message = Message::from_bytes(packet).ok()?;
        Some(Self { packet, message })
    }

    pub(crate) const fn message(&self) -> &Message<'a> {
        &self.message
    }

    /// The whole message.
    pub(crate) const fn packet(&self) -> &'a [u8] {
        self.packet
    }

    /// Value of the first attribute of that type; of duplicates the first wins (RFC 8489 section 14).
    pub(crate) fn value(&self, kind: AttributeType) -> Option<&'a [u8]> {
        self.find(kind).map(|(_, value)| value)
    }

    /// That attribute's place in the packet, and its value.
    pub(crate) fn find(&self, kind: AttributeType) -> Option<(usize, &'a [u8])> {
        let (offset, attribute) = self.message.raw_attribute_and_offset(kind)?;
        let start = offset.checked_add(4)?;
        let end = start.checked_add(usize::from(attribute.length()))?;
        Some((offset, self.packet.get(start..end)?))
    }

    pub(crate) fn has(&self, kind: AttributeType) -> bool {
        self.message.has_attribute(kind)
    }

    /// LIFETIME in seconds.
    pub(crate) fn lifetime(&self) -> Result<Option<u32>, Malformed> {
        Ok(self.first::<Lifetime>()?.map(|lifetime| lifetime.seconds()))
    }

    pub(crate) fn requested_transport(&self) -> Result<Option<u8>, Malformed> {
        Ok(self
            .first::<RequestedTransport>()?
            .map(|transport| transport.protocol()))
    }

    pub(crate) fn channel_number(&self) -> Result<Option<u16>, Malformed> {
        Ok(self
            .first::<ChannelNumber>()?
            .map(|number| number.channel()))
    }

    pub(crate) fn connection_id(&self) -> Result<Option<ConnectionId>, Malformed> {
        let id = self.first::<ConnectionIdAttribute>()?;
        Ok(id.map(|id| ConnectionId(id.id())))
    }

    /// EVEN-PORT: whether the next higher port is to be reserved.
    pub(crate) fn even_port(&self) -> Result<Option<bool>, Malformed> {
        Ok(self.first::<EvenPort>()?.map(|even| even.requested()))
    }

    pub(crate) fn reservation_token(&self) -> Result<Option<u64>, Malformed> {
        Ok(self.first::<ReservationToken>()?.map(|token| token.token()))
    }

    /// REQUESTED-ADDRESS-FAMILY; `Some(None)` is a family that does not exist.
    pub(crate) fn requested_family(&self) -> Result<Option<Option<Family>>, Malformed> {
        self.family(RequestedAddressFamily::TYPE)
    }

    /// ADDITIONAL-ADDRESS-FAMILY, likewise.
    pub(crate) fn additional_family(&self) -> Result<Option<Option<Family>>, Malformed> {
        self.family(AdditionalAddressFamily::TYPE)
    }

    fn family(&self, kind: AttributeType) -> Result<Option<Option<Family>>, Malformed> {
        match self.value(kind) {
            None => Ok(None),
            Some([1, _, _, _]) => Ok(Some(Some(Family::V4))),
            Some([2, _, _, _]) => Ok(Some(Some(Family::V6))),
            Some([_, _, _, _]) => Ok(Some(None)),
            Some(_) => Err(Malformed),
        }
    }

    /// The first XOR-PEER-ADDRESS.
    pub(crate) fn peer(&self) -> Result<Option<PeerAddr>, Malformed> {
        self.peers().next().transpose()
    }

    /// All XOR-PEER-ADDRESS attributes.
    pub(crate) fn peers(&self) -> impl Iterator<Item = Result<PeerAddr, Malformed>> {
        let transaction = self.message.transaction_id();
        self.message
            .iter_attributes()
            .filter(|(_, raw)| raw.get_type() == XorPeerAddress::TYPE)
            .map(move |(_, raw)| {
                let address = XorPeerAddress::from_raw_ref(&raw).map_err(|_| Malformed)?;
                Ok(PeerAddr::new(address.addr(transaction)))
            })
    }

    /// Attributes that have to be understood and are not, each once (RFC 8489 section 6.3.1). One that we know, but not in
    /// this message, is ignored (section 6.3).
    pub(crate) fn unknown(&self) -> Vec<AttributeType> {
        self.unknown_beside(&[])
    }

    /// Likewise where those of type `also` are known too.
    pub(crate) fn unknown_beside(&self, also: &[u16]) -> Vec<AttributeType> {
        let mut unknown = Vec::new();
        for (_, raw) in self.message.iter_attributes() {
            let kind = raw.get_type();
            let understood = !kind.comprehension_required()
                || KNOWN.contains(&kind.value())
                || also.contains(&kind.value());
            if !understood && !unknown.contains(&kind) && unknown.len() < UNKNOWN_MOST {
                unknown.push(kind);
            }
        }
        unknown
    }

    fn first<A>(&self) -> Result<Option<A>, Malformed>
    where
        A: for<'r> AttributeFromRaw<'r> + AttributeStaticType,
    {
        match self.message.raw_attribute(A::TYPE) {
            None => Ok(None),
            Some(raw) => A::from_raw_ref(&raw).map(Some).map_err(|_| Malformed),
        }
    }
}

/// The attributes of RFC 8489, RFC 8656 and RFC 6062 whose meaning has to be known.
const KNOWN: [u16; 22] = [
    0x0001, // MAPPED-ADDRESS
    0x0006, // USERNAME
    0x0008, // MESSAGE-INTEGRITY
    0x0009, // ERROR-CODE
    0x000a, // UNKNOWN-ATTRIBUTES
    0x000c, // CHANNEL-NUMBER
    0x000d, // LIFETIME
    0x0012, // XOR-PEER-ADDRESS
    0x0013, // DATA
    0x0014, // REALM
    0x0015, // NONCE
    0x0016, // XOR-RELAYED-ADDRESS
    0x0017, // REQUESTED-ADDRESS-FAMILY
    0x0018, // EVEN-PORT
    0x0019, // REQUESTED-TRANSPORT
    0x001a, // DONT-FRAGMENT
    0x001c, // MESSAGE-INTEGRITY-SHA256
    0x001d, // PASSWORD-ALGORITHM
    0x001e, // USERHASH
    0x0020, // XOR-MAPPED-ADDRESS
    0x0022, // RESERVATION-TOKEN
    0x002a, // CONNECTION-ID
];
/// More would not fit the answer, and no client sends as many.
const UNKNOWN_MOST: usize = 16;
