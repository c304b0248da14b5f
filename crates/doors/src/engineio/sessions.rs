//! All sessions: their ids, transports and heartbeats.

use std::collections::VecDeque;

use magpie_hub::Millis;

use super::request::{Refusal, Transport};
use super::{Frame, Packet, Version};
use crate::random::{Map, Random};
use crate::slab::{Key, Slab};
use crate::timers::Timers;

/// The numbers of the handshake and the bounds. Times are in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Between two pings.
    pub ping_interval: u64,
    /// How long the other side may take to answer one.
    pub ping_timeout: u64,
    /// How long a client may take to move to a WebSocket.
    pub upgrade_timeout: u64,
    /// Longest message, or body of several, in bytes.
    pub max_payload: usize,
    /// Sessions in all.
    pub sessions: usize,
}

/// Names a session; never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnKey(Key);

impl ConnKey {
    /// A small number no other open session has.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0.index()
    }
}

/// What the transport is to do, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Put a packet into the session's queue.
    Send {
        /// The session.
        conn: ConnKey,
        /// The packet.
        frame: Frame,
    },
    /// The session is no longer known: let what is queued go out, then end its requests or its WebSocket.
    Close {
        /// The session.
        conn: ConnKey,
    },
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The client closed the session.
    TransportClose,
    /// The connection broke, or was used in a way that breaks the session.
    TransportError,
    /// The client was silent for too long.
    PingTimeout,
    /// The client sent what is no packet.
    ParseError,
}

/// What a packet means for the protocol above.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// A message.
    Message(Frame),
    /// Nothing.
    Handled,
    /// The session is to be closed for it.
    Broken(Reason),
}

/// Why a request for a session cannot be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clash {
    /// It does not fit the session's state.
    Refused(Refusal),
    /// Another of its kind is under way: the session is to be closed for it.
    Overlap,
}

impl From<Refusal> for Clash {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// What a packet on a WebSocket that is not yet the session's means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probed {
    /// Send this on it.
    Answer(Frame),
    /// The WebSocket carries the session from here on; an open poll ends with what is queued for it, or nothing.
    Upgraded,
    /// Close the WebSocket; the session goes on without it.
    Refused,
}

/// Every session, each with a value of the protocol above.
#[derive(Debug)]
pub struct Sessions<T> {
    sessions: Slab<Session<T>>,
    by_sid: Map<[u8; 20], ConnKey>,
    timers: Timers<(ConnKey, Timer)>,
    effects: VecDeque<Effect>,
    random: Random,
    settings: Settings,
}

#[derive(Debug)]
struct Session<T> {
    sid: [u8; 20],
    version: Version,
    base64: bool,
    carrier: Carrier,
    /// Revision 4: a ping is unanswered.
    pinged: bool,
    heartbeat: Millis,
    above: T,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Carrier {
    Polling {
        get: bool,
        post: bool,
        /// When a WebSocket that is to take over must have done so.
        probe: Option<Millis>,
    },
    WebSocket,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    Heartbeat,
    Probe,
}

impl<T> Sessions<T> {
    /// No sessions yet. The seed makes ids nobody can guess.
    #[must_use]
    pub fn new(seed: [u8; 32], settings: Settings) -> Self {
        let mut random = Random::new(seed);
        Self {
            sessions: Slab::new(),
            by_sid: random.map(),
            timers: Timers::default(),
            effects: VecDeque::new(),
            random,
            settings,
        }
    }

    /// Opens a session and greets it; `None` when there are too many.
    pub fn open(
        &mut self,
        now: Millis,
        version: Version,
        transport: Transport,
        base64: bool,
        above: T,
    ) -> Option<ConnKey> {
        if self.sessions.len() >= self.settings.sessions {
            return None;
        }
        let sid = self.random.id();
        let carrier = match transport {
            Transport::WebSocket => Carrier::WebSocket,
            Transport::Polling => Carrier::Polling {
                get: false,
                post: false,
                probe: None,
            },
        };
        let conn = ConnKey(self.sessions.insert(Session {
            sid,
            version,
            base64,
            carrier,
            pinged: false,
            heartbeat: now,
            above,
        }));
        self.by_sid.insert(sid, conn);
        let greeting = self.greeting(&sid, transport);
        self.send(conn, Frame::Text(greeting.into()));
        self.rest(now, conn);
        Some(conn)
    }

    fn greeting(&self, sid: &[u8; 20], transport: Transport) -> String {
        let upgrades = match transport {
            Transport::Polling => r#""websocket""#,
            Transport::WebSocket => "",
        };
        let Settings {
            ping_interval,
            ping_timeout,
            max_payload,
            ..
        } = self.settings;
        format!(
            r#"0{{"sid":"{}","upgrades":[{upgrades}],"pingInterval":{ping_interval},"pingTimeout":{ping_timeout},"maxPayload":{max_payload}}}"#,
            as_str(sid),
        )
    }

