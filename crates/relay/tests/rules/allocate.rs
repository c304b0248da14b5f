//! Allocate (RFC 8656 section 7).

use magpie_relay::{Family, OpenError, Port, Transport};
use stun_types::attribute::{RawAttribute, XorMappedAddress};
use stun_types::message::Message;
use turn_types::attribute::{DontFragment, Lifetime, RequestedAddressFamily, RequestedTransport};
use turn_types::message::ALLOCATE;

use crate::lab::{Client, Lab, Sent, attribute, relayed, request};

const UDP: u8 = 17;

/// RFC 8656 section 7.2.
#[test]
fn the_answer_tells_relayed_and_mapped_address_and_lifetime() {
    let (mut lab, client) = ready();
    let answer = client
        .ask(&mut lab, ALLOCATE, &[&RequestedTransport::new(UDP)])
        .unwrap();
    let transaction = Message::from_bytes(&answer).unwrap().transaction_id();
    assert_eq!(relayed(&answer).ip().to_string(), "192.0.2.9");
    assert_eq!(
        attribute::<XorMappedAddress>(&answer)
            .unwrap()
            .addr(transaction),
        client.address.remote()
    );
    assert_eq!(attribute::<Lifetime>(&answer).unwrap().seconds(), 600);
}

/// RFC 8656 section 7.2: a retransmission finds the same answer.
#[test]
fn a_repeated_allocate_is_answered_alike() {
    let (mut lab, client) = ready();
    let packet = client.sign(request(ALLOCATE), &[&RequestedTransport::new(UDP)]);
    let first = lab.packet(client.address, &packet);
    lab.pass(5);
    assert_ne!(first, Sent::Nothing);
    assert_eq!(lab.packet(client.address, &packet), first);
    assert_eq!(lab.opened.len(), 1);
}

/// RFC 8656 section 7.2, second check.
#[test]
fn another_allocate_of_the_same_client_is_437() {
    let (mut lab, client) = ready();
    client
        .ask(&mut lab, ALLOCATE, &[&RequestedTransport::new(UDP)])
        .unwrap();
    assert_eq!(
        client.ask(&mut lab, ALLOCATE, &[&RequestedTransport::new(UDP)]),
        Err(437)
    );
}

/// RFC 8656 section 2.2: the transport is part of the 5-tuple.
#[test]
fn one_address_over_two_transports_is_two_clients() {
    let mut lab = Lab::new();
    assert!(Client::new(1).allocate(&mut lab).is_ok());
    assert!(Client::over(1, Transport::Tcp).allocate(&mut lab).is_ok());
    assert!(Client::over(1, Transport::Tls).allocate(&mut lab).is_ok());
}

/// RFC 8656 section 7.2, third check.
#[test]
fn a_missing_or_malformed_transport_is_400_and_an_unknown_one_442() {
    let (mut lab, client) = ready();
    let malformed = RawAttribute::new(0x0019.into(), &[UDP]);
    assert_eq!(client.ask(&mut lab, ALLOCATE, &[]), Err(400));
    assert_eq!(client.ask(&mut lab, ALLOCATE, &[&malformed]), Err(400));
    assert_eq!(
        client.ask(&mut lab, ALLOCATE, &[&RequestedTransport::new(132)]),
        Err(442)
    );
    assert_eq!(
        client.ask(&mut lab, ALLOCATE, &[&RequestedTransport::new(33)]),
        Err(442)
    );
}

/// RFC 8656 section 7.2: an address of the family asked for, IPv4 if none is.
#[test]
fn the_family_asked_for_is_granted() {
    for (n, attributes, family) in [
        (1, None, Family::V4),
        (2, Some(1), Family::V4),
        (3, Some(2), Family::V6),
    ] {
        let mut lab = Lab::new();
        let mut client = Client::new(n);
        client.learn(&mut lab);
        let value = [attributes.unwrap_or(0), 0, 0, 0];
        let asked = RawAttribute::new(0x0017.into(), &value);
        let transport = RequestedTransport::new(UDP);
        let answer = match attributes {
            None => client.ask(&mut lab, ALLOCATE, &[&transport]),
            Some(_) => client.ask(&mut lab, ALLOCATE, &[&transport, &asked]),
        };
        assert_eq!(Family::of(relayed(&answer.unwrap()).ip()), family);
    }
}

