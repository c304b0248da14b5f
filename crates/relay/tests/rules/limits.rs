//! Quotas: how much one user, one address and all together may take.

use std::num::{NonZeroU32, NonZeroU64};

use magpie_relay::credentials;
use stun_types::attribute::RawAttribute;
use stun_types::prelude::AttributeStaticType;
use turn_types::attribute::{
    EvenPort, Lifetime, RequestedAddressFamily, RequestedTransport, ReservationToken,
};
use turn_types::message::ALLOCATE;

use crate::lab::{Client, Lab, PEER, SECRETS, Sent};

#[test]
fn a_user_over_quota_is_486_and_others_are_not() {
    let mut lab = Lab::with(|config| config.limits.per_user = NonZeroU32::new(2));
    assert!(Client::new(1).allocate(&mut lab).is_ok());
    assert!(Client::new(2).allocate(&mut lab).is_ok());
    assert_eq!(Client::new(3).allocate(&mut lab), Err(486));
    assert!(minted(&lab, 4, "ann", 1).allocate(&mut lab).is_ok());
}

/// RFC 8656 section 7.2: what is wrong with the request is said first.
#[test]
fn a_request_that_cannot_be_granted_is_no_matter_of_quotas() {
    let mut lab = Lab::with(|config| config.limits.per_user = NonZeroU32::new(1));
    Client::new(1).allocate(&mut lab).unwrap();
    let mut client = Client::new(2);
    client.learn(&mut lab);
    let udp = RequestedTransport::new(17);
    let no_family = RawAttribute::new(RequestedAddressFamily::TYPE, &[7, 0, 0, 0]);
    let token = ReservationToken::new(1);
    let even = EvenPort::new(true);
    assert_eq!(
        client.ask(&mut lab, ALLOCATE, &[&udp, &no_family]),
        Err(440)
    );
    assert_eq!(
        client.ask(&mut lab, ALLOCATE, &[&udp, &token, &even]),
        Err(400)
    );
    assert_eq!(client.ask(&mut lab, ALLOCATE, &[&udp]), Err(486));
}

/// The one name that all pages of a site carry is no one user.
#[test]
fn configured_users_may_be_spared() {
    let mut lab = Lab::with(|config| {
        config.limits.per_user = NonZeroU32::new(1);
        config.limits.spare_configured_users = true;
        config.limits.total = NonZeroU32::new(3);
    });
    let results = [1, 2].map(|n| Client::new(n).allocate(&mut lab).map(drop));
    assert_eq!(results, [Ok(()), Ok(())]);
    assert!(minted(&lab, 3, "ann", 1).allocate(&mut lab).is_ok());
    assert_eq!(Client::new(4).allocate(&mut lab), Err(486));
    lab.relay.client_gone(Client::new(1).address);
    assert_eq!(minted(&lab, 5, "ann", 2).allocate(&mut lab), Err(486));
}

#[test]
fn the_minter_counts_and_not_the_random_id() {
    let mut lab = Lab::with(|config| config.limits.per_user = NonZeroU32::new(1));
    assert!(minted(&lab, 1, "ann", 1).allocate(&mut lab).is_ok());
    assert_eq!(minted(&lab, 2, "ann", 2).allocate(&mut lab), Err(486));
    assert!(minted(&lab, 3, "ben", 3).allocate(&mut lab).is_ok());
}

#[test]
fn what_ends_is_free_at_once() {
    let mut lab = Lab::with(|config| config.limits.per_user = NonZeroU32::new(1));
    let mut client = Client::new(1);
    client.allocate(&mut lab).unwrap();
    client.refresh(&mut lab, &[&Lifetime::new(0)]).unwrap();
    assert!(Client::new(2).allocate(&mut lab).is_ok());
    lab.pass(600);
    assert!(Client::new(3).allocate(&mut lab).is_ok());
}

#[test]
fn an_address_has_a_quota_of_its_own() {
    let mut lab = Lab::with(|config| config.limits.per_address = NonZeroU32::new(1));
    assert!(Client::new(1).allocate(&mut lab).is_ok());
    let mut same = Client::new(1);
    let remote = (same.address.remote().ip(), 41_000).into();
    same.address =
        magpie_relay::ClientAddr::new(remote, same.address.local(), same.address.transport());
    assert_eq!(same.allocate(&mut lab), Err(486));
    assert!(Client::new(2).allocate(&mut lab).is_ok());
}

#[test]
fn there_is_a_quota_for_all() {
    let mut lab = Lab::with(|config| config.limits.total = NonZeroU32::new(2));
    let results = [1, 2, 3].map(|n| Client::new(n).allocate(&mut lab).map(drop));
    assert_eq!(results, [Ok(()), Ok(()), Err(486)]);
    assert_eq!(lab.relay.snapshot().refused_allocations, 1);
}

#[test]
fn bits_beyond_the_rate_are_dropped_and_each_direction_has_its_own() {
    let mut lab = Lab::with(|config| config.limits.max_bps = NonZeroU64::new(1_000_000));
    let mut client = Client::new(1);
    client.allocate(&mut lab).unwrap();
    client.bind(&mut lab, 0x4000, PEER).unwrap();
    let relay = lab.last();
    let (kilobyte, mut passed) = ([0; 1000], 0);
    for _ in 0..200 {
        passed += usize::from(client.send_on(&mut lab, 0x4000, &kilobyte) != Sent::Nothing);
        passed += usize::from(lab.peer_packet(relay, PEER, &kilobyte) != Sent::Nothing);
    }
    assert_eq!(passed, 250);
    assert_eq!(lab.relay.snapshot().over_rate, 150);
    lab.pass(1);
    assert_ne!(client.send_on(&mut lab, 0x4000, &kilobyte), Sent::Nothing);
}

/// What is given out is given out in all: to whoever comes late what is left, and then nothing until somebody goes.
#[test]
fn the_bandwidth_of_all_is_given_out_once() {
    let mut lab = Lab::with(|config| {
        config.limits.max_bps = NonZeroU64::new(8_000_000);
        config.limits.total_bps = NonZeroU64::new(12_000_000);
    });
    let mut clients = [1, 2, 3].map(Client::new);
    let [one, two, three] = &mut clients;
    one.allocate(&mut lab).unwrap();
    two.allocate(&mut lab).unwrap();
    assert_eq!(three.allocate(&mut lab).map(drop), Err(486));
    two.bind(&mut lab, 0x4000, PEER).unwrap();
    let kilobytes = [0; 50_000];
    let passed = (0..20).filter(|_| two.send_on(&mut lab, 0x4000, &kilobytes) != Sent::Nothing);
    assert_eq!(passed.count(), 10);
    one.refresh(&mut lab, &[&Lifetime::new(0)]).unwrap();
    three.allocate(&mut lab).unwrap();
}

#[test]
fn unauthenticated_packets_leave_nothing_behind() {
    let mut lab = Lab::new();
    for n in 0..=255 {
        Client::new(n).learn(&mut lab);
    }
    assert_eq!(lab.relay.snapshot().allocations, 0);
    assert_eq!(lab.relay.poll_timeout(), None);
    assert!(lab.opened.is_empty());
}

fn minted(lab: &Lab, n: u8, minter: &str, random: u8) -> Client {
    let minted = credentials::mint(SECRETS[0], minter, [random; 9], lab.now.seconds() + 60);
    Client::new(n).named(&minted.username, &minted.password)
}
