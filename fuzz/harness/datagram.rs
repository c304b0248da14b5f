//! Any packets: to the relay as several clients over UDP and TCP, and from peers; many of them correctly signed.
//!
//! An input is a row of steps, each a byte that says which, a byte that says how long, and so many bytes. Whatever they are, the
//! relay answers a stranger's Binding request at the end, holds no more than its clients may have, and has sent nothing to an
//! address that its policy forbids.

mod signing;

use std::net::SocketAddr;
use std::time::Duration;

use magpie_relay::policy::{forms, reserved};
use magpie_relay::{
    ClientAddr, Config, ConnectError, ConnectionId, Effect, IcmpError, Millis, NatDiscovery,
    OpenError, Output, PeerAddr, Relay, RelayAddr, RelayId, Run, Snapshot, StaticUser, Transport,
};
use stun_types::attribute::Nonce;
use stun_types::message::{Message, MessageClass};
use stun_types::prelude::MessageWrite;

use signing::{PASSWORD, Protection, Told, USER, message, signed};

/// Carries out the steps of `input`: what the relay has counted.
pub(crate) fn run(input: &[u8]) -> Snapshot {
    let mut bench = Bench::new();
    let mut rest = input;
    while let [step, length, tail @ ..] = rest {
        let (bytes, after) = tail.split_at(usize::from(*length).min(tail.len()));
        bench.take(*step, bytes);
        rest = after;
    }
    bench.check();
    bench.relay.snapshot()
}

struct Bench {
    relay: Relay,
    now: Millis,
    /// Of each client that has asked.
    nonces: Vec<(ClientAddr, String)>,
    opened: Vec<RelayId>,
    connections: Vec<ConnectionId>,
    told: Told,
    /// Why the next relay sockets cannot be had.
    lacking: Option<OpenError>,
    transactions: u128,
}

impl Bench {
    fn new() -> Self {
        let bound = ["192.0.2.9:3478", "192.0.2.10:3479"].map(address);
        let config = Config {
            users: vec![StaticUser {
                name: USER.to_owned(),
                password: PASSWORD.to_owned(),
            }],
            nat_discovery: Some(NatDiscovery {
                bound,
                advertised: bound,
            }),
            ..Config::default()
        };
        let mut bench = Self {
            relay: Relay::new(config, [7; 32]),
            now: Millis(1_700_000_000_000),
            nonces: Vec::new(),
            opened: Vec::new(),
            connections: Vec::new(),
            told: Told::default(),
            lacking: None,
            transactions: 1,
        };
        bench.relay.set_listening(&bound);
        bench.take(SIGNED, &[3, 0x19, 4, 17, 0, 0, 0]);
        bench
    }

    fn take(&mut self, step: u8, bytes: &[u8]) {
        let (own, stream) = (client(1, Transport::Udp), client(3, Transport::Tcp));
        match step % STEPS {
            SIGNED => self.signed(own, bytes, Protection::Sha1),
            SIGNED_SHA256 => self.signed(own, bytes, Protection::Sha256),
            SIGNED_STREAM => self.signed(stream, bytes, Protection::Sha1),
            SIGNED_DATA_STREAM => {
                let (n, bytes) = bytes.split_first().unwrap_or((&0, &[]));
                let data = client(4 + n % DATA_STREAMS, Transport::Tcp);
                self.signed(data, bytes, Protection::Sha1);
            }
            INDICATION => {
                let packet = self.message(MessageClass::Indication, bytes).finish();
                drop(self.packet(own, &packet));
            }
            FROM_STRANGER => drop(self.packet(client(2, Transport::Udp), bytes)),
            FROM_STREAM => drop(self.packet(stream, bytes)),
            FROM_PEER => self.peer_packet(bytes),
            PASS => self.pass(bytes.first().copied().unwrap_or(1)),
            LEARN => self.nonces.clear(),
            CONNECTION => self.connection(bytes),
            ICMP => self.icmp(bytes),
            LACK => self.lacking = lacking(bytes),
            GONE => {
                let n = bytes.first().map_or(0, |n| n % (1 + DATA_STREAMS));
                self.relay.client_gone(client(3 + n, Transport::Tcp));
                self.settle();
            }
            _ => drop(self.packet(own, bytes)),
        }
    }

