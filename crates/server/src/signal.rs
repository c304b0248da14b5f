//! The hub's one task: every client's commands in, effects out, records to the store in between.

use std::collections::HashMap;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use aws_lc_rs::{rand, signature};
use magpie_doors::native;
use magpie_hub::{
    Change, Command, ConnId, Effect, Event, Hub, Limits, Millis, Number, PublicKey, Record,
    Session, Snapshot,
};
use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep_until;

use crate::store::{Row, Store};
use crate::ws::End;
use crate::ws::frame::Close;
use crate::ws::outbox::Outbox;

/// What reaches the hub's task.
pub enum Input {
    /// A client has proved its identity.
    Attach {
        /// Its connection.
        conn: ConnId,
        /// Who it is.
        session: Box<Session>,
        /// Where to put what it is told.
        outbox: Outbox,
    },
    /// A client asks for something.
    Command {
        /// Its connection.
        conn: ConnId,
        /// What it asks.
        command: Command,
    },
    /// A client sent something that is no message of the protocol.
    Malformed {
        /// Its connection.
        conn: ConnId,
        /// The request's number, as far as it could be read.
        n: Option<u64>,
        /// What is wrong with it.
        detail: &'static str,
    },
    /// A connection is gone.
    Detach {
        /// Which.
        conn: ConnId,
    },
    /// Somebody wants to know what the hub has counted.
    Count {
        /// Who.
        answer: oneshot::Sender<Snapshot>,
    },
    /// A door asks whether somebody has a number.
    Knows {
        /// The number.
        number: Number,
        /// Where the answer goes.
        answer: oneshot::Sender<bool>,
    },
    /// The server stops: every client is told and closed.
    Drain,
}

/// The way to the hub's task; cheap to clone.
///
/// The queue is bounded: when it is full the senders wait, so a flood is held back at its own connections.
#[derive(Clone, Debug)]
pub struct Switchboard {
    inputs: mpsc::Sender<Input>,
    next: Arc<AtomicU64>,
    clock: Clock,
}

impl Switchboard {
    /// A number for a new connection.
    #[must_use]
    pub fn number(&self) -> ConnId {
        ConnId(self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// The clock the hub goes by.
    #[must_use]
    pub const fn clock(&self) -> Clock {
        self.clock
    }

    /// Hands something to the hub's task.
    ///
    /// # Errors
    /// The task has ended, since the server stops: how the connection is to end.
    pub(crate) async fn send(&self, input: Input) -> Result<(), End> {
        self.inputs
            .send(input)
            .await
            .map_err(|_| End::Close(STOPPING))
    }

    /// Whether somebody has a number; nobody has one when the server stops.
    pub(crate) async fn knows(&self, number: Number) -> bool {
        let (answer, answered) = oneshot::channel();
        match self.send(Input::Knows { number, answer }).await {
            Ok(()) => answered.await.unwrap_or(false),
            Err(_) => false,
        }
    }

    /// Whether the hub's task runs.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.inputs.is_closed()
    }

    /// What the hub has counted; nothing once the server stops.
    pub async fn snapshot(&self) -> Snapshot {
        let (answer, answered) = oneshot::channel();
        drop(self.inputs.send(Input::Count { answer }).await);
        answered.await.unwrap_or_default()
    }

    /// Tells every client that the server stops, and closes them.
    pub async fn drain(&self) {
        drop(self.inputs.send(Input::Drain).await);
    }
}

/// Time since 1970 that never goes back, whatever happens to the system's clock meanwhile.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
    since_1970: Duration,
}

impl Clock {
    /// A clock that agrees with the system's at this moment.
    #[must_use]
    pub fn start() -> Self {
        Self {
            start: Instant::now(),
            since_1970: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default(),
        }
    }

    /// Time since 1970.
    #[must_use]
    pub fn since_1970(self) -> Duration {
        self.since_1970 + self.start.elapsed()
    }

    /// The same in the hub's terms.
    #[must_use]
    pub fn now(self) -> Millis {
        Millis(u64::try_from(self.since_1970().as_millis()).unwrap_or(u64::MAX))
    }

    /// When `moment` comes (or came) on the runtime's clock.
    pub(crate) fn instant(self, moment: Millis) -> tokio::time::Instant {
        let after_start = Duration::from_millis(moment.0).saturating_sub(self.since_1970);
        // The hub's clock counts whole milliseconds: one more, so that the moment has come for it too.
        (self.start + after_start + Duration::from_millis(1)).into()
    }
}

/// Checks an identity's signature: ECDSA P-256 over SHA-256, r then s.
#[must_use]
pub fn verify(key: &PublicKey, message: &[u8], proof: &[u8]) -> bool {
    let key = signature::UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, key.0);
    key.verify(message, proof).is_ok()
}

/// The hub with everything it acts on.
pub struct Exchange {
    hub: Hub,
    clock: Clock,
    store: Store,
    clients: HashMap<ConnId, Outbox>,
    inputs: mpsc::Receiver<Input>,
    /// Effects that wait for the store.
    held: Vec<Effect>,
}

