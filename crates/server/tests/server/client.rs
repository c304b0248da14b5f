//! A native client: an identity and a WebSocket, driven message by message.

use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use data_encoding::BASE64URL_NOPAD;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::process::Server;

/// A key that lives in a browser.
pub(crate) struct Identity(EcdsaKeyPair);

impl Identity {
    pub(crate) fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    pub(crate) fn key(&self) -> String {
        BASE64URL_NOPAD.encode(self.0.public_key().as_ref())
    }

    pub(crate) fn sign(&self, text: &str) -> String {
        BASE64URL_NOPAD.encode(
            self.0
                .sign(&SystemRandom::new(), text.as_bytes())
                .unwrap()
                .as_ref(),
        )
    }

    /// The answer to a `hello`.
    pub(crate) fn proof(&self, nonce: &str, origin: &str, tab: &str) -> Value {
        let sig = self.sign(&format!("magpie-auth-1\n{nonce}\n{origin}"));
        json!({ "t": "auth", "key": self.key(), "sig": sig, "origin": origin, "tab": tab, "label": "Test" })
    }
}

/// A page that is connected.
pub(crate) struct Client {
    pub(crate) ws: WebSocketStream<TlsStream<TcpStream>>,
    /// What `welcome` said; null before.
    pub(crate) welcome: Value,
    n: u64,
}

impl Client {
    /// Shakes hands as a page of `origin`.
    pub(crate) async fn open(server: &Server, origin: &str) -> Result<Self, Box<Error>> {
        let tcp = TcpStream::connect(server.address).await.unwrap();
        let name = server.address.ip().into();
        let tls = TlsConnector::from(server.trust())
            .connect(name, tcp)
            .await
            .unwrap();
        let mut request = format!("wss://{}/ws", server.address)
            .into_client_request()
            .unwrap();
        request
            .headers_mut()
            .insert("origin", origin.parse().unwrap());
        let (ws, _) = tokio_tungstenite::client_async(request, tls)
            .await
            .map_err(Box::new)?;
        Ok(Self {
            ws,
            welcome: Value::Null,
            n: 0,
        })
    }

    /// A page of this server's own origin that has said who it is and was welcomed.
    pub(crate) async fn connect(server: &Server, identity: &Identity, tab: &str) -> Self {
        Self::introduce(server, identity, tab, false).await
    }

    /// The same of one who hides their address.
    pub(crate) async fn connect_hidden(server: &Server, identity: &Identity, tab: &str) -> Self {
        Self::introduce(server, identity, tab, true).await
    }

    async fn introduce(server: &Server, identity: &Identity, tab: &str, hide: bool) -> Self {
        let mut client = Self::open(server, &server.origin()).await.unwrap();
        let hello = client.receive().await;
        assert_eq!(hello["t"], "hello");
        let mut proof = identity.proof(hello["nonce"].as_str().unwrap(), &server.origin(), tab);
        proof["hide"] = hide.into();
        client.send(&proof).await;
        client.welcome = client.receive().await;
        assert_eq!(client.welcome["t"], "welcome", "{}", client.welcome);
        client
    }

    pub(crate) async fn send(&mut self, message: &Value) {
        self.ws
            .send(Message::text(message.to_string()))
            .await
            .unwrap();
    }

    /// The next message, which must come soon.
    pub(crate) async fn receive(&mut self) -> Value {
        match self.next().await {
            Some(Ok(Message::Text(text))) => serde_json::from_str(&text).unwrap(),
            other => panic!("no message but {other:?}"),
        }
    }

    pub(crate) async fn next(&mut self) -> Option<Result<Message, Error>> {
        timeout(SOON, self.ws.next()).await.expect("nothing came")
    }

    /// The next message of a type; others are passed over.
    pub(crate) async fn receive_a(&mut self, t: &str) -> Value {
        loop {
            let message = self.receive().await;
            if message["t"] == t {
                return message;
            }
        }
    }

    /// The next view of a call in a state; others are passed over.
    pub(crate) async fn receive_call(&mut self, state: &str) -> Value {
        loop {
            let message = self.receive_a("call").await;
            if message["call"]["state"] == state {
                return message["call"].clone();
            }
        }
    }

    /// Sends a command and returns its answer; what comes before the answer is passed over.
    pub(crate) async fn ask(&mut self, mut command: Value) -> Value {
        self.n += 1;
        command["n"] = self.n.into();
        self.send(&command).await;
        loop {
            let message = self.receive().await;
            if message["n"] == self.n {
                return message;
            }
        }
    }

    /// The close code the server ends the connection with; messages before it are passed over.
    pub(crate) async fn close_code(&mut self) -> u16 {
        loop {
            match self.next().await {
                Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
                Some(Ok(_)) => (),
                other => panic!("ended without a close frame: {other:?}"),
            }
        }
    }

    pub(crate) fn number(&self) -> String {
        self.welcome["me"]["number"].as_str().unwrap().to_owned()
    }
}

/// A fresh name of a page or call.
pub(crate) fn random_id() -> String {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).unwrap();
    BASE64URL_NOPAD.encode(&bytes)
}

/// Longer than any time limit of the server.
const SOON: Duration = Duration::from_secs(20);
