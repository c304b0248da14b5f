//! Rules that probers of STUN and TURN servers look for, where no other file has them.

use magpie_relay::{ClientAddr, Transport};
use stun_types::attribute::{ErrorCode, Nonce, RawAttribute, Realm, Username};
use stun_types::message::{BINDING, IntegrityAlgorithm, Message, MessageClass};
use stun_types::prelude::{MessageWrite, MessageWriteExt};
use turn_types::attribute::{
    ChannelNumber, EvenPort, Lifetime, RequestedTransport, ReservationToken,
};
use turn_types::message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, REFRESH};

use crate::lab::{Client, Lab, PEER, SERVER, Sent, attribute, channel_data, request, with_peer};

/// RFC 8489 section 5: a header is 20 bytes.
#[test]
fn no_part_of_a_header_is_answered() {
    let whole = request(BINDING).finish();
    for length in 0..whole.len() {
        assert_eq!(answer(&whole[..length]), None, "{length}");
    }
}

/// RFC 8489 section 5: the two most significant bits are zero, and ChannelData starts where they are 01.
#[test]
fn a_request_whose_first_bits_are_not_zero_is_dropped() {
    for bits in [0x40, 0x80, 0xc0] {
        let mut packet = request(BINDING).finish();
        packet[0] |= bits;
        assert_eq!(answer(&packet), None, "{bits:02x}");
    }
}

/// RFC 8489 section 14: every way in which the attributes can run past the message.
#[test]
fn attributes_that_run_past_the_message_are_dropped() {
    for tail in [
        &[0x80, 0x22, 0, 5, 1, 2, 3, 4][..],
        &[0x80, 0x22, 0xff, 0xff],
        &[0x80, 0x22, 0xff, 0xff, 1, 2, 3, 4],
        &[0x80, 0x22, 0, 4, 1, 2, 3, 4, 0x80, 0x22, 0, 1],
    ] {
        assert_eq!(answer(&with_tail(tail)), None, "{tail:02x?}");
    }
}

/// RFC 8489 section 14.7: four bytes, and the right ones.
#[test]
fn a_malformed_fingerprint_is_dropped() {
    for tail in [
        &[0x80, 0x28, 0, 4, 0, 0, 0, 0][..],
        &[0x80, 0x28, 0, 3, 0, 0, 0, 0],
        &[0x80, 0x28, 0, 0],
    ] {
        assert_eq!(answer(&with_tail(tail)), None, "{tail:02x?}");
    }
}

/// RFC 8489 section 14: padding may hold anything.
#[test]
fn the_bytes_of_padding_do_not_matter() {
    let packet = with_tail(&[0x80, 0x22, 0, 1, b'x', 0xff, 0xfe, 0xfd]);
    assert_eq!(error_of(&answer(&packet).unwrap()), None);
}

/// RFC 8489 section 6.3.1: an unknown attribute that need not be understood is ignored.
#[test]
fn optional_unknown_attributes_are_ignored() {
    for kind in [0x8000_u16, 0x9abc, 0xffff] {
        let [high, low] = kind.to_be_bytes();
        let packet = with_tail(&[high, low, 0, 4, 1, 2, 3, 4]);
        assert_eq!(error_of(&answer(&packet).unwrap()), None, "{kind:04x}");
    }
}

/// RFC 8489 section 6.3.1.1: the answer repeats transaction id and method.
#[test]
fn answers_repeat_transaction_and_method() {
    for method in [BINDING, ALLOCATE, REFRESH, CREATE_PERMISSION, CHANNEL_BIND] {
        let asked = request(method).finish();
        let reply = answer(&asked).unwrap();
        let message = Message::from_bytes(&reply).unwrap();
        assert_eq!(message.method(), method);
        assert_eq!(reply[4..20], asked[4..20]);
    }
}

/// RFC 8489 section 12: Binding asks for no credential, whatever the request brings along.
#[test]
fn a_binding_with_a_wrong_credential_is_answered() {
    let mut client = Client::new(1).named("nobody", "nothing");
    client.nonce = "made up".to_owned();
    let reply = answer(&client.sign(request(BINDING), &[])).unwrap();
    let message = Message::from_bytes(&reply).unwrap();
    assert!(message.has_class(MessageClass::Success));
}

