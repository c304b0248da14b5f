//! STUN itself (RFC 8489).

use magpie_relay::{ClientAddr, Transport, framing};
use stun_types::attribute::{
    ErrorCode, Fingerprint, RawAttribute, UnknownAttributes, XorMappedAddress,
};
use stun_types::message::{BINDING, Message};
use stun_types::prelude::{MessageWrite, MessageWriteExt};

use crate::lab::{Client, Lab, SERVER, Sent, attribute, request};

/// RFC 8489 section 12.
#[test]
fn a_binding_answer_tells_the_address_it_came_from() {
    for remote in ["203.0.113.5:1234", "[2001:db8::5]:1234"] {
        let mut lab = Lab::new();
        let client = ClientAddr::new(
            remote.parse().unwrap(),
            SERVER.parse().unwrap(),
            Transport::Udp,
        );
        let Sent::Reply(reply) = lab.packet(client, &request(BINDING).finish()) else {
            panic!()
        };
        let transaction = Message::from_bytes(&reply).unwrap().transaction_id();
        assert_eq!(
            attribute::<XorMappedAddress>(&reply)
                .unwrap()
                .addr(transaction),
            client.remote()
        );
    }
}

#[test]
fn an_ipv4_mapped_client_is_told_its_ipv4_address() {
    let mut lab = Lab::new();
    let client = ClientAddr::new(
        "[::ffff:203.0.113.5]:1234".parse().unwrap(),
        SERVER.parse().unwrap(),
        Transport::Udp,
    );
    let Sent::Reply(reply) = lab.packet(client, &request(BINDING).finish()) else {
        panic!()
    };
    let transaction = Message::from_bytes(&reply).unwrap().transaction_id();
    assert_eq!(
        attribute::<XorMappedAddress>(&reply)
            .unwrap()
            .addr(transaction)
            .to_string(),
        "203.0.113.5:1234"
    );
}

/// RFC 8489 section 7.
#[test]
fn every_answer_carries_a_fingerprint() {
    let mut lab = Lab::new();
    let Sent::Reply(reply) = lab.packet(Client::new(1).address, &request(BINDING).finish()) else {
        panic!()
    };
    assert!(attribute::<Fingerprint>(&reply).is_some());
}

/// RFC 8489 section 7: a packet with a wrong one is not STUN.
#[test]
fn a_wrong_fingerprint_is_dropped() {
    let mut lab = Lab::new();
    let mut message = request(BINDING);
    message.add_fingerprint().unwrap();
    let mut packet = message.finish();
    *packet.last_mut().unwrap() ^= 1;
    assert_eq!(lab.packet(Client::new(1).address, &packet), Sent::Nothing);
}

/// RFC 8489 section 6.3.1.
#[test]
fn unknown_attributes_that_must_be_understood_are_listed_in_a_420() {
    let mut lab = Lab::new();
    let mut message = request(BINDING);
    for kind in [0x7001, 0x7001, 0x0777, 0x8999] {
        message
            .add_attribute(&RawAttribute::new(kind.into(), &[1, 2, 3, 4]))
            .unwrap();
    }
    let Sent::Reply(reply) = lab.packet(Client::new(1).address, &message.finish()) else {
        panic!()
    };
    assert_eq!(attribute::<ErrorCode>(&reply).unwrap().code(), 420);
    let unknown = attribute::<UnknownAttributes>(&reply).unwrap();
    let listed = [0x7001, 0x0777, 0x8999].map(|kind| unknown.has_attribute(kind.into()));
    assert_eq!(listed, [true, true, false]);
}

