//! From polling to a WebSocket.

use std::sync::Arc;

use super::super::process::Server;
use super::{Poller, Socket, WEBSOCKET};

#[tokio::test]
async fn a_session_moves_to_a_websocket_and_its_poll_is_let_go() {
    let server = Arc::new(Server::start());
    let client = Poller::join(&server).await;
    let mut socket = Socket::probe(&client).await;
    let poll = client.poll().await;
    assert_eq!((poll.status, poll.body.as_str()), (200, "6"));
    socket.send("5").await;
    let mut other = Socket::join(&server).await;
    socket.send("42[\"hello\"]").await;
    assert_eq!(other.text().await, "42[\"hello\"]");
    other.send("42[\"hello\"]").await;
    assert_eq!(socket.text().await, "42[\"hello\"]");
}

#[tokio::test]
async fn a_session_that_has_moved_takes_no_requests_and_no_other_websocket() {
    let server = Arc::new(Server::start());
    let client = Poller::join(&server).await;
    let mut socket = Socket::probe(&client).await;
    socket.send("5").await;
    let mut other = Socket::join(&server).await;
    socket.send("42[\"moved\"]").await;
    assert_eq!(other.text().await, "42[\"moved\"]");
    assert_eq!(client.poll().await.status, 400);
    assert_eq!(client.post("42[\"a\"]").await.status, 400);
    let path = format!("{WEBSOCKET}&sid={}", client.sid());
    let mut second = Socket::open(&server, &path).await;
    assert_eq!(second.next().await, None);
    other.send("42[\"still\"]").await;
    assert_eq!(socket.text().await, "42[\"still\"]");
}

#[tokio::test]
async fn a_websocket_that_gives_up_leaves_the_session_as_it_was() {
    let server = Arc::new(Server::start());
    let client = Poller::join(&server).await;
    drop(Socket::probe(&client).await);
    let mut other = Socket::join(&server).await;
    other.send("42[\"hello\"]").await;
    // A poll that comes before the server has noticed is let go with nothing.
    let mut body = client.poll().await.body;
    if body == "6" {
        body = client.poll().await.body;
    }
    assert!(body.starts_with("42[\"hello\"]"), "{body}");
}

#[tokio::test]
async fn ten_thousand_messages_stay_in_order_while_the_session_moves() {
    let server = Arc::new(Server::start());
    let client = Poller::join(&server).await;
    let mut sender = Socket::join(&server).await;
    let sending = tokio::spawn(async move {
        for number in 0..10_000 {
            sender.send(&format!("42[\"n\",{number}]")).await;
        }
        sender
    });
    let mut received = Vec::new();
    while received.len() < 1000 {
        received.extend(packets(&client.poll().await.body));
    }
    let mut socket = Socket::probe(&client).await;
    received.extend(packets(&client.poll().await.body));
    socket.send("5").await;
    while received.len() < 10_000 {
        received.push(socket.text().await);
    }
    let expected: Vec<String> = (0..10_000).map(|n| format!("42[\"n\",{n}]")).collect();
    assert!(received == expected, "lost, twice or in another order");
    drop(sending.await);
}

/// The messages of a payload.
fn packets(body: &str) -> Vec<String> {
    let packets = body.split('\x1e').filter(|packet| *packet != "6");
    packets.map(str::to_owned).collect()
}
