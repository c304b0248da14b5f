//! The server killed at its worst moment.

use serde_json::json;

use super::client::{Client, Identity, random_id};
use super::process::Server;

#[tokio::test]
async fn a_killed_server_knows_its_people_again() {
    let server = Server::start();
    let alice = Identity::new();
    let mut client = Client::connect(&server, &alice, &random_id()).await;
    let number = client.number();
    assert_eq!(
        client
            .ask(json!({ "t": "profile", "name": "Alice", "handle": "alice" }))
            .await["t"],
        "ok"
    );
    let server = server.kill_and_restart();
    let again = Client::connect(&server, &alice, &random_id()).await;
    assert_eq!(again.number(), number);
    assert_eq!(again.welcome["me"]["handle"], "alice");
}

#[tokio::test]
async fn a_call_goes_on_after_the_server_was_killed() {
    let server = Server::start();
    let people = [
        (Identity::new(), random_id()),
        (Identity::new(), random_id()),
    ];
    let [(alice, alices_tab), (bob, bobs_tab)] = &people;
    let mut caller = Client::connect(&server, alice, alices_tab).await;
    let mut callee = Client::connect(&server, bob, bobs_tab).await;
    let call = random_id();
    caller
        .ask(json!({ "t": "dial", "call": call, "to": callee.number(), "media": "audio" }))
        .await;
    callee
        .ask(json!({ "t": "accept", "call": call, "media": "audio" }))
        .await;
    let server = server.kill_and_restart();
    let mut caller = Client::connect(&server, alice, alices_tab).await;
    assert_eq!(caller.welcome["calls"][0]["id"], call.as_str());
    assert_eq!(caller.welcome["calls"][0]["state"], "active");
    let _callee = Client::connect(&server, bob, bobs_tab).await;
    assert_eq!(caller.receive_call("active").await["peerHere"], true);
    assert_eq!(
        caller.ask(json!({ "t": "hangup", "call": call })).await["t"],
        "ok"
    );
}

#[tokio::test]
async fn a_token_of_an_earlier_run_is_refused() {
    let server = Server::start();
    let client = Client::connect(&server, &Identity::new(), &random_id()).await;
    let header = format!(
        "Authorization: Bearer {}\r\n",
        client.welcome["token"].as_str().unwrap()
    );
    let server = server.kill_and_restart();
    assert_eq!(
        server
            .https(&server.request("/api/ice-servers", &header))
            .status,
        401
    );
}
