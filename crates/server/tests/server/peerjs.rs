//! The PeerJS door as PeerJS clients and worse meet it.

use std::time::Duration;

use futures_util::SinkExt;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{Frame, FrameHeader};

use crate::client::random_id;
use crate::door::Guest;
use crate::process::Server;

#[test]
fn ids_are_given_under_any_path_to_pages_served_elsewhere() {
    let server = Server::start();
    for path in [
        "/peerjs/id",
        "/peerjs/peerjs/id",
        "/myapp/peerjs/id?ts=1&version=1.5.5",
    ] {
        let answer = server.https(&server.request(path, "Origin: http://localhost:5500\r\n"));
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(
            answer.header("access-control-allow-origin"),
            Some("http://localhost:5500")
        );
        assert!(answer.header("content-type").unwrap().starts_with("text/"));
        assert_eq!(answer.body.len(), 36, "{}", answer.body);
    }
    let (one, other) = (server.get("/peerjs/id").body, server.get("/peerjs/id").body);
    assert_ne!(one, other);
}

#[test]
fn a_preflight_is_answered() {
    let server = Server::start();
    let headers = "Origin: http://127.0.0.1:3000\r\nAccess-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: x-custom\r\n";
    let request = server.request("/myapp/peerjs/id", headers);
    let answer = server.https(&request.replacen("GET", "OPTIONS", 1));
    assert_eq!(answer.status, 204);
    assert_eq!(
        answer.header("access-control-allow-headers"),
        Some("x-custom")
    );
}

#[test]
fn the_server_says_what_it_is() {
    let server = Server::start();
    for (path, headers) in [
        ("/peerjs", ""),
        ("/peerjs/", ""),
        ("/myapp/", "Accept: */*\r\n"),
        ("/", "Accept: application/json\r\n"),
    ] {
        let answer = server.https(&server.request(path, headers));
        assert_eq!(answer.json()["name"], "PeerJS Server", "{path}");
    }
}

#[test]
fn ids_are_listed_only_where_the_operator_allows_it() {
    let server = Server::start();
    let answer = server.get("/peerjs/peers");
    assert_eq!(answer.status, 401);
    let open = Server::start_with(&["--peerjs-discovery"]);
    assert_eq!(open.get("/peerjs/peers").json(), json!([]));
}

#[tokio::test]
async fn whoever_is_connected_is_listed() {
    let server = Server::start_with(&["--peerjs-discovery=true"]);
    let _alice = Peer::join(&server, "alice").await;
    assert_eq!(server.get("/x/peerjs/peers").json(), json!(["alice"]));
}

#[test]
fn wrong_paths_and_keys_are_told_the_right_ones() {
    let server = Server::start();
    let key = server.get("/other/id");
    assert_eq!(key.status, 401);
    assert!(key.body.contains("Invalid key provided"), "{}", key.body);
    let path = server.get("/peerjs/nothing");
    assert_eq!(path.status, 404);
    assert!(path.body.contains("{path}{key}/id"), "{}", path.body);
}

#[tokio::test]
async fn a_websocket_at_a_wrong_path_is_told_the_right_one() {
    let server = Server::start();
    for path in ["/socket?key=peerjs&id=a&token=t", "/nothing"] {
        let refused = Guest::open(&server, path, None, None).await.err().unwrap();
        assert!(refused.contains("{path}peerjs"), "{refused}");
    }
}

#[tokio::test]
async fn a_page_of_the_internet_is_told_which_flag_would_let_it_in() {
    let server = Server::start();
    let path = "/peerjs?key=peerjs&id=a&token=t";
    let refused = Guest::open(&server, path, Some("https://app.example"), None).await;
    let refused = refused.err().unwrap();
    assert!(
        refused.contains("--origin https://app.example"),
        "{refused}"
    );
    let open = Server::start_with(&["--origin", "https://app.example"]);
    assert!(
        Guest::open(&open, path, Some("https://app.example"), None)
            .await
            .is_ok()
    );
    for near in ["null", "http://localhost:8000", "http://192.168.0.9"] {
        assert!(
            Guest::open(&server, path, Some(near), None).await.is_ok(),
            "{near}"
        );
    }
}

#[tokio::test]
async fn a_key_of_the_operators_is_the_one_that_counts() {
    let server = Server::start_with(&["--peerjs-key", "secret"]);
    let mut guest = Peer::open(&server, "/peerjs?key=peerjs&id=a&token=t").await;
    assert_eq!(
        guest.receive().await,
        json!({ "type": "ERROR", "payload": { "msg": "Invalid key provided" } })
    );
    guest.closed().await;
    let mut guest = Peer::open(&server, "/any/peerjs?key=secret&id=a&token=t").await;
    assert_eq!(guest.receive().await, json!({ "type": "OPEN" }));
    assert_eq!(server.get("/secret/id").status, 200);
}

