//! The protocol's one owner: sessions, sockets and the application above.

mod dispatch;
mod outputs;

use std::net::IpAddr;
use std::sync::Arc;

use magpie_hub::Millis;

use super::api::{Application, Reason};
use super::limits::Limits;
use super::sockets::{Client, Socket};
use crate::engineio::{
    self, Clash, ConnKey, Effect, Frame, Malformed, Packet, Probed, Received, Refusal, Sessions,
    Settings, Transport, Version, payload,
};
use crate::random::Random;
use crate::slab::Slab;
use crate::timers::Timers;

/// What is known of a client that opens a session.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The revision it speaks.
    pub version: Version,
    /// What carries the session at first.
    pub transport: Transport,
    /// Whether it takes bytes as base64 only.
    pub base64: bool,
    /// The query of its request.
    pub query: String,
    /// The page's origin, if it is one.
    pub origin: Option<String>,
    /// Its address.
    pub address: IpAddr,
}

/// All Socket.IO clients and the application above them.
///
/// After each call the caller drains [`Server::poll_effect`] and carries the effects out in order, then arms a timer for
/// [`Server::poll_timeout`].
#[derive(Debug)]
pub struct Server<A> {
    application: A,
    sessions: Sessions<Client>,
    sockets: Slab<Socket>,
    /// When a client must have connected, or sent all of an event.
    due: Timers<ConnKey>,
    /// Bytes of incomplete events.
    assembling: usize,
    root: Arc<str>,
    random: Random,
    limits: Limits,
}

impl<A: Application> Server<A> {
    /// A server without clients. The seed makes ids nobody can guess.
    #[must_use]
    pub fn new(seed: [u8; 32], settings: Settings, limits: Limits, application: A) -> Self {
        let mut random = Random::new(seed);
        Self {
            application,
            sessions: Sessions::new(random.seed(), settings),
            sockets: Slab::new(),
            due: Timers::default(),
            assembling: 0,
            root: "/".into(),
            random,
            limits,
        }
    }

    /// Opens a session.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] when there are too many.
    pub fn open(&mut self, now: Millis, arrival: Arrival) -> Result<ConnKey, Refusal> {
        let Arrival {
            version,
            transport,
            base64,
            query,
            origin,
            address,
        } = arrival;
        let client = Client {
            query: query.into(),
            origin: origin.map(Into::into),
            address,
            connect_due: None,
            sockets: Vec::new(),
            assembly: None,
        };
        let conn = self
            .sessions
            .open(now, version, transport, base64, client)
            .ok_or(Refusal::Forbidden)?;
        match version {
            // Old clients are connected without asking.
            Version::V3 => self.connect(now, conn, "/", None),
            Version::V4 => self.expect_connect(now, conn),
        }
        Ok(conn)
    }

    fn expect_connect(&mut self, now: Millis, conn: ConnKey) {
        let due = now.after(self.limits.connect_ms);
        if let Some(client) = self.sessions.above_mut(conn) {
            client.connect_due = Some(due);
            self.due.add(due, conn);
        }
    }

    /// The session of an id, and the revision it speaks.
    ///
    /// # Errors
    /// [`Refusal::UnknownSid`].
    pub fn find(&self, sid: &str) -> Result<(ConnKey, Version), Refusal> {
        let conn = self.sessions.find(sid)?;
        let version = self.sessions.version(conn).ok_or(Refusal::UnknownSid)?;
        Ok((conn, version))
    }

    /// A message of a session's WebSocket.
    pub fn frame(&mut self, now: Millis, conn: ConnKey, frame: Frame) {
        let Some(version) = self.sessions.version(conn) else {
            return;
        };
        let packet = Packet::decode(version, frame);
        if packet
            .and_then(|packet| self.packet(now, conn, packet))
            .is_err()
        {
            self.close(now, conn, engineio::Reason::ParseError);
        }
    }

    /// Handles up to `most` packets of a POST's body; how many there were.
    ///
    /// # Errors
    /// [`Malformed`]: one of them is, and the session is closed.
    pub fn packets(
        &mut self,
        now: Millis,
        conn: ConnKey,
        packets: &mut payload::Packets,
        most: usize,
    ) -> Result<usize, Malformed> {
        let mut count: usize = 0;
        for packet in packets.take(most) {
            count = count.saturating_add(1);
            let handled = packet.and_then(|packet| self.packet(now, conn, packet));
            if handled.is_err() {
                self.close(now, conn, engineio::Reason::ParseError);
                return Err(Malformed);
            }
        }
        Ok(count)
    }

    /// The POST has been handled.
    pub fn end_post(&mut self, conn: ConnKey) {
        self.sessions.end_post(conn);
    }

    fn packet(&mut self, now: Millis, conn: ConnKey, packet: Packet) -> Result<(), Malformed> {
        match self.sessions.receive(now, conn, packet) {
            Received::Handled => Ok(()),
            Received::Broken(engineio::Reason::TransportClose) => {
                self.closed(now, conn);
                Ok(())
            }
            Received::Broken(_) => Err(Malformed),
            Received::Message(message) => {
                self.message(now, conn, message)?;
                self.carry_out();
                Ok(())
            }
        }
    }

