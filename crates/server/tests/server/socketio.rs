//! Socket.IO clients, by hand: what the public test suites of Engine.IO and Socket.IO list, over the real thing.

mod abuse;
mod polling;
mod upgrade;
mod websocket;

use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::task::spawn_blocking;
use tokio::time::{Duration, timeout};
use tokio_tungstenite::tungstenite::Message;

use super::door::Guest;
use super::process::{Response, Server};

/// A client that polls.
#[derive(Clone)]
struct Poller {
    server: Arc<Server>,
    path: String,
}

impl Poller {
    /// Opens a session of revision 4, not yet connected to a namespace.
    async fn open(server: &Arc<Server>) -> Self {
        let answer = get(server, POLLING).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let sid = greeting(&answer.body)["sid"].as_str().unwrap().to_owned();
        Self {
            server: Arc::clone(server),
            path: format!("{POLLING}&sid={sid}"),
        }
    }

    /// A client that is connected to the main namespace.
    async fn join(server: &Arc<Server>) -> Self {
        let client = Self::open(server).await;
        assert_eq!(client.post("40").await.body, "ok");
        assert!(client.poll().await.body.starts_with("40{"));
        client
    }

    async fn poll(&self) -> Response {
        get(&self.server, &self.path).await
    }

    async fn post(&self, body: &str) -> Response {
        let request = post(&self.server, &self.path, "", body);
        https(&self.server, request).await
    }

    fn sid(&self) -> &str {
        self.path.rsplit('=').next().unwrap()
    }
}

/// A WebSocket with a session of its own, or on its way to take one over.
struct Socket(Guest);

impl Socket {
    async fn open(server: &Server, path: &str) -> Self {
        Self(Guest::open(server, path, None, None).await.unwrap())
    }

    /// Connected to the main namespace, greetings read.
    async fn join(server: &Server) -> Self {
        let mut socket = Self::open(server, WEBSOCKET).await;
        assert!(socket.text().await.starts_with("0{"));
        socket.send("40").await;
        assert!(socket.text().await.starts_with("40{"));
        socket
    }

    /// On its way to take over the session of a client that polls.
    async fn probe(client: &Poller) -> Self {
        let path = format!("{WEBSOCKET}&sid={}", client.sid());
        let mut socket = Self::open(&client.server, &path).await;
        socket.send("2probe").await;
        assert_eq!(socket.text().await, "3probe");
        socket
    }

    async fn send(&mut self, text: &str) {
        self.0.ws.send(Message::text(text)).await.unwrap();
    }

    async fn send_binary(&mut self, bytes: &[u8]) {
        let message = Message::binary(bytes.to_vec());
        self.0.ws.send(message).await.unwrap();
    }

    async fn text(&mut self) -> String {
        match self.next().await {
            Some(Message::Text(text)) => text.to_string(),
            other => panic!("no text but {other:?}"),
        }
    }

    /// `None` once the server has closed.
    async fn next(&mut self) -> Option<Message> {
        let next = timeout(Duration::from_secs(20), self.0.ws.next()).await;
        match next.expect("nothing came") {
            Some(Ok(Message::Close(_)) | Err(_)) | None => None,
            Some(Ok(message)) => Some(message),
        }
    }
}

async fn get(server: &Arc<Server>, path: &str) -> Response {
    https(server, server.request(path, "")).await
}

async fn https(server: &Arc<Server>, request: String) -> Response {
    let server = Arc::clone(server);
    spawn_blocking(move || server.https(&request))
        .await
        .unwrap()
}

fn post(server: &Server, path: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    let request = server.request(path, &format!("Content-Length: {length}\r\n{headers}"));
    request.replacen("GET", "POST", 1) + body
}

fn greeting(packet: &str) -> Value {
    serde_json::from_str(packet.strip_prefix('0').unwrap()).unwrap()
}

const POLLING: &str = "/socket.io/?EIO=4&transport=polling";
const WEBSOCKET: &str = "/socket.io/?EIO=4&transport=websocket";
