//! Two people over the native protocol.

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::client::{Client, Identity, random_id};
use super::process::Server;

#[tokio::test]
async fn a_new_person_is_welcomed_with_a_number() {
    let server = Server::start();
    let client = Client::connect(&server, &Identity::new(), &random_id()).await;
    let number = client.number();
    assert!(
        number.len() == 9 && number.bytes().all(|b| b.is_ascii_digit()),
        "{number}"
    );
}

#[tokio::test]
async fn the_same_key_is_the_same_person() {
    let server = Server::start();
    let alice = Identity::new();
    let first = Client::connect(&server, &alice, &random_id())
        .await
        .number();
    assert_eq!(
        Client::connect(&server, &alice, &random_id())
            .await
            .number(),
        first
    );
}

#[tokio::test]
async fn a_call_is_dialled_answered_and_carries_signals_unchanged() {
    let server = Server::start();
    let mut pair = Pair::connect(&server).await;
    let call = pair.talk().await;
    let signal = json!({ "t": "signal", "call": call, "e": 1, "s": 1, "ae": 0, "as": 0, "d": { "candidate": null } });
    pair.caller.send(&signal).await;
    assert_eq!(pair.callee.receive_a("signal").await, signal);
    pair.callee.send(&signal).await;
    assert_eq!(pair.caller.receive_a("signal").await, signal);
}

#[tokio::test]
async fn either_side_hangs_up_for_both() {
    let server = Server::start();
    let mut pair = Pair::connect(&server).await;
    let call = pair.talk().await;
    assert_eq!(
        pair.callee
            .ask(json!({ "t": "hangup", "call": call }))
            .await["t"],
        "ok"
    );
    assert_eq!(pair.caller.receive_call("ended").await["reason"], "hangup");
}

#[tokio::test]
async fn a_session_that_hides_its_address_gets_relays_only() {
    let server = Server::start();
    let client = Client::connect_hidden(&server, &Identity::new(), &random_id()).await;
    let token = client.welcome["token"].as_str().unwrap();
    let header = format!("Authorization: Bearer {token}\r\n");
    let answer = server
        .https(&server.request("/api/ice-servers", &header))
        .json();
    assert_eq!(answer["iceTransportPolicy"], "relay");
    let urls = answer["iceServers"].as_array().unwrap().iter();
    let mut urls = urls.flat_map(|server| server["urls"].as_array().unwrap());
    assert!(urls.all(|url| url.as_str().unwrap().starts_with("turn")));
}

#[tokio::test]
async fn a_hidden_callers_addresses_never_reach_the_callee() {
    let server = Server::start();
    let mut pair = Pair {
        caller: Client::connect_hidden(&server, &Identity::new(), &random_id()).await,
        callee: Client::connect(&server, &Identity::new(), &random_id()).await,
    };
    let call = pair.talk().await;
    let signal = |s: u64, data: Value| json!({ "t": "signal", "call": call, "e": 7, "s": s, "ae": 0, "as": 0, "d": data });
    let host = "candidate:1 1 udp 2122260223 192.0.2.7 50000 typ host";
    let relay = "candidate:2 1 udp 41885439 198.51.100.4 50001 typ relay raddr 192.0.2.7 rport 4";
    pair.caller
        .send(&signal(
            1,
            json!({ "candidate": { "candidate": host, "sdpMid": "0" } }),
        ))
        .await;
    pair.caller
        .send(&signal(
            2,
            json!({ "candidate": { "candidate": relay, "sdpMid": "0" } }),
        ))
        .await;
    let first = pair.callee.receive_a("signal").await;
    assert_eq!(
        (&first["s"], &first["d"]),
        (&json!(1), &json!({ "nothing": true }))
    );
    let second = pair.callee.receive_a("signal").await;
    let text = second["d"]["candidate"]["candidate"].as_str().unwrap();
    assert!(
        text.contains("198.51.100.4") && !text.contains("192.0.2.7"),
        "{text}"
    );
}

#[tokio::test]
async fn a_session_gets_ice_servers_with_its_token() {
    let server = Server::start();
    let client = Client::connect(&server, &Identity::new(), &random_id()).await;
    let token = client.welcome["token"].as_str().unwrap();
    let header = format!("Authorization: Bearer {token}\r\nOrigin: https://elsewhere.example\r\n");
    assert_eq!(
        server
            .https(&server.request("/api/ice-servers", &header))
            .status,
        200
    );
}

#[tokio::test]
async fn a_second_connection_of_a_page_takes_over() {
    let server = Server::start();
    let (alice, tab) = (Identity::new(), random_id());
    let mut first = Client::connect(&server, &alice, &tab).await;
    let _second = Client::connect(&server, &alice, &tab).await;
    assert_eq!(first.receive_a("error").await["code"], "replaced");
    assert_eq!(first.close_code().await, 4409);
}

