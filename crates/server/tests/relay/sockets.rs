//! Real sockets on loopback.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use magpie_server::config::{RelaySettings, RelayTransport};
use magpie_server::relay::{IceServer, Relay, RelayHandle, RelaySocket};
use stun_types::message::{BINDING, Message, MessageWriteVec};
use stun_types::prelude::MessageWrite;

use crate::client::Client;
use crate::server::{PASSWORD, USER, settings, start};

#[test]
fn a_wildcard_socket_answers_from_the_ipv4_address_it_was_asked_at() {
    let (_relay, [address]) = wildcard("0.0.0.0");
    let client = Client::new(
        SocketAddr::new([127, 0, 0, 2].into(), address.port()),
        USER,
        PASSWORD,
    );
    assert_eq!(client.binding(), client.local());
}

#[test]
fn a_wildcard_socket_answers_from_the_ipv6_address_it_was_asked_at() {
    let (_relay, [address]) = wildcard("[::]");
    let client = Client::new(
        format!("[::1]:{}", address.port()).parse().unwrap(),
        USER,
        PASSWORD,
    );
    assert_eq!(client.binding(), client.local());
}

#[test]
fn a_relayed_address_lies_on_the_address_the_client_reached() {
    let (_relay, [address]) = wildcard("0.0.0.0");
    let mut client = Client::new(
        SocketAddr::new([127, 0, 0, 3].into(), address.port()),
        USER,
        PASSWORD,
    );
    assert_eq!(client.allocate().unwrap().ip().to_string(), "127.0.0.3");
}

#[test]
fn two_relayed_clients_talk_without_any_allowed_peer() {
    let server = start(&settings(), "127.0.0.1");
    let (mut one, mut two) = (client(server.address), client(server.address));
    let (at_one, at_two) = (one.allocate().unwrap(), two.allocate().unwrap());
    one.bind(0x4000, at_two).unwrap();
    two.bind(0x4001, at_one).unwrap();
    one.send(0x4000, b"hello");
    assert_eq!(two.receive(), b"\x40\x01\x00\x05hello");
    two.send(0x4001, b"hi");
    assert_eq!(one.receive(), b"\x40\x00\x00\x02hi");
}

#[test]
fn loopback_is_refused_unless_it_is_allowed() {
    let server = start(&settings(), "127.0.0.1");
    let mut client = client(server.address);
    client.allocate().unwrap();
    assert_eq!(client.permit("127.0.0.1:9".parse().unwrap()), Err(403));
    assert_eq!(
        client.bind(0x4000, "127.0.0.1:9".parse().unwrap()),
        Err(403)
    );
}

#[test]
fn the_relay_never_talks_to_itself() {
    let server = start(&allowing_loopback(), "127.0.0.1");
    let mut client = client(server.address);
    client.allocate().unwrap();
    assert_eq!(client.permit(server.address), Err(403));
    assert_eq!(client.bind(0x4000, server.address), Err(403));
    // One that only listens for TCP.
    assert_eq!(client.permit(server.tls), Err(403));
}

#[test]
fn an_allowed_peer_hears_the_relayed_address_and_is_heard() {
    let server = start(&allowing_loopback(), "127.0.0.1");
    let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
    peer.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut client = client(server.address);
    let relayed = client.allocate().unwrap();
    client.bind(0x4000, peer.local_addr().unwrap()).unwrap();
    client.send(0x4000, b"out");
    let mut buffer = [0; 16];
    let (length, from) = peer.recv_from(&mut buffer).unwrap();
    assert_eq!((&buffer[..length], from), (&b"out"[..], relayed));
    peer.send_to(b"back", relayed).unwrap();
    assert_eq!(client.receive(), b"\x40\x00\x00\x04back");
}

/// RFC 8656 section 7.2: IPv4 is the default, whatever the client itself speaks.
#[test]
fn a_client_on_ipv6_gets_an_ipv4_address_unless_it_asks() {
    let server = start(&settings(), "::1");
    assert!(client(server.address).allocate().unwrap().is_ipv4());
}