/// RFC 8489 section 9.2.4: the user name is looked up before the nonce is, and a name that is nobody's is 401.
#[test]
fn names_of_nobody_are_401() {
    for name in ["", "bob", "1:2:3", ":", "9999999999:"] {
        let mut lab = Lab::new();
        let mut client = Client::new(1).named(name, "x");
        assert_eq!(client.allocate(&mut lab), Err(401), "{name:?}");
    }
}

/// RFC 8489 sections 14.3 and 9.2.4.
#[test]
fn a_name_that_is_no_name_is_400() {
    let (mut lab, client) = challenged();
    for name in [&[0xff, 0xfe][..], &[b'a'; 509]] {
        let mut message = request(ALLOCATE);
        let raw = RawAttribute::new(0x0006.into(), name);
        message.add_attribute(&raw).unwrap();
        message
            .add_attribute(&Realm::new("magpie").unwrap())
            .unwrap();
        message
            .add_attribute(&Nonce::new(&client.nonce).unwrap())
            .unwrap();
        let key = client.key();
        message
            .add_message_integrity_with_key(&key, IntegrityAlgorithm::Sha1)
            .unwrap();
        let Sent::Reply(reply) = lab.packet(client.address, &message.finish()) else {
            panic!()
        };
        assert_eq!(error_of(&reply), Some(400));
    }
}

/// RFC 8489 section 9.2.4: neither nonce nor realm come with a 400.
#[test]
fn a_400_to_a_stranger_brings_no_challenge() {
    let (mut lab, client) = challenged();
    let mut message = request(ALLOCATE);
    message
        .add_attribute(&Username::new("alice").unwrap())
        .unwrap();
    message
        .add_message_integrity_with_key(&client.key(), IntegrityAlgorithm::Sha1)
        .unwrap();
    let Sent::Reply(reply) = lab.packet(client.address, &message.finish()) else {
        panic!()
    };
    assert_eq!(error_of(&reply), Some(400));
    assert!(attribute::<Nonce>(&reply).is_none() && attribute::<Realm>(&reply).is_none());
}

/// RFC 8489 section 9.2.4: not the same nonce for two clients.
#[test]
fn two_ports_of_one_host_get_two_nonces() {
    let mut lab = Lab::new();
    let nonces = [1000, 1001].map(|port| {
        let mut client = Client::new(1);
        let remote = (client.address.remote().ip(), port).into();
        client.address = ClientAddr::new(remote, SERVER.parse().unwrap(), Transport::Udp);
        client.learn(&mut lab);
        client.nonce
    });
    assert_ne!(nonces[0], nonces[1]);
}

/// RFC 8656 section 7.2, step 5.
#[test]
fn a_token_beside_an_even_port_is_400_and_an_unknown_one_508() {
    let (mut lab, client) = challenged();
    let transport = RequestedTransport::new(17);
    let token = ReservationToken::new(0x0123_4567_89ab_cdef);
    let both = client.ask(
        &mut lab,
        ALLOCATE,
        &[&transport, &EvenPort::new(false), &token],
    );
    assert_eq!(both, Err(400));
    assert_eq!(
        client.ask(&mut lab, ALLOCATE, &[&transport, &token]),
        Err(508)
    );
}

/// RFC 8656 section 8.2.
#[test]
fn a_refresh_is_granted_what_the_limits_allow() {
    let (mut lab, client) = allocated();
    for (asked, granted) in [(1, 600), (600, 600), (3600, 3600), (u32::MAX, 3600)] {
        let reply = client.refresh(&mut lab, &[&Lifetime::new(asked)]).unwrap();
        assert_eq!(attribute::<Lifetime>(&reply).unwrap().seconds(), granted);
    }
}

