//! Channels (RFC 8656 section 12).

use magpie_relay::{Fragment, Transport};
use stun_types::attribute::{ErrorCode, Nonce, RawAttribute, Realm, Username};
use stun_types::message::IntegrityAlgorithm;
use stun_types::prelude::{MessageWrite, MessageWriteExt};
use turn_types::attribute::ChannelNumber;
use turn_types::message::CHANNEL_BIND;

use crate::lab::{Client, Lab, PEER, Sent, USER, attribute, channel_data, request, with_peer};

const OTHER: &str = "93.184.215.14:7001";

/// RFC 8656 sections 12.2, 12.6 and 12.7: binding installs the permission too.
#[test]
fn a_channel_carries_both_directions() {
    let (mut lab, client) = bound();
    let relay = lab.last();
    let sent = client.send_on(&mut lab, 0x4000, b"out");
    assert_eq!(
        sent,
        Sent::ToPeer(
            relay,
            PEER.parse().unwrap(),
            b"out".to_vec(),
            Fragment::Allowed
        )
    );
    let back = lab.peer_packet(relay, PEER, b"back!");
    assert_eq!(
        back,
        Sent::ToClient(client.address, channel_data(0x4000, b"back!"))
    );
}

/// RFC 8656 section 12.5: padded in a stream, not in a datagram.
#[test]
fn channel_data_is_padded_over_tcp() {
    let mut lab = Lab::new();
    let mut client = Client::over(1, Transport::Tcp);
    client.allocate(&mut lab).unwrap();
    client.bind(&mut lab, 0x4000, PEER).unwrap();
    let relay = lab.last();
    let back = lab.peer_packet(relay, PEER, b"back!");
    assert_eq!(
        back,
        Sent::ToClient(
            client.address,
            [channel_data(0x4000, b"back!"), vec![0; 3]].concat()
        )
    );
}

/// RFC 8656 section 12.5: a client may pad over UDP as well; section 12.6: a length beyond the datagram is dropped.
#[test]
fn the_declared_length_decides() {
    let (mut lab, client) = bound();
    let padded = [channel_data(0x4000, b"x"), vec![0; 3]].concat();
    let Sent::ToPeer(_, _, payload, _) = lab.packet(client.address, &padded) else {
        panic!()
    };
    assert_eq!(payload, b"x");
    assert_eq!(
        lab.packet(client.address, &[0x40, 0, 0, 2, 1]),
        Sent::Nothing
    );
    assert_eq!(lab.packet(client.address, &[0x40, 0, 0]), Sent::Nothing);
}

#[test]
fn an_empty_packet_is_relayed() {
    let (mut lab, client) = bound();
    let Sent::ToPeer(_, _, payload, _) = client.send_on(&mut lab, 0x4000, b"") else {
        panic!()
    };
    assert!(payload.is_empty());
}

/// RFC 8656 section 12: ten minutes; the permission that came with it five.
#[test]
fn a_channel_lasts_ten_minutes() {
    let (mut lab, client) = bound();
    client
        .refresh(&mut lab, &[&turn_types::attribute::Lifetime::new(3600)])
        .unwrap();
    lab.pass(299);
    client.permit(&mut lab, PEER).unwrap();
    lab.pass(299);
    assert_ne!(client.send_on(&mut lab, 0x4000, b"x"), Sent::Nothing);
    client.permit(&mut lab, PEER).unwrap();
    lab.pass(2);
    assert_eq!(client.send_on(&mut lab, 0x4000, b"x"), Sent::Nothing);
    // The permission is alive, so the peer is heard, without the channel.
    let relay = lab.last();
    let Sent::ToClient(_, bytes) = lab.peer_packet(relay, PEER, b"x") else {
        panic!()
    };
    assert_eq!(bytes[..2], [0, 0x17]);
}

