//! A relay without a network, and clients that write its packets by hand.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use magpie_relay::{
    ClientAddr, Config, ConnectionId, Effect, Family, Fragment, Millis, OpenError, Output,
    PeerAddr, Port, Protocol, Relay, RelayAddr, RelayId, Reservation, Shared, StaticUser,
    Transport,
};
use stun_types::attribute::{ErrorCode, Nonce, Realm, Username};
use stun_types::message::{
    IntegrityAlgorithm, IntegrityKey, LongTermKeyCredentials, Message, MessageWriteVec, Method,
};
use stun_types::prelude::{
    AttributeFromRaw, AttributeStaticType, AttributeWrite, MessageWrite, MessageWriteExt,
};
use turn_types::attribute::{
    ChannelNumber, Data, RequestedTransport, XorPeerAddress, XorRelayedAddress,
};
use turn_types::message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, REFRESH, SEND};

pub(crate) const USER: &str = "alice";
pub(crate) const PASSWORD: &str = "wonderland";
pub(crate) const SECRETS: [&str; 2] = ["the present secret", "the former secret"];
/// A peer on the public internet.
pub(crate) const PEER: &str = "93.184.215.14:7000";
pub(crate) const SERVER: &str = "192.0.2.9:3478";

/// A relay, its time, and what it asked for.
pub(crate) struct Lab {
    pub(crate) relay: Relay,
    pub(crate) now: Millis,
    /// What the next relay socket is answered with in place of an address.
    pub(crate) open_error: Option<OpenError>,
    /// The same for sockets of one family.
    pub(crate) open_error_of: Option<(Family, OpenError)>,
    pub(crate) opened: Vec<(RelayId, Family, Port)>,
    /// The sockets opened that listen for connections.
    pub(crate) listening: Vec<RelayId>,
    /// Connections asked for: from which address, to whom, and whether that is one of ours.
    pub(crate) connects: Vec<(ConnectionId, RelayId, SocketAddr, bool)>,
    pub(crate) disconnected: Vec<ConnectionId>,
    /// Messages sent without a packet to answer.
    pub(crate) unasked: Vec<(ClientAddr, Vec<u8>)>,
    /// Relayed addresses given out.
    pub(crate) places: Vec<SocketAddr>,
    pub(crate) watched: Vec<RelayId>,
    pub(crate) closed: Vec<RelayId>,
    pub(crate) released: Vec<Reservation>,
    pub(crate) refused: usize,
    next_port: u16,
}

/// What came of a packet.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    Nothing,
    Reply(Vec<u8>),
    ToClient(ClientAddr, Vec<u8>),
    ToPeer(RelayId, SocketAddr, Vec<u8>, Fragment),
    Splice(ClientAddr, Vec<u8>, ConnectionId),
    ToWorker(usize, RelayAddr, RelayAddr, Vec<u8>),
}

