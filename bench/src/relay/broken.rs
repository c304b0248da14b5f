//! Packets that a server should survive: half of them made up and then correctly signed, half of them damaged.

use stun_types::{
    attribute::{AttributeType, RawAttribute},
    message::{Message, MessageClass, MessageType, MessageWriteVec, Method, TransactionId},
    prelude::MessageWriteExt,
};

use super::stun::Challenge;

/// Seeded, so that a run can be repeated (SplitMix64).
#[derive(Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub(super) const fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next() as u8).collect()
    }
}

/// The next packet, and whether it is correctly signed.
pub(super) fn packet(random: &mut Random, challenge: &Challenge) -> (Vec<u8>, bool) {
    match random.below(8) {
        0..4 => (signed(random, challenge), true),
        4 | 5 => {
            let whole = signed(random, challenge);
            (damaged(random, whole), false)
        }
        6 => {
            let whole = channel_data(random);
            (damaged(random, whole), false)
        }
        _ => {
            let length = random.below(200);
            (random.bytes(length), false)
        }
    }
}

/// A message of any method with attributes of any content, signed.
fn signed(random: &mut Random, challenge: &Challenge) -> Vec<u8> {
    let class = match random.below(8) {
        0 => MessageClass::Indication,
        1 => MessageClass::Success,
        _ => MessageClass::Request,
    };
    let method = match random.below(16) {
        0 => Method::new(random.below(0x1000) as u16),
        at => Method::new(METHODS[at % METHODS.len()]),
    };
    let transaction = TransactionId::from(u128::from(random.next()));
    let kind = MessageType::from_class_method(class, method);
    let mut message = Message::builder(kind, transaction, MessageWriteVec::new());
    for _ in 0..random.below(6) {
        let (kind, value) = attribute(random);
        let raw = RawAttribute::new(AttributeType::new(kind), &value);
        message
            .add_attribute(&raw)
            .expect("a few short attributes fit before the integrity");
    }
    challenge.sign(message)
}

/// Something the server may know, of the right length or another.
fn attribute(random: &mut Random) -> (u16, Vec<u8>) {
    let (kind, value): (u16, &[u8]) = match random.below(ATTRIBUTES.len() + 2) {
        0 => {
            // Not those that sign a message: they come last.
            let kind = random.below(0x10000) as u16;
            let kind = if SIGNATURES.contains(&kind) { 0 } else { kind };
            let length = random.below(64);
            return (kind, random.bytes(length));
        }
        at => ATTRIBUTES[at % ATTRIBUTES.len()],
    };
    let mut value = value.to_vec();
    match random.below(4) {
        0 => value.truncate(random.below(value.len() + 1)),
        1 => value.resize(random.below(40), 0xff),
        2 if !value.is_empty() => {
            let at = random.below(value.len());
            value[at] = random.next() as u8;
        }
        _ => {}
    }
    (kind, value)
}

fn channel_data(random: &mut Random) -> Vec<u8> {
    let length = random.below(300);
    let channel = 0x4000 + random.below(4) as u16;
    let head = [channel.to_be_bytes(), (length as u16).to_be_bytes()].concat();
    [head, random.bytes(length)].concat()
}

/// Changes some bytes, cuts it off, lets it lie about its length, or appends something.
fn damaged(random: &mut Random, mut packet: Vec<u8>) -> Vec<u8> {
    for _ in 0..=random.below(4) {
        let at = random.below(packet.len().max(1));
        match random.below(5) {
            0 => packet.truncate(at),
            1 if packet.len() > 3 => {
                packet[2..4].copy_from_slice(&(random.next() as u16).to_be_bytes())
            }
            2 => {
                let length = random.below(40);
                packet.extend(random.bytes(length));
            }
            3 if at + 4 < packet.len() => {
                // Perhaps an attribute's head.
                let at = at & !3;
                packet[at..at + 4].copy_from_slice(&(random.next() as u32).to_be_bytes());
            }
            _ => {
                if let Some(byte) = packet.get_mut(at) {
                    *byte ^= 1 << random.below(8);
                }
            }
        }
    }
    packet
}

/// Binding, Allocate, Refresh, Send, Data, CreatePermission, ChannelBind, Connect, ConnectionBind, ConnectionAttempt.
const METHODS: [u16; 10] = [1, 3, 4, 6, 7, 8, 9, 10, 11, 12];
/// MESSAGE-INTEGRITY, MESSAGE-INTEGRITY-SHA256, FINGERPRINT.
const SIGNATURES: [u16; 3] = [0x0008, 0x001c, 0x8028];
/// Attributes of STUN and TURN with a value that is right.
const ATTRIBUTES: [(u16, &[u8]); 20] = [
    // CHANNEL-NUMBER, LIFETIME.
    (0x000c, &[0x40, 0, 0, 0]),
    (0x000d, &[0, 0, 2, 88]),
    // XOR-PEER-ADDRESS: 127.0.0.1:9, 10.0.0.1:9, and an IPv6 address.
    (0x0012, &[0, 1, 0x21, 0x1b, 0x5e, 0x12, 0xa4, 0x43]),
    (0x0012, &[0, 1, 0x21, 0x1b, 0x2b, 0x12, 0xa4, 0x43]),
    (
        0x0012,
        &[
            0, 2, 0x21, 0x1b, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
        ],
    ),
    // DATA, REQUESTED-TRANSPORT (UDP, TCP).
    (0x0013, b"some data of a peer"),
    (0x0019, &[17, 0, 0, 0]),
    (0x0019, &[6, 0, 0, 0]),
    // REQUESTED-ADDRESS-FAMILY, ADDITIONAL-ADDRESS-FAMILY, EVEN-PORT, RESERVATION-TOKEN, DONT-FRAGMENT.
    (0x0017, &[1, 0, 0, 0]),
    (0x8000, &[2, 0, 0, 0]),
    (0x0018, &[0x80]),
    (0x0022, &[1, 2, 3, 4, 5, 6, 7, 8]),
    (0x001a, &[]),
    // CONNECTION-ID, USERNAME, NONCE, USERHASH, PASSWORD-ALGORITHM.
    (0x002a, &[0, 0, 0, 1]),
    (0x0006, b"somebody"),
    (0x0015, b"obMatJos2AAAA"),
    (0x001e, &[7; 32]),
    (0x001d, &[0, 2, 0, 0]),
    // CHANGE-REQUEST, PADDING.
    (0x0003, &[0, 0, 0, 6]),
    (0x0026, &[0; 8]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relay::stun::Account;

    fn challenge() -> Challenge {
        Challenge::new(&Account::user("a", "b"), "realm".into(), "nonce".into())
    }

    #[test]
    fn half_of_the_packets_are_correctly_signed() {
        let (mut random, challenge) = (Random::new(1), challenge());
        let mut count = 0;
        for _ in 0..10_000 {
            let (packet, signed) = packet(&mut random, &challenge);
            if signed {
                count += 1;
                let message = Message::from_bytes(&packet).unwrap();
                assert!(challenge.signed_by(&message));
            }
        }
        assert!((4_500..5_500).contains(&count), "{count}");
    }

    #[test]
    fn the_same_seed_gives_the_same_packets() {
        let challenge = challenge();
        let [one, other] = [1, 1].map(|seed| {
            let mut random = Random::new(seed);
            (0..100)
                .map(|_| packet(&mut random, &challenge))
                .collect::<Vec<_>>()
        });
        assert_eq!(one, other);
    }
}
