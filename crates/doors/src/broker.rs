//! What the stateful doors have in common: how their owner drives them.

use bytes::Bytes;
use magpie_hub::{ConnId, Millis};

/// A door that keeps state of its own.
///
/// After each call the owner drains [`poll_effect`](Self::poll_effect), carries the effects out in order, and calls
/// [`handle_timeout`](Self::handle_timeout) once the moment of [`poll_timeout`](Self::poll_timeout) has come.
pub trait Broker {
    /// A client has sent a text message.
    fn handle_text(&mut self, now: Millis, conn: ConnId, text: &[u8]);

    /// A client has given another sign of life.
    fn handle_alive(&mut self, now: Millis, conn: ConnId);

    /// A connection is gone; nothing more is to be done for it.
    fn detach(&mut self, now: Millis, conn: ConnId, how: Ended);

    /// Does what is due at `now`.
    fn handle_timeout(&mut self, now: Millis);

    /// The next thing to be done outside.
    fn poll_effect(&mut self) -> Option<Effect>;

    /// When [`handle_timeout`](Self::handle_timeout) is to be called next; `None`: nothing is due.
    fn poll_timeout(&self) -> Option<Millis>;
}

/// What a door wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Queue a text message for a connection.
    Send {
        /// Which.
        conn: ConnId,
        /// The message.
        text: Bytes,
    },
    /// Ask a connection for a sign of life.
    Ping {
        /// Which.
        conn: ConnId,
    },
    /// Somebody wrote to a peer that is not here but may be found elsewhere.
    Seek {
        /// The peer's id.
        id: String,
    },
    /// End a connection after what is queued for it; nothing more is heard of it.
    Close {
        /// Which.
        conn: ConnId,
        /// The WebSocket's close code.
        code: u16,
        /// Its reason, at most 123 bytes.
        reason: &'static str,
    },
}

/// How a connection came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The client closed it.
    Closed,
    /// It broke: the client may be back soon.
    Dropped,
    /// The client does not read what it is sent.
    Stuck,
}