/// RFC 8656 sections 10.2 and 12.2, RFC 8489 section 14.1.
#[test]
fn a_malformed_peer_is_400() {
    let (mut lab, client) = allocated();
    for peer in [
        &[][..],
        &[0, 1, 0, 0],
        &[0, 1, 0x21, 0x12, 1, 2, 3],
        &[0, 2, 0x21, 0x12, 1, 2, 3, 4],
        &[0, 3, 0x21, 0x12, 1, 2, 3, 4],
        &[0, 0, 0x21, 0x12, 1, 2, 3, 4],
        &[0, 1, 0x21, 0x12, 1, 2, 3, 4, 5, 6, 7, 8],
    ] {
        let raw = RawAttribute::new(0x0012.into(), peer);
        let permitted = client.ask(&mut lab, CREATE_PERMISSION, &[&raw]);
        assert_eq!(permitted, Err(400), "{peer:02x?}");
        let number = ChannelNumber::new(0x4000);
        let bound = client.ask(&mut lab, CHANNEL_BIND, &[&number, &raw]);
        assert_eq!(bound, Err(400), "{peer:02x?}");
    }
}

/// RFC 8656 section 10.2: all of the permissions or none.
#[test]
fn one_malformed_or_foreign_peer_spoils_the_whole_request() {
    let (mut lab, client) = allocated();
    let malformed = RawAttribute::new(0x0012.into(), &[0, 3, 0, 0, 1, 2, 3, 4]);
    let good = with_peer(request(CREATE_PERMISSION), PEER);
    assert_eq!(
        client.sign_and_send(&mut lab, good, &[&malformed]),
        Err(400)
    );
    let mixed = with_peer(with_peer(request(CREATE_PERMISSION), PEER), "[2a00::1]:1");
    assert_eq!(client.sign_and_send(&mut lab, mixed, &[]), Err(443));
    assert_eq!(client.send(&mut lab, PEER, b"x", &[]), Sent::Nothing);
}

/// RFC 8656 section 12.6: shorter than it says, or on no channel.
#[test]
fn channel_data_that_is_cut_short_or_unbound_is_dropped() {
    let (mut lab, client) = allocated();
    client.bind(&mut lab, 0x4000, PEER).unwrap();
    let whole = channel_data(0x4000, b"payload");
    for length in 0..whole.len() {
        let cut = &whole[..length];
        assert_eq!(lab.packet(client.address, cut), Sent::Nothing, "{length}");
    }
    for number in [0x4001, 0x4fff, 0x5000, 0x7fff] {
        assert_eq!(client.send_on(&mut lab, number, b"x"), Sent::Nothing);
    }
}

/// RFC 8656 section 5: each request of an allocation needs the credential that made it.
#[test]
fn a_request_signed_with_another_key_changes_nothing() {
    let (mut lab, client) = allocated();
    let forger = client.clone().named(&client.username, "guess");
    assert_eq!(forger.refresh(&mut lab, &[&Lifetime::new(0)]), Err(401));
    assert_eq!(forger.permit(&mut lab, PEER), Err(401));
    assert_eq!(forger.bind(&mut lab, 0x4000, PEER), Err(401));
    assert!(lab.closed.is_empty());
}

/// RFC 8489 section 6.3: requests of methods that are not ours and indications that ask for something are dropped.
#[test]
fn what_only_a_server_sends_is_dropped() {
    // Data indication, ConnectionAttempt indication, Allocate and CreatePermission as indications.
    for kind in [0x0017_u16, 0x001c, 0x0013, 0x0018] {
        let mut packet = request(ALLOCATE).finish();
        packet[..2].copy_from_slice(&kind.to_be_bytes());
        assert_eq!(answer(&packet), None, "{kind:04x}");
    }
}

fn challenged() -> (Lab, Client) {
    let mut lab = Lab::new();
    let mut client = Client::new(1);
    client.learn(&mut lab);
    (lab, client)
}

fn allocated() -> (Lab, Client) {
    let mut lab = Lab::new();
    let mut client = Client::new(1);
    client.allocate(&mut lab).unwrap();
    (lab, client)
}

/// A Binding request with these bytes for attributes.
fn with_tail(tail: &[u8]) -> Vec<u8> {
    let mut packet = request(BINDING).finish();
    packet.extend_from_slice(tail);
    let length = u16::try_from(tail.len()).unwrap();
    packet[2..4].copy_from_slice(&length.to_be_bytes());
    packet
}

fn answer(packet: &[u8]) -> Option<Vec<u8>> {
    match Lab::new().packet(Client::new(1).address, packet) {
        Sent::Reply(reply) => Some(reply),
        _ => None,
    }
}

fn error_of(reply: &[u8]) -> Option<u16> {
    attribute::<ErrorCode>(reply).map(|error| error.code())
}
