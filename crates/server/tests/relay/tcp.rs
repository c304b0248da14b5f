//! TCP allocations (RFC 6062) through the server, on loopback.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::num::NonZeroU64;
use std::time::{Duration, Instant};

use magpie_server::config::RelaySettings;
use stun_types::attribute::{ErrorCode, Nonce, Realm, Username};
use stun_types::message::{
    IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageWriteVec, Method,
};
use stun_types::prelude::{AttributeWrite, MessageWrite, MessageWriteExt};
use turn_types::attribute::{
    ConnectionId, Lifetime, RequestedTransport, XorPeerAddress, XorRelayedAddress,
};
use turn_types::message::{
    ALLOCATE, CONNECT, CONNECTION_ATTEMPT, CONNECTION_BIND, CREATE_PERMISSION, REFRESH,
};

use crate::server::{PASSWORD, Server, USER, settings, start};

#[test]
fn a_client_connects_to_a_peer_and_bytes_pass_both_ways() {
    let server = start(&allowing_loopback(), "127.0.0.1");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (control, relayed) = allocate(&server);
    let connection = control.connect(local(&listener)).unwrap();
    let (mut peer, from) = listener.accept().unwrap();
    assert_eq!(from, relayed);
    // What the peer says before the client has bound anything is kept.
    peer.write_all(b"early").unwrap();
    let mut data = bind(&server, &connection);
    assert_eq!(receive(&mut data, 5), b"early");
    data.write_all(b"out").unwrap();
    assert_eq!(receive(&mut peer, 3), b"out");
    peer.write_all(b"back").unwrap();
    assert_eq!(receive(&mut data, 4), b"back");
}

#[test]
fn a_permitted_peer_connects_to_the_client() {
    let server = start(&allowing_loopback(), "127.0.0.1");
    let (control, relayed) = allocate(&server);
    control.permit("127.0.0.1:9".parse().unwrap()).unwrap();
    let mut peer = TcpStream::connect(relayed).unwrap();
    let attempt = control.receive();
    let message = Message::from_bytes(&attempt).unwrap();
    assert!(message.has_method(CONNECTION_ATTEMPT));
    let told = message.attribute::<XorPeerAddress>().unwrap();
    let transaction = message.transaction_id();
    assert_eq!(told.addr(transaction), peer.local_addr().unwrap());
    let mut data = bind(&server, &message.attribute::<ConnectionId>().unwrap());
    peer.write_all(b"in").unwrap();
    assert_eq!(receive(&mut data, 2), b"in");
    data.write_all(b"answer").unwrap();
    assert_eq!(receive(&mut peer, 6), b"answer");
}

/// RFC 6062 section 5.3.
#[test]
fn a_peer_without_permission_is_closed() {
    let server = start(&allowing_loopback(), "127.0.0.1");
    let (_control, relayed) = allocate(&server);
    let mut peer = TcpStream::connect(relayed).unwrap();
    assert_ended(&mut peer);
}

/// RFC 6062 section 5.2.
#[test]
fn a_peer_that_refuses_is_447_and_one_twice_446() {
    let server = start(&allowing_loopback(), "127.0.0.1");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (control, _) = allocate(&server);
    let peer = local(&listener);
    assert!(control.connect(peer).is_ok());
    assert_eq!(control.connect(peer).unwrap_err(), 446);
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = local(&closed);
    drop(closed);
    assert_eq!(control.connect(nobody).unwrap_err(), 447);
}

#[test]
fn forbidden_peers_and_the_server_itself_are_403() {
    let server = start(&settings(), "127.0.0.1");
    let (control, _) = allocate(&server);
    assert_eq!(
        control.connect("127.0.0.1:9".parse().unwrap()).unwrap_err(),
        403
    );
    let server = start(&allowing_loopback(), "127.0.0.1");
    let (control, _) = allocate(&server);
    assert_eq!(control.connect(server.address).unwrap_err(), 403);
}

/// Relayed addresses of ours reach each other though their range is forbidden.
#[test]
fn two_relayed_clients_connect_without_any_allowed_peer() {
    let server = start(&settings(), "127.0.0.1");
    assert_reach_each_other(&server);
}

