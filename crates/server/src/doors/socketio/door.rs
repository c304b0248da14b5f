//! The one server behind all transports.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use magpie_doors::engineio::{ConnKey, Effect, Frame, Malformed, Refusal, Settings, payload};
use magpie_doors::socketio::{Arrival, Limits, Server};
use magpie_doors::tutorial::{self, Lobby};
use magpie_hub::Millis;
use tokio::sync::Notify;
use tokio::task::yield_now;
use tokio::time::sleep;

use crate::doors::pace::Pace;
use crate::listen::Pass;
use crate::random::seed;
use crate::signal::Clock;
use crate::ws::frame::Close;
use crate::ws::outbox::Outbox;

/// Every Socket.IO session.
///
/// Connections call the server directly: all are tasks of one thread, so the lock is never waited for, and a message is in
/// its receiver's queue before the sender's task goes on.
#[derive(Debug)]
pub(crate) struct Door {
    state: Mutex<State>,
    /// Something is due earlier than the timer is set for.
    earlier: Notify,
    clock: Clock,
}

#[derive(Debug)]
struct State {
    server: Server<Lobby>,
    /// By the small numbers of their sessions.
    seats: Vec<Option<Seat>>,
    /// What the timer is set for.
    armed: Option<Millis>,
}

/// What the transport keeps for a session.
#[derive(Debug)]
struct Seat {
    conn: ConnKey,
    outbox: Outbox,
    /// Counts it among those of its address.
    pass: Pass,
    proven: bool,
    pace: Pace,
}

impl Door {
    /// No sessions yet. Must be called within the runtime, which also looks after the timer. A client that drops keeps its place in rooms for `grace`.
    pub(crate) fn open(clock: Clock, grace: Duration) -> Arc<Self> {
        let limits = tutorial::Limits {
            grace: u64::try_from(grace.as_millis()).unwrap_or(u64::MAX),
            ..tutorial::Limits::default()
        };
        let lobby = Lobby::new(seed(), limits);
        let door = Arc::new(Self {
            state: Mutex::new(State {
                server: Server::new(seed(), SETTINGS, Limits::default(), lobby),
                seats: Vec::new(),
                armed: None,
            }),
            earlier: Notify::new(),
            clock,
        });
        let weak = Arc::downgrade(&door);
        tokio::spawn(async move {
            while let Some(door) = weak.upgrade() {
                door.wait().await;
            }
        });
        door
    }