#[tokio::test]
async fn a_proof_is_good_for_one_connection_only() {
    let server = Server::start();
    let alice = Identity::new();
    let mut first = Client::open(&server, &server.origin()).await.unwrap();
    let nonce = first.receive().await["nonce"].as_str().unwrap().to_owned();
    let replayed = alice.proof(&nonce, &server.origin(), &random_id());
    refused(&server, &replayed).await;
}

#[tokio::test]
async fn a_proof_for_another_origin_is_refused() {
    let server = Server::start();
    let mut client = Client::open(&server, &server.origin()).await.unwrap();
    let nonce = client.receive().await["nonce"].as_str().unwrap().to_owned();
    client
        .send(&Identity::new().proof(&nonce, "https://evil.example", &random_id()))
        .await;
    assert_eq!(client.receive().await["code"], "unauthorized");
    assert_eq!(client.close_code().await, 4401);
}

#[tokio::test]
async fn a_proof_by_another_key_is_refused() {
    let server = Server::start();
    let mut client = Client::open(&server, &server.origin()).await.unwrap();
    let nonce = client.receive().await["nonce"].as_str().unwrap().to_owned();
    let mut forged = Identity::new().proof(&nonce, &server.origin(), &random_id());
    forged["key"] = Identity::new().key().into();
    client.send(&forged).await;
    assert_eq!(client.close_code().await, 4401);
}

#[tokio::test]
async fn whoever_does_not_begin_with_a_proof_is_refused() {
    let server = Server::start();
    refused(&server, &json!({ "t": "sync", "calls": {} })).await;
    refused(&server, &json!({ "t": "auth" })).await;
    refused(&server, &json!([])).await;
}

#[tokio::test]
async fn a_page_of_another_origin_is_told_which_flag_would_let_it_in() {
    let server = Server::start();
    match Client::open(&server, "https://evil.example")
        .await
        .map_err(|error| *error)
    {
        Err(Error::Http(answer)) => {
            assert_eq!(answer.status(), 403);
            let said =
                String::from_utf8_lossy(answer.body().as_deref().unwrap_or_default()).into_owned();
            assert!(said.contains("--origin https://evil.example"), "{said}");
        }
        other => panic!("not refused: {:?}", other.err()),
    }
}

#[test]
fn a_handshake_without_an_origin_is_refused() {
    let server = Server::start();
    let request = format!(
        "GET /ws HTTP/1.1\r\nHost: {}\r\nConnection: close, Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        server.address
    );
    let answer = server.https(&request);
    assert_eq!(answer.status, 403);
    assert!(answer.body.contains("Origin"), "{answer:?}");
}

#[tokio::test]
async fn an_unknown_message_is_answered_and_the_connection_stays() {
    let server = Server::start();
    let mut client = Client::connect(&server, &Identity::new(), &random_id()).await;
    client.send(&json!({ "t": "dance", "n": 7 })).await;
    let answer = client.receive().await;
    assert_eq!(
        (answer["t"].as_str(), answer["code"].as_str()),
        (Some("error"), Some("malformed"))
    );
    client.send(&json!({ "t": "sync", "calls": {} })).await;
    assert_eq!(client.receive().await["t"], "synced");
}

#[tokio::test]
async fn pings_are_answered_in_every_state() {
    use futures_util::SinkExt;
    let server = Server::start();
    let mut client = Client::open(&server, &server.origin()).await.unwrap();
    client.receive().await;
    client
        .ws
        .send(Message::Ping("are you there".into()))
        .await
        .unwrap();
    assert!(
        matches!(client.next().await, Some(Ok(Message::Pong(payload))) if payload == "are you there")
    );
}

/// Sends `first` as the first message of a connection, which must end it.
async fn refused(server: &Server, first: &Value) {
    let mut client = Client::open(server, &server.origin()).await.unwrap();
    client.receive().await;
    client.send(first).await;
    let answer = client.receive().await;
    assert_eq!(
        (answer["t"].as_str(), answer["code"].as_str()),
        (Some("error"), Some("unauthorized")),
        "{first}"
    );
    assert_eq!(client.close_code().await, 4401, "{first}");
}

/// Two people, a page each.
pub(crate) struct Pair {
    pub(crate) caller: Client,
    pub(crate) callee: Client,
}

impl Pair {
    pub(crate) async fn connect(server: &Server) -> Self {
        Self {
            caller: Client::connect(server, &Identity::new(), &random_id()).await,
            callee: Client::connect(server, &Identity::new(), &random_id()).await,
        }
    }

    /// Brings the two into a call; its id.
    pub(crate) async fn talk(&mut self) -> String {
        let call = random_id();
        let dial =
            json!({ "t": "dial", "call": call, "to": self.callee.number(), "media": "video" });
        assert_eq!(self.caller.ask(dial).await["t"], "ok");
        assert_eq!(
            self.callee.receive_call("ringing").await["id"],
            call.as_str()
        );
        let accept = json!({ "t": "accept", "call": call, "media": "video" });
        assert_eq!(self.callee.ask(accept).await["t"], "ok");
        assert_eq!(self.caller.receive_call("active").await["peerHere"], true);
        call
    }
}
