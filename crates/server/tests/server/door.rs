//! A client of a foreign protocol: a WebSocket and nothing more.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::process::Server;

pub(crate) struct Guest {
    pub(crate) ws: WebSocketStream<TlsStream<TcpStream>>,
}

impl Guest {
    /// Connects; when refused, the answer's body.
    pub(crate) async fn open(
        server: &Server,
        path: &str,
        origin: Option<&'static str>,
        protocol: Option<&'static str>,
    ) -> Result<Self, String> {
        let tcp = TcpStream::connect(server.address).await.unwrap();
        Self::over(tcp, server, path, origin, protocol).await
    }

    /// The same over a connection there is.
    pub(crate) async fn over(
        tcp: TcpStream,
        server: &Server,
        path: &str,
        origin: Option<&'static str>,
        protocol: Option<&'static str>,
    ) -> Result<Self, String> {
        let name = server.address.ip().into();
        let tls = TlsConnector::from(server.trust());
        let tls = tls.connect(name, tcp).await.unwrap();
        let url = format!("wss://{}{path}", server.address);
        let mut request = url.into_client_request().unwrap();
        for (header, value) in [("origin", origin), ("sec-websocket-protocol", protocol)] {
            if let Some(value) = value {
                request.headers_mut().insert(header, value.parse().unwrap());
            }
        }
        match tokio_tungstenite::client_async(request, tls).await {
            Ok((ws, _)) => Ok(Self { ws }),
            Err(Error::Http(answer)) => {
                let body = answer.into_body().unwrap_or_default();
                Err(String::from_utf8(body).unwrap())
            }
            Err(other) => panic!("{other}"),
        }
    }

    pub(crate) async fn send(&mut self, message: &Value) {
        self.ws
            .send(Message::text(message.to_string()))
            .await
            .unwrap();
    }

    /// The next message, which must come soon.
    pub(crate) async fn receive(&mut self) -> Value {
        loop {
            match self.next().await {
                Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).unwrap(),
                Some(Ok(Message::Ping(_))) => (),
                other => panic!("no message but {other:?}"),
            }
        }
    }

    /// The next message of a type; others are passed over.
    pub(crate) async fn receive_a(&mut self, kind: &str) -> Value {
        loop {
            let message = self.receive().await;
            if message["type"] == kind {
                return message;
            }
        }
    }

    /// Whether nothing comes for a moment.
    pub(crate) async fn hears_nothing(&mut self) -> bool {
        timeout(Duration::from_millis(300), self.ws.next())
            .await
            .is_err()
    }

    /// Waits until the server has ended the connection.
    pub(crate) async fn closed(&mut self) {
        while let Some(Ok(_)) = self.next().await {}
    }

    /// The close code the server ends the connection with.
    pub(crate) async fn close_code(&mut self) -> u16 {
        loop {
            match self.next().await {
                Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
                Some(Ok(_)) => (),
                other => panic!("ended without a close frame: {other:?}"),
            }
        }
    }

    async fn next(&mut self) -> Option<Result<Message, Error>> {
        timeout(SOON, self.ws.next()).await.expect("nothing came")
    }
}

/// Longer than any time limit of the server.
const SOON: Duration = Duration::from_secs(20);
