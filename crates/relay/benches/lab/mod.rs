//! A relay with allocations, each with a channel, and packets for it.

use std::net::SocketAddr;

use magpie_relay::{
    ClientAddr, Config, Effect, Millis, Output, PeerAddr, Relay, RelayAddr, RelayId, StaticUser,
    Transport,
};
use stun_types::attribute::{Nonce, Realm, Username};
use stun_types::message::{
    BINDING, IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageWriteVec,
};
use stun_types::prelude::{AttributeWrite, MessageWrite, MessageWriteExt};
use turn_types::attribute::{ChannelNumber, RequestedTransport, XorPeerAddress};
use turn_types::message::{ALLOCATE, CHANNEL_BIND};

/// Allocations `0..n`: each has a channel to a peer outside, and one to the relayed address of the next.
pub(crate) struct Lab {
    pub(crate) relay: Relay,
    relays: Vec<RelayId>,
    clients: Vec<ClientAddr>,
}

pub(crate) const NOW: Millis = Millis(1_700_000_000_000);
const OUTSIDE: u16 = 0x4000;
const NEXT: u16 = 0x4001;

impl Lab {
    pub(crate) fn new(allocations: u16) -> Self {
        let user = StaticUser {
            name: "alice".to_owned(),
            password: "wonderland".to_owned(),
        };
        let config = Config {
            users: vec![user],
            ..Config::default()
        };
        let mut lab = Self {
            relay: Relay::new(config, [42; 32]),
            relays: Vec::new(),
            clients: (0..allocations).map(client).collect(),
        };
        for index in 0..allocations {
            lab.allocate(index);
        }
        for index in 0..allocations {
            lab.bind(index, OUTSIDE, peer().get());
            lab.bind(index, NEXT, relayed((index + 1) % allocations));
        }
        lab
    }

    /// Gives the relay a packet of a client's.
    pub(crate) fn client_sends(&mut self, index: u16, packet: &[u8]) -> usize {
        let client = self.clients[usize::from(index)];
        sent(&self.relay.from_client(NOW, client, packet))
    }

    /// Gives the relay a packet of the peer's, for this allocation.
    pub(crate) fn peer_sends(&mut self, index: u16, payload: &[u8]) -> usize {
        let relay = self.relays[usize::from(index)];
        sent(&self.relay.from_peer(NOW, relay, peer(), payload))
    }

    fn allocate(&mut self, index: u16) {
        let request = self.signed(index, ALLOCATE, &|_| vec![]);
        assert_eq!(
            self.client_sends(index, &request),
            0,
            "it waits for its socket"
        );
        while let Some(effect) = self.relay.poll_effect() {
            if let Effect::Open { relay, .. } = effect {
                self.relays.push(relay);
                let address = RelayAddr::new(relayed(index));
                assert!(sent(&self.relay.relay_opened(NOW, relay, Ok(address))) > 0);
            }
        }
    }

    fn bind(&mut self, index: u16, channel: u16, peer: SocketAddr) {
        let request = self.signed(index, CHANNEL_BIND, &|request| {
            let peer = XorPeerAddress::new(peer, request.transaction_id());
            vec![Box::new(ChannelNumber::new(channel)), Box::new(peer)]
        });
        assert!(self.client_sends(index, &request) > 0);
        while self.relay.poll_effect().is_some() {}
    }

    /// A request signed with the nonce that a bare one is answered with.
    fn signed(
        &mut self,
        index: u16,
        method: stun_types::message::Method,
        asked: &dyn Fn(&MessageWriteVec) -> Vec<Box<dyn AttributeWrite>>,
    ) -> Vec<u8> {
        let bare = bare_allocate();
        let output = self.relay.from_client(NOW, client(index), &bare);
        let Output::Reply { message, .. } = output else {
            panic!("no challenge but {output:?}");
        };
        let challenge = Message::from_bytes(message).unwrap();
        let nonce = challenge.attribute::<Nonce>().unwrap().nonce().to_owned();
        let mut request = Message::builder_request(method, MessageWriteVec::new());
        for attribute in asked(&request) {
            request.add_attribute(&*attribute).unwrap();
        }
        let transport = RequestedTransport::new(17);
        let (realm, nonce) = (Realm::new("magpie").unwrap(), Nonce::new(&nonce).unwrap());
        let user = Username::new("alice").unwrap();
        let who: [&dyn AttributeWrite; 4] = [&transport, &user, &realm, &nonce];
        for attribute in who.into_iter().skip(usize::from(method != ALLOCATE)) {
            request.add_attribute(attribute).unwrap();
        }
        let credentials = ["alice", "wonderland", "magpie"].map(str::to_owned);
        let [user, password, realm] = credentials;
        let key = LongTermKeyCredentials::new(user, password, realm);
        request
            .add_message_integrity_with_key(
                &key.make_key(IntegrityAlgorithm::Sha1),
                IntegrityAlgorithm::Sha1,
            )
            .unwrap();
        request.finish()
    }
}

/// ChannelData for the peer outside.
pub(crate) fn to_outside(payload: usize) -> Vec<u8> {
    channel_data(OUTSIDE, payload)
}

/// ChannelData for the next client's relayed address.
pub(crate) fn to_next(payload: usize) -> Vec<u8> {
    channel_data(NEXT, payload)
}

pub(crate) fn binding() -> Vec<u8> {
    Message::builder_request(BINDING, MessageWriteVec::new()).finish()
}

/// An Allocate that is answered with 401.
pub(crate) fn bare_allocate() -> Vec<u8> {
    let mut request = Message::builder_request(ALLOCATE, MessageWriteVec::new());
    request.add_attribute(&RequestedTransport::new(17)).unwrap();
    request.finish()
}

fn channel_data(channel: u16, payload: usize) -> Vec<u8> {
    let length = u16::try_from(payload).unwrap();
    let head = [channel.to_be_bytes(), length.to_be_bytes()].concat();
    [head, vec![0; payload]].concat()
}

/// Bytes to be sent, so that a packet that went nowhere is noticed.
fn sent(output: &Output<'_>) -> usize {
    match output {
        Output::Nothing => 0,
        Output::Reply { message, .. } | Output::Splice { message, .. } => message.len(),
        Output::ToClient { head, payload, .. } => head.as_bytes().len() + payload.len(),
        Output::ToPeer { payload, .. } | Output::ToWorker { payload, .. } => payload.len(),
    }
}

fn client(index: u16) -> ClientAddr {
    let remote = ([198, 51, 100, (index % 250) as u8], 1024 + index).into();
    ClientAddr::new(remote, ([192, 0, 2, 9], 3478).into(), Transport::Udp)
}

fn relayed(index: u16) -> SocketAddr {
    ([192, 0, 2, 9], 50_000 + index).into()
}

fn peer() -> PeerAddr {
    PeerAddr::new(([93, 184, 215, 14], 7000).into())
}
