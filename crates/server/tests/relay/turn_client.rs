//! Interoperation with the TURN client `turn-client-proto`: it has the state machine, the sockets are ours.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use turn_client_proto::api::{
    DelayedMessageOrChannelSend, Transmit, TurnConfig, TurnEvent, TurnRecvRet,
};
use turn_client_proto::prelude::TurnClientApi;
use turn_client_proto::stun::Instant as Now;
use turn_client_proto::stun::auth::Feature;
use turn_client_proto::tcp::TurnClientTcp;
use turn_client_proto::types::stun::message::IntegrityAlgorithm;
use turn_client_proto::types::{AddressFamily, TransportType, TurnCredentials};
use turn_client_proto::udp::TurnClientUdp;

use crate::server::{PASSWORD, Server, USER, settings, start};

const PATIENCE: Duration = Duration::from_secs(10);

#[test]
fn turn_client_exchanges_data_with_a_peer_over_udp() {
    let server = start_with_peers("127.0.0.1");
    exchange_with_peer(over_udp(&server, config()));
}

#[test]
fn turn_client_exchanges_data_with_a_peer_over_tcp() {
    let server = start_with_peers("127.0.0.1");
    exchange_with_peer(over_tcp(&server, config()));
}

#[test]
fn turn_client_exchanges_data_with_a_peer_over_ipv6() {
    let server = start_with_peers("::1");
    let mut config = config();
    config.set_address_family(AddressFamily::IPV6);
    exchange_with_peer(over_udp(&server, config));
}

/// RFC 8656 section 7: one allocation with a relayed address of each family. Without channels, since the client would give
/// the first number to a peer of each family, where section 12 allows a number one peer.
#[test]
fn turn_client_reaches_peers_of_both_families_by_one_allocation() {
    let server = start_with_peers("127.0.0.1");
    let mut config = config();
    config.add_address_family(AddressFamily::IPV6);
    let mut client = over_udp(&server, config);
    let both = [client.allocated(), client.allocated()];
    assert_ne!(both[0].is_ipv4(), both[1].is_ipv4());
    for relayed in both {
        let peer = Peer::new(relayed);
        client.permit(peer.address());
        client.send(peer.address(), b"out");
        assert_eq!(peer.received(), (relayed, b"out".to_vec()));
        peer.0.send_to(b"back", relayed).unwrap();
        assert_eq!(client.received(), (peer.address(), b"back".to_vec()));
    }
}

/// RFC 8489 section 9.2: the server offers both hashes of the password, the client takes SHA-256 and hides its name.
#[test]
fn turn_client_exchanges_data_with_sha256_and_a_hidden_name() {
    let server = start_with_peers("127.0.0.1");
    let mut config = config();
    config.set_supported_integrity(IntegrityAlgorithm::Sha256);
    config.set_anonymous_username(Feature::Required);
    exchange_with_peer(over_udp(&server, config));
}

/// No peer is allowed: what the server relays itself needs no leave.
#[test]
fn turn_clients_over_udp_and_tcp_reach_each_other() {
    let server = start(&settings(), "127.0.0.1");
    let mut udp = over_udp(&server, config());
    let mut tcp = over_tcp(&server, config());
    let (udp_relayed, tcp_relayed) = (udp.allocated(), tcp.allocated());
    udp.bind(tcp_relayed);
    tcp.bind(udp_relayed);
    udp.send(tcp_relayed, b"from UDP");
    assert_eq!(tcp.received(), (udp_relayed, b"from UDP".to_vec()));
    tcp.send(udp_relayed, b"from TCP");
    assert_eq!(udp.received(), (tcp_relayed, b"from TCP".to_vec()));
}

#[test]
fn turn_client_learns_that_a_forbidden_peer_is_refused() {
    let server = start(&settings(), "127.0.0.1");
    let mut client = over_udp(&server, config());
    client.allocated();
    let peer = "10.0.0.1".parse().unwrap();
    client
        .turn
        .create_permission(TransportType::Udp, peer, now())
        .unwrap();
    client.event(|event| {
        let refused = TurnEvent::PermissionCreateFailed(TransportType::Udp, peer);
        (format!("{event:?}") == format!("{refused:?}")).then_some(())
    });
}

fn start_with_peers(host: &str) -> Server {
    let mut settings = settings();
    settings.allow_peers = vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
    start(&settings, host)
}

/// Allocation, permission, Send and Data indications, a channel, data both ways in it, the end.
fn exchange_with_peer<T: TurnClientApi>(mut client: Client<T>) {
    let relayed = client.allocated();
    let peer = Peer::new(relayed);
    client.permit(peer.address());

    let in_channel = client.send(peer.address(), b"indicated");
    assert!(!in_channel);
    assert_eq!(peer.received(), (relayed, b"indicated".to_vec()));
    peer.0.send_to(b"told", relayed).unwrap();
    assert_eq!(client.received(), (peer.address(), b"told".to_vec()));

    client.bind(peer.address());
    let in_channel = client.send(peer.address(), b"in a channel");
    assert!(in_channel);
    assert_eq!(peer.received(), (relayed, b"in a channel".to_vec()));
    peer.0.send_to(b"in it, too", relayed).unwrap();
    assert_eq!(client.received(), (peer.address(), b"in it, too".to_vec()));

    client.turn.delete(now()).unwrap();
    client.until(|client| {
        client
            .turn
            .relayed_addresses()
            .next()
            .is_none()
            .then_some(())
    });
}

/// A socket that the relay sends to.
struct Peer(UdpSocket);