    fn signed(&mut self, from: ClientAddr, bytes: &[u8], how: Protection) {
        let nonce = self.nonce(from);
        let message = self.message(MessageClass::Request, bytes);
        let packet = signed(message, &nonce, how);
        drop(self.packet(from, &packet));
    }

    fn message(
        &mut self,
        class: MessageClass,
        bytes: &[u8],
    ) -> stun_types::message::MessageWriteVec {
        self.transactions += 1;
        message(class, self.transactions, bytes, self.told)
    }

    fn packet(&mut self, from: ClientAddr, packet: &[u8]) -> Vec<u8> {
        let reply = sent(self.relay.from_client(self.now, from, packet));
        self.read(&reply);
        self.settle();
        reply
    }

    /// Three packets of one peer, taken together and one by one.
    fn peer_packet(&mut self, payload: &[u8]) {
        let Some(relay) = self.opened.last().copied() else {
            return;
        };
        let peer = PeerAddr::new(address(PEER));
        sent(self.relay.from_peer(self.now, relay, peer, payload));
        let run = Run {
            packets: 2,
            bytes: 2 * payload.len(),
        };
        let _ = self.relay.peer_run(self.now, relay, peer, run);
    }

    /// What becomes of connections with peers: the first byte says what, and the second of which.
    fn connection(&mut self, bytes: &[u8]) {
        let (what, rest) = bytes.split_first().unwrap_or((&0, &[]));
        let which = usize::from(rest.first().copied().unwrap_or_default());
        let from_the_last = self.connections.len().checked_sub(1 + which);
        let id = from_the_last.and_then(|at| self.connections.get(at).copied());
        let reply = match (what % 6, id, self.opened.last().copied()) {
            (0, Some(id), _) => sent(self.relay.connected(self.now, id, Ok(()))),
            (1, Some(id), _) => sent(
                self.relay
                    .connected(self.now, id, Err(ConnectError::Failed)),
            ),
            (2, Some(id), _) => sent(self.relay.connected(
                self.now,
                id,
                Err(ConnectError::Exhausted),
            )),
            (3, Some(id), _) => {
                let _ = self.relay.carried(self.now, id, which, which);
                Vec::new()
            }
            (_, _, Some(relay)) => {
                let peer = PeerAddr::new(address(PEER));
                match self.relay.accepted(self.now, relay, peer) {
                    Some((id, output)) => {
                        let reply = sent(output);
                        self.connections.push(id);
                        self.told.connection = id.get();
                        reply
                    }
                    None => Vec::new(),
                }
            }
            _ => Vec::new(),
        };
        self.read(&reply);
        self.settle();
    }

    fn icmp(&mut self, bytes: &[u8]) {
        if let (Some(relay), [kind, code, mtu, ..]) = (self.opened.last(), bytes) {
            let error = IcmpError {
                kind: *kind,
                code: *code,
                mtu: u32::from(*mtu) << 8,
            };
            let peer = PeerAddr::new(address(PEER));
            sent(self.relay.from_peer_icmp(self.now, *relay, peer, error));
        }
    }

    /// Up to 17 minutes.
    fn pass(&mut self, quarter_minutes: u8) {
        let length = Duration::from_secs(4 * u64::from(quarter_minutes));
        self.now = self.now.after(length);
        self.relay.handle_timeout(self.now);
        self.settle();
    }

    /// The one a client has, or a new one.
    fn nonce(&mut self, from: ClientAddr) -> String {
        let mut known = self.nonces.iter();
        if let Some((_, nonce)) = known.find(|(client, _)| *client == from) {
            return nonce.clone();
        }
        let bare = [
            0, 3, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        ];
        let reply = self.packet(from, &bare);
        let nonce = Message::from_bytes(&reply).ok();
        let nonce = nonce.and_then(|message| message.attribute::<Nonce>().ok());
        let nonce = nonce
            .map(|nonce| nonce.nonce().to_owned())
            .unwrap_or_default();
        self.nonces.push((from, nonce.clone()));
        nonce
    }

