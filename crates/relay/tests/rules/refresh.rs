//! Refresh (RFC 8656 section 8).

use magpie_relay::credentials;
use stun_types::attribute::RawAttribute;
use turn_types::AddressFamily;
use turn_types::attribute::{Lifetime, RequestedAddressFamily};

use crate::lab::{Client, Lab, PEER, SECRETS, attribute};

/// RFC 8656 section 8.2.
#[test]
fn a_refresh_starts_the_lifetime_anew() {
    let (mut lab, client) = allocated();
    lab.pass(599);
    let answer = client.refresh(&mut lab, &[]).unwrap();
    assert_eq!(attribute::<Lifetime>(&answer).unwrap().seconds(), 600);
    lab.pass(599);
    assert!(lab.closed.is_empty());
    lab.pass(1);
    assert_eq!(lab.closed.len(), 1);
}

#[test]
fn a_refresh_can_shorten_and_lengthen_again() {
    let (mut lab, client) = allocated();
    client.refresh(&mut lab, &[&Lifetime::new(3600)]).unwrap();
    client.refresh(&mut lab, &[&Lifetime::new(700)]).unwrap();
    client.refresh(&mut lab, &[&Lifetime::new(3600)]).unwrap();
    lab.pass(3599);
    assert!(lab.closed.is_empty());
    lab.pass(1);
    assert_eq!(lab.closed.len(), 1);
}

/// RFC 8656 section 8.2.
#[test]
fn a_refresh_to_zero_ends_the_allocation_at_once() {
    let (mut lab, mut client) = allocated();
    let answer = client.refresh(&mut lab, &[&Lifetime::new(0)]).unwrap();
    assert_eq!(attribute::<Lifetime>(&answer).unwrap().seconds(), 0);
    assert_eq!(lab.closed, [lab.last()]);
    assert!(client.allocate(&mut lab).is_ok());
}

/// RFC 8656 section 6: requests about an allocation that is not there.
#[test]
fn requests_without_an_allocation_are_437() {
    let mut lab = Lab::new();
    let mut client = Client::new(1);
    client.learn(&mut lab);
    assert_eq!(client.refresh(&mut lab, &[]), Err(437));
    assert_eq!(client.refresh(&mut lab, &[&Lifetime::new(0)]), Err(437));
    assert_eq!(client.permit(&mut lab, PEER), Err(437));
    assert_eq!(client.bind(&mut lab, 0x4000, PEER), Err(437));
}

/// RFC 8656 section 6: only the user that made an allocation may touch it.
#[test]
fn another_users_requests_are_441() {
    let (mut lab, client) = allocated();
    let minted = credentials::mint(SECRETS[0], "ann", [1; 9], lab.now.seconds() + 60);
    let other = client.clone().named(&minted.username, &minted.password);
    assert_eq!(other.refresh(&mut lab, &[&Lifetime::new(0)]), Err(441));
    assert_eq!(other.permit(&mut lab, PEER), Err(441));
    assert_eq!(other.bind(&mut lab, 0x4000, PEER), Err(441));
}

/// RFC 8656 section 8.2.
#[test]
fn a_refresh_of_the_other_family_is_443() {
    let (mut lab, client) = allocated();
    let [v4, v6] = [AddressFamily::IPV4, AddressFamily::IPV6].map(RequestedAddressFamily::new);
    assert_eq!(client.refresh(&mut lab, &[&v6]), Err(443));
    assert!(client.refresh(&mut lab, &[&v4]).is_ok());
}

#[test]
fn a_malformed_refresh_is_400_and_changes_nothing() {
    let (mut lab, client) = allocated();
    let long = RawAttribute::new(0x000d.into(), &[0; 8]);
    assert_eq!(client.refresh(&mut lab, &[&long]), Err(400));
    assert!(lab.closed.is_empty());
}

#[test]
fn timers_of_a_client_that_opens_and_closes_do_not_pile_up() {
    let mut lab = Lab::new();
    let mut client = Client::new(1);
    client.learn(&mut lab);
    for _ in 0..5000 {
        client.allocate(&mut lab).unwrap();
        client.refresh(&mut lab, &[&Lifetime::new(3600)]).unwrap();
        client.refresh(&mut lab, &[&Lifetime::new(0)]).unwrap();
    }
    assert_eq!(lab.relay.snapshot().allocations, 0);
    assert_eq!(lab.opened.last().unwrap().0.slot(), 0);
}

fn allocated() -> (Lab, Client) {
    let mut lab = Lab::new();
    let mut client = Client::new(1);
    client.allocate(&mut lab).unwrap();
    (lab, client)
}
