//! The native protocol over server-sent events and POST.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use rustls::{ClientConnection, StreamOwned};
use serde_json::{Value, json};

use super::client::{Identity, random_id};
use super::process::{Response, Server};

#[test]
fn a_new_person_is_welcomed_with_a_number() {
    let server = Server::start();
    let page = Page::connect(&server, &Identity::new());
    assert_eq!(page.number().len(), 9);
}

#[test]
fn a_call_is_dialled_answered_and_carries_signals_unchanged_and_in_order() {
    let server = Server::start();
    let mut caller = Page::connect(&server, &Identity::new());
    let mut callee = Page::connect(&server, &Identity::new());
    let call = random_id();
    caller.say(
        &json!({ "t": "dial", "n": 1, "call": call, "to": callee.number(), "media": "audio" }),
    );
    callee.hear("call");
    callee.say(&json!({ "t": "accept", "n": 1, "call": call, "media": "audio" }));
    while caller.hear("call")["call"]["state"] != "active" {}
    let signals: Vec<Value> = (1..=50)
        .map(|s| json!({ "t": "signal", "call": call, "e": 1, "s": s, "ae": 0, "as": 0, "d": { "candidate": null } }))
        .collect();
    let lines: Vec<String> = signals.iter().map(Value::to_string).collect();
    assert_eq!(caller.post(&lines.join("\n")).status, 204);
    for signal in signals {
        assert_eq!(callee.hear("signal"), signal);
    }
}

#[test]
fn a_proof_that_names_another_origin_than_the_posting_page_is_refused() {
    let server = Server::start();
    let mut page = Page::open(&server);
    let nonce = page.next().1["nonce"].as_str().unwrap().to_owned();
    let proof = Identity::new().proof(&nonce, "https://evil.example", &random_id());
    assert_eq!(page.post(&proof.to_string()).status, 204);
    assert_eq!(page.next().1["code"], "unauthorized");
    let (event, close) = page.next();
    assert_eq!((event.as_str(), &close["code"]), ("close", &json!(4401)));
}

#[test]
fn a_page_of_another_origin_may_neither_listen_nor_post() {
    let server = Server::start();
    let evil = "Origin: https://evil.example\r\n";
    assert_eq!(server.https(&server.request("/sse", evil)).status, 403);
    let post = server.request("/signal", evil).replacen("GET", "POST", 1);
    assert_eq!(server.https(&post).status, 403);
}

#[test]
fn a_post_without_a_stream_is_told_so() {
    let server = Server::start();
    let post = server.request(
        "/signal",
        "Authorization: Bearer nobody\r\nContent-Length: 0\r\n",
    );
    assert_eq!(server.https(&post.replacen("GET", "POST", 1)).status, 404);
}

#[test]
fn a_body_over_256_kib_is_refused_and_the_session_goes_on() {
    let server = Server::start();
    let mut page = Page::connect(&server, &Identity::new());
    assert_eq!(page.post(&"x".repeat(256 * 1024 + 1)).status, 413);
    page.say(&json!({ "t": "sync", "calls": {} }));
    page.hear("synced");
}

#[test]
fn many_long_messages_left_unfinished_cost_bounded_memory() {
    let server = Server::start();
    let mut page = Page::connect(&server, &Identity::new());
    let before = server.memory();
    let headers = format!(
        "Origin: {}\r\nAuthorization: Bearer {}\r\nContent-Length: {}\r\n",
        server.origin(),
        page.secret,
        256 * 1024
    );
    let head = server
        .request("/signal", &headers)
        .replacen("GET", "POST", 1);
    let begun = vec![b'x'; 250 * 1024];
    let held: Vec<_> = (0..300)
        .map(|_| {
            let tls = ClientConnection::new(server.trust(), server.address.ip().into()).unwrap();
            let mut stream = StreamOwned::new(tls, server.connect());
            drop(stream.write_all(head.as_bytes()));
            drop(stream.write_all(&begun));
            stream
        })
        .collect();
    let after = server.memory();
    assert!(after < before + 48 * 1024, "{before} -> {after} KiB");
    drop(held);
    page.say(&json!({ "t": "sync", "calls": {} }));
    page.hear("synced");
}

