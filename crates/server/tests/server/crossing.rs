//! Native people and PeerJS clients call each other; with real pages see `web/e2e`.

use serde_json::{Value, json};

use super::client::{Client, Identity, random_id};
use super::door::Guest;
use super::process::Server;

#[tokio::test]
async fn a_person_looks_a_peer_up_calls_it_and_is_answered() {
    let server = Server::start();
    let mut alice = peer(&server, "alice").await;
    let mut ann = Client::connect(&server, &Identity::new(), &random_id()).await;
    let found = ann
        .ask(json!({ "t": "lookup", "who": "peerjs:alice" }))
        .await;
    assert_eq!(found["card"]["name"], "alice");
    let call = dial(&mut ann, "peerjs:alice").await;
    ann.receive_call("active").await;
    let offer = json!({ "description": { "type": "offer", "sdp": "v=0\r\n" } });
    say(&mut ann, &call, &offer).await;
    let rung = alice.receive_a("OFFER").await;
    assert_eq!(rung["src"], ann.number());
    let answer = json!({ "type": "ANSWER", "dst": rung["src"], "payload": {
        "sdp": { "type": "answer", "sdp": "v=0\r\n" }, "connectionId": rung["payload"]["connectionId"] } });
    alice.send(&answer).await;
    loop {
        let signal = ann.receive_a("signal").await;
        if signal["d"]["description"]["type"] == "answer" {
            break;
        }
    }
    alice
        .send(&json!({ "type": "LEAVE", "dst": rung["src"] }))
        .await;
    assert_eq!(ann.receive_call("ended").await["id"], call);
}

#[tokio::test]
async fn a_dial_that_is_repeated_is_one_call_and_a_peer_in_a_call_is_busy() {
    let server = Server::start();
    let _alice = peer(&server, "alice").await;
    let mut ann = Client::connect(&server, &Identity::new(), &random_id()).await;
    let id = random_id();
    for _ in 0..2 {
        let ask = json!({ "t": "dial", "call": id, "to": "peerjs:alice", "media": "video" });
        assert_eq!(ann.ask(ask).await["call"], id);
    }
    ann.receive_call("active").await;
    let mut bob = Client::connect(&server, &Identity::new(), &random_id()).await;
    dial(&mut bob, "peerjs:alice").await;
    assert_eq!(bob.receive_call("ended").await["reason"], "busy");
}

#[tokio::test]
async fn who_dials_the_peer_that_is_calling_answers_its_call() {
    let server = Server::start();
    let mut alice = peer(&server, "alice").await;
    let mut ann = Client::connect(&server, &Identity::new(), &random_id()).await;
    let sdp = "v=0\r\nm=audio 9 x\r\nm=video 9 x\r\n";
    let payload =
        json!({ "type": "media", "connectionId": "mc_1", "sdp": { "type": "offer", "sdp": sdp } });
    alice
        .send(&json!({ "type": "OFFER", "dst": ann.number(), "payload": payload }))
        .await;
    let ringing = ann.receive_call("ringing").await;
    assert_eq!(dial(&mut ann, "peerjs:alice").await, ringing["id"]);
    let signal = ann.receive_a("signal").await;
    assert_eq!(signal["d"]["description"]["sdp"], sdp);
    // Whoever calls the person meanwhile finds them taken.
    let mut bob = peer(&server, "bob").await;
    bob.send(&json!({ "type": "OFFER", "dst": ann.number(), "payload": payload }))
        .await;
    assert_eq!(bob.receive().await["type"], "EXPIRE");
}

#[tokio::test]
async fn a_peer_that_goes_ends_the_call() {
    let server = Server::start();
    let mut alice = peer(&server, "alice").await;
    let mut ann = Client::connect(&server, &Identity::new(), &random_id()).await;
    dial(&mut ann, "peerjs:alice").await;
    ann.receive_call("active").await;
    alice.ws.close(None).await.unwrap();
    alice.closed().await;
    assert_eq!(ann.receive_call("ended").await["reason"], "hangup");
}

#[tokio::test]
async fn nobody_is_known_by_the_id_of_a_peer_that_is_not_there() {
    let server = Server::start();
    let mut ann = Client::connect(&server, &Identity::new(), &random_id()).await;
    for to in ["peerjs:nobody", "peerjs:", "peerjs:a/b"] {
        let ask = json!({ "t": "dial", "call": random_id(), "to": to, "media": "audio" });
        assert_eq!(ann.ask(ask).await["code"], "unknown-person", "{to}");
    }
}

#[tokio::test]
async fn one_address_cannot_try_out_the_ids_of_peers_without_end() {
    let server = Server::start();
    let mut ann = Client::connect(&server, &Identity::new(), &random_id()).await;
    let _alice = peer(&server, "alice").await;
    for n in 0..20 {
        let ask = json!({ "t": "lookup", "who": format!("peerjs:p{n}") });
        assert_eq!(ann.ask(ask).await["code"], "unknown-person");
    }
    let found = ann
        .ask(json!({ "t": "lookup", "who": "peerjs:alice" }))
        .await;
    assert_eq!(found["code"], "unknown-person");
}

async fn peer(server: &Server, id: &str) -> Guest {
    let path = format!("/peerjs?key=peerjs&id={id}&token=t");
    let mut guest = Guest::open(server, &path, None, None).await.unwrap();
    assert_eq!(guest.receive().await["type"], "OPEN");
    guest
}

async fn dial(who: &mut Client, to: &str) -> String {
    let ask = json!({ "t": "dial", "call": random_id(), "to": to, "media": "video" });
    who.ask(ask).await["call"].as_str().unwrap().to_owned()
}

async fn say(who: &mut Client, call: &str, data: &Value) {
    let signal =
        json!({ "t": "signal", "call": call, "e": 7, "s": 1, "ae": 0, "as": 0, "d": data });
    who.send(&signal).await;
}