/// RFC 8656 section 9: what comes without a permission is dropped, not kept for later.
#[test]
fn what_a_peer_sent_before_it_was_permitted_is_never_heard() {
    let server = start(&allowing_loopback(), "127.0.0.1");
    let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut client = client(server.address);
    let relayed = client.allocate().unwrap();
    peer.send_to(b"early", relayed).unwrap();
    client.bind(0x4000, peer.local_addr().unwrap()).unwrap();
    peer.send_to(b"late", relayed).unwrap();
    assert_eq!(client.receive(), b"\x40\x00\x00\x04late");
}

#[test]
fn a_minted_credential_opens_an_allocation() {
    let server = start(&settings(), "127.0.0.1");
    let credential = server.handle.mint("somebody", Duration::from_secs(60));
    let mut client = Client::new(server.address, &credential.username, &credential.password);
    assert!(client.allocate().is_ok());
}

#[test]
fn an_expired_credential_does_not() {
    let server = start(&settings(), "127.0.0.1");
    let credential = server.handle.mint("somebody", Duration::ZERO);
    let mut client = Client::new(server.address, &credential.username, &credential.password);
    assert_eq!(client.allocate(), Err(401));
}

#[test]
fn the_quota_counts_the_minter() {
    let mut settings = settings();
    settings.user_quota = std::num::NonZeroU32::new(1);
    let server = start(&settings, "127.0.0.1");
    let [first, second, other] = ["ann", "ann", "ben"].map(|minter| {
        let credential = server.handle.mint(minter, Duration::from_secs(60));
        Client::new(server.address, &credential.username, &credential.password)
    });
    let results = [first, second, other].map(|mut client| client.allocate().map(drop));
    assert_eq!(results, [Ok(()), Err(486), Ok(())]);
}

#[test]
fn exhausted_ports_are_508() {
    let port = UdpSocket::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mut settings = settings();
    settings.ports = format!("{port}-{port}").parse().unwrap();
    let server = start(&settings, "127.0.0.1");
    let (mut one, mut two) = (client(server.address), client(server.address));
    assert_eq!(one.allocate().unwrap().port(), port);
    assert_eq!(two.allocate(), Err(508));
}

#[test]
fn a_public_address_is_told_in_place_of_the_local_one() {
    let mut settings = settings();
    settings.public_ips = vec!["203.0.113.7/127.0.0.1".parse().unwrap()];
    let server = start(&settings, "127.0.0.1");
    assert_eq!(
        client(server.address).allocate().unwrap().ip().to_string(),
        "203.0.113.7"
    );
}

#[test]
fn a_stream_that_speaks_something_else_is_closed() {
    let server = start(&settings(), "127.0.0.1");
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    assert_eq!(stream.read(&mut [0; 64]).unwrap_or(0), 0);
}

#[test]
fn transports_that_are_not_offered_are_closed() {
    let binding = [
        0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
    ];
    let mut settings = settings();
    settings.transports = vec![RelayTransport::Tls];
    let server = start(&settings, "127.0.0.1");
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.write_all(&binding).unwrap();
    assert_eq!(stream.read(&mut [0; 64]).unwrap_or(0), 0);
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(server.address).unwrap();
    socket.send(&binding).unwrap();
    let refused = socket.recv(&mut [0; 64]).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
}

