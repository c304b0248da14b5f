//! Sessions over WebSockets.

use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use super::super::door::Guest;
use super::super::process::Server;
use super::{Socket, WEBSOCKET, greeting};

#[tokio::test]
async fn a_websocket_opens_a_session() {
    let server = Server::start();
    let mut socket = Socket::open(&server, WEBSOCKET).await;
    let greeting = greeting(&socket.text().await);
    assert_eq!(greeting["upgrades"], json!([]));
    assert_eq!(greeting["pingInterval"], 25_000);
    assert_eq!(greeting["pingTimeout"], 20_000);
}

#[tokio::test]
async fn a_handshake_that_names_no_revision_or_transport_is_refused() {
    let server = Server::start();
    for (path, code) in [
        ("?transport=websocket", 5),
        ("?EIO=abc&transport=websocket", 5),
        ("?EIO=4", 0),
        ("?EIO=4&transport=abc", 0),
        ("?EIO=4&transport=polling", 3),
        ("?EIO=4&transport=websocket&sid=unknown", 1),
    ] {
        let refused = Guest::open(&server, &format!("/socket.io/{path}"), None, None).await;
        let body = refused.err().unwrap();
        assert!(body.starts_with(&format!(r#"{{"code":{code},"#)), "{body}");
    }
}

#[tokio::test]
async fn a_page_of_elsewhere_is_refused() {
    let server = Server::start();
    let far = Some("https://evil.example");
    let refused = Guest::open(&server, WEBSOCKET, far, None).await.err();
    assert!(refused.unwrap().contains("--origin https://evil.example"));
}

#[tokio::test]
async fn texts_bytes_and_answers_pass_between_two_clients() {
    let server = Server::start();
    let mut one = Socket::join(&server).await;
    let mut two = Socket::join(&server).await;
    one.send(r#"42["message",1,"2",{"3":[true]}]"#).await;
    assert_eq!(two.text().await, r#"42["message",1,"2",{"3":[true]}]"#);
    let head = r#"452-["bytes",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#;
    one.send(head).await;
    one.send_binary(&[1, 2, 3]).await;
    one.send_binary(&[4, 5, 6]).await;
    assert_eq!(two.text().await, head);
    for bytes in [[1, 2, 3], [4, 5, 6]] {
        assert_eq!(two.next().await, Some(Message::binary(bytes.to_vec())));
    }
    one.send(r#"42456["question",1]"#).await;
    assert_eq!(two.text().await, r#"420["question",1]"#);
    two.send(r#"430["answer"]"#).await;
    assert_eq!(one.text().await, r#"43456["answer"]"#);
}

#[tokio::test]
async fn what_is_no_packet_closes_the_connection() {
    let server = Server::start();
    for packet in ["abc", "1", "4abc", "42{}", r#"42abc["a"]"#, "2"] {
        let mut socket = Socket::join(&server).await;
        socket.send(packet).await;
        assert_eq!(socket.next().await, None, "{packet}");
    }
}

#[tokio::test]
async fn ten_thousand_messages_arrive_in_order() {
    let server = Server::start();
    let mut one = Socket::join(&server).await;
    let mut two = Socket::join(&server).await;
    let sent = async {
        for number in 0..10_000 {
            one.send(&format!("42[\"n\",{number}]")).await;
        }
    };
    let received = async {
        for number in 0..10_000 {
            assert_eq!(two.text().await, format!("42[\"n\",{number}]"));
        }
    };
    tokio::join!(sent, received);
}
