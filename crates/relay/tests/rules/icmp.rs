//! ICMP errors (RFC 8656 section 11.5 and 18.13).

use magpie_relay::{IcmpError, PeerAddr, RelayId, Transport};
use stun_types::message::{Message, MessageClass};
use stun_types::prelude::AttributeStaticType;
use turn_types::attribute::{Data, XorPeerAddress};
use turn_types::message::DATA;

use crate::dual;
use crate::lab::{Client, Lab, PEER, Sent, attribute, own};

const UNREACHABLE_PORT: IcmpError = IcmpError {
    kind: 3,
    code: 3,
    mtu: 0,
};
const PEER6: &str = "[2606:2800:220:1::1]:7000";

#[test]
fn the_client_hears_which_peer_is_unreachable_and_why() {
    let (mut lab, client) = permitted();
    let relay = lab.last();
    let Sent::ToClient(to, message) = error(&mut lab, relay, PEER, UNREACHABLE_PORT) else {
        panic!("nothing said")
    };
    assert_eq!(to, client.address);
    let parsed = Message::from_bytes(&message).unwrap();
    assert_eq!(parsed.class(), MessageClass::Indication);
    assert!(parsed.has_method(DATA));
    let peer = attribute::<XorPeerAddress>(&message).unwrap();
    assert_eq!(peer.addr(parsed.transaction_id()).to_string(), PEER);
    assert!(!parsed.has_attribute(Data::TYPE));
    assert_eq!(icmp(&message), [0, 0, 3 << 1, 3, 0, 0, 0, 0]);
}

/// RFC 8656 section 18.13: the error data is an MTU, or zero.
#[test]
fn the_mtu_is_told_where_a_packet_was_too_long() {
    let mtu = 1280_u32;
    let told = [mtu.to_be_bytes(), [0; 4]];
    let (mut lab, _, [v4, v6]) = dual::allocated_and_permitted();
    for (relay, peer, kind, code, data) in [
        (v4, PEER, 3, 4, told[0]),
        (v4, PEER, 3, 1, told[1]),
        (v6, PEER6, 2, 0, told[0]),
        (v6, PEER6, 1, 4, told[1]),
    ] {
        let Sent::ToClient(_, message) =
            error(&mut lab, relay, peer, IcmpError { kind, code, mtu })
        else {
            panic!("nothing said of {kind}")
        };
        assert_eq!(icmp(&message)[2..4], [kind << 1, code]);
        assert_eq!(icmp(&message)[4..], data);
    }
}

/// RFC 8656 section 11.5.
#[test]
fn other_types_are_dropped() {
    let (mut lab, _, [v4, v6]) = dual::allocated_and_permitted();
    let told = |lab: &mut Lab, relay, peer| -> Vec<u8> {
        let mut told = Vec::new();
        for kind in 0..=255 {
            lab.pass(1);
            let (code, mtu) = (0, 0);
            if error(lab, relay, peer, IcmpError { kind, code, mtu }) != Sent::Nothing {
                told.push(kind);
            }
        }
        told
    };
    assert_eq!(told(&mut lab, v4, PEER), [3, 11]);
    let (mut lab, _, _) = dual::allocated_and_permitted();
    assert_eq!(told(&mut lab, v6, PEER6), [1, 2, 3]);
}

/// RFC 8656 section 11.5: the peer's address has to be permitted.
#[test]
fn errors_about_others_than_permitted_peers_are_dropped() {
    let (mut lab, _) = permitted();
    let relay = lab.last();
    let stranger = "93.184.215.15:7000";
    assert_eq!(
        error(&mut lab, relay, stranger, UNREACHABLE_PORT),
        Sent::Nothing
    );
    lab.pass(301);
    assert_eq!(
        error(&mut lab, relay, PEER, UNREACHABLE_PORT),
        Sent::Nothing
    );
}

/// Our own relayed addresses are reached without any packet that could bring an error back.
#[test]
fn errors_about_relayed_addresses_of_ours_are_dropped() {
    let mut lab = Lab::new();
    let [mut one, mut two] = [1, 2].map(Client::new);
    one.allocate(&mut lab).unwrap();
    let at_two = two.allocate(&mut lab).unwrap().to_string();
    one.permit(&mut lab, &at_two).unwrap();
    let relay = lab.opened[0].0;
    assert_eq!(
        error(&mut lab, relay, &at_two, UNREACHABLE_PORT),
        Sent::Nothing
    );
}

#[test]
fn a_client_hears_of_ten_errors_a_second() {
    let (mut lab, _) = permitted();
    let relay = lab.last();
    let mut heard = || {
        let sent = (0..100).map(|_| error(&mut lab, relay, PEER, UNREACHABLE_PORT));
        let heard = sent.filter(|sent| *sent != Sent::Nothing).count();
        lab.pass(1);
        heard
    };
    assert_eq!([heard(), heard()], [10, 10]);
}

#[test]
fn a_stream_client_hears_of_errors_too() {
    let mut lab = Lab::new();
    let mut client = Client::over(1, Transport::Tls);
    client.allocate(&mut lab).unwrap();
    client.permit(&mut lab, PEER).unwrap();
    let relay = lab.last();
    let Sent::ToClient(_, message) = error(&mut lab, relay, PEER, UNREACHABLE_PORT) else {
        panic!("nothing said")
    };
    assert!(message.len().is_multiple_of(4));
}

fn permitted() -> (Lab, Client) {
    let mut lab = Lab::new();
    let mut client = Client::new(1);
    client.allocate(&mut lab).unwrap();
    client.permit(&mut lab, PEER).unwrap();
    (lab, client)
}

fn error(lab: &mut Lab, relay: RelayId, peer: &str, error: IcmpError) -> Sent {
    let peer = PeerAddr::new(peer.parse().unwrap());
    own(lab.relay.from_peer_icmp(lab.now, relay, peer, error))
}

/// The value of the ICMP attribute.
fn icmp(message: &[u8]) -> [u8; 8] {
    let message = Message::from_bytes(message).unwrap();
    let raw = message.raw_attribute(0x8004.into()).unwrap();
    raw.value.as_ref().try_into().unwrap()
}