/// Behind a 1:1 NAT too, which need not send them back.
#[test]
fn two_relayed_clients_connect_by_their_public_addresses() {
    let mut settings = settings();
    settings.public_ips = vec!["203.0.113.7/127.0.0.1".parse().unwrap()];
    let server = start(&settings, "127.0.0.1");
    let (_client, relayed) = allocate(&server);
    assert_eq!(relayed.ip().to_string(), "203.0.113.7");
    assert_reach_each_other(&server);
}

fn assert_reach_each_other(server: &Server) {
    let [(one, at_one), (two, at_two)] = [allocate(server), allocate(server)];
    two.permit(at_one).unwrap();
    let to_two = one.connect(at_two).unwrap();
    let attempt = two.receive();
    let attempt = Message::from_bytes(&attempt).unwrap();
    let told = attempt.attribute::<XorPeerAddress>().unwrap();
    assert_eq!(told.addr(attempt.transaction_id()), at_one);
    let mut ones = bind(server, &to_two);
    let mut twos = bind(server, &attempt.attribute::<ConnectionId>().unwrap());
    ones.write_all(b"hello").unwrap();
    assert_eq!(receive(&mut twos, 5), b"hello");
    twos.write_all(b"hi").unwrap();
    assert_eq!(receive(&mut ones, 2), b"hi");
}

/// A new connection reaches any worker, and the one it is to be bound to is of another three times in four.
#[test]
fn a_connection_is_bound_whichever_worker_it_reaches() {
    let mut settings = allowing_loopback();
    settings.workers = 4;
    let server = start(&settings, "127.0.0.1");
    let (control, _) = allocate(&server);
    for n in 0..12 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let connection = control.connect(local(&listener)).unwrap();
        let (mut peer, _) = listener.accept().unwrap();
        let mut data = bind(&server, &connection);
        data.write_all(&[n]).unwrap();
        assert_eq!(receive(&mut peer, 1), [n]);
    }
}

