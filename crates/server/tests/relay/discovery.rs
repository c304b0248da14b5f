//! NAT behaviour discovery (RFC 5780) over four real sockets.

use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::time::Duration;

use magpie_server::relay::{Relay, RelayHandle, RelaySocket, discovery};
use stun_types::attribute::RawAttribute;
use stun_types::message::{BINDING, Message, MessageWriteVec};
use stun_types::prelude::{MessageWrite, MessageWriteExt};

use crate::server::settings;

#[test]
fn each_wish_is_answered_from_its_own_socket() {
    let (_relay, [first, second]) = start();
    let crossed = |ip: SocketAddr, port: SocketAddr| SocketAddr::new(ip.ip(), port.port());
    for (flags, from) in [
        (0, first),
        (4, crossed(second, first)),
        (2, crossed(first, second)),
        (6, second),
    ] {
        assert_eq!(ask(first, 0x0003, &[0, 0, 0, flags]), from, "{flags}");
    }
    assert_eq!(ask(second, 0x0003, &[0, 0, 0, 6]), first);
}

#[test]
fn an_answer_finds_the_response_port() {
    let (_relay, [first, _]) = start();
    let [asking, hearing] = [(); 2].map(|()| socket());
    let port = hearing.local_addr().unwrap().port().to_be_bytes();
    let packet = request(0x0027, &[port[0], port[1], 0, 0]);
    asking.send_to(&packet, first).unwrap();
    let (_, from) = hearing.recv_from(&mut [0; 2048]).unwrap();
    assert_eq!(from, first);
}

#[test]
fn a_padded_answer_longer_than_an_ethernet_frame_arrives() {
    let (_relay, [first, _]) = start();
    let socket = socket();
    socket.send_to(&request(0x0026, &[0; 1500]), first).unwrap();
    let (length, _) = socket.recv_from(&mut [0; 4096]).unwrap();
    assert!(length > 1500, "{length}");
}

/// A relay on four sockets of two loopback addresses, and the two that name them.
fn start() -> (RelayHandle, [SocketAddr; 2]) {
    let mut settings = settings();
    let (sockets, addresses) = std::iter::repeat_with(bind).flatten().next().unwrap();
    settings.stun_addresses = addresses.to_vec();
    let relay = Relay::start(
        &settings,
        Path::new("/nonexistent"),
        sockets,
        Vec::new(),
        Vec::new(),
    )
    .unwrap();
    (relay, addresses)
}

/// `None`, if somebody has one of the four ports.
fn bind() -> Option<(Vec<RelaySocket>, [SocketAddr; 2])> {
    let free = |ip: &str| UdpSocket::bind((ip, 0)).unwrap().local_addr().unwrap();
    let addresses = [free("127.0.0.1"), free("127.0.0.2")];
    let sockets = discovery::sockets(&addresses)
        .into_iter()
        .map(RelaySocket::bind);
    Some((sockets.collect::<Result<_, _>>().ok()?, addresses))
}

/// Where the answer comes from.
fn ask(server: SocketAddr, kind: u16, value: &[u8]) -> SocketAddr {
    let socket = socket();
    socket.send_to(&request(kind, value), server).unwrap();
    socket.recv_from(&mut [0; 2048]).unwrap().1
}

fn request(kind: u16, value: &[u8]) -> Vec<u8> {
    let mut message = Message::builder_request(BINDING, MessageWriteVec::new());
    message
        .add_attribute(&RawAttribute::new(kind.into(), value))
        .unwrap();
    message.finish()
}

fn socket() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(5)))
        .unwrap();
    socket
}
