//! The packet path: a few hash look-ups, nothing copied, nothing allocated.

use stun_types::message::MessageClass;
use stun_types::prelude::AttributeStaticType;
use turn_types::attribute::{Data, DontFragment, XorPeerAddress};
use turn_types::message::SEND;

use crate::address::{ClientAddr, Millis, PeerAddr, Transport};
use crate::allocation::Scope;
use crate::effect::{Fragment, Output, RelayId};
use crate::head::{Head, padding};
use crate::message::Stun;
use crate::relay::Relay;

impl Relay {
    /// Takes one datagram, or one framed message of a stream, from a client.
    pub fn from_client<'a>(
        &'a mut self,
        now: Millis,
        client: ClientAddr,
        packet: &'a [u8],
    ) -> Output<'a> {
        match packet.first() {
            Some(0x40..=0x7f) => self.channel_data(now, client, packet),
            Some(0x00..=0x3f) => self.stun(now, client, packet),
            _ => self.drop_packet(),
        }
    }

    /// Takes one datagram that `peer` sent to a relay socket (RFC 8656 section 11.3).
    pub fn from_peer<'a>(
        &'a mut self,
        now: Millis,
        relay: RelayId,
        peer: PeerAddr,
        payload: &'a [u8],
    ) -> Output<'a> {
        let permitted = self
            .table
            .get(relay)
            .and_then(|a| a.permitted(now, peer.ip()));
        // What comes from our own relayed addresses never takes this way: it is handed over inside.
        match permitted {
            Some(Scope::Everything) => self.send_to_client(now, relay, peer, payload),
            Some(Scope::OwnRelays) | None => self.drop_packet(),
        }
    }

    fn stun<'a>(&'a mut self, now: Millis, client: ClientAddr, packet: &'a [u8]) -> Output<'a> {
        let Some(stun) = Stun::parse(packet) else {
            return self.drop_packet();
        };
        match stun.message().class() {
            MessageClass::Request => self.on_request(now, client, &stun),
            MessageClass::Indication if stun.message().has_method(SEND) => {
                self.send_indication(now, client, &stun)
            }
            // A Binding indication keeps a NAT open, nothing more.
            _ => self.drop_packet(),
        }
    }

    /// RFC 8656 section 11.2.
    fn send_indication<'a>(
        &'a mut self,
        now: Millis,
        client: ClientAddr,
        stun: &Stun<'a>,
    ) -> Output<'a> {
        let (Ok(Some(peer)), Some(payload)) = (stun.peer(), stun.value(Data::TYPE)) else {
            return self.drop_packet();
        };
        let known = [XorPeerAddress::TYPE, Data::TYPE, DontFragment::TYPE];
        let understood = stun.unknown(&known).is_empty();
        let fragment = match stun.has(DontFragment::TYPE) {
            true => Fragment::Forbidden,
            false => Fragment::Allowed,
        };
        match self.table.by_client(&client) {
            Some(relay) if understood && self.policy.check_port(peer).is_ok() => {
                self.send_to_peer(now, relay, peer, payload, fragment)
            }
            _ => self.drop_packet(),
        }
    }

    /// RFC 8656 section 12.6. What follows the declared length is padding.
    fn channel_data<'a>(
        &'a mut self,
        now: Millis,
        client: ClientAddr,
        packet: &'a [u8],
    ) -> Output<'a> {
        let Some((&[n0, n1, l0, l1], rest)) = packet.split_first_chunk::<4>() else {
            return self.drop_packet();
        };
        let length = usize::from(u16::from_be_bytes([l0, l1]));
        let number = u16::from_be_bytes([n0, n1]);
        let bound = self.table.by_client(&client).and_then(|relay| {
            let peer = self.table.get(relay)?.channel_peer(now, number)?;
            Some((relay, peer, rest.get(..length)?))
        });
        match bound {
            Some((relay, peer, payload)) => {
                self.send_to_peer(now, relay, peer, payload, Fragment::Allowed)
            }
            None => self.drop_packet(),
        }
    }

    /// Passes a client's packet on, if it has permission. A peer that is a relayed address of ours gets it at once.
    fn send_to_peer<'a>(
        &'a mut self,
        now: Millis,
        relay: RelayId,
        peer: PeerAddr,
        payload: &'a [u8],
        fragment: Fragment,
    ) -> Output<'a> {
        let Some((own, scope)) = self
            .table
            .get(relay)
            .and_then(|a| Some((a.relay?, a.permitted(now, peer.ip())?)))
        else {
            return self.drop_packet();
        };
        if !self.admit(now, relay, payload) {
            return Output::Nothing;
        }
        if let Some(other) = self.table.by_relay(&peer) {
            self.count_to_peer(payload);
            return self.hand_over(now, other, own.as_peer(), payload);
        }
        if scope == Scope::OwnRelays {
            return self.drop_packet();
        }
        self.count_to_peer(payload);
        Output::ToPeer {
            relay,
            peer,
            payload,
            fragment,
        }
    }

    /// A packet from one relayed address of ours to another.
    fn hand_over<'a>(
        &'a mut self,
        now: Millis,
        relay: RelayId,
        from: PeerAddr,
        payload: &'a [u8],
    ) -> Output<'a> {
        match self
            .table
            .get(relay)
            .and_then(|a| a.permitted(now, from.ip()))
        {
            Some(_) => self.send_to_client(now, relay, from, payload),
            None => self.drop_packet(),
        }
    }

    /// RFC 8656 sections 11.3 and 12.7: on the peer's channel if it has one, else as a Data indication.
    fn send_to_client<'a>(
        &'a mut self,
        now: Millis,
        relay: RelayId,
        peer: PeerAddr,
        payload: &'a [u8],
    ) -> Output<'a> {
        let Some((client, channel)) = self
            .table
            .get(relay)
            .map(|a| (a.client, a.channel_number(now, peer)))
        else {
            return self.drop_packet();
        };
        let head = match channel {
            Some(number) => Head::channel(number, payload.len()),
            None => Head::data_indication(self.transaction(), peer, payload.len()),
        };
        let Some(head) = head else {
            return self.drop_packet();
        };
        if !self.admit(now, relay, payload) {
            return Output::Nothing;
        }
        let padded = channel.is_none() || client.transport() != Transport::Udp;
        self.counts.to_clients = self.counts.to_clients.wrapping_add(1);
        self.counts.bytes_to_clients = self
            .counts
            .bytes_to_clients
            .wrapping_add(payload.len() as u64);
        let padding = if padded { padding(payload.len()) } else { 0 };
        Output::ToClient {
            client,
            head,
            payload,
            padding,
        }
    }

    /// Whether the allocation's rate leaves room for a packet, counted if not.
    fn admit(&mut self, now: Millis, relay: RelayId, payload: &[u8]) -> bool {
        let Some(max_bps) = self.limits.max_bps else {
            return true;
        };
        let allocation = self.table.get_mut(relay);
        let admitted = allocation.is_some_and(|a| a.admits(now, payload.len(), max_bps));
        if !admitted {
            self.counts.over_rate = self.counts.over_rate.wrapping_add(1);
        }
        admitted
    }

    pub(crate) fn drop_packet(&mut self) -> Output<'static> {
        self.counts.dropped = self.counts.dropped.wrapping_add(1);
        Output::Nothing
    }

    fn count_to_peer(&mut self, payload: &[u8]) {
        self.counts.to_peers = self.counts.to_peers.wrapping_add(1);
        self.counts.bytes_to_peers = self
            .counts
            .bytes_to_peers
            .wrapping_add(payload.len() as u64);
    }

    /// A transaction id nobody answers: a counter, scrambled (splitmix64).
    fn transaction(&mut self) -> [u8; 12] {
        self.transactions = self.transactions.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.transactions;
        word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        let mut id = [0; 12];
        let (high, low) = id.split_at_mut(8);
        high.copy_from_slice(&(word ^ word >> 31).to_be_bytes());
        low.copy_from_slice(&(word as u32).to_be_bytes());
        id
    }
}