#[test]
fn a_stranger_cannot_send_long_messages() {
    let server = Server::start();
    let mut page = Page::open(&server);
    page.next();
    page.post(&"x".repeat(5000));
    let (event, close) = page.next();
    assert_eq!((event.as_str(), &close["code"]), ("close", &json!(1009)));
}

#[test]
fn a_session_ends_with_its_stream() {
    let server = Server::start();
    let page = Page::connect(&server, &Identity::new());
    let secret = page.secret.clone();
    drop(page);
    let mut status = 204;
    for _ in 0..100 {
        status = post(&server, &secret, "").status;
        if status == 404 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(status, 404);
}

#[test]
fn a_second_connection_of_a_page_takes_over_whatever_carries_it() {
    let server = Server::start();
    let (alice, tab) = (Identity::new(), random_id());
    let mut first = Page::open(&server);
    first.introduce(&alice, &tab);
    let mut second = Page::open(&server);
    second.introduce(&alice, &tab);
    assert_eq!(first.hear("error")["code"], "replaced");
    assert_eq!(first.next().1["code"], 4409);
}

#[test]
fn a_stopping_server_says_so_and_ends_the_stream() {
    let server = Server::start();
    let mut page = Page::connect(&server, &Identity::new());
    server.signal(nix::sys::signal::Signal::SIGTERM);
    page.hear("drain");
    assert_eq!(page.next().1["code"], 1012);
}

/// A page without WebSockets.
struct Page<'a> {
    server: &'a Server,
    stream: BufReader<StreamOwned<ClientConnection, TcpStream>>,
    secret: String,
    welcome: Value,
}

impl<'a> Page<'a> {
    fn open(server: &'a Server) -> Self {
        let client = ClientConnection::new(server.trust(), server.address.ip().into()).unwrap();
        let mut stream = StreamOwned::new(client, server.connect());
        stream
            .write_all(server.request("/sse", "").as_bytes())
            .unwrap();
        let mut page = Self {
            server,
            stream: BufReader::new(stream),
            secret: String::new(),
            welcome: Value::Null,
        };
        let (event, session) = page.next();
        assert_eq!(event, "session");
        page.secret = session["session"].as_str().unwrap().to_owned();
        page
    }

    fn connect(server: &'a Server, identity: &Identity) -> Self {
        let mut page = Self::open(server);
        page.introduce(identity, &random_id());
        page
    }

    fn introduce(&mut self, identity: &Identity, tab: &str) {
        let (_, hello) = self.next();
        let nonce = hello["nonce"].as_str().unwrap().to_owned();
        self.say(&identity.proof(&nonce, &self.server.origin(), tab));
        self.welcome = self.hear("welcome");
    }

    fn number(&self) -> String {
        self.welcome["me"]["number"].as_str().unwrap().to_owned()
    }

    /// The next event's name and data; chunk sizes, headers and comments are passed over.
    fn next(&mut self) -> (String, Value) {
        let mut event = "message".to_owned();
        loop {
            let mut line = String::new();
            assert!(
                self.stream.read_line(&mut line).unwrap() > 0,
                "the stream has ended"
            );
            if let Some(name) = line.trim_end().strip_prefix("event: ") {
                event = name.to_owned();
            }
            if let Some(data) = line.strip_prefix("data: ") {
                return (event, serde_json::from_str(data).unwrap());
            }
        }
    }

    fn hear(&mut self, t: &str) -> Value {
        loop {
            let (_, message) = self.next();
            if message["t"] == t {
                return message;
            }
        }
    }

    fn say(&self, message: &Value) {
        assert_eq!(self.post(&message.to_string()).status, 204);
    }

    fn post(&self, body: &str) -> Response {
        post(self.server, &self.secret, body)
    }
}

fn post(server: &Server, secret: &str, body: &str) -> Response {
    let headers = format!(
        "Origin: {}\r\nAuthorization: Bearer {secret}\r\nContent-Length: {}\r\n",
        server.origin(),
        body.len()
    );
    let request = server.request("/signal", &headers);
    server.https(&(request.replacen("GET", "POST", 1) + body))
}
