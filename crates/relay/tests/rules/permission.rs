//! Permissions (RFC 8656 sections 9 and 10).

use magpie_relay::Fragment;
use stun_types::attribute::RawAttribute;
use turn_types::message::CREATE_PERMISSION;

use crate::lab::{Client, Lab, PEER, Sent, request, with_peer};

const SAME_IP: &str = "93.184.215.14:9999";
const OTHER_IP: &str = "93.184.215.15:7000";

/// RFC 8656 section 9: five minutes, whatever is sent meanwhile.
#[test]
fn a_permission_lasts_five_minutes() {
    let (mut lab, client) = permitted();
    lab.pass(299);
    assert_ne!(client.send(&mut lab, PEER, b"x", &[]), Sent::Nothing);
    lab.pass(1);
    assert_eq!(client.send(&mut lab, PEER, b"x", &[]), Sent::Nothing);
    let relay = lab.last();
    assert_eq!(lab.peer_packet(relay, PEER, b"x"), Sent::Nothing);
}

/// RFC 8656 section 9.
#[test]
fn a_permission_is_refreshed_by_asking_again() {
    let (mut lab, client) = permitted();
    lab.pass(299);
    client.permit(&mut lab, PEER).unwrap();
    lab.pass(299);
    assert_ne!(client.send(&mut lab, PEER, b"x", &[]), Sent::Nothing);
}

/// RFC 8656 section 9: a permission is for an IP address, whatever the port.
#[test]
fn a_permission_covers_every_port_of_the_address_and_no_other_address() {
    let (mut lab, client) = permitted();
    let relay = lab.last();
    let sent = client.send(&mut lab, SAME_IP, b"x", &[]);
    assert_eq!(
        sent,
        Sent::ToPeer(
            relay,
            SAME_IP.parse().unwrap(),
            b"x".to_vec(),
            Fragment::Allowed
        )
    );
    assert_eq!(client.send(&mut lab, OTHER_IP, b"x", &[]), Sent::Nothing);
    assert_ne!(lab.peer_packet(relay, SAME_IP, b"x"), Sent::Nothing);
    assert_eq!(lab.peer_packet(relay, OTHER_IP, b"x"), Sent::Nothing);
}

/// RFC 8656 section 10.1: the port of the attribute means nothing.
#[test]
fn a_permission_may_name_port_zero() {
    let mut lab = Lab::new();
    let mut client = Client::new(1);
    client.allocate(&mut lab).unwrap();
    assert_eq!(client.permit(&mut lab, "93.184.215.14:0"), Ok(()));
}

/// RFC 8656 section 10.2.
#[test]
fn a_permission_request_without_a_peer_is_400() {
    let (mut lab, client) = permitted();
    let short = RawAttribute::new(0x0012.into(), &[0, 1, 2]);
    assert_eq!(client.ask(&mut lab, CREATE_PERMISSION, &[]), Err(400));
    assert_eq!(client.ask(&mut lab, CREATE_PERMISSION, &[&short]), Err(400));
}

/// RFC 8656 section 10.2: several addresses, all or none.
#[test]
fn one_forbidden_peer_spoils_the_whole_request() {
    let mut lab = Lab::new();
    let mut client = Client::new(1);
    client.allocate(&mut lab).unwrap();
    let both = with_peer(with_peer(request(CREATE_PERMISSION), PEER), "127.0.0.1:80");
    assert_eq!(client.sign_and_send(&mut lab, both, &[]), Err(403));
    assert_eq!(client.send(&mut lab, PEER, b"x", &[]), Sent::Nothing);
    let both = with_peer(with_peer(request(CREATE_PERMISSION), PEER), OTHER_IP);
    assert!(client.sign_and_send(&mut lab, both, &[]).is_ok());
    assert_ne!(client.send(&mut lab, PEER, b"x", &[]), Sent::Nothing);
    assert_ne!(client.send(&mut lab, OTHER_IP, b"x", &[]), Sent::Nothing);
}

/// RFC 8656 section 10.2.
#[test]
fn a_peer_of_the_other_family_is_443() {
    let (mut lab, client) = permitted();
    assert_eq!(client.permit(&mut lab, "[2a00:1450::1]:80"), Err(443));
}

#[test]
fn permissions_are_bounded_and_expired_ones_make_room() {
    let mut lab = Lab::with(|config| config.limits.permissions = 2);
    let mut client = Client::new(1);
    client.allocate(&mut lab).unwrap();
    client.permit(&mut lab, "93.184.215.1:1").unwrap();
    client.permit(&mut lab, "93.184.215.2:1").unwrap();
    client.permit(&mut lab, "93.184.215.2:1").unwrap();
    assert_eq!(client.permit(&mut lab, "93.184.215.3:1"), Err(508));
    lab.pass(300);
    assert_eq!(client.permit(&mut lab, "93.184.215.3:1"), Ok(()));
}

/// A socket nobody outside may send to is not read.
#[test]
fn a_relay_socket_is_watched_from_the_first_outside_permission_on() {
    let (mut lab, client) = permitted();
    client.permit(&mut lab, OTHER_IP).unwrap();
    assert_eq!(lab.watched, [lab.last()]);
}

fn permitted() -> (Lab, Client) {
    let mut lab = Lab::new();
    let mut client = Client::new(1);
    client.allocate(&mut lab).unwrap();
    assert!(lab.watched.is_empty());
    client.permit(&mut lab, PEER).unwrap();
    (lab, client)
}