impl Exchange {
    /// Makes the hub from what the store holds. Records that cannot be read stay in the store untouched, and are left
    /// out with a warning.
    #[must_use]
    pub fn new(store: Store, rows: &[Row], limits: Limits) -> (Self, Switchboard) {
        let clock = Clock::start();
        let mut seed = [0; 32];
        rand::fill(&mut seed).unwrap_or_else(|_| unreachable!("the system gives randomness"));
        let hub = Hub::new(clock.now(), seed, limits, verify, records(rows));
        let (sender, inputs) = mpsc::channel(QUEUE);
        let switchboard = Switchboard {
            inputs: sender,
            next: Arc::default(),
            clock,
        };
        (
            Self {
                hub,
                clock,
                store,
                clients: HashMap::new(),
                inputs,
                held: Vec::new(),
            },
            switchboard,
        )
    }

    /// Runs until every [`Switchboard`] is gone or the server has drained.
    pub async fn run(mut self) {
        let mut batch = Vec::new();
        loop {
            self.carry_out();
            let due = self
                .hub
                .poll_timeout()
                .map(|moment| self.clock.instant(moment));
            let timer = async {
                match due {
                    Some(due) => sleep_until(due).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                biased;
                taken = self.inputs.recv_many(&mut batch, BATCH) => if taken == 0 { return },
                () = timer => self.hub.handle_timeout(self.clock.now()),
            }
            for input in batch.drain(..) {
                if matches!(input, Input::Drain) {
                    return self.drain();
                }
                self.take(input);
            }
        }
    }

    fn take(&mut self, input: Input) {
        let now = self.clock.now();
        match input {
            Input::Attach {
                conn,
                session,
                outbox,
            } => {
                self.clients.insert(conn, outbox);
                self.hub.attach(now, conn, *session);
            }
            Input::Command { conn, command } => self.hub.handle_command(now, conn, command),
            Input::Malformed { conn, n, detail } => self.hub.handle_malformed(now, conn, n, detail),
            Input::Detach { conn } => {
                self.clients.remove(&conn);
                self.hub.detach(now, conn);
            }
            // Whoever asked may have gone meanwhile.
            Input::Count { answer } => drop(answer.send(self.hub.snapshot())),
            Input::Knows { number, answer } => {
                // Whoever asked may be gone.
                answer.send(self.hub.knows(number)).unwrap_or_default();
            }
            Input::Drain => (),
        }
        self.persist();
    }

    /// Writes what the hub wants written into one transaction per batch, and holds everything else back until that is
    /// committed: one disk write for many clients, and still nobody hears of what a crash could undo.
    fn persist(&mut self) {
        while let Some(effect) = self.hub.poll_effect() {
            match effect {
                Effect::Persist(change) => {
                    if let Err(error) = write(&mut self.store, &change) {
                        tracing::error!(%error, "cannot write to the store; a restart will not know of the last changes");
                    }
                }
                other => self.held.push(other),
            }
        }
    }

    fn carry_out(&mut self) {
        self.persist();
        if let Err(error) = self.store.commit() {
            tracing::error!(%error, "cannot write to the store; a restart will not know of the last changes");
        }
        for effect in self.held.drain(..) {
            match effect {
                Effect::Send { conn, event } => {
                    if let Some(outbox) = self.clients.get(&conn) {
                        outbox.push(native::encode(&event).into());
                    }
                }
                Effect::Forward { conn, frame } => {
                    if let Some(outbox) = self.clients.get(&conn) {
                        outbox.push(frame);
                    }
                }
                Effect::Close { conn, why } => {
                    if let Some(outbox) = self.clients.remove(&conn) {
                        let (code, reason) = native::close(why);
                        outbox.close(Close::new(code, reason));
                    }
                }
                Effect::Persist(_) => (),
            }
        }
    }

    fn drain(mut self) {
        self.carry_out();
        let notice = axum::body::Bytes::from(native::encode(&Event::Drain {
            retry_after: RETRY_MS,
        }));
        for outbox in self.clients.into_values() {
            outbox.push(notice.clone());
            outbox.close(STOPPING);
        }
    }
}

fn write(store: &mut Store, change: &Change) -> Result<(), Box<dyn std::error::Error>> {
    match change {
        Change::Put(record) => {
            let key = record.key();
            Ok(store.put(
                key.table.as_str(),
                &key.key,
                &serde_json::to_string(record)?,
            )?)
        }
        Change::Delete(key) => Ok(store.delete(key.table.as_str(), &key.key)?),
    }
}

fn records(rows: &[Row]) -> Vec<Record> {
    let read = |row: &Row| {
        serde_json::from_str(&row.body)
            .inspect_err(|error| tracing::warn!(kind = row.kind, %error, "left out a record of the store that cannot be read"))
            .ok()
    };
    rows.iter().filter_map(read).collect()
}

/// Close code "service restart" (registered under RFC 6455 section 11.7).
pub(crate) const STOPPING: Close = Close::new(1012, "the server is stopping");

/// When clients of a stopping server should try again, milliseconds.
const RETRY_MS: u64 = 1000;

/// Inputs that may wait for the hub.
const QUEUE: usize = 1024;

/// Inputs taken at a time.
const BATCH: usize = 256;

#[cfg(test)]
#[path = "signal/tests.rs"]
mod tests;
