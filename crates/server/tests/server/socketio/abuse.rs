//! Clients that mean harm, or know no better.

use std::io::{Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::SinkExt;
use rustls::{ClientConnection, StreamOwned};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use super::super::door::Guest;
use super::super::process::{Folder, Server};
use super::{POLLING, Poller, Socket, WEBSOCKET, get};

#[tokio::test]
async fn a_client_that_pings_and_never_reads_costs_no_memory() {
    let server = Server::start();
    let mut socket = Socket::open(&server, &WEBSOCKET.replace("EIO=4", "EIO=3")).await;
    let before = server.memory();
    let ping = Message::text(format!("2{}", "x".repeat(1000)));
    let flood = async { while socket.0.ws.send(ping.clone()).await.is_ok() {} };
    // Closed, or held back by its own buffers: it ends either way.
    drop(timeout(Duration::from_secs(5), flood).await);
    let after = server.memory();
    assert!(after < before + 8 * 1024, "{before} -> {after} KiB");
}

#[tokio::test]
async fn a_client_that_never_polls_is_dropped_before_its_messages_fill_the_memory() {
    let server = Arc::new(Server::start());
    let sleeper = Poller::join(&server).await;
    let mut other = Socket::join(&server).await;
    let before = server.memory();
    let message = format!("42[\"a\",\"{}\"]", "x".repeat(500_000));
    for _ in 0..40 {
        other.send(&message).await;
    }
    other.send("42456[\"done\"]").await;
    assert_eq!(sleeper.poll().await.status, 400);
    let after = server.memory();
    assert!(after < before + 16 * 1024, "{before} -> {after} KiB");
    assert!(server.get("/health/live").status == 200);
}

#[tokio::test]
async fn bursts_of_small_messages_leave_no_memory_behind() {
    let server = Server::start();
    let mut sockets = Vec::new();
    for _ in 0..60 {
        sockets.push(Socket::join(&server).await);
    }
    let before = server.memory();
    for socket in &mut sockets {
        for _ in 0..2500 {
            socket.0.ws.feed(Message::text("3")).await.unwrap();
        }
        socket.0.ws.flush().await.unwrap();
        // Answered once all of that has been read.
        socket.send("40/elsewhere").await;
        assert!(socket.text().await.starts_with("40/elsewhere,"));
    }
    let after = server.memory();
    assert!(after < before + 3 * 1024, "{before} -> {after} KiB");
}

#[tokio::test]
async fn an_address_may_hold_only_so_many_sessions() {
    let folder = Arc::new(Folder::new());
    let file = folder.0.join("few.toml");
    let few = "[limits]\nconnections_per_address = 20\nunauthenticated_per_address = 10\n";
    std::fs::write(&file, few).unwrap();
    let config = ["--config", file.to_str().unwrap()];
    let server = Arc::new(Server::start_in(folder, "127.0.0.1:0", &config));
    let mut strangers = Vec::new();
    for _ in 0..10 {
        strangers.push(Socket::open(&server, WEBSOCKET).await);
    }
    let refused = Guest::open(&server, WEBSOCKET, None, None).await.err();
    assert!(refused.unwrap().contains("Too many connections"));
    drop(strangers.split_off(1));
    let mut statuses = Vec::new();
    for _ in 0..25 {
        statuses.push(get(&server, POLLING).await.status);
    }
    assert_eq!(statuses[..10], [200; 10]);
    assert_eq!(statuses[20..], [429; 5]);
}

#[tokio::test]
async fn a_storm_of_upgrades_ends_with_one() {
    let server = Arc::new(Server::start());
    let client = Poller::join(&server).await;
    let path = format!("{WEBSOCKET}&sid={}", client.sid());
    let mut first = Socket::probe(&client).await;
    for _ in 0..30 {
        let mut next = Socket::open(&server, &path).await;
        drop(next.0.ws.send(Message::text("2probe")).await);
        assert_eq!(next.next().await, None);
    }
    first.send("5").await;
    let mut other = Socket::join(&server).await;
    first.send("42[\"hello\"]").await;
    assert_eq!(other.text().await, "42[\"hello\"]");
}

#[tokio::test]
async fn a_message_over_a_megabyte_closes_its_sender_only() {
    let server = Server::start();
    let mut sender = Socket::join(&server).await;
    let mut other = Socket::join(&server).await;
    drop(sender.0.ws.send(Message::binary(vec![0; 1_000_001])).await);
    assert_eq!(sender.0.close_code().await, 1009);
    let mut third = Socket::join(&server).await;
    third.send("42[\"hello\"]").await;
    assert_eq!(other.text().await, "42[\"hello\"]");
}

#[test]
fn no_compression_is_agreed_to() {
    let server = Server::start();
    let offer = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
    let request = server
        .request(WEBSOCKET, offer)
        .replace("Connection: close", "Connection: Upgrade");
    let tls = ClientConnection::new(server.trust(), server.address.ip().into()).unwrap();
    let mut stream = StreamOwned::new(tls, server.connect());
    stream.write_all(request.as_bytes()).unwrap();
    let mut head = [0; 2048];
    let length = stream.read(&mut head).unwrap();
    let head = String::from_utf8_lossy(&head[..length]).to_lowercase();
    assert!(head.starts_with("http/1.1 101"), "{head}");
    assert!(!head.contains("sec-websocket-extensions"), "{head}");
}

#[test]
fn a_body_that_comes_too_slowly_ends_the_session() {
    let server = Server::start();
    let answer = server.get(POLLING);
    let sid = super::greeting(&answer.body)["sid"].clone();
    let path = format!("{POLLING}&sid={}", sid.as_str().unwrap());
    let request = server
        .request(&path, "Content-Length: 1000\r\n")
        .replacen("GET", "POST", 1);
    let begun = Instant::now();
    let slow = server.https(&(request + "42[\"a\""));
    assert!(begun.elapsed() < Duration::from_secs(25));
    assert_eq!(slow.status, 408);
    assert_eq!(server.get(&path).status, 400);
}

#[test]
fn only_the_script_is_served_beside_the_protocol() {
    let server = Server::start();
    for path in [
        "/socket.io/x",
        "/socket.io/../Cargo.toml",
        "/socket.io/1/websocket",
    ] {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
}
