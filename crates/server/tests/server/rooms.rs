//! The doors of MDN's chat sample and of publish-and-subscribe meetings.

use std::time::Duration;

use serde_json::json;

use crate::door::Guest;
use crate::process::Server;

#[tokio::test]
async fn the_chat_is_at_its_path_and_by_its_sub_protocol_anywhere() {
    let server = Server::start();
    for path in ["/mdn", "/", "/any/where"] {
        let mut guest = chat(&server, path, None).await;
        assert_eq!(guest.receive().await["type"], "id", "{path}");
    }
}

#[tokio::test]
async fn a_call_of_the_chat_reaches_its_target_only() {
    let server = Server::start();
    let mut ann = named(&server, "Ann").await;
    let mut bob = named(&server, "Bob").await;
    let mut eve = named(&server, "Eve").await;
    let offer = json!({ "type": "video-offer", "name": "Ann", "target": "Bob", "sdp": { "type": "offer" } });
    ann.send(&offer).await;
    assert_eq!(bob.receive_a("video-offer").await, offer);
    ann.send(&json!({ "type": "message", "text": "<b>hi</b>" }))
        .await;
    assert_eq!(eve.receive_a("message").await["text"], "hi");
    assert!(eve.hears_nothing().await);
}

#[tokio::test]
async fn strangers_chats_do_not_mix() {
    let server = Server::start();
    let mut ann = chat(&server, "/mdn", Some("http://localhost:1000")).await;
    let mut bob = chat(&server, "/mdn", Some("http://localhost:2000")).await;
    ann.send(&json!({ "type": "username", "name": "Ann" }))
        .await;
    assert_eq!(ann.receive_a("userlist").await["users"], json!(["Ann"]));
    assert_eq!(bob.receive().await["type"], "id");
    assert!(bob.hears_nothing().await);
}

#[tokio::test]
async fn a_page_of_the_internet_may_use_neither() {
    let server = Server::start();
    for path in ["/mdn", "/meeting"] {
        let refused = Guest::open(&server, path, Some("https://app.example"), None).await;
        let refused = refused.err().unwrap();
        assert!(
            refused.contains("--origin https://app.example"),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn what_is_published_survives_a_drop_of_its_reader() {
    let server = Server::start();
    let mut a = meeting(&server).await;
    let mut b = meeting(&server).await;
    let publish =
        |n: u32| json!({ "cmd": "publish", "subject": ROOM, "event": "client-offer", "data": n });
    a.send(&publish(1)).await;
    let first = json!({ "subject": ROOM, "event": "client-offer", "data": 1 });
    assert_eq!(b.receive().await, first);
    drop(b.ws.into_inner());
    tokio::time::sleep(Duration::from_millis(200)).await;
    a.send(&publish(2)).await;
    settle(&mut a).await;
    let mut back = Guest::open(&server, "/meeting", None, None).await.unwrap();
    back.send(&json!({ "cmd": "subscribe", "subject": ROOM }))
        .await;
    assert_eq!(back.receive().await["data"], 2);
}

#[tokio::test]
async fn without_grace_a_place_is_given_up() {
    let server = Server::start_with(&["--grace", "1"]);
    let mut a = meeting(&server).await;
    drop(meeting(&server).await.ws.into_inner());
    tokio::time::sleep(Duration::from_millis(300)).await;
    a.send(&json!({ "cmd": "publish", "subject": ROOM, "data": 1 }))
        .await;
    let mut back = meeting(&server).await;
    assert!(back.hears_nothing().await);
}

async fn chat(server: &Server, path: &str, origin: Option<&'static str>) -> Guest {
    Guest::open(server, path, origin, Some("json"))
        .await
        .unwrap()
}

async fn named(server: &Server, name: &str) -> Guest {
    let mut guest = chat(server, "/mdn", None).await;
    guest
        .send(&json!({ "type": "username", "name": name }))
        .await;
    guest.receive_a("userlist").await;
    guest
}

async fn meeting(server: &Server) -> Guest {
    let mut guest = Guest::open(server, "/meeting", None, None).await.unwrap();
    guest
        .send(&json!({ "cmd": "subscribe", "subject": ROOM }))
        .await;
    guest
}

/// Waits until the server has come to what was sent last: it answers nonsense at once. What waited is passed over.
async fn settle(guest: &mut Guest) {
    guest.send(&json!({ "cmd": "none", "subject": ROOM })).await;
    while guest.receive().await["event"] != "error" {}
}

const ROOM: &str = "private-video-room-1";
