//! Any datagrams: to the relay as two clients, one of which has an allocation, and from a peer; some of them signed.
//!
//! An input is a row of steps, each a byte that says which, a byte that says how long, and so many bytes. Whatever they are, the
//! relay answers a stranger's Binding request at the end, and holds no more than its clients may have.

use std::net::SocketAddr;
use std::time::Duration;

use magpie_relay::{
    ClientAddr, Config, Effect, Millis, NatDiscovery, Output, PeerAddr, Relay, RelayAddr, RelayId,
    StaticUser, Transport,
};
use stun_types::attribute::{Nonce, RawAttribute, Realm, Username};
use stun_types::message::{
    IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageClass, MessageType,
    MessageWriteVec, Method, TransactionId,
};
use stun_types::prelude::{MessageWrite, MessageWriteExt};

/// Carries out the steps of `input`.
pub(crate) fn run(input: &[u8]) {
    let mut bench = Bench::new();
    let mut rest = input;
    while let [step, length, tail @ ..] = rest {
        let (bytes, after) = tail.split_at(usize::from(*length).min(tail.len()));
        bench.take(*step, bytes);
        rest = after;
    }
    bench.check();
}

struct Bench {
    relay: Relay,
    now: Millis,
    nonce: String,
    opened: Vec<RelayId>,
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
            nonce: String::new(),
            opened: Vec::new(),
            transactions: 1,
        };
        bench.relay.set_listening(&bound);
        bench.learn();
        bench.take(SIGNED, &[3, 0x19, 4, 17, 0, 0, 0]);
        bench
    }

    fn take(&mut self, step: u8, bytes: &[u8]) {
        let own = client(1, Transport::Udp);
        match step % STEPS {
            SIGNED => {
                let packet = self.sign(bytes);
                drop(self.packet(own, &packet));
            }
            FROM_STRANGER => drop(self.packet(client(2, Transport::Udp), bytes)),
            FROM_STREAM => drop(self.packet(client(3, Transport::Tcp), bytes)),
            FROM_PEER => self.peer_packet(bytes),
            PASS => self.pass(bytes.first().copied().unwrap_or(1)),
            LEARN => self.learn(),
            _ => drop(self.packet(own, bytes)),
        }
    }

    fn packet(&mut self, from: ClientAddr, packet: &[u8]) -> Vec<u8> {
        let reply = match self.relay.from_client(self.now, from, packet) {
            Output::Reply { message, .. } => message.to_vec(),
            _ => Vec::new(),
        };
        self.settle();
        reply
    }

    fn peer_packet(&mut self, payload: &[u8]) {
        if let Some(relay) = self.opened.last() {
            let peer = PeerAddr::new(address("93.184.215.14:7000"));
            let _ = self.relay.from_peer(self.now, *relay, peer, payload);
        }
    }

    /// Up to 17 minutes.
    fn pass(&mut self, quarter_minutes: u8) {
        let length = Duration::from_secs(4 * u64::from(quarter_minutes));
        self.now = self.now.after(length);
        self.relay.handle_timeout(self.now);
        self.settle();
    }

    /// Lets the client have a nonce that is good.
    fn learn(&mut self) {
        let bare = [
            0, 3, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        ];
        let reply = self.packet(client(1, Transport::Udp), &bare);
        let nonce = Message::from_bytes(&reply).ok();
        let nonce = nonce.and_then(|message| message.attribute::<Nonce>().ok());
        if let Some(nonce) = nonce {
            self.nonce = nonce.nonce().to_owned();
        }
    }

    /// A request of the method that the first byte names, with the attributes that follow (type, length, value), correctly
    /// signed.
    fn sign(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.transactions += 1;
        let (method, mut rest) = bytes.split_first().unwrap_or((&1, &[]));
        let kind =
            MessageType::from_class_method(MessageClass::Request, Method::new((*method).into()));
        let id = TransactionId::from(self.transactions);
        let mut message = Message::builder(kind, id, MessageWriteVec::new());
        while let [kind, length, tail @ ..] = rest {
            let (value, after) = tail.split_at(usize::from(*length).min(tail.len()));
            // Types above 0x7f stand for the optional ones. Integrity comes last, and from the codec.
            let kind = u16::from(*kind & 0x7f) | u16::from(*kind & 0x80) << 8;
            if ![0x0008, 0x001c, 0x8028].contains(&kind) {
                drop(message.add_attribute(&RawAttribute::new(kind.into(), value)));
            }
            rest = after;
        }
        let who = (
            Username::new(USER),
            Realm::new("magpie"),
            Nonce::new(&self.nonce),
        );
        if let (Ok(username), Ok(realm), Ok(nonce)) = who {
            drop(message.add_attribute(&username));
            drop(message.add_attribute(&realm));
            drop(message.add_attribute(&nonce));
        }
        let key =
            LongTermKeyCredentials::new(USER.to_owned(), PASSWORD.to_owned(), "magpie".to_owned())
                .make_key(IntegrityAlgorithm::Sha1);
        drop(message.add_message_integrity_with_key(&key, IntegrityAlgorithm::Sha1));
        message.finish()
    }

    fn settle(&mut self) {
        while let Some(effect) = self.relay.poll_effect() {
            if let Effect::Open { relay, .. } = effect {
                self.opened.push(relay);
                let port = 50_000 + (self.opened.len() % 10_000) as u16;
                let at = RelayAddr::new(SocketAddr::from(([192, 0, 2, 9], port)));
                let _ = self.relay.relay_opened(self.now, relay, Ok(at));
            }
        }
    }

    fn check(&mut self) {
        let binding = [
            0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
        ];
        let reply = self.packet(client(9, Transport::Udp), &binding);
        assert!(reply.len() > 20 && reply.len() <= 60);
        // Three clients, each with an address of each family.
        assert!(self.relay.snapshot().allocations <= 6);
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

const USER: &str = "alice";
const PASSWORD: &str = "wonderland";
const STEPS: u8 = 8;
const SIGNED: u8 = 1;
const FROM_STRANGER: u8 = 2;
const FROM_STREAM: u8 = 3;
const FROM_PEER: u8 = 4;
const PASS: u8 = 5;
const LEARN: u8 = 6;