#[test]
fn a_stream_that_sends_half_a_message_is_closed_within_ten_seconds() {
    let server = start(&settings(), "127.0.0.1");
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.write_all(&[0, 1, 0, 0, 0x21]).unwrap();
    let started = Instant::now();
    stream
        .set_read_timeout(Some(Duration::from_secs(11)))
        .unwrap();
    assert_eq!(stream.read(&mut [0; 64]).unwrap(), 0);
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_stream_that_asks_and_never_reads_is_closed_within_ten_seconds() {
    let server = start(&settings(), "127.0.0.1");
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream
        .set_write_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let binding = [
        0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
    ];
    let many = binding.repeat(1000);
    let started = Instant::now();
    let error = (0..100_000)
        .find_map(|_| stream.write_all(&many).err())
        .unwrap();
    assert!(started.elapsed() < Duration::from_secs(10), "{error}");
}

#[test]
fn all_that_waits_in_a_socket_is_answered_although_it_is_told_of_once() {
    let socket = RelaySocket::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let client = client(socket.local());
    let request = Message::builder_request(BINDING, MessageWriteVec::new()).finish();
    // More than a worker takes before other sockets have their turn.
    for _ in 0..150 {
        client.socket.send(&request).unwrap();
    }
    let mut settings = settings();
    settings.workers = 1;
    let _relay = Relay::start(
        &settings,
        std::path::Path::new("/nonexistent"),
        vec![socket],
        Vec::new(),
        Vec::new(),
    )
    .unwrap();
    for at in 0..150 {
        let received = client.socket.recv(&mut [0; 2048]);
        assert!(received.is_ok(), "answer {at}: {received:?}");
    }
}

#[test]
fn ice_servers_name_the_address_the_page_reached_and_the_public_one() {
    let mut settings = settings();
    settings.public_ips = vec!["203.0.113.7".parse().unwrap()];
    let server = start(&settings, "127.0.0.1");
    let port = server.address.port();
    let mut servers = server
        .handle
        .ice_servers(server.address, &format!("localhost:{port}"));
    let credential = server.handle.mint("somebody", Duration::from_secs(60));
    IceServer::sign(&mut servers, &credential);
    let [stun, turn] = servers.as_slice() else {
        panic!("{servers:?}")
    };
    assert_eq!(
        stun.urls,
        [
            format!("stun:127.0.0.1:{port}"),
            format!("stun:203.0.113.7:{port}")
        ]
    );
    assert_eq!(stun.username, None);
    let expected = [
        format!("turn:127.0.0.1:{port}?transport=udp"),
        format!("turn:127.0.0.1:{port}?transport=tcp"),
        format!("turn:203.0.113.7:{port}?transport=udp"),
        format!("turn:203.0.113.7:{port}?transport=tcp"),
        format!("turns:localhost:{port}?transport=tcp"),
    ];
    assert_eq!(turn.urls, expected);
    assert_eq!(turn.username.as_deref(), Some(credential.username.as_str()));
}

#[test]
fn a_missing_secret_is_made_once_and_kept_to_its_owner() {
    use std::os::unix::fs::PermissionsExt;

    let folder = std::env::temp_dir().join(format!("magpie-relay-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut settings = settings();
    settings.secrets.clear();
    let secrets = [0, 1].map(|_| {
        drop(Relay::start(&settings, &folder, Vec::new(), Vec::new(), Vec::new()).unwrap());
        std::fs::read_to_string(folder.join("turn-secret")).unwrap()
    });
    let mode = std::fs::metadata(folder.join("turn-secret"))
        .unwrap()
        .permissions()
        .mode();
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(secrets[0], secrets[1]);
    assert_eq!(mode & 0o777, 0o600);
}

fn client(server: SocketAddr) -> Client {
    Client::new(server, USER, PASSWORD)
}

fn allowing_loopback() -> RelaySettings {
    let mut settings = settings();
    settings.allow_peers = vec!["127.0.0.0/8".parse().unwrap()];
    settings
}

fn wildcard(host: &str) -> (RelayHandle, [SocketAddr; 1]) {
    let socket = RelaySocket::bind(format!("{host}:0").parse().unwrap()).unwrap();
    let address = socket.local();
    let relay = Relay::start(
        &settings(),
        std::path::Path::new("/nonexistent"),
        vec![socket],
        Vec::new(),
        Vec::new(),
    )
    .unwrap();
    (relay, [address])
}