/// RFC 8656 section 12: data needs the permission, which ends before the channel.
#[test]
fn a_channel_without_its_permission_carries_nothing() {
    let (mut lab, client) = bound();
    lab.pass(300);
    assert_eq!(client.send_on(&mut lab, 0x4000, b"x"), Sent::Nothing);
    let relay = lab.last();
    assert_eq!(lab.peer_packet(relay, PEER, b"x"), Sent::Nothing);
}

/// RFC 8656 section 12: a channel outlives the permission, and carries data again once there is another.
#[test]
fn a_permission_given_again_opens_the_channel_again() {
    let (mut lab, client) = bound();
    lab.pass(300);
    assert_eq!(client.send_on(&mut lab, 0x4000, b"x"), Sent::Nothing);
    client.permit(&mut lab, PEER).unwrap();
    assert_ne!(client.send_on(&mut lab, 0x4000, b"x"), Sent::Nothing);
    let relay = lab.last();
    assert_eq!(
        lab.peer_packet(relay, PEER, b"in"),
        Sent::ToClient(client.address, channel_data(0x4000, b"in"))
    );
}

/// RFC 8656 sections 9 and 12.2: the permission that comes with a channel is for the address, whatever the port.
#[test]
fn a_second_channel_to_an_address_keeps_the_first_open() {
    let (mut lab, client) = bound();
    let mut neighbour: std::net::SocketAddr = PEER.parse().unwrap();
    neighbour.set_port(neighbour.port() + 1);
    lab.pass(299);
    client
        .bind(&mut lab, 0x4001, &neighbour.to_string())
        .unwrap();
    lab.pass(299);
    assert_ne!(client.send_on(&mut lab, 0x4000, b"x"), Sent::Nothing);
}

/// RFC 8656 section 12.2.
#[test]
fn binding_again_refreshes_channel_and_permission() {
    let (mut lab, client) = bound();
    lab.pass(299);
    client.bind(&mut lab, 0x4000, PEER).unwrap();
    lab.pass(299);
    assert_ne!(client.send_on(&mut lab, 0x4000, b"x"), Sent::Nothing);
}

/// RFC 8656 section 12.2.
#[test]
fn a_channel_has_one_peer_and_a_peer_one_channel() {
    let (mut lab, client) = bound();
    assert_eq!(client.bind(&mut lab, 0x4000, OTHER), Err(400));
    assert_eq!(client.bind(&mut lab, 0x4001, PEER), Err(400));
    assert_eq!(client.bind(&mut lab, 0x4001, OTHER), Ok(()));
}

#[test]
fn expired_numbers_and_peers_can_be_bound_anew() {
    let (mut lab, client) = bound();
    client.bind(&mut lab, 0x4001, OTHER).unwrap();
    client
        .refresh(&mut lab, &[&turn_types::attribute::Lifetime::new(3600)])
        .unwrap();
    lab.pass(600);
    assert_eq!(client.refresh(&mut lab, &[]), Err(438));
    let mut client = client;
    client.learn(&mut lab);
    client.bind(&mut lab, 0x4000, OTHER).unwrap();
    assert_eq!(client.send_on(&mut lab, 0x4001, b"x"), Sent::Nothing);
    client.bind(&mut lab, 0x4001, PEER).unwrap();
    let relay = lab.last();
    let heard = lab.peer_packet(relay, OTHER, b"x");
    assert_eq!(
        heard,
        Sent::ToClient(client.address, channel_data(0x4000, b"x"))
    );
}

/// RFC 8656 section 12.2.
#[test]
fn numbers_out_of_range_and_missing_attributes_are_400() {
    let mut lab = Lab::new();
    let mut client = Client::new(1);
    client.allocate(&mut lab).unwrap();
    for number in [0, 0x3fff, 0x5000, 0x6000, 0x7fff, 0x8000, 0xffff] {
        assert_eq!(
            client.bind(&mut lab, number, PEER),
            Err(400),
            "{number:04x}"
        );
    }
    assert_eq!(
        client.ask(&mut lab, CHANNEL_BIND, &[&ChannelNumber::new(0x4000)]),
        Err(400)
    );
    let peer_alone = with_peer(request(CHANNEL_BIND), PEER);
    assert_eq!(client.sign_and_send(&mut lab, peer_alone, &[]), Err(400));
    let short = RawAttribute::new(0x000c.into(), &[0x40]);
    let malformed = with_peer(request(CHANNEL_BIND), PEER);
    assert_eq!(
        client.sign_and_send(&mut lab, malformed, &[&short]),
        Err(400)
    );
}

