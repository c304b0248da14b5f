//! NAT behaviour discovery (RFC 5780): from which of four sockets an answer leaves, to which port, and how long it may be.

use std::net::SocketAddr;

use magpie_relay::{ClientAddr, NatDiscovery, Output, Transport};
use stun_types::attribute::{ErrorCode, RawAttribute, UnknownAttributes};
use stun_types::message::{BINDING, Message};
use stun_types::prelude::{MessageWrite, MessageWriteExt};

use crate::lab::{Lab, attribute, request};

const CLIENT: &str = "10.0.0.1:40000";
/// The first address, the second, and their two crossings.
const A1P1: &str = "192.0.2.9:3478";
const A2P2: &str = "192.0.2.10:3479";
const A1P2: &str = "192.0.2.9:3479";
const A2P1: &str = "192.0.2.10:3478";

const CHANGE_REQUEST: u16 = 0x0003;
const PADDING: u16 = 0x0026;
const RESPONSE_PORT: u16 = 0x0027;
const MAPPED_ADDRESS: u16 = 0x0001;
const RESPONSE_ORIGIN: u16 = 0x802b;
const OTHER_ADDRESS: u16 = 0x802c;

/// RFC 5780 section 6.1, table 1.
#[test]
fn an_answer_leaves_from_the_socket_that_was_asked_for() {
    for (flags, from) in [(0, A1P1), (4, A2P1), (2, A1P2), (6, A2P2)] {
        let answer = ask(A1P1, &[(CHANGE_REQUEST, &[0, 0, 0, flags])]);
        assert_eq!(answer.from, address(from), "{flags}");
        assert_eq!(answer.told(RESPONSE_ORIGIN), Some(address(from)), "{flags}");
        assert_eq!(answer.told(OTHER_ADDRESS), Some(address(A2P2)), "{flags}");
        assert_eq!(answer.to, address(CLIENT));
    }
}

/// RFC 5780 section 6.1: relative to the socket that the request came to.
#[test]
fn the_other_address_differs_from_the_one_that_was_reached() {
    for (reached, other) in [(A1P1, A2P2), (A2P2, A1P1), (A1P2, A2P1), (A2P1, A1P2)] {
        let answer = ask(reached, &[(CHANGE_REQUEST, &[0, 0, 0, 6])]);
        assert_eq!(answer.from, address(other));
        assert_eq!(answer.told(OTHER_ADDRESS), Some(address(other)));
    }
}

/// RFC 5780 section 6.1: MAPPED-ADDRESS too, where three requests leave room for it.
#[test]
fn a_bare_request_is_told_both_addresses_within_three_times_its_length() {
    let bare = ask(A1P1, &[]);
    assert_eq!(bare.told(RESPONSE_ORIGIN), Some(address(A1P1)));
    assert_eq!(bare.told(OTHER_ADDRESS), Some(address(A2P2)));
    assert!(bare.message.len() <= 60);
    let longer = ask(A1P1, &[(CHANGE_REQUEST, &[0; 4])]);
    assert_eq!(longer.told(MAPPED_ADDRESS), Some(address(CLIENT)));
}

/// RFC 5780 section 7.5.
#[test]
fn an_answer_goes_to_the_response_port() {
    for value in [&[0x30, 0x39][..], &[0x30, 0x39, 0, 0]] {
        let answer = ask(A1P1, &[(RESPONSE_PORT, value)]);
        assert_eq!(answer.to, address("10.0.0.1:12345"));
    }
}

#[test]
fn answers_to_other_ports_are_limited_per_address() {
    let mut lab = lab();
    let answered = (0..5000)
        .filter(|_| try_ask(&mut lab, A1P1, &[(RESPONSE_PORT, &[0x30, 0x39, 0, 0])]).is_some())
        .count();
    assert_eq!(answered, 1000);
    assert!(try_ask(&mut lab, A1P1, &[]).is_some());
}

/// RFC 5780 sections 6.1 and 7.5.
#[test]
fn padding_and_response_port_together_are_400() {
    let both = [
        (RESPONSE_PORT, &[0x30, 0x39, 0, 0][..]),
        (PADDING, &[0; 64]),
    ];
    let answer = ask(A1P1, &both);
    assert_eq!(answer.error(), Some(400));
    assert_eq!(answer.to, address(CLIENT));
}

#[test]
fn malformed_wishes_are_400() {
    for wish in [
        (CHANGE_REQUEST, &[0, 0][..]),
        (RESPONSE_PORT, &[1]),
        (RESPONSE_PORT, &[0, 0, 0, 0]),
    ] {
        assert_eq!(ask(A1P1, &[wish]).error(), Some(400), "{wish:?}");
    }
}

