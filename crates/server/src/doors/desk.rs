//! Drives a door's broker: messages and time in, effects out.

use std::collections::HashMap;
use std::future::{pending, poll_fn};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use magpie_doors::{Broker, Effect, Ended};
use magpie_hub::{ConnId, Millis};
use tokio::sync::{Notify, mpsc};
use tokio::time::{sleep, sleep_until};

use super::pace::Pace;
use crate::signal::Clock;
use crate::ws::frame::{Close, Message};
use crate::ws::outbox::Outbox;
use crate::ws::{End, Wire};

/// A broker and its connections.
///
/// Connections call the broker directly: all are tasks of one thread, so its lock is never waited for, and a message is
/// in the receiver's queue before its sender's task goes on.
#[derive(Debug)]
pub(crate) struct Desk<B> {
    state: Mutex<State<B>>,
    clock: Clock,
    next: AtomicU64,
    /// Something is due earlier than the timer is set for.
    earlier: Notify,
}

#[derive(Debug)]
struct State<B> {
    broker: B,
    clients: HashMap<ConnId, Outbox>,
    /// Where peers that are not here are looked for.
    seek: Option<mpsc::Sender<String>>,
    /// What the timer is set for.
    armed: Option<Millis>,
}

impl<B: Broker + Send + 'static> Desk<B> {
    /// Starts a broker and its timer, which runs as long as the desk is used. `seek` is told of peers that are not here.
    pub(crate) fn open(broker: B, clock: Clock, seek: Option<mpsc::Sender<String>>) -> Arc<Self> {
        let desk = Arc::new(Self {
            state: Mutex::new(State {
                broker,
                clients: HashMap::new(),
                seek,
                armed: None,
            }),
            clock,
            next: AtomicU64::new(0),
            earlier: Notify::new(),
        });
        let weak = Arc::downgrade(&desk);
        tokio::spawn(async move {
            while let Some(desk) = weak.upgrade() {
                desk.wait().await;
            }
        });
        desk
    }

    /// Calls the broker and carries out what it wants done.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut B, Millis) -> T) -> T {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = act(&mut state.broker, self.clock.now());
        state.carry_out();
        let due = state.broker.poll_timeout();
        let sooner = match (due, state.armed) {
            (Some(due), Some(armed)) => due < armed,
            (due, None) => due.is_some(),
            (None, Some(_)) => false,
        };
        drop(state);
        if sooner {
            self.earlier.notify_one();
        }
        outcome
    }

    /// Makes a connection known, then introduces it to the broker.
    ///
    /// # Errors
    /// What the broker says against it; it is not known then.
    pub(crate) fn attach<E>(
        &self,
        outbox: &Outbox,
        introduce: impl FnOnce(&mut B, Millis, ConnId) -> Result<(), E>,
    ) -> Result<ConnId, E> {
        let conn = ConnId(self.next.fetch_add(1, Ordering::Relaxed));
        self.lock_clients(|clients| drop(clients.insert(conn, outbox.clone())));
        let attached = self.with(|broker, now| introduce(broker, now, conn));
        if attached.is_err() {
            self.lock_clients(|clients| drop(clients.remove(&conn)));
        }
        attached.map(|()| conn)
    }

    /// Hands the messages of an attached connection to the broker until it ends, and detaches it.
    pub(crate) async fn serve(&self, mut wire: Wire, outbox: Outbox, conn: ConnId) {
        let end = self.listen(&mut wire, conn).await;
        let how = match end {
            End::Close(_) => Ended::Closed,
            End::Gone if outbox.overflowed() => Ended::Stuck,
            End::Gone => Ended::Dropped,
        };
        self.detach(conn, how);
        wire.finish(end).await;
    }

    /// Makes a connection unknown.
    pub(crate) fn detach(&self, conn: ConnId, how: Ended) {
        self.lock_clients(|clients| drop(clients.remove(&conn)));
        self.with(|broker, now| broker.detach(now, conn, how));
    }

    /// The clock the broker goes by.
    pub(crate) const fn clock(&self) -> Clock {
        self.clock
    }

    /// Ends every connection, saying why.
    pub(crate) fn close(&self, close: Close) {
        self.lock_clients(|clients| clients.values().for_each(|outbox| outbox.close(close)));
    }

    async fn listen(&self, wire: &mut Wire, conn: ConnId) -> End {
        let mut pace = Pace::new(AHEAD);
        loop {
            let text: Bytes = match poll_fn(|cx| wire.poll_message(cx)).await {
                Ok(Message::Text(text) | Message::Binary(text)) => text,
                Ok(Message::Pong) => {
                    self.with(|broker, now| broker.handle_alive(now, conn));
                    continue;
                }
                Ok(Message::Ping(payload)) => {
                    self.with(|broker, now| broker.handle_alive(now, conn));
                    match wire.pong(&payload) {
                        Ok(()) => continue,
                        Err(end) => return end,
                    }
                }
                Ok(Message::Close) => return End::Close(Close::new(1000, "")),
                Err(end) => return end,
            };
            self.with(|broker, now| broker.handle_text(now, conn, &text));
            if let Some(wait) = pace.spend(self.clock.now(), PRICE) {
                sleep(wait).await;
            }
        }
    }

    /// Waits until something is due, and does it; or until something is due earlier.
    async fn wait(&self) {
        let due = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.armed = state.broker.poll_timeout();
            state.armed.map(|moment| self.clock.instant(moment))
        };
        let timer = async {
            match due {
                Some(due) => sleep_until(due).await,
                None => pending().await,
            }
        };
        tokio::select! {
            () = timer => self.with(|broker, now| broker.handle_timeout(now)),
            () = self.earlier.notified() => (),
        }
    }

    fn lock_clients<T>(&self, act: impl FnOnce(&mut HashMap<ConnId, Outbox>) -> T) -> T {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        act(&mut state.clients)
    }
}

impl<B: Broker> State<B> {
    fn carry_out(&mut self) {
        while let Some(effect) = self.broker.poll_effect() {
            match effect {
                Effect::Send { conn, text } => {
                    if let Some(outbox) = self.clients.get(&conn) {
                        outbox.push(text);
                    }
                }
                Effect::Ping { conn } => {
                    if let Some(outbox) = self.clients.get(&conn) {
                        outbox.ping();
                    }
                }
                Effect::Seek { id } => {
                    // When too many are looked for already, this one is simply not there.
                    drop(self.seek.as_ref().map(|seek| seek.try_send(id)));
                }
                Effect::Close { conn, code, reason } => {
                    if let Some(outbox) = self.clients.remove(&conn) {
                        outbox.close(Close::new(code, reason));
                    }
                }
            }
        }
    }
}

/// What a message costs a client, and how far ahead it may be: one a millisecond, 2,000 at once.
const PRICE: Duration = Duration::from_millis(1);
const AHEAD: Duration = Duration::from_secs(2);
