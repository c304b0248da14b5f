//! What the hub asks of the world.

use bytes::Bytes;

use crate::event::Event;
use crate::ids::ConnId;
use crate::record::{Record, RecordKey};

/// One thing to do. Effects are carried out in the order they are polled: what is to be persisted is in the store before
/// anything that follows is sent, so nobody is told of a state a crash could undo.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Tell a client something.
    Send {
        /// To whom.
        conn: ConnId,
        /// What.
        event: Event,
    },
    /// Pass another client's frame on, unchanged.
    Forward {
        /// To whom.
        conn: ConnId,
        /// The frame.
        frame: Bytes,
    },
    /// Close the connection after what was sent to it; the hub has forgotten it already.
    Close {
        /// Which.
        conn: ConnId,
        /// Why.
        why: CloseReason,
    },
    /// Write to the store, and only then go on.
    Persist(Change),
}

/// One change of the store.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Write or overwrite.
    Put(Record),
    /// Remove, if it is there.
    Delete(RecordKey),
}

/// Why the hub closes a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    /// The same endpoint connected again.
    Replaced,
    /// Too many malformed messages.
    Malformed,
    /// A flood of messages, or too many new people or pages from one address or device.
    Flood,
    /// The device was unlinked; its key is worth nothing any more.
    Unlinked,
    /// Nothing was heard for too long.
    Silent,
}
