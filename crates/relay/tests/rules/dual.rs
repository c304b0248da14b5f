//! Dual allocations: ADDITIONAL-ADDRESS-FAMILY and ADDRESS-ERROR-CODE (RFC 8656 sections 7, 18.11 and 18.12).

use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::time::Duration;

use magpie_relay::{Family, Fragment, OpenError, RelayId};
use stun_types::attribute::RawAttribute;
use stun_types::message::Message;
use stun_types::prelude::{Attribute, AttributeFromRaw, AttributeStaticType, AttributeWrite};
use turn_types::AddressFamily;
use turn_types::attribute::{
    AdditionalAddressFamily, AddressErrorCode, EvenPort, Lifetime, RequestedAddressFamily,
    RequestedTransport, ReservationToken, XorRelayedAddress,
};
use turn_types::message::{ALLOCATE, CREATE_PERMISSION};

use crate::lab::{
    Answer, Client, Lab, PEER, Sent, USER, attribute, channel_data, relayed, request, with_peer,
};

const PEER6: &str = "[2606:2800:220:1::1]:7000";

/// RFC 8656 section 7.2.
#[test]
fn the_answer_tells_an_address_of_each_family() {
    let (mut lab, client) = ready();
    let answer = ask(&mut lab, &client, &[]).unwrap();
    let families: Vec<_> = all_relayed(&answer)
        .iter()
        .map(|address| Family::of(address.ip()))
        .collect();
    assert_eq!(families, [Family::V4, Family::V6]);
    assert_eq!(attribute::<Lifetime>(&answer).unwrap().seconds(), 600);
    assert!(attribute::<AddressErrorCode>(&answer).is_none());
}

/// RFC 8656 section 7.2: a retransmission finds the same answer.
#[test]
fn a_repeated_dual_allocate_is_answered_alike() {
    let (mut lab, client) = ready();
    let packet = client.sign(
        request(ALLOCATE),
        &[&RequestedTransport::new(17), &v6_too()],
    );
    let first = lab.packet(client.address, &packet);
    lab.pass(5);
    assert_ne!(first, Sent::Nothing);
    assert_eq!(lab.packet(client.address, &packet), first);
    assert_eq!(lab.opened.len(), 2);
}

#[test]
fn a_dual_allocation_counts_once_and_is_given_back_once() {
    let (mut lab, client) = ready();
    ask(&mut lab, &client, &[]).unwrap();
    assert_eq!(lab.relay.snapshot().allocations, 1);
    delete(&mut lab, &client, Some(AddressFamily::IPV4)).unwrap();
    assert_eq!(lab.relay.snapshot().allocations, 1);
    delete(&mut lab, &client, Some(AddressFamily::IPV6)).unwrap();
    assert_eq!(lab.relay.snapshot().allocations, 0);
    assert_eq!(lab.closed.len(), 2);
}

#[test]
fn the_quota_of_a_user_is_free_again_once_both_are_gone() {
    let mut lab = Lab::with(|config| config.limits.per_user = std::num::NonZeroU32::new(1));
    let [mut one, mut two] = [1, 2].map(Client::new);
    one.learn(&mut lab);
    ask(&mut lab, &one, &[]).unwrap();
    assert_eq!(two.allocate(&mut lab), Err(486));
    delete(&mut lab, &one, Some(AddressFamily::IPV6)).unwrap();
    assert_eq!(two.allocate(&mut lab), Err(486));
    delete(&mut lab, &one, None).unwrap();
    assert!(two.allocate(&mut lab).is_ok());
}

/// RFC 8656 section 7.2: one of the two is better than none, and the client is told why.
#[test]
fn a_family_that_cannot_be_had_is_told_beside_the_other() {
    for (family, error, code) in [
        (Family::V6, OpenError::Family, 440),
        (Family::V6, OpenError::Exhausted, 508),
        (Family::V4, OpenError::Exhausted, 508),
    ] {
        let (mut lab, client) = ready();
        lab.open_error_of = Some((family, error));
        let answer = ask(&mut lab, &client, &[]).unwrap();
        let [address] = all_relayed(&answer)[..] else {
            panic!("two addresses")
        };
        assert_ne!(Family::of(address.ip()), family);
        let told = attribute::<AddressErrorCode>(&answer).unwrap();
        assert_eq!(told.error().code(), code);
        assert_eq!(told.family() == AddressFamily::IPV4, family == Family::V4);
        assert_eq!(lab.relay.snapshot().allocations, 1);
        client.refresh(&mut lab, &[]).unwrap();
    }
}

