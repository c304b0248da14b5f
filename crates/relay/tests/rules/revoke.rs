//! Credentials taken back before they expire.

use magpie_relay::credentials::mint;
use turn_types::attribute::{EvenPort, RequestedTransport};
use turn_types::message::ALLOCATE;

use crate::lab::{Client, Lab, PEER, SECRETS, Sent, USER};

#[test]
fn a_revoked_user_loses_the_allocation_at_once_and_gets_no_other() {
    let mut lab = Lab::new();
    let mut client = Client::new(1);
    client.allocate(&mut lab).unwrap();
    client.bind(&mut lab, 0x4000, PEER).unwrap();
    lab.relay.revoke(lab.now, USER);
    lab.settle();
    assert_eq!(lab.closed, [lab.last()]);
    assert_eq!(client.send_on(&mut lab, 0x4000, b"x"), Sent::Nothing);
    assert_eq!(client.refresh(&mut lab, &[]), Err(401));
    lab.pass(1_000_000);
    assert_eq!(client.allocate(&mut lab), Err(401));
    assert_eq!(lab.relay.snapshot().revoked_allocations, 1);
}

#[test]
fn a_credential_is_revoked_by_its_name_its_id_or_its_minter() {
    for part in 0..3 {
        let mut lab = Lab::new();
        let (mut client, username) = minted(&lab, 1, "ann");
        let mut other = minted(&lab, 2, "ben").0;
        client.allocate(&mut lab).unwrap();
        other.allocate(&mut lab).unwrap();
        let (_, id) = username.split_once(':').unwrap();
        let (minter, _) = id.split_once('~').unwrap();
        lab.relay
            .revoke(lab.now, [username.as_str(), id, minter][part]);
        assert_eq!(client.refresh(&mut lab, &[]), Err(401), "{part}");
        assert!(other.refresh(&mut lab, &[]).is_ok(), "{part}");
    }
}

#[test]
fn a_revoked_id_takes_no_other_credential_of_the_minter_with_it() {
    let mut lab = Lab::new();
    let (mut one, username) = minted(&lab, 1, "ann");
    let mut two = minted(&lab, 2, "ann").0;
    one.allocate(&mut lab).unwrap();
    two.allocate(&mut lab).unwrap();
    lab.relay.revoke(lab.now, &username);
    assert_eq!(one.refresh(&mut lab, &[]), Err(401));
    assert!(two.refresh(&mut lab, &[]).is_ok());
}

#[test]
fn a_minter_may_mint_again_once_all_that_was_valid_has_expired() {
    let mut lab = Lab::new();
    let (mut before, username) = minted(&lab, 1, "ann");
    let minter = username.split([':', '~']).nth(1).unwrap();
    lab.relay.revoke(lab.now, minter);
    assert_eq!(before.allocate(&mut lab), Err(401));
    lab.pass(25 * 3600);
    assert_eq!(minted(&lab, 2, "ann").0.allocate(&mut lab), Err(401));
    lab.pass(2);
    assert!(minted(&lab, 3, "ann").0.allocate(&mut lab).is_ok());
}

#[test]
fn an_allocation_that_is_being_opened_is_ended_too() {
    let mut lab = Lab::new();
    let mut client = Client::new(1);
    client.learn(&mut lab);
    let asked = client.sign(
        crate::lab::request(ALLOCATE),
        &[&RequestedTransport::new(17), &EvenPort::new(true)],
    );
    let _ = lab.relay.from_client(lab.now, client.address, &asked);
    lab.relay.revoke(lab.now, USER);
    assert_eq!(lab.settle(), Sent::Nothing);
    assert_eq!(lab.relay.snapshot().allocations, 0);
    assert!(lab.closed.contains(&lab.last()));
}

fn minted(lab: &Lab, random: u8, minter: &str) -> (Client, String) {
    let minted = mint(SECRETS[0], minter, [random; 9], lab.now.seconds() + 600);
    let client = Client::new(random).named(&minted.username, &minted.password);
    (client, minted.username)
}