impl Lab {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut Config)) -> Self {
        let [lab] = Self::workers(change);
        lab
    }

    /// The workers of one server.
    pub(crate) fn workers<const N: usize>(change: impl FnOnce(&mut Config)) -> [Self; N] {
        let mut config = Config {
            users: vec![StaticUser {
                name: USER.to_owned(),
                password: PASSWORD.to_owned(),
            }],
            secrets: SECRETS.map(str::to_owned).to_vec(),
            ..Config::default()
        };
        change(&mut config);
        let shared = Arc::new(Shared::new([42; 32]));
        std::array::from_fn(|worker| {
            let worker = u8::try_from(worker).unwrap();
            Self::worker(
                Relay::sharing(config.clone(), [42; 32], worker, Arc::clone(&shared)),
                worker,
            )
        })
    }

    fn worker(mut relay: Relay, worker: u8) -> Self {
        relay.set_listening(&[SERVER.parse().unwrap()]);
        Self {
            relay,
            now: Millis(1_700_000_000_000),
            open_error: None,
            open_error_of: None,
            listening: Vec::new(),
            connects: Vec::new(),
            disconnected: Vec::new(),
            unasked: Vec::new(),
            places: Vec::new(),
            opened: Vec::new(),
            watched: Vec::new(),
            closed: Vec::new(),
            released: Vec::new(),
            refused: 0,
            next_port: 50_000 + 1000 * u16::from(worker),
        }
    }

    /// Lets time pass, with every timer served when it is due.
    pub(crate) fn pass(&mut self, seconds: u64) {
        let end = self.now.after(Duration::from_secs(seconds));
        while let Some(due) = self.relay.poll_timeout().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.relay.handle_timeout(self.now);
            self.settle();
        }
        self.now = end;
    }

    pub(crate) fn packet(&mut self, client: ClientAddr, packet: &[u8]) -> Sent {
        let sent = own(self.relay.from_client(self.now, client, packet));
        let later = self.settle();
        if sent == Sent::Nothing { later } else { sent }
    }

    /// A packet of `peer` at the relay socket `relay`.
    pub(crate) fn peer_packet(&mut self, relay: RelayId, peer: &str, payload: &[u8]) -> Sent {
        let peer = PeerAddr::new(peer.parse().unwrap());
        own(self.relay.from_peer(self.now, relay, peer, payload))
    }

    /// The relay socket opened last.
    pub(crate) fn last(&self) -> RelayId {
        self.opened.last().unwrap().0
    }

    pub(crate) fn settle(&mut self) -> Sent {
        let mut sent = Sent::Nothing;
        while let Some(effect) = self.relay.poll_effect() {
            match effect {
                Effect::Open {
                    relay,
                    family,
                    protocol,
                    port,
                    ..
                } => {
                    self.opened.push((relay, family, port));
                    if protocol == Protocol::Tcp {
                        self.listening.push(relay);
                    }
                    let failing = self.open_error_of.filter(|(of, _)| *of == family);
                    let result = match self.open_error.or(failing.map(|(_, error)| error)) {
                        Some(error) => Err(error),
                        None => Ok(self.place(family)),
                    };
                    sent = own(self.relay.relay_opened(self.now, relay, result));
                }
                Effect::Connect {
                    connection,
                    relay,
                    peer,
                    own,
                } => self.connects.push((connection, relay, peer.get(), own)),
                Effect::Disconnect { connection } => self.disconnected.push(connection),
                Effect::Answer { client, message } => {
                    self.unasked.push((client, message.into_vec()));
                }
                Effect::Watch { relay } => self.watched.push(relay),
                Effect::Close { relay } => self.closed.push(relay),
                Effect::Release { reservation } => self.released.push(reservation),
                Effect::Refused { .. } => self.refused += 1,
            }
        }
        sent
    }

    fn place(&mut self, family: Family) -> RelayAddr {
        self.next_port += 2;
        let ip: IpAddr = match family {
            Family::V4 => "192.0.2.9".parse().unwrap(),
            Family::V6 => "2001:db8::9".parse().unwrap(),
        };
        let address = SocketAddr::new(ip, self.next_port);
        self.places.push(address);
        RelayAddr::new(address)
    }
}

pub(crate) fn own(output: Output<'_>) -> Sent {
    match output {
        Output::Nothing => Sent::Nothing,
        Output::Reply { message, .. } => Sent::Reply(message.to_vec()),
        Output::ToClient {
            client,
            head,
            payload,
            padding,
        } => Sent::ToClient(
            client,
            [head.as_bytes(), payload, &vec![0; padding]].concat(),
        ),
        Output::Splice {
            client,
            message,
            connection,
        } => Sent::Splice(client, message.to_vec(), connection),
        Output::ToPeer {
            relay,
            peer,
            payload,
            fragment,
        } => Sent::ToPeer(relay, peer.get(), payload.to_vec(), fragment),
        Output::ToWorker {
            worker,
            from,
            to,
            payload,
        } => Sent::ToWorker(worker, from, to, payload.to_vec()),
    }
}

/// A client at one address with one credential.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) address: ClientAddr,
    pub(crate) username: String,
    pub(crate) password: String,
    pub(crate) nonce: String,
}

/// The answer to a request: its bytes, or the code of its error.
pub(crate) type Answer = Result<Vec<u8>, u16>;

impl Client {
    /// The static user at `10.0.0.N`.
    pub(crate) fn new(n: u8) -> Self {
        Self::over(n, Transport::Udp)
    }

    pub(crate) fn over(n: u8, transport: Transport) -> Self {
        let remote = SocketAddr::from(([10, 0, 0, n], 40_000));
        Self {
            address: ClientAddr::new(remote, SERVER.parse().unwrap(), transport),
            username: USER.to_owned(),
            password: PASSWORD.to_owned(),
            nonce: String::new(),
        }
    }

    pub(crate) fn named(mut self, username: &str, password: &str) -> Self {
        self.username = username.to_owned();
        self.password = password.to_owned();
        self
    }

    /// Asks without a credential, to be told a nonce.
    pub(crate) fn learn(&mut self, lab: &mut Lab) {
        let Sent::Reply(reply) = lab.packet(self.address, &request(ALLOCATE).finish()) else {
            panic!("no challenge")
        };
        self.nonce = attribute::<Nonce>(&reply).unwrap().nonce().to_owned();
    }