#[tokio::test]
async fn what_is_missing_in_the_query_is_said_and_the_connection_closed() {
    let server = Server::start();
    for query in [
        "",
        "?id=a&token=t",
        "?id=&token=t&key=peerjs",
        "?key=peerjs&id=a",
    ] {
        let mut guest = Peer::open(&server, &format!("/peerjs{query}")).await;
        let said = "No id, token, or key supplied to websocket server";
        assert_eq!(guest.receive().await["payload"]["msg"], said, "{query}");
        guest.closed().await;
    }
}

#[tokio::test]
async fn ids_with_markup_line_breaks_or_thousands_of_characters_are_refused() {
    let server = Server::start();
    let long = "x".repeat(5_000);
    for id in [
        "%3Cscript%3E",
        "a%0D%0Ab",
        "a%00",
        "%20",
        "a++b",
        "%C3%A4",
        long.as_str(),
    ] {
        let path = format!("/peerjs?key=peerjs&id={id}&token=t");
        let mut guest = Peer::open(&server, &path).await;
        assert_eq!(guest.receive().await["type"], "ERROR", "{id}");
        guest.closed().await;
    }
    let mut spaced = Peer::open(&server, "/peerjs?key=peerjs&id=my+room%20_1&token=t").await;
    assert_eq!(spaced.receive().await["type"], "OPEN");
}

#[tokio::test]
async fn messages_are_relayed_between_paths_with_the_senders_name() {
    let server = Server::start();
    let mut alice = Peer::join(&server, "alice").await;
    let mut bob = Peer::join_at(&server, "/my/app/", "bob", "t").await;
    let payload = json!({ "sdp": "x".repeat(200_000) });
    alice
        .send(&json!({ "type": "OFFER", "dst": "bob", "src": "eve", "payload": payload }))
        .await;
    assert_eq!(
        bob.receive().await,
        json!({ "type": "OFFER", "src": "alice", "dst": "bob", "payload": payload })
    );
    bob.send(&json!({ "type": "ANSWER", "dst": "alice" })).await;
    assert_eq!(alice.receive().await["src"], "bob");
}

#[tokio::test]
async fn a_thousand_messages_arrive_in_order() {
    let server = Server::start();
    let mut alice = Peer::join(&server, "alice").await;
    let mut bob = Peer::join(&server, "bob").await;
    for n in 0..1_000 {
        alice
            .send(&json!({ "type": "CANDIDATE", "dst": "bob", "payload": n }))
            .await;
    }
    for n in 0..1_000 {
        assert_eq!(bob.receive().await["payload"], n);
    }
}

#[tokio::test]
async fn a_message_in_a_binary_frame_is_a_message() {
    let server = Server::start();
    let mut alice = Peer::join(&server, "alice").await;
    let mut bob = Peer::join(&server, "bob").await;
    let text = br#"{"type":"OFFER","dst":"bob"}"#.to_vec();
    alice.ws.send(Message::binary(text)).await.unwrap();
    assert_eq!(bob.receive().await["src"], "alice");
    alice
        .ws
        .send(Message::binary(vec![0xff, 0xfe]))
        .await
        .unwrap();
    assert_eq!(alice.receive().await["type"], "ERROR");
}

#[tokio::test]
async fn a_stranger_cannot_take_an_id_right_after_a_drop_and_its_owner_can() {
    let server = Server::start();
    drop(
        Peer::join_at(&server, "/", "alice", "mine")
            .await
            .ws
            .into_inner(),
    );
    let mut stranger = Peer::open(&server, &address("/", "alice", "other")).await;
    assert_eq!(stranger.receive().await["type"], "ID-TAKEN");
    stranger.closed().await;
    Peer::join_at(&server, "/", "alice", "mine").await;
}

#[tokio::test]
async fn an_id_that_was_closed_is_free() {
    let server = Server::start();
    let mut alice = Peer::join_at(&server, "/", "alice", "mine").await;
    alice.ws.close(None).await.unwrap();
    alice.closed().await;
    Peer::join_at(&server, "/", "alice", "other").await;
}

#[tokio::test]
async fn whoever_comes_back_with_the_token_takes_over() {
    let server = Server::start();
    let mut old = Peer::join(&server, "alice").await;
    let mut new = Peer::join(&server, "alice").await;
    old.closed().await;
    let mut bob = Peer::join(&server, "bob").await;
    bob.send(&json!({ "type": "OFFER", "dst": "alice" })).await;
    assert_eq!(new.receive().await["src"], "bob");
}

#[tokio::test]
async fn an_absent_peer_expires_after_five_seconds_once() {
    let server = Server::start();
    let mut alice = Peer::join(&server, "alice").await;
    let begin = tokio::time::Instant::now();
    for kind in ["OFFER", "CANDIDATE", "CANDIDATE"] {
        alice.send(&json!({ "type": kind, "dst": "nobody" })).await;
    }
    assert_eq!(
        alice.receive().await,
        json!({ "type": "EXPIRE", "src": "nobody", "dst": "alice" })
    );
    let waited = begin.elapsed();
    assert!((5.0..6.5).contains(&waited.as_secs_f64()), "{waited:?}");
    let mut nobody = Peer::join(&server, "nobody").await;
    nobody
        .send(&json!({ "type": "OFFER", "dst": "alice" }))
        .await;
    assert_eq!(alice.receive().await["type"], "OFFER");
}