    /// Keeps what a client needs to go on.
    fn read(&mut self, reply: &[u8]) {
        if reply.is_empty() {
            return;
        }
        let message = Message::from_bytes(reply);
        assert!(message.is_ok(), "{reply:02x?}");
        let Ok(message) = message else { return };
        let value = |kind: u16| message.raw_attribute(kind.into()).map(|a| a.value.to_vec());
        if let Some(Ok(token)) = value(0x0022).map(TryInto::try_into) {
            self.told.token = u64::from_be_bytes(token);
        }
        if let Some(Ok(id)) = value(0x002a).map(TryInto::try_into) {
            self.told.connection = u32::from_be_bytes(id);
        }
    }

    fn settle(&mut self) {
        while let Some(effect) = self.relay.poll_effect() {
            match effect {
                Effect::Open { relay, family, .. } => {
                    self.open(relay, family == magpie_relay::Family::V4)
                }
                Effect::Connect {
                    connection,
                    peer,
                    own,
                    ..
                } => {
                    assert!(own || is_public(peer), "connects to {peer:?}");
                    self.connections.push(connection);
                }
                Effect::Answer { message, .. } => self.read(&message),
                _ => {}
            }
        }
    }

    fn open(&mut self, relay: RelayId, v4: bool) {
        let port = 50_000 + (self.opened.len() % 10_000) as u16;
        let at = match v4 {
            true => SocketAddr::from(([192, 0, 2, 9], port)),
            false => SocketAddr::from(([0x2001, 0xdb8, 0, 0, 0, 0, 0, 9], port)),
        };
        let result = match self.lacking {
            Some(error) => Err(error),
            None => Ok(RelayAddr::new(at)),
        };
        self.opened.push(relay);
        let reply = sent(self.relay.relay_opened(self.now, relay, result));
        self.read(&reply);
    }

    fn check(&mut self) {
        let binding = [
            0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
        ];
        let reply = self.packet(client(9, Transport::Udp), &binding);
        assert!(reply.len() > 20 && reply.len() <= 60);
        // One for each client that can sign.
        let snapshot = self.relay.snapshot();
        assert!(snapshot.allocations <= 2 + usize::from(DATA_STREAMS));
        assert!(snapshot.connections <= 64 * 2 * snapshot.allocations);
    }
}

/// The bytes of an answer. What goes to a peer has to be allowed.
fn sent(output: Output<'_>) -> Vec<u8> {
    match output {
        Output::Reply { message, .. } | Output::Splice { message, .. } => message.to_vec(),
        Output::ToPeer { peer, .. } => {
            assert!(is_public(peer), "sends to {peer:?}");
            Vec::new()
        }
        _ => Vec::new(),
    }
}

fn is_public(peer: PeerAddr) -> bool {
    peer.get().port() != 0 && forms(peer.ip()).all(|ip| reserved(ip).is_none())
}

fn lacking(bytes: &[u8]) -> Option<OpenError> {
    match bytes {
        [1, ..] => Some(OpenError::Family),
        [2, ..] => Some(OpenError::Exhausted),
        [3, ..] => Some(OpenError::Failed),
        _ => None,
    }
}

fn client(n: u8, transport: Transport) -> ClientAddr {
    let remote = SocketAddr::from(([10, 0, 0, n], 40_000));
    ClientAddr::new(remote, address("192.0.2.9:3478"), transport)
}

fn address(text: &str) -> SocketAddr {
    text.parse()
        .unwrap_or_else(|_| unreachable!("written here"))
}

const PEER: &str = "93.184.215.14:7000";
/// Clients over TCP beside the one that has allocations as a rule.
const DATA_STREAMS: u8 = 3;
const STEPS: u8 = 16;
const SIGNED: u8 = 1;
const FROM_STRANGER: u8 = 2;
const FROM_STREAM: u8 = 3;
const FROM_PEER: u8 = 4;
const PASS: u8 = 5;
const LEARN: u8 = 6;
const SIGNED_STREAM: u8 = 8;
const SIGNED_SHA256: u8 = 9;
const INDICATION: u8 = 10;
const CONNECTION: u8 = 11;
const ICMP: u8 = 12;
const LACK: u8 = 13;
const SIGNED_DATA_STREAM: u8 = 14;
const GONE: u8 = 15;
