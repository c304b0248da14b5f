//! Send and Data indications (RFC 8656 section 11), and packets between two relayed addresses of ours.

use magpie_relay::{Fragment, Transport};
use stun_types::attribute::RawAttribute;
use stun_types::message::{Message, MessageClass};
use stun_types::prelude::{MessageWrite, MessageWriteExt};
use turn_types::attribute::{Data, DontFragment, XorPeerAddress};
use turn_types::message::DATA;

use crate::lab::{Client, Lab, PEER, Sent, attribute, channel_data, indication, with_peer};

/// RFC 8656 section 11.4; the codec reads what we write by hand.
#[test]
fn a_peer_without_a_channel_is_heard_by_data_indication() {
    for (family, peer) in [(1, PEER), (2, "[2a00:1450::1]:7000")] {
        for payload in [&b""[..], b"a", b"ab", b"abc", b"abcd"] {
            let (mut lab, client) = permitted(family, peer);
            let relay = lab.last();
            let Sent::ToClient(to, bytes) = lab.peer_packet(relay, peer, payload) else {
                panic!()
            };
            let message = Message::from_bytes(&bytes).unwrap();
            assert_eq!(
                (message.class(), message.method()),
                (MessageClass::Indication, DATA)
            );
            let from = attribute::<XorPeerAddress>(&bytes)
                .unwrap()
                .addr(message.transaction_id());
            assert_eq!((to, from), (client.address, peer.parse().unwrap()));
            assert_eq!(message.attribute::<Data>().unwrap().data(), payload);
        }
    }
}

/// RFC 8489 section 5: each has a transaction id of its own.
#[test]
fn data_indications_do_not_share_a_transaction() {
    let (mut lab, _) = permitted(1, PEER);
    let relay = lab.last();
    assert_ne!(
        lab.peer_packet(relay, PEER, b"x"),
        lab.peer_packet(relay, PEER, b"x")
    );
}

#[test]
fn the_longest_datagram_does_not_overflow_an_indication() {
    let (mut lab, _) = permitted(1, PEER);
    let relay = lab.last();
    assert_ne!(lab.peer_packet(relay, PEER, &[0; 65_507]), Sent::Nothing);
    assert_eq!(lab.peer_packet(relay, PEER, &[0; 65_535]), Sent::Nothing);
}

/// RFC 8656 section 11.2.
#[test]
fn an_indication_without_peer_or_data_is_dropped() {
    let (mut lab, client) = permitted(1, PEER);
    let no_data = with_peer(indication(), PEER).finish();
    assert_eq!(lab.packet(client.address, &no_data), Sent::Nothing);
    let mut no_peer = indication();
    no_peer.add_attribute(&Data::new(b"x")).unwrap();
    assert_eq!(lab.packet(client.address, &no_peer.finish()), Sent::Nothing);
}

/// RFC 8489 section 6.3.2.
#[test]
fn an_indication_with_an_unknown_attribute_is_dropped() {
    let (mut lab, client) = permitted(1, PEER);
    let strange = RawAttribute::new(0x7777.into(), &[]);
    assert_eq!(
        client.send(&mut lab, PEER, b"x", &[&strange]),
        Sent::Nothing
    );
}

/// RFC 8656 section 11.2: DONT-FRAGMENT sets the DF bit of this packet.
#[test]
fn dont_fragment_goes_with_the_packet() {
    let (mut lab, client) = permitted(1, PEER);
    let Sent::ToPeer(.., fragment) = client.send(&mut lab, PEER, b"x", &[&DontFragment::new()])
    else {
        panic!()
    };
    assert_eq!(fragment, Fragment::Forbidden);
}

#[test]
fn a_client_without_an_allocation_sends_nothing() {
    let mut lab = Lab::new();
    let client = Client::new(1);
    assert_eq!(client.send(&mut lab, PEER, b"x", &[]), Sent::Nothing);
    assert_eq!(client.send_on(&mut lab, 0x4000, b"x"), Sent::Nothing);
}

#[test]
fn port_zero_and_our_own_listener_are_out_of_reach_of_a_permission_for_their_address() {
    let mut lab = Lab::new();
    lab.relay
        .set_listening(&["93.184.215.14:3478".parse().unwrap()]);
    let mut client = Client::new(1);
    client.allocate(&mut lab).unwrap();
    client.permit(&mut lab, PEER).unwrap();
    assert_eq!(
        client.send(&mut lab, "93.184.215.14:0", b"x", &[]),
        Sent::Nothing
    );
    assert_eq!(
        client.send(&mut lab, "93.184.215.14:3478", b"x", &[]),
        Sent::Nothing
    );
    assert_eq!(lab.relay.snapshot().refused_peers, 2);
    assert_ne!(
        client.send(&mut lab, "93.184.215.14:3479", b"x", &[]),
        Sent::Nothing
    );
}