#[test]
fn the_answer_with_one_family_is_repeated_alike() {
    let (mut lab, client) = ready();
    lab.open_error_of = Some((Family::V4, OpenError::Exhausted));
    let packet = client.sign(
        request(ALLOCATE),
        &[&RequestedTransport::new(17), &v6_too()],
    );
    let first = lab.packet(client.address, &packet);
    assert_ne!(first, Sent::Nothing);
    assert_eq!(lab.packet(client.address, &packet), first);
}

/// RFC 8656 section 7.2.
#[test]
fn neither_family_is_an_error_and_leaves_nothing_behind() {
    let (mut lab, client) = ready();
    lab.open_error = Some(OpenError::Exhausted);
    assert_eq!(ask(&mut lab, &client, &[]), Err(508));
    lab.open_error = Some(OpenError::Family);
    assert_eq!(ask(&mut lab, &client, &[]), Err(440));
    assert_eq!(lab.relay.snapshot().allocations, 0);
    lab.open_error = None;
    assert!(ask(&mut lab, &client, &[]).is_ok());
}

/// RFC 8656 sections 7.1 and 7.2.
#[test]
fn contradicting_wishes_are_400() {
    let v4 = RawAttribute::new(AdditionalAddressFamily::TYPE, &[1, 0, 0, 0]);
    let requested = RequestedAddressFamily::new(AddressFamily::IPV6);
    let malformed = RawAttribute::new(AdditionalAddressFamily::TYPE, &[2]);
    let transport = RequestedTransport::new(17);
    let cases: [&[&dyn AttributeWrite]; 5] = [
        &[&transport, &v4],
        &[&transport, &malformed],
        &[&transport, &v6_too(), &requested],
        &[&transport, &v6_too(), &EvenPort::new(true)],
        &[&transport, &v6_too(), &ReservationToken::new(7)],
    ];
    let (mut lab, client) = ready();
    for attributes in cases {
        assert_eq!(client.ask(&mut lab, ALLOCATE, attributes), Err(400));
    }
    assert!(lab.opened.is_empty());
}

#[test]
fn both_ports_are_even_if_an_even_one_is_asked_for() {
    let (mut lab, client) = ready();
    ask(&mut lab, &client, &[&EvenPort::new(false)]).unwrap();
    assert!(
        lab.opened
            .iter()
            .all(|(_, _, port)| *port == magpie_relay::Port::Even)
    );
}

/// RFC 8656 sections 11.2 and 11.3: each peer is reached from, and heard at, the address of its family.
#[test]
fn packets_take_the_address_of_their_family() {
    let (mut lab, client, [v4, v6]) = allocated();
    client.permit(&mut lab, PEER).unwrap();
    client.permit(&mut lab, PEER6).unwrap();
    for (relay, peer) in [(v4, PEER), (v6, PEER6)] {
        assert_eq!(
            client.send(&mut lab, peer, b"hello", &[]),
            to_peer(relay, peer, b"hello")
        );
        assert!(matches!(
            lab.peer_packet(relay, peer, b"back"),
            Sent::ToClient(..)
        ));
    }
    assert_eq!(lab.watched, [v4, v6]);
}

#[test]
fn both_families_share_one_rate() {
    let lab = Lab::with(|config| config.limits.max_bps = NonZeroU64::new(1_000_000));
    let (mut lab, client, _) = allocated_in(lab);
    let kilobyte = [0; 1000];
    let mut passed = 0;
    for peer in [PEER, PEER6].repeat(100) {
        client.permit(&mut lab, peer).unwrap();
        passed += usize::from(client.send(&mut lab, peer, &kilobyte, &[]) != Sent::Nothing);
    }
    assert_eq!(passed, 125);
}

/// RFC 8656 section 9: a permission of one family is none of the other.
#[test]
fn a_permission_belongs_to_the_address_of_its_family() {
    let (mut lab, client, [v4, v6]) = allocated();
    client.permit(&mut lab, PEER).unwrap();
    assert_eq!(client.send(&mut lab, PEER6, b"no", &[]), Sent::Nothing);
    assert_eq!(lab.peer_packet(v6, PEER6, b"no"), Sent::Nothing);
    assert_eq!(lab.watched, [v4]);
}