#[tokio::test]
async fn a_half_dead_link_is_noticed_and_its_callers_told() {
    let server = Server::start_with(&["--peerjs-alive", "600"]);
    let mut alice = Peer::join(&server, "alice").await;
    // Never polled again, so its WebSocket answers no ping.
    let _bob = Peer::join(&server, "bob").await;
    alice.send(&json!({ "type": "OFFER", "dst": "bob" })).await;
    assert_eq!(
        alice.receive().await,
        json!({ "type": "LEAVE", "src": "bob", "dst": "alice" })
    );
    alice
        .send(&json!({ "type": "OFFER", "dst": "alice" }))
        .await;
    assert_eq!(alice.receive().await["src"], "alice");
}

#[tokio::test]
async fn forged_messages_of_the_server_reach_nobody() {
    let server = Server::start();
    let mut eve = Peer::join(&server, "eve").await;
    let mut bob = Peer::join(&server, "bob").await;
    for kind in ["EXPIRE", "OPEN", "ID-TAKEN", "ERROR"] {
        eve.send(&json!({ "type": kind, "dst": "bob" })).await;
        assert_eq!(eve.receive().await["type"], "ERROR");
    }
    eve.send(&json!({ "type": "LEAVE", "dst": "bob" })).await;
    assert_eq!(bob.receive().await["type"], "LEAVE");
}

#[tokio::test]
async fn frames_that_break_the_rules_end_their_own_connection_only() {
    let server = Server::start();
    let mut bob = Peer::join(&server, "bob").await;
    for bad in [
        // Unmasked; 1 GB announced; a reserved bit, as of compression; a control frame of 126 bytes.
        &b"\x81\x02hi"[..],
        b"\x81\xff\0\0\0\0\x40\0\0\0\0\0\0\0",
        b"\xc1\x82\0\0\0\0hi",
        b"\x89\xfe\0\x7e\0\0\0\0",
    ] {
        let mut eve = Peer::join(&server, &format!("eve{}", random_id())).await;
        eve.ws.get_mut().write_all(bad).await.unwrap();
        eve.ws.get_mut().flush().await.unwrap();
        eve.closed().await;
    }
    let mut alice = Peer::join(&server, "alice").await;
    alice.send(&json!({ "type": "OFFER", "dst": "bob" })).await;
    assert_eq!(bob.receive().await["src"], "alice");
}

#[tokio::test]
async fn a_message_of_endless_fragments_is_cut_off() {
    let server = Server::start();
    let mut eve = Peer::join(&server, "eve").await;
    let mut opcode = OpCode::Data(Data::Text);
    for _ in 0..20 {
        let header = FrameHeader {
            is_final: false,
            opcode,
            ..FrameHeader::default()
        };
        let frame = Frame::from_payload(header, vec![b' '; 16 * 1024].into());
        if eve.ws.send(Message::Frame(frame)).await.is_err() {
            break;
        }
        opcode = OpCode::Data(Data::Continue);
    }
    assert_eq!(eve.close_code().await, 1009);
}

#[tokio::test]
async fn a_client_that_never_reads_costs_bounded_memory_and_nobody_else_anything() {
    let server = Server::start();
    let mut alice = Peer::join(&server, "alice").await;
    let _deaf = Peer::join(&server, "deaf").await;
    let before = server.memory();
    let payload = "x".repeat(100_000);
    for _ in 0..300 {
        alice
            .send(&json!({ "type": "OFFER", "dst": "deaf", "payload": payload }))
            .await;
    }
    let leave = tokio::time::timeout(Duration::from_secs(15), alice.receive_a("LEAVE"));
    assert_eq!(leave.await.unwrap()["src"], "deaf");
    assert!(server.memory() < before + 24 * 1024);
}

#[tokio::test]
async fn hundreds_of_ids_from_one_address_wait_in_bounded_memory() {
    let server = Server::start();
    let mut eve = Peer::join(&server, "eve").await;
    let before = server.memory();
    for n in 0..3_000 {
        let message =
            json!({ "type": "OFFER", "dst": format!("n{n}"), "payload": "x".repeat(10_000) });
        eve.send(&message).await;
    }
    assert_eq!(eve.receive_a("EXPIRE").await["dst"], "eve");
    assert!(server.memory() < before + 16 * 1024);
}

/// A PeerJS client.
struct Peer;

impl Peer {
    async fn open(server: &Server, path: &str) -> Guest {
        Guest::open(server, path, None, None).await.unwrap()
    }

    /// Joins under `/` with a token made of the id.
    async fn join(server: &Server, id: &str) -> Guest {
        Self::join_at(server, "/", id, &format!("token-{id}")).await
    }

    async fn join_at(server: &Server, path: &str, id: &str, token: &str) -> Guest {
        let mut guest = Self::open(server, &address(path, id, token)).await;
        assert_eq!(guest.receive().await, json!({ "type": "OPEN" }) as Value);
        guest
    }
}

fn address(path: &str, id: &str, token: &str) -> String {
    format!("{path}peerjs?key=peerjs&id={id}&token={token}&version=1.5.5")
}