    /// The session of an id.
    ///
    /// # Errors
    /// [`Refusal::UnknownSid`].
    pub fn find(&self, sid: &str) -> Result<ConnKey, Refusal> {
        let sid: [u8; 20] = sid.as_bytes().try_into().map_err(|_| Refusal::UnknownSid)?;
        self.by_sid.get(&sid).copied().ok_or(Refusal::UnknownSid)
    }

    /// A GET waits for packets from here on.
    ///
    /// # Errors
    /// [`Clash`]: the session does not poll, or another GET waits already.
    pub fn begin_poll(&mut self, conn: ConnKey) -> Result<(), Clash> {
        let (get, probed) = match self.carrier(conn)? {
            Carrier::Polling { get, probe, .. } => (get, probe.is_some()),
            Carrier::WebSocket => return Err(Refusal::BadRequest.into()),
        };
        if std::mem::replace(get, true) {
            return Err(Clash::Overlap);
        }
        // While it moves, a client's poll must not be left waiting.
        if probed {
            self.send(conn, Frame::noop());
        }
        Ok(())
    }

    /// The GET has its answer.
    pub fn end_poll(&mut self, conn: ConnKey) {
        if let Ok(Carrier::Polling { get, .. }) = self.carrier(conn) {
            *get = false;
        }
    }

    /// A POST brings packets from here on.
    ///
    /// # Errors
    /// [`Clash`]: the session does not poll, or another POST is under way already.
    pub fn begin_post(&mut self, conn: ConnKey) -> Result<(), Clash> {
        let Carrier::Polling { post, .. } = self.carrier(conn)? else {
            return Err(Refusal::BadRequest.into());
        };
        match std::mem::replace(post, true) {
            true => Err(Clash::Overlap),
            false => Ok(()),
        }
    }

    /// The POST's packets have been handled.
    pub fn end_post(&mut self, conn: ConnKey) {
        if let Ok(Carrier::Polling { post, .. }) = self.carrier(conn) {
            *post = false;
        }
    }

    /// A WebSocket wants to take the session over.
    ///
    /// # Errors
    /// [`Refusal::BadRequest`]: it has one, or another tries at the moment.
    pub fn begin_probe(&mut self, now: Millis, conn: ConnKey) -> Result<(), Refusal> {
        let due = now.after(self.settings.upgrade_timeout);
        match self.carrier(conn)? {
            Carrier::Polling { probe, .. } if probe.is_none() => *probe = Some(due),
            _ => return Err(Refusal::BadRequest),
        }
        self.timers.add(due, (conn, Timer::Probe));
        Ok(())
    }

    /// A packet on a WebSocket that has begun to take the session over.
    pub fn probe(&mut self, conn: ConnKey, packet: &Packet) -> Probed {
        let Ok(Carrier::Polling {
            get,
            probe: Some(due),
            ..
        }) = self.carrier(conn).map(|carrier| *carrier)
        else {
            return Probed::Refused;
        };
        match packet {
            Packet::Ping(data) if data.as_ref() == b"probe" => {
                if get {
                    self.send(conn, Frame::noop());
                }
                Probed::Answer(Frame::pong(data))
            }
            Packet::Upgrade => {
                self.timers.remove(due, (conn, Timer::Probe));
                if let Ok(carrier) = self.carrier(conn) {
                    *carrier = Carrier::WebSocket;
                }
                Probed::Upgraded
            }
            _ => Probed::Refused,
        }
    }

    /// A WebSocket that had begun to take the session over is gone.
    pub fn end_probe(&mut self, conn: ConnKey) {
        if let Ok(Carrier::Polling { probe, .. }) = self.carrier(conn)
            && let Some(due) = probe.take()
        {
            self.timers.remove(due, (conn, Timer::Probe));
        }
    }

    /// A packet of a session, on its own transport.
    pub fn receive(&mut self, now: Millis, conn: ConnKey, packet: Packet) -> Received {
        let Some(session) = self.sessions.get_mut(conn.0) else {
            return Received::Handled;
        };
        match (packet, session.version) {
            (Packet::Text(text), _) => return Received::Message(Frame::Text(text)),
            (Packet::Binary(bytes), _) => return Received::Message(Frame::Binary(bytes)),
            (Packet::Ping(data), Version::V3) => {
                self.send(conn, Frame::pong(&data));
                self.rest(now, conn);
            }
            (Packet::Pong, Version::V4) => {
                if std::mem::take(&mut session.pinged) {
                    self.rest(now, conn);
                }
            }
            (Packet::Ping(_), Version::V4) | (Packet::Pong, Version::V3) => {
                return Received::Broken(Reason::TransportError);
            }
            (Packet::Close, _) => return Received::Broken(Reason::TransportClose),
            (Packet::Open | Packet::Upgrade | Packet::Noop, _) => (),
        }
        Received::Handled
    }