#[test]
fn two_relayed_addresses_of_ours_reach_each_other_inside() {
    let (mut lab, one, two, at) = pair();
    one.bind(&mut lab, 0x4000, &at[1]).unwrap();
    two.bind(&mut lab, 0x4001, &at[0]).unwrap();
    let heard = one.send_on(&mut lab, 0x4000, b"hello");
    assert_eq!(
        heard,
        Sent::ToClient(
            two.address,
            [channel_data(0x4001, b"hello"), vec![0; 3]].concat()
        )
    );
    assert!(
        lab.watched.is_empty(),
        "no relay socket has to be read for that"
    );
}

#[test]
fn inside_too_the_receiver_has_to_permit_the_sender() {
    let (mut lab, one, two, at) = pair();
    one.permit(&mut lab, &at[1]).unwrap();
    assert_eq!(one.send(&mut lab, &at[1], b"x", &[]), Sent::Nothing);
    two.permit(&mut lab, &at[0]).unwrap();
    let Sent::ToClient(_, bytes) = one.send(&mut lab, &at[1], b"x", &[]) else {
        panic!()
    };
    let transaction = Message::from_bytes(&bytes).unwrap().transaction_id();
    assert_eq!(
        attribute::<XorPeerAddress>(&bytes)
            .unwrap()
            .addr(transaction)
            .to_string(),
        at[0]
    );
}

/// The address of the server is in a forbidden range here: only its live relayed addresses are excepted, each by its port.
#[test]
fn a_permission_for_our_own_relayed_address_opens_nothing_else_there() {
    let (mut lab, one, two, at) = pair();
    one.permit(&mut lab, &at[1]).unwrap();
    two.permit(&mut lab, &at[0]).unwrap();
    assert_eq!(one.permit(&mut lab, "192.0.2.9:22"), Err(403));
    assert_eq!(one.bind(&mut lab, 0x4000, "192.0.2.9:22"), Err(403));
    assert_eq!(one.send(&mut lab, "192.0.2.9:22", b"x", &[]), Sent::Nothing);
    let relay = lab.opened[0].0;
    assert_eq!(lab.peer_packet(relay, "192.0.2.9:22", b"x"), Sent::Nothing);
}

#[test]
fn a_relayed_address_that_has_ended_is_an_address_like_any_other() {
    let (mut lab, one, two, at) = pair();
    one.bind(&mut lab, 0x4000, &at[1]).unwrap();
    lab.relay.client_gone(two.address);
    assert_eq!(one.send_on(&mut lab, 0x4000, b"x"), Sent::Nothing);
    assert_eq!(one.bind(&mut lab, 0x4000, &at[1]), Err(403));
}

#[test]
fn a_client_may_relay_to_itself() {
    let mut lab = Lab::new();
    let mut client = Client::new(1);
    let own = client.allocate(&mut lab).unwrap().to_string();
    client.bind(&mut lab, 0x4000, &own).unwrap();
    assert_eq!(
        client.send_on(&mut lab, 0x4000, b"x"),
        Sent::ToClient(client.address, channel_data(0x4000, b"x"))
    );
}

fn permitted(family: u8, peer: &str) -> (Lab, Client) {
    use turn_types::attribute::RequestedTransport;
    use turn_types::message::ALLOCATE;

    let mut lab = Lab::new();
    let mut client = Client::new(1);
    client.learn(&mut lab);
    let value = [family, 0, 0, 0];
    let family = RawAttribute::new(0x0017.into(), &value);
    client
        .ask(&mut lab, ALLOCATE, &[&RequestedTransport::new(17), &family])
        .unwrap();
    client.permit(&mut lab, peer).unwrap();
    (lab, client)
}

/// One client over UDP, one over TCP, and their relayed addresses.
fn pair() -> (Lab, Client, Client, [String; 2]) {
    let mut lab = Lab::new();
    let (mut one, mut two) = (Client::new(1), Client::over(2, Transport::Tcp));
    let at = [&mut one, &mut two].map(|client| client.allocate(&mut lab).unwrap().to_string());
    (lab, one, two, at)
}