impl Peer {
    /// On the host of the relayed address.
    fn new(relayed: SocketAddr) -> Self {
        let socket = UdpSocket::bind((relayed.ip(), 0)).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(socket)
    }

    fn address(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }

    fn received(&self) -> (SocketAddr, Vec<u8>) {
        let mut data = [0; 100];
        let (length, from) = self.0.recv_from(&mut data).unwrap();
        (from, data[..length].to_vec())
    }
}

fn config() -> TurnConfig {
    TurnConfig::new(TurnCredentials::new(USER, PASSWORD))
}

fn over_udp(server: &Server, config: TurnConfig) -> Client<TurnClientUdp> {
    let socket = UdpSocket::bind((server.address.ip(), 0)).unwrap();
    socket.connect(server.address).unwrap();
    let local = socket.local_addr().unwrap();
    Client::new(
        TurnClientUdp::allocate(local, server.address, config),
        Wire::Udp(socket),
    )
}

fn over_tcp(server: &Server, config: TurnConfig) -> Client<TurnClientTcp> {
    let stream = TcpStream::connect(server.address).unwrap();
    let local = stream.local_addr().unwrap();
    Client::new(
        TurnClientTcp::allocate(local, server.address, config),
        Wire::Tcp(stream),
    )
}

/// The way to the server.
enum Wire {
    Udp(UdpSocket),
    Tcp(TcpStream),
}

impl Wire {
    fn send(&mut self, data: &[u8]) {
        match self {
            Self::Udp(socket) => assert_eq!(socket.send(data).unwrap(), data.len()),
            Self::Tcp(stream) => stream.write_all(data).unwrap(),
        }
    }

    /// What has come within a moment.
    fn receive(&mut self) -> Option<Vec<u8>> {
        let moment = Some(Duration::from_millis(10));
        let mut data = vec![0; 2000];
        let read = match self {
            Self::Udp(socket) => {
                socket.set_read_timeout(moment).unwrap();
                socket.recv(&mut data)
            }
            Self::Tcp(stream) => {
                stream.set_read_timeout(moment).unwrap();
                stream.read(&mut data)
            }
        };
        match read {
            Ok(length) => {
                assert_ne!(length, 0, "the server ended the connection");
                data.truncate(length);
                Some(data)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            Err(error) => panic!("{error}"),
        }
    }
}

fn now() -> Now {
    static BEGAN: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    Now::from_std(*BEGAN)
}

/// The client and its way to the server.
struct Client<T> {
    turn: T,
    wire: Wire,
    /// Who sent what.
    data: Vec<(SocketAddr, Vec<u8>)>,
}

impl<T: TurnClientApi> Client<T> {
    fn new(turn: T, wire: Wire) -> Self {
        Self {
            turn,
            wire,
            data: Vec::new(),
        }
    }

    /// The relayed address.
    fn allocated(&mut self) -> SocketAddr {
        self.event(|event| match event {
            TurnEvent::AllocationCreated(TransportType::Udp, relayed) => Some(relayed),
            other => panic!("{other:?}"),
        })
    }

    fn permit(&mut self, peer: SocketAddr) {
        self.turn
            .create_permission(TransportType::Udp, peer.ip(), now())
            .unwrap();
        self.event(|event| match event {
            TurnEvent::PermissionCreated(TransportType::Udp, ip) => (ip == peer.ip()).then_some(()),
            other => panic!("{other:?}"),
        });
    }

    /// Binds a channel to the peer.
    fn bind(&mut self, peer: SocketAddr) {
        self.turn
            .bind_channel(TransportType::Udp, peer, now())
            .unwrap();
        self.event(|event| match event {
            TurnEvent::ChannelCreated(TransportType::Udp, bound) => (bound == peer).then_some(()),
            // A channel brings its permission.
            TurnEvent::PermissionCreated(..) => None,
            other => panic!("{other:?}"),
        });
    }

    /// Sends to the peer: whether it went in a channel.
    fn send(&mut self, peer: SocketAddr, data: &[u8]) -> bool {
        let sent = self.turn.send_to(TransportType::Udp, peer, data, now());
        let transmit = sent.unwrap().unwrap();
        let in_channel = matches!(transmit.data, DelayedMessageOrChannelSend::Channel(_));
        self.wire.send(&transmit.build().data);
        in_channel
    }

    fn received(&mut self) -> (SocketAddr, Vec<u8>) {
        self.until(|client| client.data.pop())
    }

    /// Waits for the event that `wanted` takes.
    fn event<R>(&mut self, mut wanted: impl FnMut(TurnEvent) -> Option<R>) -> R {
        self.until(|client| client.turn.poll_event().and_then(&mut wanted))
    }

    fn until<R>(&mut self, mut found: impl FnMut(&mut Self) -> Option<R>) -> R {
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            self.turn.poll(now());
            while let Some(transmit) = self.turn.poll_transmit(now()) {
                self.wire.send(&transmit.data);
            }
            if let Some(found) = found(self) {
                return found;
            }
            if let Some(data) = self.wire.receive() {
                self.take(data);
            }
        }
        panic!("nothing in time: {:?}", self.turn);
    }

    fn take(&mut self, data: Vec<u8>) {
        let (from, to) = (self.turn.remote_addr(), self.turn.local_addr());
        let transmit = Transmit::new(data, self.turn.transport(), from, to);
        match self.turn.recv(transmit, now()) {
            TurnRecvRet::PeerData(data) => self.data.push((data.peer, data.data().to_vec())),
            TurnRecvRet::Handled => {}
            other => panic!("{other:?}"),
        }
        while let Some(data) = self.turn.poll_recv(now()) {
            self.data.push((data.peer, data.data().to_vec()));
        }
    }
}