/// RFC 8656 section 7.2.
#[test]
fn a_family_that_does_not_exist_or_is_not_here_is_440() {
    let (mut lab, client) = ready();
    let transport = RequestedTransport::new(UDP);
    let strange = RawAttribute::new(0x0017.into(), &[9, 0, 0, 0]);
    assert_eq!(
        client.ask(&mut lab, ALLOCATE, &[&transport, &strange]),
        Err(440)
    );
    lab.open_error = Some(OpenError::Family);
    let v6 = RequestedAddressFamily::new(turn_types::AddressFamily::IPV6);
    assert_eq!(client.ask(&mut lab, ALLOCATE, &[&transport, &v6]), Err(440));
}

/// RFC 8656 section 7.2.
#[test]
fn no_free_port_is_508_and_leaves_nothing_behind() {
    let (mut lab, client) = ready();
    lab.open_error = Some(OpenError::Exhausted);
    assert_eq!(
        client.ask(&mut lab, ALLOCATE, &[&RequestedTransport::new(UDP)]),
        Err(508)
    );
    assert_eq!(lab.relay.snapshot().allocations, 0);
    lab.open_error = None;
    assert!(
        client
            .ask(&mut lab, ALLOCATE, &[&RequestedTransport::new(UDP)])
            .is_ok()
    );
}

/// RFC 8656 section 7.2: between the default and the longest lifetime.
#[test]
fn the_lifetime_asked_for_is_bounded() {
    for (asked, granted) in [
        (0, 600),
        (1, 600),
        (601, 601),
        (3600, 3600),
        (3601, 3600),
        (u32::MAX, 3600),
    ] {
        let (mut lab, client) = ready();
        let answer = client
            .ask(
                &mut lab,
                ALLOCATE,
                &[&RequestedTransport::new(UDP), &Lifetime::new(asked)],
            )
            .unwrap();
        assert_eq!(
            attribute::<Lifetime>(&answer).unwrap().seconds(),
            granted,
            "asked for {asked}"
        );
    }
}

#[test]
fn a_malformed_lifetime_is_400() {
    let (mut lab, client) = ready();
    let short = RawAttribute::new(0x000d.into(), &[0, 1]);
    assert_eq!(
        client.ask(&mut lab, ALLOCATE, &[&RequestedTransport::new(UDP), &short]),
        Err(400)
    );
}

/// RFC 8656 section 7.2: DONT-FRAGMENT asks whether it could be obeyed.
#[test]
fn dont_fragment_is_understood() {
    let (mut lab, client) = ready();
    assert!(
        client
            .ask(
                &mut lab,
                ALLOCATE,
                &[&RequestedTransport::new(UDP), &DontFragment::new()]
            )
            .is_ok()
    );
    assert_eq!(lab.opened[0].2, Port::Any);
}

/// RFC 8656 section 3.2.
#[test]
fn an_allocation_ends_with_its_lifetime() {
    let mut lab = Lab::new();
    let mut client = Client::new(1);
    client.allocate(&mut lab).unwrap();
    lab.pass(599);
    assert!(lab.closed.is_empty());
    lab.pass(1);
    assert_eq!(lab.closed, [lab.last()]);
    assert_eq!(lab.relay.snapshot().allocations, 0);
}

#[test]
fn the_end_of_a_stream_ends_its_allocation() {
    let mut lab = Lab::new();
    let mut client = Client::over(1, Transport::Tcp);
    client.allocate(&mut lab).unwrap();
    lab.relay.client_gone(client.address);
    lab.settle();
    assert_eq!(lab.closed, [lab.last()]);
}

fn ready() -> (Lab, Client) {
    let mut lab = Lab::new();
    let mut client = Client::new(1);
    client.learn(&mut lab);
    (lab, client)
}
