//! Clients that mean harm, or know no better.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use futures_util::SinkExt;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::Message;

use super::client::{Client, Identity, random_id};
use super::process::Server;
use super::signalling::Pair;

#[tokio::test]
async fn a_frame_over_256_kib_is_refused_with_1009() {
    let server = Server::start();
    let mut client = Client::connect(&server, &Identity::new(), &random_id()).await;
    // The server may stop reading before all of it is written.
    drop(
        client
            .ws
            .send(Message::text("x".repeat(256 * 1024 + 1)))
            .await,
    );
    assert_eq!(client.close_code().await, 1009);
}

#[tokio::test]
async fn a_stranger_may_not_send_a_long_message_at_all() {
    let server = Server::start();
    let mut client = Client::open(&server, &server.origin()).await.unwrap();
    drop(client.ws.send(Message::text("x".repeat(8192))).await);
    assert_eq!(client.close_code().await, 1009);
}

#[tokio::test]
async fn a_stranger_who_proves_nothing_is_closed_within_ten_seconds() {
    let server = Server::start();
    let mut client = Client::open(&server, &server.origin()).await.unwrap();
    let begun = Instant::now();
    assert_eq!(client.close_code().await, 4401);
    assert!(begun.elapsed() < Duration::from_secs(12));
}

#[test]
fn slow_headers_are_cut_off_within_ten_seconds() {
    let server = Server::start();
    for start in ["", "GET / HTTP/1.1\r\nHost: a\r\nX-Slow: "] {
        let mut stream = server.connect();
        stream.write_all(start.as_bytes()).unwrap();
        let begun = Instant::now();
        let mut rest = Vec::new();
        drop(stream.read_to_end(&mut rest));
        assert!(begun.elapsed() < Duration::from_secs(12), "{start:?}");
    }
}

#[test]
fn a_slow_tls_handshake_is_cut_off_within_ten_seconds() {
    let server = Server::start();
    let mut stream = server.connect();
    stream.write_all(&[0x16, 0x03, 0x01, 0x02, 0x00]).unwrap();
    let begun = Instant::now();
    let mut rest = Vec::new();
    drop(stream.read_to_end(&mut rest));
    assert!(begun.elapsed() < Duration::from_secs(12));
}

#[test]
fn endless_headers_are_refused() {
    let server = Server::start();
    let answer =
        server.http(&server.request("/", &format!("X-Long: {}\r\n", "x".repeat(64 * 1024))));
    assert_eq!(answer.status, 431);
}

#[tokio::test]
async fn a_message_that_never_ends_is_cut_off_within_ten_seconds() {
    let server = Server::start();
    let mut client = Client::connect(&server, &Identity::new(), &random_id()).await;
    let begun = Instant::now();
    client
        .ws
        .get_mut()
        .write_all(&[0x81, 0xfe, 0x10, 0x00, 1, 2, 3, 4, b'x'])
        .await
        .unwrap();
    client.ws.get_mut().flush().await.unwrap();
    assert_eq!(client.close_code().await, 1008);
    assert!(begun.elapsed() < Duration::from_secs(12));
}

#[tokio::test]
async fn a_client_that_never_reads_is_closed_and_costs_no_memory() {
    let server = Server::start();
    let mut pair = Pair::connect(&server).await;
    let call = pair.talk().await;
    let before = server.memory();
    let payload = "x".repeat(60_000);
    let begun = Instant::now();
    // The callee reads nothing from here on. The kernel's buffers hold a few megabytes.
    for s in 1..2000 {
        let signal =
            json!({ "t": "signal", "call": call, "e": 1, "s": s, "ae": 0, "as": 0, "d": payload });
        pair.caller.send(&signal).await;
        tokio::time::sleep(Duration::from_millis(10)).await;
        if s % 50 == 0 {
            pair.caller
                .send(&json!({ "t": "sync", "calls": { call.clone(): 0 } }))
                .await;
            let view = pair.caller.receive_call("active").await;
            if view["peerHere"] == false {
                break;
            }
        }
    }
    assert!(begun.elapsed() < Duration::from_secs(25), "not closed");
    assert!(
        server.memory() < before + 8 * 1024,
        "{} -> {} KiB",
        before,
        server.memory()
    );
}