/// RFC 8656 section 10.2: all or none, over both families.
#[test]
fn one_request_permits_peers_of_both_families_or_none() {
    let (mut lab, client, [v4, v6]) = allocated();
    let both = with_peer(with_peer(request(CREATE_PERMISSION), PEER), PEER6);
    client.sign_and_send(&mut lab, both, &[]).unwrap();
    assert_eq!(lab.watched, [v4, v6]);

    let (mut lab, client, _) = allocated();
    let forbidden = with_peer(with_peer(request(CREATE_PERMISSION), PEER), "[::1]:7");
    assert_eq!(client.sign_and_send(&mut lab, forbidden, &[]), Err(403));
    assert_eq!(client.send(&mut lab, PEER, b"no", &[]), Sent::Nothing);
}

/// RFC 8656 section 10.2: want of room for one family leaves the other without the permission too.
#[test]
fn a_full_family_refuses_the_whole_request() {
    let (mut lab, client, _) = allocated_in(Lab::with(|config| config.limits.permissions = 2));
    client.permit(&mut lab, PEER6).unwrap();
    client.permit(&mut lab, "[2606:2800:220:1::2]:7").unwrap();
    let both = with_peer(
        with_peer(request(CREATE_PERMISSION), PEER),
        "[2606:2800:220:1::3]:7",
    );
    assert_eq!(client.sign_and_send(&mut lab, both, &[]), Err(508));
    assert_eq!(client.send(&mut lab, PEER, b"no", &[]), Sent::Nothing);
    assert!(client.permit(&mut lab, PEER).is_ok());
}

/// RFC 8656 section 12: channels of both families carry data; a number has one peer, whichever its family.
#[test]
fn a_channel_number_belongs_to_the_client() {
    let (mut lab, client, [v4, v6]) = allocated();
    client.bind(&mut lab, 0x4000, PEER).unwrap();
    client.bind(&mut lab, 0x4001, PEER6).unwrap();
    assert_eq!(client.bind(&mut lab, 0x4000, PEER6), Err(400));
    assert_eq!(client.bind(&mut lab, 0x4001, PEER), Err(400));
    for (number, relay, peer) in [(0x4000, v4, PEER), (0x4001, v6, PEER6)] {
        assert_eq!(
            client.send_on(&mut lab, number, b"out"),
            to_peer(relay, peer, b"out")
        );
        assert_eq!(
            lab.peer_packet(relay, peer, b"in"),
            Sent::ToClient(client.address, channel_data(number, b"in"))
        );
    }
}

/// RFC 8656 section 12.2.
#[test]
fn an_expired_number_may_move_to_the_other_family() {
    let (mut lab, client, [_, v6]) = allocated_in(patient());
    client.refresh(&mut lab, &[&Lifetime::new(3600)]).unwrap();
    client.bind(&mut lab, 0x4000, PEER).unwrap();
    lab.pass(601);
    client.bind(&mut lab, 0x4000, PEER6).unwrap();
    assert_eq!(
        client.send_on(&mut lab, 0x4000, b"out"),
        to_peer(v6, PEER6, b"out")
    );
}

/// RFC 8656 section 8.2: without a family a Refresh is for both, with one for that one.
#[test]
fn each_family_has_its_own_lifetime() {
    let (mut lab, client, [v4, v6]) = allocated_in(patient());
    lab.pass(300);
    client.refresh(&mut lab, &[]).unwrap();
    lab.pass(599);
    assert!(lab.closed.is_empty());
    let only_v6 = RequestedAddressFamily::new(AddressFamily::IPV6);
    client.refresh(&mut lab, &[&only_v6]).unwrap();
    lab.pass(1);
    assert_eq!(lab.closed, [v4]);
    lab.pass(599);
    assert_eq!(lab.closed, [v4, v6]);
    assert_eq!(client.refresh(&mut lab, &[]), Err(437));
}

/// RFC 8656 section 8.2: a deleted family is gone, the other goes on.
#[test]
fn deleting_one_family_leaves_the_other() {
    for (family, [gone, rest], [deaf, heard]) in [
        (AddressFamily::IPV4, [0, 1], [PEER, PEER6]),
        (AddressFamily::IPV6, [1, 0], [PEER6, PEER]),
    ] {
        let (mut lab, client, relays) = allocated();
        client.bind(&mut lab, 0x4000, deaf).unwrap();
        client.bind(&mut lab, 0x4001, heard).unwrap();
        delete(&mut lab, &client, Some(family)).unwrap();
        assert_eq!(lab.closed, [relays[gone]]);
        assert_eq!(client.send_on(&mut lab, 0x4000, b"no"), Sent::Nothing);
        assert_eq!(
            client.send_on(&mut lab, 0x4001, b"yes"),
            to_peer(relays[rest], heard, b"yes")
        );
        assert_eq!(client.permit(&mut lab, deaf), Err(443));
        assert_eq!(client.bind(&mut lab, 0x4002, deaf), Err(443));
        assert_eq!(delete(&mut lab, &client, Some(family)), Err(443));
    }
}