#[test]
fn megabytes_pass_whole_and_in_order() {
    let server = start(&allowing_loopback(), "127.0.0.1");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (control, _) = allocate(&server);
    let connection = control.connect(local(&listener)).unwrap();
    let (peer, _) = listener.accept().unwrap();
    let data = bind(&server, &connection);
    let (mut to_peer, mut from_client) = (data.try_clone().unwrap(), peer.try_clone().unwrap());
    let (mut to_client, mut from_peer) = (peer, data);
    let threads = [
        std::thread::spawn(move || send_pattern(&mut to_peer)),
        std::thread::spawn(move || send_pattern(&mut to_client)),
        std::thread::spawn(move || expect_pattern(&mut from_client)),
        std::thread::spawn(move || expect_pattern(&mut from_peer)),
    ];
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn the_end_of_one_way_is_passed_on_and_the_other_goes_on() {
    let server = start(&allowing_loopback(), "127.0.0.1");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (control, _) = allocate(&server);
    let connection = control.connect(local(&listener)).unwrap();
    let (mut peer, _) = listener.accept().unwrap();
    let mut data = bind(&server, &connection);
    data.write_all(b"ask").unwrap();
    data.shutdown(Shutdown::Write).unwrap();
    assert_eq!(receive(&mut peer, 3), b"ask");
    assert_ended(&mut peer);
    peer.write_all(b"answer").unwrap();
    assert_eq!(receive(&mut data, 6), b"answer");
    drop(peer);
    assert_ended(&mut data);
    // The connection is gone: the same peer may be asked for again.
    until(|| control.connect(local(&listener)).ok());
    assert!(listener.accept().is_ok());
}

/// RFC 6062 section 5.5.
#[test]
fn everything_ends_with_the_allocation() {
    let server = start(&allowing_loopback(), "127.0.0.1");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let (control, relayed) = allocate(&server);
    let bound = control.connect(local(&listener)).unwrap();
    let waiting = control.connect(local(&other)).unwrap();
    let (mut peer, _) = listener.accept().unwrap();
    let (mut unbound, _) = other.accept().unwrap();
    let mut data = bind(&server, &bound);
    control.ask(REFRESH, &[&Lifetime::new(0)]).unwrap();
    for stream in [&mut peer, &mut unbound, &mut data] {
        assert_ended(stream);
    }
    assert!(TcpStream::connect(relayed).is_err());
    let mut late = Client::new(server.address);
    late.learn();
    assert_eq!(late.ask(CONNECTION_BIND, &[&waiting]).unwrap_err(), 400);
}

/// RFC 6062 section 5.4. The last byte of an id is the worker's number, and there are two.
#[test]
fn an_id_that_nobody_has_given_is_400_and_the_stream_goes_on() {
    let server = start(&settings(), "127.0.0.1");
    let mut client = Client::new(server.address);
    client.learn();
    for id in [0, 1, 0xdead_beef, u32::MAX] {
        let bound = client.ask(CONNECTION_BIND, &[&ConnectionId::new(id)]);
        assert_eq!(bound.unwrap_err(), 400, "{id:08x}");
    }
}

/// `max_bps` holds for connections as for datagrams.
#[test]
fn connections_are_held_to_the_bandwidth() {
    let mut settings = allowing_loopback();
    settings.max_bps = NonZeroU64::new(16_000_000);
    let server = start(&settings, "127.0.0.1");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (control, _) = allocate(&server);
    let connection = control.connect(local(&listener)).unwrap();
    let (mut peer, _) = listener.accept().unwrap();
    let mut data = bind(&server, &connection);
    let started = Instant::now();
    // A second's worth passes at once, and as much again takes a second, less what one turn moves.
    let sender = std::thread::spawn(move || data.write_all(&vec![0; 4_000_000]).unwrap());
    receive(&mut peer, 4_000_000);
    sender.join().unwrap();
    assert!(
        started.elapsed() > Duration::from_millis(400),
        "{:?}",
        started.elapsed()
    );
}

#[test]
fn a_tcp_allocation_over_udp_is_400() {
    let server = start(&settings(), "127.0.0.1");
    let mut client = crate::client::Client::new(server.address, USER, PASSWORD);
    assert_eq!(client.allocate_over(6), Err(400));
}

#[test]
fn relayed_tcp_ports_are_taken_once() {
    let mut settings = allowing_loopback();
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = local(&free).port();
    drop(free);
    settings.ports = format!("{port}-{port}").parse().unwrap();
    let server = start(&settings, "127.0.0.1");
    let (_one, at_one) = allocate(&server);
    assert_eq!(at_one.port(), port);
    let mut two = Client::new(server.address);
    two.learn();
    assert_eq!(two.allocate().unwrap_err(), 508);
}

/// A stream to the relay, for requests and for indications.
struct Client {
    stream: TcpStream,
    nonce: String,
}

impl Client {
    fn new(server: SocketAddr) -> Self {
        let stream = TcpStream::connect(server).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(5)))
            .unwrap();
        Self {
            stream,
            nonce: String::new(),
        }
    }

    fn learn(&mut self) {
        let bare = Message::builder_request(ALLOCATE, MessageWriteVec::new());
        self.send(&bare.finish());
        let challenge = self.receive();
        let challenge = Message::from_bytes(&challenge).unwrap();
        self.nonce = challenge.attribute::<Nonce>().unwrap().nonce().to_owned();
    }

    fn allocate(&self) -> Result<SocketAddr, u16> {
        let answer = self.ask(ALLOCATE, &[&RequestedTransport::new(6)])?;
        let message = Message::from_bytes(&answer).unwrap();
        let relayed = message.attribute::<XorRelayedAddress>().unwrap();
        Ok(relayed.addr(message.transaction_id()))
    }

    fn connect(&self, peer: SocketAddr) -> Result<ConnectionId, u16> {
        let answer = self.ask_about(CONNECT, peer)?;
        let message = Message::from_bytes(&answer).unwrap();
        Ok(message.attribute::<ConnectionId>().unwrap())
    }

    fn permit(&self, peer: SocketAddr) -> Result<(), u16> {
        self.ask_about(CREATE_PERMISSION, peer).map(drop)
    }

    fn ask_about(&self, method: Method, peer: SocketAddr) -> Result<Vec<u8>, u16> {
        let request = Message::builder_request(method, MessageWriteVec::new());
        let peer = XorPeerAddress::new(peer, request.transaction_id());
        self.sign_and_send(request, &[&peer])
    }

    fn ask(&self, method: Method, attributes: &[&dyn AttributeWrite]) -> Result<Vec<u8>, u16> {
        let request = Message::builder_request(method, MessageWriteVec::new());
        self.sign_and_send(request, attributes)
    }

    fn sign_and_send(
        &self,
        mut request: MessageWriteVec,
        attributes: &[&dyn AttributeWrite],
    ) -> Result<Vec<u8>, u16> {
        for attribute in attributes {
            request.add_attribute(*attribute).unwrap();
        }
        let [user, realm, nonce]: [&dyn AttributeWrite; 3] = [
            &Username::new(USER).unwrap(),
            &Realm::new("magpie").unwrap(),
            &Nonce::new(&self.nonce).unwrap(),
        ];
        for attribute in [user, realm, nonce] {
            request.add_attribute(attribute).unwrap();
        }
        let credentials =
            LongTermKeyCredentials::new(USER.to_owned(), PASSWORD.to_owned(), "magpie".to_owned());
        let key = credentials.make_key(IntegrityAlgorithm::Sha1);
        request
            .add_message_integrity_with_key(&key, IntegrityAlgorithm::Sha1)
            .unwrap();
        self.send(&request.finish());
        let answer = self.receive();
        let message = Message::from_bytes(&answer).unwrap();
        match message.attribute::<ErrorCode>() {
            Ok(error) => Err(error.code()),
            Err(_) => Ok(answer),
        }
    }

    fn send(&self, message: &[u8]) {
        (&self.stream).write_all(message).unwrap();
    }

    /// The next message.
    fn receive(&self) -> Vec<u8> {
        let mut message = vec![0; 20];
        (&self.stream).read_exact(&mut message).unwrap();
        let body = u16::from_be_bytes([message[2], message[3]]);
        message.resize(20 + usize::from(body), 0);
        (&self.stream).read_exact(&mut message[20..]).unwrap();
        message
    }
}