    /// Calls the server and carries out what it wants done.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut Server<Lobby>, Millis) -> T) -> T {
        let mut state = self.lock();
        let outcome = act(&mut state.server, self.clock.now());
        self.settle(state, None);
        outcome
    }

    /// Opens a session whose messages go to `outbox`.
    ///
    /// # Errors
    /// [`Refusal`].
    pub(crate) fn attach(
        &self,
        arrival: Arrival,
        outbox: Outbox,
        pass: Pass,
    ) -> Result<ConnKey, Refusal> {
        outbox.set_capacity(CAPACITY);
        let mut state = self.lock();
        let conn = state.server.open(self.clock.now(), arrival)?;
        let seat = Seat {
            conn,
            outbox,
            pass,
            proven: false,
            pace: Pace::new(AHEAD),
        };
        state.take_seat(conn, seat);
        self.settle(state, Some(conn));
        Ok(conn)
    }

    /// A message of a session's WebSocket; how long to wait before reading the next.
    pub(crate) fn frame(&self, conn: ConnKey, frame: Frame) -> Option<Duration> {
        let (Frame::Text(bytes) | Frame::Binary(bytes)) = &frame;
        let price = price(1, bytes.len());
        let mut state = self.lock();
        let now = self.clock.now();
        state.server.frame(now, conn, frame);
        let wait = state.spend(conn, now, price);
        self.settle(state, Some(conn));
        wait
    }

    /// Handles the packets of a session's POST.
    ///
    /// # Errors
    /// [`Malformed`]: the session is closed.
    pub(crate) async fn packets(
        &self,
        conn: ConnKey,
        mut packets: payload::Packets,
        size: usize,
    ) -> Result<(), Malformed> {
        let mut size = size;
        loop {
            let (count, wait) = {
                let mut state = self.lock();
                let now = self.clock.now();
                let count = state.server.packets(now, conn, &mut packets, BATCH);
                let price = price(count.unwrap_or_default(), std::mem::take(&mut size));
                let wait = state.spend(conn, now, price);
                self.settle(state, Some(conn));
                (count?, wait)
            };
            if count < BATCH {
                return Ok(());
            }
            // The others have their turn.
            match wait {
                Some(wait) => sleep(wait).await,
                None => yield_now().await,
            }
        }
    }

    fn settle(&self, mut state: MutexGuard<'_, State>, conn: Option<ConnKey>) {
        state.carry_out();
        if let Some(conn) = conn {
            state.prove(conn);
        }
        let due = state.server.poll_timeout();
        let sooner = due.is_some_and(|due| state.armed.is_none_or(|armed| due < armed));
        drop(state);
        if sooner {
            self.earlier.notify_one();
        }
    }

    /// Where the messages of a session are.
    pub(crate) fn outbox(&self, conn: ConnKey) -> Option<Outbox> {
        let state = self.lock();
        let seat = state.seats.get(conn.index())?.as_ref()?;
        (seat.conn == conn).then(|| seat.outbox.clone())
    }

    /// Ends every session, saying why.
    pub(crate) fn close(&self, close: Close) {
        for seat in self.lock().seats.iter().flatten() {
            seat.outbox.close(close);
        }
    }

    /// Waits until something is due, and does it; or until something is due earlier.
    async fn wait(&self) {
        let due = {
            let mut state = self.lock();
            state.armed = state.server.poll_timeout();
            state.armed.map_or(IDLE, |due| {
                // The clock counts whole milliseconds: one more, so that the moment has come for it too.
                Duration::from_millis(due.since(self.clock.now()) + 1)
            })
        };
        tokio::select! {
            () = sleep(due) => self.with(|server, now| server.handle_timeout(now)),
            () = self.earlier.notified() => (),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take_seat(&mut self, conn: ConnKey, seat: Seat) {
        if self.seats.len() <= conn.index() {
            self.seats.resize_with(conn.index() + 1, || None);
        }
        self.seats[conn.index()] = Some(seat);
    }

    fn spend(&mut self, conn: ConnKey, now: Millis, price: Duration) -> Option<Duration> {
        let seat = self.seats.get_mut(conn.index())?.as_mut()?;
        seat.pace.spend(now, price)
    }

    /// A session whose client has connected to a namespace no longer counts as a stranger's.
    fn prove(&mut self, conn: ConnKey) {
        if let Some(Some(seat)) = self.seats.get_mut(conn.index())
            && !seat.proven
            && self.server.is_connected(conn)
        {
            seat.proven = true;
            seat.pass.prove();
        }
    }

    fn carry_out(&mut self) {
        while let Some(effect) = self.server.poll_effect() {
            match effect {
                Effect::Send { conn, frame } => {
                    if let Some(Some(seat)) = self.seats.get(conn.index()) {
                        match frame {
                            Frame::Text(text) => seat.outbox.push(text),
                            Frame::Binary(bytes) => seat.outbox.push_binary(bytes),
                        }
                    }
                }
                Effect::Close { conn } => {
                    if let Some(seat) = self.seats.get_mut(conn.index()).and_then(Option::take) {
                        seat.outbox.close(ENDED);
                    }
                }
            }
        }
    }
}

/// What messages cost their sender.
const fn price(messages: usize, bytes: usize) -> Duration {
    Duration::from_micros(250 * messages as u64 + bytes as u64 / 16)
}

/// How far ahead a sender may be: 20,000 messages, or 80 MB.
const AHEAD: Duration = Duration::from_secs(5);

/// Packets of one POST handled at a time.
const BATCH: usize = 256;

/// What the handshake promises; the reference's defaults, which clients are tested with.
const SETTINGS: Settings = Settings {
    ping_interval: 25_000,
    ping_timeout: 20_000,
    upgrade_timeout: 10_000,
    max_payload: MAX_PAYLOAD,
    sessions: 262_144,
};

/// Longest message, or body of a POST, bytes.
pub(super) const MAX_PAYLOAD: usize = 1_000_000;

/// Most bytes of messages that may wait for one client: several of the longest.
const CAPACITY: usize = 4 * 1024 * 1024;

/// The session's end, as a WebSocket says it.
const ENDED: Close = Close::new(1000, "");

/// How long to wait when nothing is due.
const IDLE: Duration = Duration::from_secs(3600);