#[test]
fn the_end_of_a_client_ends_both() {
    let (mut lab, client, relays) = allocated();
    lab.relay.client_gone(client.address);
    lab.settle();
    assert_eq!(lab.closed, relays);
    assert_eq!(lab.relay.snapshot().allocations, 0);
}

#[test]
fn a_revoked_user_loses_both_and_one_allocation_is_counted() {
    let (mut lab, _, relays) = allocated();
    lab.relay.revoke(lab.now, USER);
    lab.settle();
    assert_eq!(lab.closed, relays);
    assert_eq!(lab.relay.snapshot().revoked_allocations, 1);
}

#[test]
fn two_clients_of_ours_talk_over_either_family() {
    let (mut lab, one, _) = allocated();
    let mut two = Client::new(2);
    two.learn(&mut lab);
    let answer = ask(&mut lab, &two, &[]).unwrap();
    let [.., first, second] = &lab.places[..] else {
        panic!("{:?}", lab.places)
    };
    assert_eq!(all_relayed(&answer), [*first, *second]);
    let (ones, twos) = (lab.places[..2].to_vec(), lab.places[2..].to_vec());
    for (at_one, at_two) in ones.iter().zip(&twos) {
        one.permit(&mut lab, &at_two.to_string()).unwrap();
        two.permit(&mut lab, &at_one.to_string()).unwrap();
        let sent = one.send(&mut lab, &at_two.to_string(), b"hi", &[]);
        assert!(matches!(sent, Sent::ToClient(to, _) if to == two.address));
    }
}

fn ready() -> (Lab, Client) {
    let mut lab = Lab::new();
    let mut client = Client::new(1);
    client.learn(&mut lab);
    (lab, client)
}

/// A lab in which nonces outlive the test.
fn patient() -> Lab {
    Lab::with(|config| config.lifetimes.nonce = Duration::from_secs(3600))
}

fn allocated() -> (Lab, Client, [RelayId; 2]) {
    allocated_in(Lab::new())
}

/// A dual allocation that may reach a peer of each family.
pub(crate) fn allocated_and_permitted() -> (Lab, Client, [RelayId; 2]) {
    let (mut lab, client, relays) = allocated();
    client.permit(&mut lab, PEER).unwrap();
    client.permit(&mut lab, PEER6).unwrap();
    (lab, client, relays)
}

fn allocated_in(mut lab: Lab) -> (Lab, Client, [RelayId; 2]) {
    let mut client = Client::new(1);
    client.learn(&mut lab);
    ask(&mut lab, &client, &[]).unwrap();
    let [(v4, ..), (v6, ..)] = lab.opened[..] else {
        panic!("{:?}", lab.opened)
    };
    (lab, client, [v4, v6])
}

fn ask(lab: &mut Lab, client: &Client, more: &[&dyn AttributeWrite]) -> Answer {
    let transport = RequestedTransport::new(17);
    let v6 = v6_too();
    let dual: [&dyn AttributeWrite; 2] = [&transport, &v6];
    client.ask(lab, ALLOCATE, &[&dual, more].concat())
}

fn v6_too() -> AdditionalAddressFamily {
    AdditionalAddressFamily::new(AddressFamily::IPV6)
}

fn delete(lab: &mut Lab, client: &Client, family: Option<AddressFamily>) -> Answer {
    let zero = Lifetime::new(0);
    match family.map(RequestedAddressFamily::new) {
        Some(family) => client.refresh(lab, &[&zero, &family]),
        None => client.refresh(lab, &[&zero]),
    }
}

fn to_peer(relay: RelayId, peer: &str, payload: &[u8]) -> Sent {
    let peer = peer.parse().unwrap();
    Sent::ToPeer(relay, peer, payload.to_vec(), Fragment::Allowed)
}

fn all_relayed(answer: &[u8]) -> Vec<SocketAddr> {
    let message = Message::from_bytes(answer).unwrap();
    let transaction = message.transaction_id();
    let all: Vec<_> = message
        .iter_attributes()
        .filter(|(_, raw)| raw.get_type() == XorRelayedAddress::TYPE)
        .map(|(_, raw)| XorRelayedAddress::from_raw_ref(&raw).unwrap())
        .map(|address| address.addr(transaction))
        .collect();
    assert_eq!(all.first(), Some(&relayed(answer)));
    all
}
