//! Clients sent to another server (RFC 8489 section 10, RFC 8656 section 7.2).

use std::net::SocketAddr;

use magpie_relay::{AlternateServer, ClientAddr, Transport};
use stun_types::attribute::{AlternateDomain, AlternateServer as Told, ErrorCode};
use stun_types::message::{BINDING, Message};
use stun_types::prelude::MessageWrite;
use turn_types::attribute::RequestedTransport;
use turn_types::message::ALLOCATE;

use crate::lab::{Client, Lab, SERVER, Sent, attribute, request};

const V4: &str = "198.51.100.7:3478";
const V6: &str = "[2001:db8::7]:3478";

/// RFC 8489 section 10: an address of the client's family first, one of the other after it.
#[test]
fn an_allocate_is_sent_to_the_alternate_server() {
    for (remote, told) in [
        ("10.0.0.1:40000", [V4, V6]),
        ("[2001:db8::1]:40000", [V6, V4]),
    ] {
        let reply = redirected(&[V6, V4], remote).unwrap();
        assert_eq!(attribute::<ErrorCode>(&reply).unwrap().code(), 300);
        let message = Message::from_bytes(&reply).unwrap();
        let at = [0, 1].map(|n| message.nth_attribute::<Told>(n).unwrap().server());
        assert_eq!(at, told.map(|a| a.parse::<SocketAddr>().unwrap()));
        let domain = attribute::<AlternateDomain>(&reply).unwrap();
        assert_eq!(domain.domain(), "turn.example.org");
        assert!(
            message
                .validate_integrity_with_key(&Client::new(1).key())
                .is_ok()
        );
    }
}

/// RFC 8489 section 10: the answer MUST have an address of the client's family.
#[test]
fn a_client_whose_family_the_alternate_server_lacks_is_served_here() {
    let reply = redirected(&[V6], "10.0.0.1:40000").unwrap();
    assert!(attribute::<ErrorCode>(&reply).is_none());
}

#[test]
fn a_binding_is_answered_here_all_the_same() {
    let mut lab = lab(&[V4]);
    let Sent::Reply(reply) = lab.packet(Client::new(1).address, &request(BINDING).finish()) else {
        panic!()
    };
    assert!(attribute::<ErrorCode>(&reply).is_none());
}

/// RFC 8656 section 7.2: only new allocations are sent away.
#[test]
fn strangers_are_challenged_before_they_are_sent_away() {
    let mut lab = lab(&[V4]);
    let Sent::Reply(reply) = lab.packet(Client::new(1).address, &request(ALLOCATE).finish()) else {
        panic!()
    };
    assert_eq!(attribute::<ErrorCode>(&reply).unwrap().code(), 401);
}

fn redirected(addresses: &[&str], remote: &str) -> Option<Vec<u8>> {
    let mut lab = lab(addresses);
    let mut client = Client::new(1);
    client.address = ClientAddr::new(
        remote.parse().unwrap(),
        SERVER.parse().unwrap(),
        Transport::Udp,
    );
    client.learn(&mut lab);
    let packet = client.sign(request(ALLOCATE), &[&RequestedTransport::new(17)]);
    match lab.packet(client.address, &packet) {
        Sent::Reply(reply) => Some(reply),
        _ => None,
    }
}

fn lab(addresses: &[&str]) -> Lab {
    Lab::with(|config| {
        config.alternate_server = Some(AlternateServer {
            addresses: addresses.iter().map(|a| a.parse().unwrap()).collect(),
            domain: Some("turn.example.org".to_owned()),
        });
    })
}
