//! Sessions over HTTP requests.

use std::io::{Read, Write};
use std::sync::Arc;

use rustls::{ClientConnection, StreamOwned};
use serde_json::json;

use super::super::process::Server;
use super::{POLLING, Poller, Socket, get, greeting, https, post};

#[test]
fn a_get_opens_a_session() {
    let server = Server::start();
    for path in [POLLING, "/socket.io?EIO=4&transport=polling"] {
        let answer = server.get(path);
        assert_eq!(answer.status, 200);
        assert_eq!(
            answer.header("content-type"),
            Some("text/plain; charset=UTF-8")
        );
        let greeting = greeting(&answer.body);
        let mut keys: Vec<&String> = greeting.as_object().unwrap().keys().collect();
        keys.sort();
        assert_eq!(
            keys,
            [
                "maxPayload",
                "pingInterval",
                "pingTimeout",
                "sid",
                "upgrades"
            ]
        );
        assert_eq!(greeting["upgrades"], json!(["websocket"]));
        assert_eq!(greeting["maxPayload"], 1_000_000);
    }
}

#[test]
fn a_request_that_cannot_be_served_is_told_why_in_the_words_of_the_protocol() {
    let server = Server::start();
    for (path, code, message) in [
        ("?transport=polling", 5, "Unsupported protocol version"),
        (
            "?EIO=abc&transport=polling",
            5,
            "Unsupported protocol version",
        ),
        ("?EIO=4", 0, "Transport unknown"),
        ("?EIO=4&transport=abc", 0, "Transport unknown"),
        (
            "?EIO=4&transport=polling&sid=unknown",
            1,
            "Session ID unknown",
        ),
        ("?EIO=4&transport=websocket", 3, "Bad request"),
    ] {
        let answer = server.get(&format!("/socket.io/{path}"));
        assert_eq!(answer.status, 400, "{path}");
        assert_eq!(answer.json(), json!({ "code": code, "message": message }));
    }
}

#[test]
fn a_session_is_opened_by_no_other_method() {
    let server = Server::start();
    for method in ["POST", "PUT", "DELETE"] {
        let request = server.request(POLLING, "Content-Length: 0\r\n");
        let answer = server.https(&request.replacen("GET", method, 1));
        assert_eq!(answer.status, 400);
        let refusal = json!({ "code": 2, "message": "Bad handshake method" });
        assert_eq!(answer.json(), refusal);
    }
}

#[tokio::test]
async fn messages_of_several_kinds_travel_in_one_payload() {
    let server = Arc::new(Server::start());
    let (sender, receiver) = (Poller::join(&server).await, Poller::join(&server).await);
    for payload in [
        "42[\"one\"]",
        "42[\"a\",1]\x1e42[\"b\",\"鹊桥\"]\x1e42[\"c\",{}]",
        "42[\"text\"]\x1e451-[\"bytes\",{\"_placeholder\":true,\"num\":0}]\x1ebAQIDBA==",
    ] {
        let answer = sender.post(payload).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "ok"));
        assert_eq!(receiver.poll().await.body, payload);
    }
}

#[tokio::test]
async fn a_malformed_payload_ends_the_session() {
    let server = Arc::new(Server::start());
    let client = Poller::open(&server).await;
    assert_eq!(client.post("abc").await.status, 400);
    assert_eq!(client.poll().await.status, 400);
}

#[tokio::test]
async fn two_polls_at_once_end_the_session() {
    let server = Arc::new(Server::start());
    let client = Poller::join(&server).await;
    let (one, other) = tokio::join!(client.poll(), client.poll());
    let mut answers = [(one.status, one.body), (other.status, other.body)];
    answers.sort();
    assert_eq!(answers[0], (200, "1".to_owned()));
    assert_eq!(answers[1].0, 400);
    assert_eq!(client.poll().await.status, 400);
}

#[tokio::test]
async fn a_client_that_leaves_ends_its_own_poll() {
    let server = Arc::new(Server::start());
    let client = Poller::join(&server).await;
    let waiting = client.clone();
    let poll = tokio::spawn(async move { waiting.poll().await });
    wait_for_poll().await;
    assert_eq!(client.post("1").await.body, "ok");
    let answer = poll.await.unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (200, "6"));
    assert_eq!(client.poll().await.status, 400);
}

#[tokio::test]
async fn a_poll_that_breaks_off_ends_the_session() {
    let server = Arc::new(Server::start());
    let client = Poller::join(&server).await;
    let request = server.request(&client.path, "");
    let waiting = Arc::clone(&server);
    tokio::task::spawn_blocking(move || {
        let tls = ClientConnection::new(waiting.trust(), waiting.address.ip().into()).unwrap();
        let mut stream = StreamOwned::new(tls, waiting.connect());
        stream.write_all(request.as_bytes()).unwrap();
        stream.flush().unwrap();
        let short = std::time::Duration::from_millis(300);
        stream.sock.set_read_timeout(Some(short)).unwrap();
        assert!(stream.read(&mut [0]).is_err(), "an answer already");
    })
    .await
    .unwrap();
    // The server has to notice that the connection is gone.
    for _ in 0..50 {
        if client.post("3").await.status == 400 {
            return;
        }
        wait_for_poll().await;
    }
    panic!("the session goes on");
}

