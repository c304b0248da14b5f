//! ICMP errors (RFC 8656 section 11.5), as the kernel of this machine gives them on loopback.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use magpie_server::config::RelaySettings;
use stun_types::message::Message;
use turn_types::AddressFamily;
use turn_types::attribute::{AdditionalAddressFamily, XorPeerAddress};
use turn_types::message::DATA;

use crate::client::Client;
use crate::server::{PASSWORD, USER, settings, start};

#[test]
fn a_closed_port_is_told_in_both_families() {
    let server = start(&allowing_loopback(), "127.0.0.1");
    let mut client = Client::new(server.address, USER, PASSWORD);
    let v6 = AdditionalAddressFamily::new(AddressFamily::IPV6);
    client.allocate_with(&[&v6]).unwrap();
    // Port unreachable: type 3 and code 3 of ICMP, type 1 and code 4 of ICMPv6 (RFC 8656 section 18.13: 7 bits and 9).
    for (channel, host, value) in [
        (0x4000, "127.0.0.1:0", [0, 0, 3 << 1, 3, 0, 0, 0, 0]),
        (0x4001, "[::1]:0", [0, 0, 1 << 1, 4, 0, 0, 0, 0]),
    ] {
        let nobody = closed_port(host);
        client.bind(channel, nobody).unwrap();
        client.send(channel, b"anybody?");
        let told = client.receive();
        let message = Message::from_bytes(&told).unwrap();
        assert!(message.has_method(DATA));
        let peer = message.attribute::<XorPeerAddress>().unwrap();
        assert_eq!(peer.addr(message.transaction_id()), nobody);
        let icmp = message.raw_attribute(0x8004.into()).unwrap();
        assert_eq!(icmp.value.as_ref(), value);
    }
}

#[test]
fn a_peer_that_is_gone_costs_another_no_packet() {
    let server = start(&allowing_loopback(), "127.0.0.1");
    let mut client = Client::new(server.address, USER, PASSWORD);
    client.allocate().unwrap();
    let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
    peer.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    client.bind(0x4000, closed_port("127.0.0.1:0")).unwrap();
    client.bind(0x4001, peer.local_addr().unwrap()).unwrap();
    for n in 0..200_u8 {
        client.send(0x4000, b"lost");
        client.send(0x4001, &[n]);
        let mut buffer = [0; 8];
        assert_eq!(peer.recv(&mut buffer).unwrap(), 1);
        assert_eq!(buffer[0], n);
    }
}

fn closed_port(host: &str) -> SocketAddr {
    let socket = UdpSocket::bind(host).unwrap();
    socket.local_addr().unwrap()
}

fn allowing_loopback() -> RelaySettings {
    let mut settings = settings();
    settings.allow_peers = ["127.0.0.0/8", "::1/128"]
        .map(|network| network.parse().unwrap())
        .into();
    settings
}
