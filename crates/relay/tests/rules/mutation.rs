//! Packets broken in a thousand ways, half of them correctly signed: never a panic, and the relay goes on.

use magpie_relay::{ClientAddr, ConnectError, IcmpError, PeerAddr, RelayId, Transport};
use stun_types::attribute::RawAttribute;
use stun_types::message::{BINDING, Method};
use stun_types::prelude::{MessageWrite, MessageWriteExt};
use turn_types::attribute::{Data, RequestedTransport};

use crate::lab::{Client, Lab, PEER, Sent, channel_data, indication, request, with_peer};

const PACKETS: u32 = 30_000;

#[test]
fn no_packet_breaks_the_relay() {
    let mut random = Random(0x6d61_6770_6965);
    let mut lab = Lab::new();
    let mut clients: Vec<Client> = (1..=8).map(|n| Client::over(n, transport(n))).collect();
    for round in 0..PACKETS {
        let at = random.below(clients.len());
        if round % 64 == 0 {
            clients[at].learn(&mut lab);
        }
        if round % 1024 == 0 {
            lab.pass(random.below(400) as u64);
            for client in &mut clients {
                let _ = client.allocate(&mut lab);
            }
        }
        let packet = packet(&mut random, &clients[at]);
        let _ = lab.packet(clients[at].address, &packet);
        if let Some((relay, ..)) = lab.opened.last().copied() {
            let _ = lab.peer_packet(relay, PEER, &packet);
            outside(&mut random, &mut lab, relay);
        }
    }
    assert!(lab.relay.snapshot().allocations <= clients.len());
    let fresh = ClientAddr::new(
        "198.51.100.9:9".parse().unwrap(),
        clients[0].address.local(),
        Transport::Udp,
    );
    assert_ne!(lab.packet(fresh, &request(BINDING).finish()), Sent::Nothing);
}

const METHODS: [u16; 8] = [0x003, 0x004, 0x008, 0x009, 0x006, 0x001, 0x00a, 0x00b];

/// What the outside says of connections and errors.
fn outside(random: &mut Random, lab: &mut Lab, relay: RelayId) {
    let peer = PeerAddr::new(PEER.parse().unwrap());
    if let Some((connection, ..)) = lab.connects.pop() {
        let result = [Ok(()), Err(ConnectError::Failed)][random.below(2)];
        let _ = lab.relay.connected(lab.now, connection, result);
    }
    if let Some((id, _)) = lab.relay.accepted(lab.now, relay, peer)
        && random.below(2) == 0
    {
        let _ = lab.relay.connected(lab.now, id, Ok(()));
    }
    let [kind, code] = [random.byte(), random.byte()];
    let error = IcmpError { kind, code, mtu: 0 };
    let _ = lab.relay.from_peer_icmp(lab.now, relay, peer, error);
    lab.settle();
}

fn transport(n: u8) -> Transport {
    match n % 3 {
        0 => Transport::Udp,
        1 => Transport::Tcp,
        _ => Transport::Tls,
    }
}

/// Half signed after their attributes were made up, half changed afterwards.
fn packet(random: &mut Random, client: &Client) -> Vec<u8> {
    match random.below(8) {
        0..4 => strange_request(random, client),
        4 => {
            let signed = strange_request(random, client);
            broken(random, signed)
        }
        5 => broken(random, send()),
        6 => broken(random, channel_data(0x4000, b"payload")),
        _ => {
            let length = random.below(100);
            (0..length).map(|_| random.byte()).collect()
        }
    }
}

fn strange_request(random: &mut Random, client: &Client) -> Vec<u8> {
    let method = Method::new(METHODS[random.below(METHODS.len())]);
    let mut message = request(method);
    if random.below(2) == 0 {
        message = with_peer(message, PEER);
    }
    if random.below(2) == 0 {
        let transport = RequestedTransport::new([17, 6][random.below(2)]);
        message.add_attribute(&transport).unwrap();
    }
    for _ in 0..random.below(4) {
        let kinds = [
            0x0012, 0x000d, 0x000c, 0x0017, 0x0018, 0x0022, 0x0019, 0x001a, 0x8000, 0x7fff, 0x0013,
            0x002a,
        ];
        let kind = kinds[random.below(kinds.len())];
        let length = [0, 1, 4, 8, 20, 21][random.below(6)];
        let value: Vec<u8> = (0..length)
            .map(|_| [0, 1, 2, 64, 255, random.byte()][random.below(6)])
            .collect();
        message
            .add_attribute(&RawAttribute::new(kind.into(), &value))
            .unwrap();
    }
    client.sign(message, &[])
}

fn send() -> Vec<u8> {
    let mut message = with_peer(indication(), PEER);
    message.add_attribute(&Data::new(b"payload")).unwrap();
    message.finish()
}

fn broken(random: &mut Random, mut packet: Vec<u8>) -> Vec<u8> {
    for _ in 0..=random.below(3) {
        let at = random.below(packet.len().max(1));
        match random.below(4) {
            0 => packet.truncate(at),
            1 => packet.extend((0..random.below(9)).map(|_| 0)),
            _ => packet
                .iter_mut()
                .skip(at)
                .take(1)
                .for_each(|byte| *byte = random.byte()),
        }
    }
    packet
}

/// xorshift64*.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 33) as usize % bound
    }

    fn byte(&mut self) -> u8 {
        (self.next() >> 40) as u8
    }
}