    /// Challenge and Allocate: the relayed address.
    pub(crate) fn allocate(&mut self, lab: &mut Lab) -> Result<SocketAddr, u16> {
        self.learn(lab);
        let answer = self.ask(lab, ALLOCATE, &[&RequestedTransport::new(17)])?;
        Ok(relayed(&answer))
    }

    pub(crate) fn refresh(&self, lab: &mut Lab, attributes: &[&dyn AttributeWrite]) -> Answer {
        self.ask(lab, REFRESH, attributes)
    }

    pub(crate) fn permit(&self, lab: &mut Lab, peer: &str) -> Result<(), u16> {
        let request = with_peer(request(CREATE_PERMISSION), peer);
        self.sign_and_send(lab, request, &[]).map(drop)
    }

    pub(crate) fn bind(&self, lab: &mut Lab, number: u16, peer: &str) -> Result<(), u16> {
        let request = with_peer(request(CHANNEL_BIND), peer);
        self.sign_and_send(lab, request, &[&ChannelNumber::new(number)])
            .map(drop)
    }

    /// A signed request.
    pub(crate) fn ask(
        &self,
        lab: &mut Lab,
        method: Method,
        attributes: &[&dyn AttributeWrite],
    ) -> Answer {
        self.sign_and_send(lab, request(method), attributes)
    }

    pub(crate) fn sign_and_send(
        &self,
        lab: &mut Lab,
        request: MessageWriteVec,
        attributes: &[&dyn AttributeWrite],
    ) -> Answer {
        let packet = self.sign(request, attributes);
        let Sent::Reply(reply) = lab.packet(self.address, &packet) else {
            panic!("no answer")
        };
        match attribute::<ErrorCode>(&reply) {
            Some(error) => Err(error.code()),
            None => Ok(reply),
        }
    }

    pub(crate) fn sign(
        &self,
        mut request: MessageWriteVec,
        attributes: &[&dyn AttributeWrite],
    ) -> Vec<u8> {
        for attribute in attributes {
            request.add_attribute(*attribute).unwrap();
        }
        request
            .add_attribute(&Username::new(&self.username).unwrap())
            .unwrap();
        request
            .add_attribute(&Realm::new("magpie").unwrap())
            .unwrap();
        request
            .add_attribute(&Nonce::new(&self.nonce).unwrap())
            .unwrap();
        request
            .add_message_integrity_with_key(&self.key(), IntegrityAlgorithm::Sha1)
            .unwrap();
        request.finish()
    }

    pub(crate) fn key(&self) -> IntegrityKey {
        LongTermKeyCredentials::new(
            self.username.clone(),
            self.password.clone(),
            "magpie".to_owned(),
        )
        .make_key(IntegrityAlgorithm::Sha1)
    }

    /// A Send indication.
    pub(crate) fn send(
        &self,
        lab: &mut Lab,
        peer: &str,
        payload: &[u8],
        attributes: &[&dyn AttributeWrite],
    ) -> Sent {
        let mut message = with_peer(indication(), peer);
        message.add_attribute(&Data::new(payload)).unwrap();
        for attribute in attributes {
            message.add_attribute(*attribute).unwrap();
        }
        lab.packet(self.address, &message.finish())
    }

    /// ChannelData.
    pub(crate) fn send_on(&self, lab: &mut Lab, number: u16, payload: &[u8]) -> Sent {
        lab.packet(self.address, &channel_data(number, payload))
    }
}

pub(crate) fn request(method: Method) -> MessageWriteVec {
    Message::builder_request(method, MessageWriteVec::new())
}

pub(crate) fn indication() -> MessageWriteVec {
    Message::builder_indication(SEND, MessageWriteVec::new())
}

pub(crate) fn with_peer(mut message: MessageWriteVec, peer: &str) -> MessageWriteVec {
    let transaction = message.transaction_id();
    message
        .add_attribute(&XorPeerAddress::new(peer.parse().unwrap(), transaction))
        .unwrap();
    message
}

pub(crate) fn channel_data(number: u16, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap();
    [&number.to_be_bytes(), &length.to_be_bytes(), payload].concat()
}

pub(crate) fn relayed(answer: &[u8]) -> SocketAddr {
    let transaction = Message::from_bytes(answer).unwrap().transaction_id();
    attribute::<XorRelayedAddress>(answer)
        .unwrap()
        .addr(transaction)
}

/// The first attribute of its kind.
pub(crate) fn attribute<A>(message: &[u8]) -> Option<A>
where
    A: for<'a> AttributeFromRaw<'a> + AttributeStaticType,
{
    let message = Message::from_bytes(message).unwrap();
    let raw = message.raw_attribute(A::TYPE)?;
    Some(A::from_raw_ref(&raw).unwrap())
}