/// RFC 5780 section 7.6, within three times the request.
#[test]
fn a_padded_request_gets_a_padded_answer() {
    for (padding, most) in [(4, 84), (400, 1272), (1500, 4572)] {
        let answer = ask(A1P1, &[(PADDING, &vec![7; padding])]);
        assert!(answer.message.len() <= most, "{}", answer.message.len());
        assert!(answer.value(PADDING).is_some());
    }
    let long = ask(A1P1, &[(PADDING, &[0; 1500])]);
    assert!(long.message.len() > 1500);
}

/// RFC 5780 section 6: 420 where there is no second address.
#[test]
fn without_a_second_address_the_wishes_are_unknown() {
    for kind in [CHANGE_REQUEST, PADDING, RESPONSE_PORT] {
        let mut lab = Lab::new();
        let answer = try_ask(&mut lab, A1P1, &[(kind, &[0; 4])]).unwrap();
        assert_eq!(answer.error(), Some(420));
        let unknown = attribute::<UnknownAttributes>(&answer.message).unwrap();
        assert!(unknown.has_attribute(kind.into()));
        let plain = try_ask(&mut lab, A1P1, &[]).unwrap();
        assert_eq!(plain.told(OTHER_ADDRESS), None);
    }
}

#[test]
fn other_listening_addresses_and_streams_have_no_part_in_it() {
    let elsewhere = ask("192.0.2.9:443", &[(CHANGE_REQUEST, &[0; 4])]);
    assert_eq!(elsewhere.error(), Some(420));
    let mut lab = lab();
    let stream = ClientAddr::new(address(CLIENT), address(A1P1), Transport::Tcp);
    let answer = send(&mut lab, stream, &[(CHANGE_REQUEST, &[0; 4])]).unwrap();
    assert_eq!(answer.error(), Some(420));
}

#[test]
fn clients_are_told_the_advertised_addresses() {
    let mut lab = Lab::with(|config| {
        config.nat_discovery = Some(NatDiscovery {
            bound: [A1P1, A2P2].map(address),
            advertised: ["198.51.100.1:3478", "198.51.100.2:3479"].map(address),
        });
    });
    let answer = try_ask(&mut lab, A1P1, &[(CHANGE_REQUEST, &[0, 0, 0, 2])]).unwrap();
    assert_eq!(answer.from, address(A1P2));
    assert_eq!(
        answer.told(RESPONSE_ORIGIN),
        Some(address("198.51.100.1:3479"))
    );
    assert_eq!(
        answer.told(OTHER_ADDRESS),
        Some(address("198.51.100.2:3479"))
    );
}

#[test]
fn its_four_sockets_are_the_crossings_of_two_addresses() {
    let discovery = NatDiscovery {
        bound: [A1P1, A2P2].map(address),
        advertised: [A1P1, A2P2].map(address),
    };
    assert_eq!(discovery.sockets(), [A1P1, A1P2, A2P1, A2P2].map(address));
}

struct Answer {
    from: SocketAddr,
    to: SocketAddr,
    message: Vec<u8>,
}

impl Answer {
    fn error(&self) -> Option<u16> {
        attribute::<ErrorCode>(&self.message).map(|error| error.code())
    }

    fn value(&self, kind: u16) -> Option<Vec<u8>> {
        let message = Message::from_bytes(&self.message).unwrap();
        let raw = message.raw_attribute(kind.into())?;
        Some(raw.value.to_vec())
    }

    /// An address that is told as it is.
    fn told(&self, kind: u16) -> Option<SocketAddr> {
        let value = self.value(kind)?;
        let [0, 1, high, low, a, b, c, d] = value[..] else {
            panic!("{value:?}")
        };
        Some(SocketAddr::from((
            [a, b, c, d],
            u16::from_be_bytes([high, low]),
        )))
    }
}

fn lab() -> Lab {
    Lab::with(|config| {
        config.nat_discovery = Some(NatDiscovery {
            bound: [A1P1, A2P2].map(address),
            advertised: [A1P1, A2P2].map(address),
        });
    })
}

fn ask(reached: &str, attributes: &[(u16, &[u8])]) -> Answer {
    try_ask(&mut lab(), reached, attributes).unwrap()
}

fn try_ask(lab: &mut Lab, reached: &str, attributes: &[(u16, &[u8])]) -> Option<Answer> {
    let client = ClientAddr::new(address(CLIENT), address(reached), Transport::Udp);
    send(lab, client, attributes)
}

fn send(lab: &mut Lab, client: ClientAddr, attributes: &[(u16, &[u8])]) -> Option<Answer> {
    let mut message = request(BINDING);
    for (kind, value) in attributes {
        message
            .add_attribute(&RawAttribute::new((*kind).into(), value))
            .unwrap();
    }
    let packet = message.finish();
    match lab.relay.from_client(lab.now, client, &packet) {
        Output::Reply { client, message } => {
            assert!(client.transport().is_stream() || message.len() <= 3 * packet.len());
            Some(Answer {
                from: client.local(),
                to: client.remote(),
                message: message.to_vec(),
            })
        }
        _ => None,
    }
}

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}