    /// A GET of a session waits for packets; [`Server::end_poll`] when it has its answer.
    ///
    /// # Errors
    /// [`Refusal`]. If another one waited already, the session is closed.
    pub fn begin_poll(&mut self, now: Millis, conn: ConnKey) -> Result<(), Refusal> {
        let begun = self.sessions.begin_poll(conn);
        self.no_clash(now, conn, begun)
    }

    /// The GET has its answer.
    pub fn end_poll(&mut self, conn: ConnKey) {
        self.sessions.end_poll(conn);
    }

    /// A POST of a session has begun; [`Server::packets`] when its body is there, then [`Server::end_post`].
    ///
    /// # Errors
    /// [`Refusal`]. If another one was under way already, the session is closed.
    pub fn begin_post(&mut self, now: Millis, conn: ConnKey) -> Result<(), Refusal> {
        let begun = self.sessions.begin_post(conn);
        self.no_clash(now, conn, begun)
    }

    fn no_clash(
        &mut self,
        now: Millis,
        conn: ConnKey,
        begun: Result<(), Clash>,
    ) -> Result<(), Refusal> {
        begun.map_err(|clash| match clash {
            Clash::Refused(refusal) => refusal,
            Clash::Overlap => {
                self.close(now, conn, engineio::Reason::TransportError);
                Refusal::BadRequest
            }
        })
    }

    /// A WebSocket wants to take a session over; [`Server::probe`] with its messages, [`Server::end_probe`] if it ends.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn begin_probe(&mut self, now: Millis, conn: ConnKey) -> Result<(), Refusal> {
        self.sessions.begin_probe(now, conn)
    }

    /// A message of a WebSocket that has begun to take a session over.
    pub fn probe(&mut self, conn: ConnKey, frame: Frame) -> Probed {
        let packet = self
            .sessions
            .version(conn)
            .and_then(|version| Packet::decode(version, frame).ok());
        match packet {
            Some(packet) => self.sessions.probe(conn, &packet),
            None => Probed::Refused,
        }
    }

    /// A WebSocket that had begun to take a session over is gone.
    pub fn end_probe(&mut self, conn: ConnKey) {
        self.sessions.end_probe(conn);
    }

    /// The session's request or WebSocket broke off.
    pub fn gone(&mut self, now: Millis, conn: ConnKey) {
        self.close(now, conn, engineio::Reason::TransportError);
    }

    /// The client closed the session's WebSocket.
    pub fn closed(&mut self, now: Millis, conn: ConnKey) {
        self.close(now, conn, engineio::Reason::TransportClose);
    }

    fn close(&mut self, now: Millis, conn: ConnKey, reason: engineio::Reason) {
        self.end(now, conn, reason);
        self.carry_out();
    }

    /// Closes a session and tells the application of each of its sockets.
    fn end(&mut self, now: Millis, conn: ConnKey, reason: engineio::Reason) {
        let Some(client) = self.sessions.close(conn, reason) else {
            return;
        };
        self.assembling = self.assembling.saturating_sub(client.assembling());
        if let Some(due) = client.connect_due {
            self.due.remove(due, conn);
        }
        if let Some(assembly) = client.assembly {
            self.due.remove(assembly.due, conn);
        }
        for (_, socket) in client.sockets {
            self.sockets.remove(socket.0);
            self.application.disconnect(now, socket, reason.into());
        }
    }

    /// Does what is due by `now`.
    pub fn handle_timeout(&mut self, now: Millis) {
        while let Some(conn) = self.sessions.handle_timeout(now) {
            self.close(now, conn, engineio::Reason::PingTimeout);
        }
        while let Some(conn) = self.due.pop(now) {
            self.close(now, conn, engineio::Reason::TransportError);
        }
        if self.application.poll_timeout().is_some_and(|at| at <= now) {
            self.application.handle_timeout(now);
        }
        self.carry_out();
    }

    /// When to call [`Server::handle_timeout`].
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Millis> {
        let own = self.due.first();
        let below = self.sessions.poll_timeout();
        let above = self.application.poll_timeout();
        own.into_iter().chain(below).chain(above).min()
    }

    /// What the transport is to do next.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.sessions.poll_effect()
    }

    /// How many sessions are open.
    #[must_use]
    pub const fn sessions(&self) -> usize {
        self.sessions.len()
    }

    /// Whether a client has connected to a namespace.
    #[must_use]
    pub fn is_connected(&self, conn: ConnKey) -> bool {
        let connected = |client: &Client| !client.sockets.is_empty();
        self.sessions.above(conn).is_some_and(connected)
    }
}

impl From<engineio::Reason> for Reason {
    fn from(reason: engineio::Reason) -> Self {
        match reason {
            engineio::Reason::TransportClose => Self::TransportClose,
            engineio::Reason::TransportError => Self::TransportError,
            engineio::Reason::PingTimeout => Self::PingTimeout,
            engineio::Reason::ParseError => Self::ParseError,
        }
    }
}
