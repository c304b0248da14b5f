//! EVEN-PORT and RESERVATION-TOKEN (RFC 8656 section 7.2).

use magpie_relay::{Family, Port};
use stun_types::attribute::RawAttribute;
use turn_types::AddressFamily;
use turn_types::attribute::{
    EvenPort, RequestedAddressFamily, RequestedTransport, ReservationToken,
};
use turn_types::message::ALLOCATE;

use crate::lab::{Answer, Client, Lab, PASSWORD, Sent, attribute, request};
use stun_types::prelude::AttributeWrite;

#[test]
fn an_even_port_is_asked_for() {
    let mut lab = Lab::new();
    ask(&mut lab, 1, &[&EvenPort::new(false)]).unwrap();
    assert_eq!(lab.opened[0].2, Port::Even);
}

#[test]
fn the_next_port_is_kept_for_the_same_user() {
    let mut lab = Lab::new();
    let token = reserve(&mut lab);
    ask(&mut lab, 2, &[&ReservationToken::new(token)]).unwrap();
    let [
        (_, _, Port::Pair(kept)),
        (_, Family::V4, Port::Reserved(claimed)),
    ] = lab.opened[..]
    else {
        panic!("{:?}", lab.opened)
    };
    assert_eq!(kept, claimed);
    lab.pass(60);
    assert!(lab.released.is_empty());
}

#[test]
fn a_token_is_good_once_for_thirty_seconds_and_for_its_user() {
    let mut lab = Lab::with(|config| {
        config.users.push(magpie_relay::StaticUser {
            name: "bob".to_owned(),
            password: PASSWORD.to_owned(),
        });
    });
    let token = reserve(&mut lab);
    let mut bob = Client::new(5).named("bob", PASSWORD);
    bob.learn(&mut lab);
    let attributes: [&dyn AttributeWrite; 2] =
        [&RequestedTransport::new(17), &ReservationToken::new(token)];
    assert_eq!(bob.ask(&mut lab, ALLOCATE, &attributes), Err(508));
    assert!(ask(&mut lab, 2, &[&ReservationToken::new(token)]).is_ok());
    assert_eq!(ask(&mut lab, 3, &[&ReservationToken::new(token)]), Err(508));

    let mut lab = Lab::new();
    let token = reserve(&mut lab);
    lab.pass(30);
    assert_eq!(lab.released.len(), 1);
    assert_eq!(ask(&mut lab, 2, &[&ReservationToken::new(token)]), Err(508));
}

#[test]
fn a_token_beside_even_port_or_a_family_is_400() {
    let mut lab = Lab::new();
    let token = ReservationToken::new(reserve(&mut lab));
    let family = RequestedAddressFamily::new(AddressFamily::IPV4);
    assert_eq!(ask(&mut lab, 2, &[&token, &EvenPort::new(false)]), Err(400));
    assert_eq!(ask(&mut lab, 2, &[&token, &family]), Err(400));
}

#[test]
fn a_repeated_request_is_told_the_same_token() {
    let mut lab = Lab::new();
    let mut client = Client::new(1);
    client.learn(&mut lab);
    let packet = client.sign(
        request(ALLOCATE),
        &[&RequestedTransport::new(17), &EvenPort::new(true)],
    );
    let first = lab.packet(client.address, &packet);
    assert_ne!(first, Sent::Nothing);
    assert_eq!(lab.packet(client.address, &packet), first);
}

#[test]
fn malformed_attributes_are_400() {
    let mut lab = Lab::new();
    assert_eq!(
        ask(&mut lab, 1, &[&RawAttribute::new(0x0018.into(), &[])]),
        Err(400)
    );
    assert_eq!(
        ask(
            &mut lab,
            1,
            &[&RawAttribute::new(0x0022.into(), &[1, 2, 3])]
        ),
        Err(400)
    );
}

#[test]
fn reservations_are_bounded() {
    let mut lab = Lab::new();
    let results: Vec<_> = (0..=255)
        .map(|n| ask(&mut lab, n, &[&EvenPort::new(true)]).is_ok())
        .collect();
    assert!(results.iter().all(|ok| *ok));
    let mut one_more = Client::over(1, magpie_relay::Transport::Tcp);
    one_more.learn(&mut lab);
    let attributes: [&dyn AttributeWrite; 2] = [&RequestedTransport::new(17), &EvenPort::new(true)];
    assert_eq!(one_more.ask(&mut lab, ALLOCATE, &attributes), Err(508));
}

fn reserve(lab: &mut Lab) -> u64 {
    let answer = ask(lab, 1, &[&EvenPort::new(true)]).unwrap();
    attribute::<ReservationToken>(&answer).unwrap().token()
}

fn ask(lab: &mut Lab, n: u8, attributes: &[&dyn AttributeWrite]) -> Answer {
    let mut client = Client::new(n);
    client.learn(lab);
    let transport = RequestedTransport::new(17);
    client.ask(
        lab,
        ALLOCATE,
        &[&[&transport as &dyn AttributeWrite], attributes].concat(),
    )
}