/// A control connection with a TCP allocation, and its relayed address.
fn allocate(server: &Server) -> (Client, SocketAddr) {
    let mut control = Client::new(server.address);
    control.learn();
    let relayed = control.allocate().unwrap();
    (control, relayed)
}

/// A data connection bound to `connection`.
fn bind(server: &Server, connection: &ConnectionId) -> TcpStream {
    let mut data = Client::new(server.address);
    data.learn();
    data.ask(CONNECTION_BIND, &[connection]).unwrap();
    data.stream
}

fn allowing_loopback() -> RelaySettings {
    let mut settings = settings();
    settings.allow_peers = vec!["127.0.0.0/8".parse().unwrap()];
    settings
}

fn local(listener: &TcpListener) -> SocketAddr {
    listener.local_addr().unwrap()
}

fn receive(from: &mut TcpStream, length: usize) -> Vec<u8> {
    from.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut bytes = vec![0; length];
    from.read_exact(&mut bytes).unwrap();
    bytes
}

/// Asserts that nothing follows but the end, in order or not.
fn assert_ended(stream: &mut TcpStream) {
    stream
        .set_read_timeout(Some(Duration::from_secs(5)))
        .unwrap();
    match stream.read(&mut [0]) {
        Ok(length) => assert_eq!(length, 0),
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset),
    }
}

/// What `attempt` gives once it does.
fn until<T>(attempt: impl Fn() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(done) = attempt() {
            return done;
        }
        assert!(started.elapsed() < Duration::from_secs(5), "never");
    }
}

const PATTERN: usize = 8 << 20;

fn send_pattern(to: &mut TcpStream) {
    let bytes: Vec<u8> = (0..PATTERN).map(|n| (n % 251) as u8).collect();
    to.write_all(&bytes).unwrap();
}

fn expect_pattern(from: &mut TcpStream) {
    let bytes = receive(from, PATTERN);
    assert!(
        bytes
            .iter()
            .enumerate()
            .all(|(n, byte)| *byte == (n % 251) as u8)
    );
}
