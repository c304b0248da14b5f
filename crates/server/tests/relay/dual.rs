//! Dual allocations (RFC 8656 section 7) through the server, on loopback of both families.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use turn_types::AddressFamily;
use turn_types::attribute::{AdditionalAddressFamily, Lifetime, RequestedAddressFamily};

use crate::client::Client;
use crate::server::{PASSWORD, USER, settings, start};

#[test]
fn one_allocation_reaches_peers_of_both_families() {
    let mut settings = settings();
    settings.allow_peers = ["127.0.0.0/8", "::1/128"]
        .map(|network| network.parse().unwrap())
        .into();
    let server = start(&settings, "127.0.0.1");
    let mut client = Client::new(server.address, USER, PASSWORD);
    let relayed = client.allocate_with(&[&v6_too()]).unwrap();
    for (channel, peer_at, relayed) in [
        (0x4000, "127.0.0.1:0", relayed[0]),
        (0x4001, "[::1]:0", relayed[1]),
    ] {
        let peer = UdpSocket::bind(peer_at).unwrap();
        peer.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        client.bind(channel, peer.local_addr().unwrap()).unwrap();
        client.send(channel, b"out");
        let mut buffer = [0; 16];
        let (length, from) = peer.recv_from(&mut buffer).unwrap();
        assert_eq!((&buffer[..length], from), (&b"out"[..], relayed));
        peer.send_to(b"back", relayed).unwrap();
        let [high, low] = channel.to_be_bytes();
        assert_eq!(client.receive(), [high, low, 0, 4, b'b', b'a', b'c', b'k']);
    }
}

/// RFC 8656 section 8.2.
#[test]
fn a_deleted_family_gives_its_port_back_and_leaves_the_other() {
    let server = start(&settings(), "127.0.0.1");
    let mut client = Client::new(server.address, USER, PASSWORD);
    let relayed = client.allocate_with(&[&v6_too()]).unwrap();
    let v4 = RequestedAddressFamily::new(AddressFamily::IPV4);
    client.refresh(&[&Lifetime::new(0), &v4]).unwrap();
    assert!(UdpSocket::bind(relayed[0]).is_ok());
    assert!(UdpSocket::bind(relayed[1]).is_err());
    let v4_peer: SocketAddr = "93.184.215.14:7".parse().unwrap();
    assert_eq!(client.permit(v4_peer), Err(443));
    assert!(client.refresh(&[]).is_ok());
}

fn v6_too() -> AdditionalAddressFamily {
    AdditionalAddressFamily::new(AddressFamily::IPV6)
}
