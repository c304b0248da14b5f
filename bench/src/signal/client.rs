//! One client of the native protocol, as small as it can be: docs/protocol.md says what it speaks.

use std::{
    net::{Ipv4Addr, SocketAddr},
    pin::Pin,
    task::{Context, Poll},
};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use data_encoding::BASE64URL_NOPAD;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpSocket, TcpStream},
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Message, Utf8Bytes, client::IntoClientRequest, protocol::WebSocketConfig},
};

use crate::{BenchError, tls::trusting_connector};

use super::{Door, SignalOptions};

/// An authenticated connection.
pub(super) struct Client {
    socket: WebSocketStream<Transport>,
    /// What others reach this client by: the person's id, or the PeerJS id; nothing in Socket.IO.
    pub(super) id: String,
}

/// How to reach the server; made once for all clients.
pub(super) struct Target {
    server: SocketAddr,
    tls: Option<TlsConnector>,
    origin: String,
    door: Door,
}

impl Target {
    pub(super) fn new(door: Door, options: &SignalOptions) -> Self {
        Self {
            door,
            server: options.server,
            tls: options.tls.then(trusting_connector),
            origin: options.origin.clone(),
        }
    }

    /// Connects as somebody new. `index` picks the source address; two that follow each other are a pair.
    pub(super) async fn connect(&self, index: usize) -> Result<Client, BenchError> {
        let id = random_id();
        let path = match self.door {
            Door::Native => "/ws".to_owned(),
            Door::PeerJs => format!("/peerjs?key=peerjs&id=x{id}&token={id}&version=1.5.5"),
            Door::SocketIo => format!("/socket.io/?EIO=4&transport=websocket&room={}", index / 2),
        };
        let mut client = Client {
            socket: self.open(index, &path).await?,
            id: format!("x{id}"),
        };
        match self.door {
            Door::Native => client.authenticate(&self.origin).await?,
            Door::PeerJs => drop(client.wait_for("OPEN", |_| true).await?),
            Door::SocketIo => client.join_namespace().await?,
        }
        Ok(client)
    }

    async fn open(
        &self,
        index: usize,
        path: &str,
    ) -> Result<WebSocketStream<Transport>, BenchError> {
        let transport = self.transport(index).await.map_err(connect_error)?;
        let mut request = format!("ws://{}{path}", self.server)
            .into_client_request()
            .map_err(connect_error)?;
        let origin = self.origin.parse().map_err(connect_error)?;
        request.headers_mut().insert("Origin", origin);
        // Ten thousand clients in one process: the default buffers would cost gigabytes.
        let config = WebSocketConfig::default()
            .read_buffer_size(4096)
            .write_buffer_size(0);
        let opened = client_async_with_config(request, transport, Some(config)).await;
        Ok(opened.map_err(connect_error)?.0)
    }

    async fn transport(&self, index: usize) -> std::io::Result<Transport> {
        let stream = self.tcp(index).await?;
        stream.set_nodelay(true)?;
        let Some(connector) = &self.tls else {
            return Ok(Transport::Plain(stream));
        };
        let stream = connector.connect(self.server.ip().into(), stream).await?;
        Ok(Transport::Tls(Box::new(stream)))
    }

    async fn tcp(&self, index: usize) -> std::io::Result<TcpStream> {
        let SocketAddr::V4(server) = self.server else {
            return TcpStream::connect(self.server).await;
        };
        let socket = TcpSocket::new_v4()?;
        if server.ip().is_loopback() {
            socket.bind((source_address(index), 0).into())?;
        }
        socket.connect(self.server).await
    }
}

impl Client {
    /// Sends one message.
    pub(super) async fn send(&mut self, message: impl Into<Utf8Bytes>) -> Result<(), BenchError> {
        self.socket
            .send(Message::Text(message.into()))
            .await
            .map_err(connect_error)
    }

    /// The next message, as text.
    pub(super) async fn next(&mut self) -> Result<Utf8Bytes, BenchError> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => return Ok(text),
                Some(Ok(Message::Close(frame))) => {
                    return Err(BenchError::Protocol(format!("closed: {frame:?}")));
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(connect_error(error)),
                None => return Err(BenchError::Protocol("closed".into())),
            }
        }
    }

    /// Reads on until a message of type `t` (PeerJS: `type`) satisfies `wanted`; an error stops the run.
    pub(super) async fn wait_for(
        &mut self,
        t: &str,
        wanted: impl Fn(&Value) -> bool,
    ) -> Result<Value, BenchError> {
        loop {
            let text = self.next().await?;
            let message: Value =
                serde_json::from_str(&text).map_err(|_| BenchError::Protocol(text.to_string()))?;
            let kind = message["t"]
                .as_str()
                .or(message["type"].as_str())
                .unwrap_or_default();
            if matches!(kind, "error" | "ERROR" | "ID-TAKEN") {
                return Err(BenchError::Protocol(text.to_string()));
            }
            if kind == t && wanted(&message) {
                return Ok(message);
            }
        }
    }

    /// Engine.IO opens (`0`), Socket.IO connects to the main namespace (`40`).
    async fn join_namespace(&mut self) -> Result<(), BenchError> {
        self.starts_with("0{").await?;
        self.send("40").await?;
        self.starts_with("40").await
    }

    async fn starts_with(&mut self, wanted: &str) -> Result<(), BenchError> {
        let text = self.next().await?;
        match text.starts_with(wanted) {
            true => Ok(()),
            false => Err(BenchError::Protocol(text.to_string())),
        }
    }

    async fn authenticate(&mut self, origin: &str) -> Result<(), BenchError> {
        let hello = self.wait_for("hello", |_| true).await?;
        let nonce = hello["nonce"].as_str().unwrap_or_default();
        let key =
            EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(connect_error)?;
        let text = format!("magpie-auth-1\n{nonce}\n{origin}");
        let signature = key
            .sign(&SystemRandom::new(), text.as_bytes())
            .map_err(connect_error)?;
        let auth = json!({
            "t": "auth",
            "key": BASE64URL_NOPAD.encode(key.public_key().as_ref()),
            "sig": BASE64URL_NOPAD.encode(signature.as_ref()),
            "origin": origin,
            "tab": random_id(),
            "label": "bench",
        });
        self.send(auth.to_string()).await?;
        let welcome = self.wait_for("welcome", |_| true).await?;
        self.id = welcome["me"]["id"].as_str().unwrap_or_default().to_owned();
        Ok(())
    }
}

/// 16 random bytes in base64url: a tab or a call id.
pub(super) fn random_id() -> String {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).expect("the system's generator works");
    BASE64URL_NOPAD.encode(&bytes)
}

fn connect_error(error: impl std::fmt::Display) -> BenchError {
    BenchError::Connect(error.to_string())
}

/// An address of 127.0.0.0/8 for each connection, away from 127.0.0.1.
fn source_address(index: usize) -> Ipv4Addr {
    Ipv4Addr::from(0x7f01_0000 + (index as u32 & 0x00fe_ffff) + 1)
}

enum Transport {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Transport {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Transport {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