/// RFC 5766 section 11, where the operator says so.
#[test]
fn the_numbers_of_rfc_5766_are_carried_on_demand() {
    let mut lab = Lab::with(|config| config.old_channels = true);
    let mut client = Client::new(1);
    client.allocate(&mut lab).unwrap();
    for (number, peer) in [
        (0x4000, PEER),
        (0x4fff, OTHER),
        (0x7fff, "93.184.215.14:7002"),
    ] {
        client.bind(&mut lab, number, peer).unwrap();
        assert_ne!(client.send_on(&mut lab, number, b"x"), Sent::Nothing);
    }
    assert_eq!(client.bind(&mut lab, 0x8000, PEER), Err(400));
}

/// `turnutils_uclient` of Debian draws from all of RFC 5766's range and ends where a number is refused.
#[test]
fn coturns_old_client_binds_the_numbers_it_draws() {
    let mut lab = Lab::new();
    let mut client = Client::new(1);
    client.allocate(&mut lab).unwrap();
    let bind = |number, fingerprint| {
        let mut message = request(CHANNEL_BIND);
        message.add_attribute(&ChannelNumber::new(number)).unwrap();
        let mut message = with_peer(message, PEER);
        message
            .add_attribute(&Username::new(USER).unwrap())
            .unwrap();
        message
            .add_attribute(&Nonce::new(&client.nonce).unwrap())
            .unwrap();
        message
            .add_attribute(&Realm::new("magpie").unwrap())
            .unwrap();
        let sha1 = IntegrityAlgorithm::Sha1;
        message
            .add_message_integrity_with_key(&client.key(), sha1)
            .unwrap();
        if fingerprint {
            message.add_fingerprint().unwrap();
        }
        message.finish()
    };
    for (number, fingerprint, code) in [
        (0x7fff, false, Some(400)),
        (0x8000, true, Some(400)),
        (0x7fff, true, None),
    ] {
        let Sent::Reply(reply) = lab.packet(client.address, &bind(number, fingerprint)) else {
            panic!("no answer")
        };
        assert_eq!(attribute::<ErrorCode>(&reply).map(|e| e.code()), code);
    }
}

#[test]
fn channels_are_bounded_and_expired_ones_make_room() {
    let mut lab = Lab::with(|config| {
        config.limits.channels = 1;
        config.lifetimes.channel = std::time::Duration::from_secs(100);
    });
    let mut client = Client::new(1);
    client.allocate(&mut lab).unwrap();
    client.bind(&mut lab, 0x4000, PEER).unwrap();
    assert_eq!(client.bind(&mut lab, 0x4001, OTHER), Err(508));
    lab.pass(100);
    assert_eq!(client.bind(&mut lab, 0x4001, OTHER), Ok(()));
}

/// RFC 8656 section 12.2.
#[test]
fn a_forbidden_or_foreign_peer_gets_no_channel() {
    let (mut lab, client) = bound();
    assert_eq!(client.bind(&mut lab, 0x4001, "10.1.2.3:80"), Err(403));
    assert_eq!(client.bind(&mut lab, 0x4001, "[2a00:1450::1]:80"), Err(443));
    assert_eq!(client.bind(&mut lab, 0x4001, "93.184.215.14:0"), Err(403));
}

fn bound() -> (Lab, Client) {
    let mut lab = Lab::new();
    let mut client = Client::new(1);
    client.allocate(&mut lab).unwrap();
    client.bind(&mut lab, 0x4000, PEER).unwrap();
    (lab, client)
}