/// RFC 8489 section 5: the length must be a multiple of four and what the datagram holds.
#[test]
fn a_length_that_is_not_the_datagrams_is_dropped() {
    let whole = request(BINDING).finish();
    for (change, packet) in [
        ("one byte too many", [&whole[..], &[0]].concat()),
        (
            "an attribute behind the end",
            [&whole[..], &[0, 6, 0, 0]].concat(),
        ),
        ("one byte too few", whole[..19].to_vec()),
        ("a length of more", {
            let mut p = whole.clone();
            p[3] = 4;
            p
        }),
        ("a length that is no multiple of 4", {
            let mut p = [&whole[..], &[0]].concat();
            p[3] = 1;
            p
        }),
        ("another cookie", {
            let mut p = whole.clone();
            p[4] ^= 1;
            p
        }),
        ("nothing", Vec::new()),
    ] {
        assert_eq!(
            Lab::new().packet(Client::new(1).address, &packet),
            Sent::Nothing,
            "{change}"
        );
    }
}

/// RFC 8489 section 14: an attribute must end within the message.
#[test]
fn an_attribute_longer_than_the_message_is_dropped() {
    let mut packet = request(BINDING).finish();
    packet.extend([0x80, 0x22, 0, 200]);
    packet[3] = 4;
    assert_eq!(
        Lab::new().packet(Client::new(1).address, &packet),
        Sent::Nothing
    );
}

/// RFC 8489 section 6.3: only requests are answered, and only those of methods we have.
#[test]
fn answers_indications_and_unknown_methods_are_dropped() {
    for kind in [0x0011_u16, 0x0101, 0x0111, 0x0002, 0x0fff] {
        let mut packet = request(BINDING).finish();
        packet[..2].copy_from_slice(&kind.to_be_bytes());
        assert_eq!(
            Lab::new().packet(Client::new(1).address, &packet),
            Sent::Nothing,
            "{kind:04x}"
        );
    }
}

#[test]
fn a_binding_answer_is_at_most_three_times_its_request() {
    let client = ClientAddr::new(
        "[2001:db8::5]:1234".parse().unwrap(),
        SERVER.parse().unwrap(),
        Transport::Udp,
    );
    let asked = request(BINDING).finish();
    let Sent::Reply(reply) = Lab::new().packet(client, &asked) else {
        panic!()
    };
    assert!(
        reply.len() <= 3 * asked.len(),
        "{} for {}",
        reply.len(),
        asked.len()
    );
}

/// RFC 8489 section 6.2.2, RFC 8656 section 12.5.
#[test]
fn a_stream_is_cut_into_messages_wherever_it_is_torn() {
    let binding = request(BINDING).finish();
    let stream = [&binding[..], &[0x40, 0, 0, 1, 7, 0, 0, 0], &binding[..]].concat();
    for torn in 0..=stream.len() {
        let mut messages = Vec::new();
        let mut unframed = Vec::new();
        for part in [&stream[..torn], &stream[torn..]] {
            unframed.extend_from_slice(part);
            let whole = framing::whole(&unframed).unwrap();
            let mut rest = &unframed[..whole];
            while let Some((message, after)) = framing::split(rest).unwrap() {
                messages.push(message.len());
                rest = after;
            }
            unframed.drain(..whole);
        }
        assert_eq!(messages, [20, 8, 20], "torn at {torn}");
    }
}

#[test]
fn a_stream_of_something_else_is_not_framed() {
    for stream in [
        &b"\x80HTTP"[..],
        &[0x16, 3, 1, 0, 100, 1, 0, 0],
        &[0, 1, 0, 3],
        &[0, 1, 0, 4, 0, 0, 0, 0],
        &[0x80, 0, 0, 0],
    ] {
        assert!(framing::whole(stream).is_err(), "{stream:02x?}");
    }
}

/// RFC 8489 section 6.3: known but unexpected attributes are ignored.
#[test]
fn attributes_of_other_methods_are_ignored() {
    let mut message = request(BINDING);
    for kind in [0x0006, 0x000d, 0x0019, 0x0022] {
        message
            .add_attribute(&RawAttribute::new(kind.into(), &[0; 20]))
            .unwrap_or_else(|_| panic!("{kind}"));
    }
    let Sent::Reply(reply) = Lab::new().packet(Client::new(1).address, &message.finish()) else {
        panic!()
    };
    assert!(attribute::<ErrorCode>(&reply).is_none());
}