    /// Ends a session, and gives back what the protocol above kept with it. A poll that waits is told, unless the client
    /// itself leaves.
    pub fn close(&mut self, conn: ConnKey, reason: Reason) -> Option<T> {
        if let Ok(Carrier::Polling { get: true, .. }) = self.carrier(conn) {
            let last = match reason {
                Reason::TransportClose => Frame::noop(),
                _ => Frame::close(),
            };
            self.send(conn, last);
        }
        self.end_probe(conn);
        let session = self.sessions.remove(conn.0)?;
        self.by_sid.remove(&session.sid);
        self.timers
            .remove(session.heartbeat, (conn, Timer::Heartbeat));
        self.effects.push_back(Effect::Close { conn });
        Some(session.above)
    }

    /// Queues a message of the protocol above: a text that begins with `4`, or bytes made by [`Frame::binary`].
    pub fn send(&mut self, conn: ConnKey, frame: Frame) {
        self.effects.push_back(Effect::Send { conn, frame });
    }

    /// The next session whose time is over. It is still known, so that the protocol above can look at it, and is to be
    /// closed.
    pub fn handle_timeout(&mut self, now: Millis) -> Option<ConnKey> {
        while let Some((conn, timer)) = self.timers.pop(now) {
            match timer {
                Timer::Probe => self.forget_probe(conn),
                Timer::Heartbeat if self.is_over(conn) => return Some(conn),
                Timer::Heartbeat => self.ping(now, conn),
            }
        }
        None
    }

    /// When to call [`Sessions::handle_timeout`].
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Millis> {
        self.timers.first()
    }

    /// What the transport is to do next.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    fn forget_probe(&mut self, conn: ConnKey) {
        if let Ok(Carrier::Polling { probe, .. }) = self.carrier(conn) {
            *probe = None;
        }
    }

    fn is_over(&self, conn: ConnKey) -> bool {
        let over = |session: &Session<T>| session.pinged || session.version == Version::V3;
        self.sessions.get(conn.0).is_some_and(over)
    }

    fn ping(&mut self, now: Millis, conn: ConnKey) {
        if let Some(session) = self.sessions.get_mut(conn.0) {
            session.pinged = true;
        }
        self.arm(now.after(self.settings.ping_timeout), conn);
        self.send(conn, Frame::ping());
    }

    /// The session has shown that it lives.
    fn rest(&mut self, now: Millis, conn: ConnKey) {
        let Settings {
            ping_interval,
            ping_timeout,
            ..
        } = self.settings;
        let silence = match self.version(conn) {
            Some(Version::V3) => ping_interval.saturating_add(ping_timeout),
            _ => ping_interval,
        };
        self.arm(now.after(silence), conn);
    }

    fn arm(&mut self, at: Millis, conn: ConnKey) {
        if let Some(session) = self.sessions.get_mut(conn.0) {
            let before = std::mem::replace(&mut session.heartbeat, at);
            self.timers.remove(before, (conn, Timer::Heartbeat));
            self.timers.add(at, (conn, Timer::Heartbeat));
        }
    }

    fn carrier(&mut self, conn: ConnKey) -> Result<&mut Carrier, Refusal> {
        let session = self.sessions.get_mut(conn.0);
        session
            .map(|session| &mut session.carrier)
            .ok_or(Refusal::UnknownSid)
    }

    /// The revision a session speaks.
    #[must_use]
    pub fn version(&self, conn: ConnKey) -> Option<Version> {
        self.sessions.get(conn.0).map(|session| session.version)
    }

    /// Whether a session takes bytes as base64 only.
    #[must_use]
    pub fn base64(&self, conn: ConnKey) -> bool {
        self.sessions.get(conn.0).is_some_and(|s| s.base64)
    }

    /// A session's id.
    #[must_use]
    pub fn sid(&self, conn: ConnKey) -> Option<&str> {
        self.sessions
            .get(conn.0)
            .map(|session| as_str(&session.sid))
    }

    /// What the protocol above keeps with a session.
    #[must_use]
    pub fn above(&self, conn: ConnKey) -> Option<&T> {
        self.sessions.get(conn.0).map(|session| &session.above)
    }

    /// The same, to be changed.
    pub fn above_mut(&mut self, conn: ConnKey) -> Option<&mut T> {
        self.sessions
            .get_mut(conn.0)
            .map(|session| &mut session.above)
    }

    /// How many sessions are open.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.sessions.len()
    }

    /// Whether no session is open.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn as_str(id: &[u8; 20]) -> &str {
    // Made by us, of letters, digits, `-` and `_`.
    std::str::from_utf8(id).unwrap_or_default()
}