#[tokio::test]
async fn a_body_over_a_megabyte_is_refused_and_one_of_a_megabyte_is_not() {
    let server = Arc::new(Server::start());
    let (client, other) = (Poller::join(&server).await, Poller::join(&server).await);
    let filled = |length: usize| format!("42[\"a\",\"{}\"]", "x".repeat(length - 10));
    let whole = filled(1_000_000);
    assert_eq!(whole.len(), 1_000_000);
    assert_eq!(client.post(&whole).await.body, "ok");
    assert_eq!(other.poll().await.body.len(), 1_000_000);
    assert_eq!(client.post(&filled(1_000_001)).await.status, 413);
    // Announced by nobody.
    let chunk = format!("{:x}\r\n{}\r\n0\r\n\r\n", 1_000_001, filled(1_000_001));
    let head = server.request(&other.path, "Transfer-Encoding: chunked\r\n");
    let answer = https(&server, head.replacen("GET", "POST", 1) + &chunk).await;
    assert_eq!(answer.status, 413);
}

#[tokio::test]
async fn clients_of_revision_3_count_their_packets() {
    let server = Arc::new(Server::start());
    let old = POLLING.replace("EIO=4", "EIO=3");
    let opened = get(&server, &old).await;
    let (length, packet) = opened.body.split_once(':').unwrap();
    assert_eq!(length.parse::<usize>().unwrap(), packet.len());
    let sid = greeting(packet)["sid"].as_str().unwrap().to_owned();
    let path = format!("{old}&sid={sid}");
    assert_eq!(get(&server, &path).await.body, "2:40");
    let mut other = Socket::join(&server).await;
    other.send("42[\"a\",\"鹊🐦\"]").await;
    let body = get(&server, &path).await.body;
    assert_eq!(body, "13:42[\"a\",\"鹊🐦\"]");
    let pinged = https(
        &server,
        post(&server, &path, "", "1:213:42[\"a\",\"鹊🐦\"]"),
    )
    .await;
    assert_eq!(pinged.body, "ok");
    assert_eq!(other.text().await, "42[\"a\",\"鹊🐦\"]");
    assert_eq!(get(&server, &path).await.body, "1:3");
    // Bytes come as such, unless the client asks for base64.
    other
        .send("451-[\"b\",{\"_placeholder\":true,\"num\":0}]")
        .await;
    other.send_binary(&[1, 2]).await;
    let framed = get(&server, &format!("{path}&b64=1")).await;
    assert!(framed.body.ends_with("6:b4AQI="), "{}", framed.body);
    other
        .send("451-[\"b\",{\"_placeholder\":true,\"num\":0}]")
        .await;
    other.send_binary(&[1, 2]).await;
    let framed = get(&server, &path).await;
    assert_eq!(
        framed.header("content-type"),
        Some("application/octet-stream")
    );
}

#[tokio::test]
async fn a_browser_without_cross_origin_requests_polls_by_script() {
    let server = Arc::new(Server::start());
    let old = POLLING.replace("EIO=4", "EIO=3");
    let opened = get(&server, &format!("{old}&j=3")).await;
    assert_eq!(
        opened.header("content-type"),
        Some("text/javascript; charset=UTF-8")
    );
    let call = opened.body.strip_prefix("___eio[3](").unwrap();
    let payload: String = serde_json::from_str(call.strip_suffix(");").unwrap()).unwrap();
    let sid = greeting(payload.split_once(':').unwrap().1)["sid"].clone();
    let path = format!("{old}&j=0&sid={}", sid.as_str().unwrap());
    let mut other = Socket::join(&server).await;
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let body = "d=11%3A42%5B%22a+b%22%2C1%5D";
    let posted = https(&server, post(&server, &path, form, body)).await;
    assert_eq!((posted.status, posted.body.as_str()), (200, "ok"));
    assert_eq!(other.text().await, "42[\"a b\",1]");
}

#[test]
fn a_page_of_this_network_may_ask_with_cookies_and_one_of_elsewhere_is_told_the_flag() {
    let server = Server::start();
    let near = server.request(POLLING, "Origin: http://localhost:3000\r\n");
    let asked = server.https(&near);
    assert_eq!(
        asked.header("access-control-allow-origin"),
        Some("http://localhost:3000")
    );
    assert_eq!(
        asked.header("access-control-allow-credentials"),
        Some("true")
    );
    let asking = "Origin: null\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type\r\n";
    let preflight = server
        .request(POLLING, asking)
        .replacen("GET", "OPTIONS", 1);
    let allowed = server.https(&preflight);
    assert_eq!(allowed.status, 204);
    assert_eq!(allowed.header("access-control-allow-origin"), Some("null"));
    assert_eq!(
        allowed.header("access-control-allow-headers"),
        Some("content-type")
    );
    let far = server.request(POLLING, "Origin: https://evil.example\r\n");
    let refused = server.https(&far);
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("--origin https://evil.example"));
}

#[test]
fn a_page_that_polls_its_own_origin_meets_one_that_uses_a_websocket() {
    let server = Server::start();
    // Browsers leave the origin out of a GET within it.
    let same = server.request(POLLING, "Sec-Fetch-Site: same-origin\r\n");
    let sid = greeting(&server.https(&same).body)["sid"].clone();
    let path = format!("{POLLING}&sid={}", sid.as_str().unwrap());
    assert_eq!(server.https(&post(&server, &path, "", "40")).body, "ok");
    assert_eq!(server.get(&path).status, 200);
    let named = server.request(POLLING, &format!("Origin: {}\r\n", server.origin()));
    let sid = greeting(&server.https(&named).body)["sid"].clone();
    let other = format!("{POLLING}&sid={}", sid.as_str().unwrap());
    let both = "40\x1e42[\"hello\"]";
    assert_eq!(server.https(&post(&server, &other, "", both)).body, "ok");
    assert_eq!(server.get(&path).body, "42[\"hello\"]");
}

/// Long enough for a request to arrive, most of the time; no test fails when it is not.
async fn wait_for_poll() {
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
}
