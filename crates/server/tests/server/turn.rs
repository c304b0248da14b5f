//! STUN and TURN beside HTTP on the same port.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use rustls::{ClientConfig, ClientConnection, StreamOwned};

use super::process::Server;

#[test]
fn udp_on_the_shared_port_answers_a_binding_request() {
    let server = Server::start();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    socket.send_to(&BINDING_REQUEST, server.address).unwrap();
    let mut answer = [0; 1500];
    let (length, _) = socket.recv_from(&mut answer).unwrap();
    assert_answer(&answer[..length]);
}

#[test]
fn tcp_on_the_shared_port_answers_a_binding_request() {
    let server = Server::start();
    assert_answer(&ask(server.connect()));
}

#[test]
fn a_stun_message_that_comes_byte_by_byte_is_understood() {
    let server = Server::start();
    let mut stream = server.connect();
    stream.set_nodelay(true).unwrap();
    let (last, first) = BINDING_REQUEST.split_last().unwrap();
    for byte in first {
        stream.write_all(&[*byte]).unwrap();
    }
    stream.write_all(&[*last]).unwrap();
    assert_answer(&read_message(&mut stream));
}

#[test]
fn tls_on_the_shared_port_answers_a_binding_request_without_alpn() {
    let server = Server::start();
    assert_answer(&ask(tls(&server, server.connect(), &[])));
}

#[test]
fn tls_on_the_shared_port_answers_a_binding_request_with_alpn() {
    let server = Server::start();
    assert_answer(&ask(tls(&server, server.connect(), &[b"stun.turn"])));
}

#[test]
fn a_further_stun_address_speaks_turn_on_every_transport_and_nothing_else() {
    let free = free_port();
    let server = Server::start_with(&["--stun", &free.to_string()]);
    let connect = || {
        let stream = TcpStream::connect(free).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        stream
    };
    assert_answer(&ask(connect()));
    assert_answer(&ask(tls(&server, connect(), &[])));
    let mut http = connect();
    http.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        .unwrap();
    let mut rest = Vec::new();
    drop(http.read_to_end(&mut rest));
    assert_eq!(rest, b"");
}

/// A port that is free for TCP and UDP at this moment.
fn free_port() -> SocketAddr {
    std::iter::repeat_with(|| std::net::TcpListener::bind("127.0.0.1:0").unwrap())
        .map(|listener| listener.local_addr().unwrap())
        .find(|address| UdpSocket::bind(address).is_ok())
        .unwrap()
}

fn tls(
    server: &Server,
    stream: TcpStream,
    alpn: &[&[u8]],
) -> StreamOwned<ClientConnection, TcpStream> {
    let mut config: ClientConfig = (*server.trust()).clone();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    let client = ClientConnection::new(Arc::new(config), server.address.ip().into()).unwrap();
    StreamOwned::new(client, stream)
}

fn ask(mut stream: impl Read + Write) -> Vec<u8> {
    stream.write_all(&BINDING_REQUEST).unwrap();
    stream.flush().unwrap();
    read_message(&mut stream)
}

fn read_message(stream: &mut impl Read) -> Vec<u8> {
    let mut message = vec![0; 20];
    stream.read_exact(&mut message).unwrap();
    let length = usize::from(u16::from_be_bytes([message[2], message[3]]));
    message.resize(20 + length, 0);
    stream.read_exact(&mut message[20..]).unwrap();
    message
}

/// A Binding success response to our transaction.
fn assert_answer(message: &[u8]) {
    assert_eq!(message[..2], [0x01, 0x01]);
    assert_eq!(message[4..20], BINDING_REQUEST[4..20]);
}

/// RFC 8489 section 5: a Binding request without attributes.
const BINDING_REQUEST: [u8; 20] = [
    0x00, 0x01, 0x00, 0x00, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
];
