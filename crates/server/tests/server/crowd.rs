//! Thousands of clients of one address, and messages that would grow when they are unpacked.

use std::io::{Read, Write};
use std::net::SocketAddr;

use rustls::{ClientConnection, StreamOwned};
use serde_json::json;
use tokio::net::TcpSocket;

use super::door::Guest;
use super::process::Server;

#[tokio::test]
async fn thousands_of_peerjs_clients_of_one_address_are_refused_in_words_and_disturb_nobody() {
    let server = Server::start();
    let mut crowd = vec![join(&server, "first", "127.0.0.1:0").await.unwrap()];
    let before = server.memory();
    for n in 1..1024 {
        let id = format!("peer-{n}");
        crowd.push(join(&server, &id, "127.0.0.1:0").await.unwrap());
    }
    let each = (server.memory() - before) / 1023;
    assert!(each <= 48, "{each} KiB");
    let told = join(&server, "late", "127.0.0.1:0").await.err().unwrap();
    assert!(told.contains("Too many connections"), "{told}");
    // Far over the limit an answer is not worth its memory.
    let over = server.memory();
    let refused: Vec<_> = (0..3000).map(|_| server.connect()).collect();
    drop(refused);
    assert!(server.memory() < over + 8 * 1024);
    let mut other = join(&server, "other", "127.0.0.2:0").await.unwrap();
    other
        .send(&json!({ "type": "OFFER", "dst": "first" }))
        .await;
    assert_eq!(crowd[0].receive().await["src"], "other");
    drop(crowd.split_off(1));
    for attempt in 0.. {
        if join(&server, "late", "127.0.0.1:0").await.is_ok() {
            break;
        }
        assert!(attempt < 100, "no room again");
    }
}

#[test]
fn a_message_that_would_grow_a_thousandfold_is_not_unpacked_at_any_door() {
    let server = Server::start();
    let before = server.memory();
    let bomb = deflated_zeros(100_000_000);
    assert!(bomb.len() < 1_000_000);
    for path in [
        "/ws",
        "/peerjs?key=peerjs&id=a&token=t",
        "/socket.io/?EIO=4&transport=websocket",
        "/mdn",
        "/meeting",
    ] {
        let mut stream = shake_hands(&server, path);
        // Final, compressed (RFC 7692 section 6), text; masked with zeros.
        let mut frame = vec![0xc1, 0xff];
        frame.extend_from_slice(&(bomb.len() as u64).to_be_bytes());
        frame.extend_from_slice(&[0; 4]);
        frame.extend_from_slice(&bomb);
        drop(stream.write_all(&frame));
        let mut rest = Vec::new();
        drop(stream.read_to_end(&mut rest));
        let close = rest.windows(2).any(|pair| pair == 1002_u16.to_be_bytes());
        assert!(close || rest.is_empty(), "{path}: {rest:?}");
    }
    let after = server.memory();
    assert!(after < before + 8 * 1024, "{before} -> {after} KiB");
}

#[test]
fn a_body_that_would_grow_is_taken_as_it_came() {
    let server = Server::start();
    let opened = server.get("/socket.io/?EIO=4&transport=polling").body;
    let greeting: serde_json::Value = serde_json::from_str(&opened[1..]).unwrap();
    let sid = greeting["sid"].as_str().unwrap();
    let before = server.memory();
    let bomb = deflated_zeros(10_000_000);
    let path = format!("/socket.io/?EIO=4&transport=polling&sid={sid}");
    let headers = format!(
        "Content-Encoding: deflate\r\nContent-Length: {}\r\n",
        bomb.len()
    );
    let request = server.request(&path, &headers).replacen("GET", "POST", 1);
    let mut stream = encrypted(&server);
    stream.write_all(request.as_bytes()).unwrap();
    stream.write_all(&bomb).unwrap();
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer));
    assert!(answer.starts_with(b"HTTP/1.1 400"));
    assert!(server.memory() < before + 4 * 1024);
}

/// A PeerJS client that connects from an address of this machine; when refused, why.
async fn join(server: &Server, id: &str, from: &str) -> Result<Guest, String> {
    let from: SocketAddr = from.parse().unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(from).unwrap();
    let tcp = socket.connect(server.address).await.unwrap();
    let path = format!("/peerjs?key=peerjs&id={id}&token=t");
    let mut guest = Guest::over(tcp, server, &path, None, None).await?;
    assert_eq!(guest.receive().await["type"], "OPEN");
    Ok(guest)
}

fn encrypted(server: &Server) -> StreamOwned<ClientConnection, std::net::TcpStream> {
    let tls = ClientConnection::new(server.trust(), server.address.ip().into()).unwrap();
    StreamOwned::new(tls, server.connect())
}

/// A WebSocket whose client offers compression, its greeting read.
fn shake_hands(server: &Server, path: &str) -> StreamOwned<ClientConnection, std::net::TcpStream> {
    let headers = format!(
        "Origin: {}\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n",
        server.origin()
    );
    let request = server
        .request(path, &headers)
        .replace("Connection: close", "Connection: Upgrade");
    let mut stream = encrypted(server);
    stream.write_all(request.as_bytes()).unwrap();
    let mut head = [0; 4096];
    let length = stream.read(&mut head).unwrap();
    assert!(head[..length].starts_with(b"HTTP/1.1 101"), "{path}");
    stream
}

/// So many zero bytes, or a few more, as one block with fixed codes (RFC 1951 section 3.2.6): a zero, then repetitions of
/// 258 zeros.
fn deflated_zeros(count: usize) -> Vec<u8> {
    let mut bits = vec![1, 1, 0];
    bits.extend([0, 0, 1, 1, 0, 0, 0, 0]);
    for _ in 0..count.div_ceil(258) {
        // Length code 285, distance code 0.
        bits.extend([1, 1, 0, 0, 0, 1, 0, 1]);
        bits.extend([0; 5]);
    }
    bits.extend([0; 7]);
    let byte = |bits: &[u8]| {
        (0..)
            .zip(bits)
            .fold(0, |byte, (at, bit)| byte | (bit << at))
    };
    bits.chunks(8).map(byte).collect()
}