#[test]
fn a_browser_that_never_reads_its_answers_is_closed_and_costs_no_memory() {
    let server = Server::start();
    let before = server.memory();
    let mut stream = server.connect();
    let request = format!("GET /trust HTTP/1.1\r\nHost: {}\r\n\r\n", server.address);
    stream
        .set_write_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let begun = Instant::now();
    // More answers than the kernel's buffers on both ends hold; writing fails once the server has closed.
    while stream.write_all(request.repeat(50).as_bytes()).is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(20), "not closed");
    }
    assert!(begun.elapsed() < Duration::from_secs(15));
    assert!(
        server.memory() < before + 8 * 1024,
        "{} -> {} KiB",
        before,
        server.memory()
    );
}

#[tokio::test]
async fn too_many_strangers_from_one_address_are_told_429() {
    let server = Server::start();
    let mut held = Vec::new();
    for _ in 0..64 {
        held.push(Client::open(&server, &server.origin()).await.unwrap());
    }
    let refused = Client::open(&server, &server.origin())
        .await
        .err()
        .unwrap()
        .to_string();
    assert!(refused.contains("429"), "{refused}");
    // Those who prove who they are make room.
    let mut first = held.remove(0);
    let hello = first.receive().await;
    let proof = Identity::new().proof(
        hello["nonce"].as_str().unwrap(),
        &server.origin(),
        &random_id(),
    );
    first.send(&proof).await;
    first.receive_a("welcome").await;
    assert!(Client::open(&server, &server.origin()).await.is_ok());
}

#[test]
fn thousands_of_connections_from_one_address_are_refused_and_cost_no_memory() {
    let server = Server::start();
    let before = server.memory();
    let held: Vec<_> = (0..1024).map(|_| server.connect()).collect();
    assert_eq!(server.http(&server.request("/", "")).status, 429);
    let refused: Vec<_> = (0..3000).map(|_| server.connect()).collect();
    let closed = refused
        .into_iter()
        .filter(|mut stream| matches!(stream.read(&mut [0]), Ok(0) | Err(_)))
        .count();
    assert!(closed >= 2980, "{closed}");
    assert!(
        server.memory() < before + 16 * 1024,
        "{} -> {} KiB",
        before,
        server.memory()
    );
    drop(held);
}

#[tokio::test]
async fn a_flood_of_messages_is_dropped_then_closed() {
    let server = Server::start();
    let mut client = Client::connect(&server, &Identity::new(), &random_id()).await;
    for _ in 0..2000 {
        if client
            .ws
            .send(Message::text(r#"{"t":"sync","calls":{}}"#))
            .await
            .is_err()
        {
            break;
        }
    }
    assert_eq!(client.close_code().await, 4429);
}

#[tokio::test]
async fn a_flood_of_pings_is_closed() {
    let server = Server::start();
    let mut client = Client::connect(&server, &Identity::new(), &random_id()).await;
    for _ in 0..2000 {
        if client.ws.feed(Message::Ping("x".into())).await.is_err() {
            break;
        }
    }
    drop(client.ws.flush().await);
    assert_eq!(client.close_code().await, 4429);
}

#[tokio::test]
async fn many_large_messages_left_unfinished_cost_bounded_memory() {
    let server = Server::start();
    let before = server.memory();
    let mut held = Vec::new();
    for _ in 0..300 {
        let mut client = Client::connect(&server, &Identity::new(), &random_id()).await;
        // 256 KiB announced, all but a little of it sent.
        let mut frame = vec![0x81, 0xff, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0];
        frame.resize(250 * 1024, b'x');
        drop(client.ws.get_mut().write_all(&frame).await);
        drop(client.ws.get_mut().flush().await);
        held.push(client);
    }
    assert!(
        server.memory() < before + 48 * 1024,
        "{} -> {} KiB",
        before,
        server.memory()
    );
}

#[test]
fn nonsense_on_the_port_is_no_trouble() {
    let server = Server::start();
    for nonsense in [
        &b"\x00\x00\x00\x00"[..],
        b"\xff\xfe\xfd",
        b"SSH-2.0-x\r\n\r\n",
        &[0x16; 400],
        b"\x00\x01\x00\x00\x21\x12\xa4\x42",
    ] {
        let mut stream = server.connect();
        stream.write_all(nonsense).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut rest = Vec::new();
        drop(stream.read_to_end(&mut rest));
    }
    assert_eq!(server.get("/health/live").status, 200);
}
