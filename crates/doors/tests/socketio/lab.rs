//! A server without a network, and the queues of its sessions.

use std::collections::BTreeMap;

use bytes::Bytes;
use magpie_doors::engineio::{
    ConnKey, Effect, Frame, Probed, Refusal, Settings, Transport, Version, payload,
};
use magpie_doors::socketio::{Arrival, Limits, Server};
use magpie_doors::tutorial::{self, Lobby};
use magpie_hub::Millis;

pub(crate) struct Lab {
    pub(crate) server: Server<Lobby>,
    pub(crate) now: Millis,
    queues: BTreeMap<ConnKey, Vec<Frame>>,
    opened: Vec<ConnKey>,
    closed: Vec<ConnKey>,
}

/// How a client comes.
pub(crate) struct Visitor {
    pub(crate) version: Version,
    pub(crate) transport: Transport,
    pub(crate) base64: bool,
    pub(crate) query: &'static str,
    pub(crate) origin: Option<&'static str>,
    pub(crate) address: [u8; 4],
}

pub(crate) const WEBSOCKET: Visitor = Visitor {
    version: Version::V4,
    transport: Transport::WebSocket,
    base64: false,
    query: "EIO=4&transport=websocket",
    origin: Some("https://a.test"),
    address: [192, 0, 2, 1],
};

pub(crate) const POLLING: Visitor = Visitor {
    transport: Transport::Polling,
    ..WEBSOCKET
};

pub(crate) const OLD: Visitor = Visitor {
    version: Version::V3,
    ..WEBSOCKET
};

impl Lab {
    pub(crate) fn new() -> Self {
        Self::with_limits(Limits::default())
    }

    pub(crate) fn with_limits(limits: Limits) -> Self {
        let settings = Settings {
            ping_interval: 25_000,
            ping_timeout: 20_000,
            upgrade_timeout: 10_000,
            max_payload: 1_000_000,
            sessions: 40,
        };
        let lobby = Lobby::new([2; 32], tutorial::Limits::default());
        Self {
            server: Server::new([1; 32], settings, limits, lobby),
            now: Millis(1_000_000),
            queues: BTreeMap::new(),
            opened: Vec::new(),
            closed: Vec::new(),
        }
    }

    pub(crate) fn try_open(&mut self, visitor: &Visitor) -> Result<ConnKey, Refusal> {
        let conn = self.server.open(
            self.now,
            Arrival {
                version: visitor.version,
                transport: visitor.transport,
                base64: visitor.base64,
                query: visitor.query.to_owned(),
                origin: visitor.origin.map(str::to_owned),
                address: visitor.address.into(),
            },
        );
        self.drain();
        self.opened.extend(conn.iter());
        conn
    }

    /// All clients that are there, in the order they came.
    pub(crate) fn everybody(&self) -> Vec<ConnKey> {
        let there = self.opened.iter().filter(|conn| !self.is_closed(**conn));
        there.copied().collect()
    }

    pub(crate) fn open(&mut self, visitor: &Visitor) -> ConnKey {
        self.try_open(visitor).unwrap()
    }

    /// A client connected to the main namespace, its greetings read.
    pub(crate) fn join(&mut self, visitor: &Visitor) -> ConnKey {
        let conn = self.open(visitor);
        if visitor.version == Version::V4 {
            self.text(conn, "40");
        }
        self.read(conn);
        conn
    }

    pub(crate) fn text(&mut self, conn: ConnKey, text: &str) {
        let frame = Frame::Text(Bytes::copy_from_slice(text.as_bytes()));
        self.server.frame(self.now, conn, frame);
        self.drain();
    }

    pub(crate) fn binary(&mut self, conn: ConnKey, bytes: &[u8]) {
        let frame = Frame::Binary(Bytes::copy_from_slice(bytes));
        self.server.frame(self.now, conn, frame);
        self.drain();
    }

    /// Posts a body; whether it was well formed.
    pub(crate) fn post(&mut self, conn: ConnKey, version: Version, body: &str) -> bool {
        let body = Bytes::copy_from_slice(body.as_bytes());
        let mut packets = payload::decode(version, false, body).unwrap();
        let handled = self.server.packets(self.now, conn, &mut packets, 1000);
        self.server.end_post(conn);
        self.drain();
        handled.is_ok()
    }

    /// A message of a WebSocket that is to take a session over.
    pub(crate) fn probe(&mut self, conn: ConnKey, packet: &str) -> Probed {
        let frame = Frame::Text(packet.to_owned().into());
        self.with(|server, _| server.probe(conn, frame))
    }

    /// Calls the server directly.
    pub(crate) fn with<T>(&mut self, act: impl FnOnce(&mut Server<Lobby>, Millis) -> T) -> T {
        let outcome = act(&mut self.server, self.now);
        self.drain();
        outcome
    }

    /// Lets time pass, doing what is due when it is due.
    pub(crate) fn pass(&mut self, milliseconds: u64) {
        let end = self.now.after(milliseconds);
        while let Some(due) = self.server.poll_timeout()
            && due <= end
        {
            self.now = due;
            self.server.handle_timeout(due);
            self.drain();
        }
        self.now = end;
    }

    /// What was sent to a client since the last look.
    pub(crate) fn read(&mut self, conn: ConnKey) -> Vec<Frame> {
        self.queues.remove(&conn).unwrap_or_default()
    }

    /// The same as text; bytes as `<01ff>`.
    pub(crate) fn texts(&mut self, conn: ConnKey) -> Vec<String> {
        let text = |frame| match frame {
            Frame::Text(text) => String::from_utf8(text.to_vec()).unwrap(),
            Frame::Binary(bytes) => format!("<{}>", data_encoding::HEXLOWER.encode(&bytes)),
        };
        self.read(conn).into_iter().map(text).collect()
    }

    pub(crate) fn is_closed(&self, conn: ConnKey) -> bool {
        self.closed.contains(&conn)
    }

    fn drain(&mut self) {
        while let Some(effect) = self.server.poll_effect() {
            match effect {
                Effect::Send { conn, frame } => self.queues.entry(conn).or_default().push(frame),
                Effect::Close { conn } => self.closed.push(conn),
            }
        }
    }
}

/// The value of a text field in a greeting.
pub(crate) fn field(packet: &str, name: &str) -> String {
    let start = packet.find('{').unwrap();
    let json: serde_json::Value = serde_json::from_str(&packet[start..]).unwrap();
    json[name].as_str().unwrap().to_owned()
}
