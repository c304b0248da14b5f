//! People, calls and signalling as a state machine without I/O.
//!
//! The [`Hub`] is given the time, a seed and what clients ask, and returns [`Effect`]s: what to send to whom, what to write
//! to the store first. It never sees a socket, a clock or the operating system's randomness.
//!
//! The calling contract: after each `attach`, `handle_command`, `handle_malformed`, `detach` or `handle_timeout`, drain
//! [`Hub::poll_effect`] and carry the effects out in order; call [`Hub::handle_timeout`] when [`Hub::poll_timeout`] has come.

#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod calls;
mod command;
mod directory;
mod effect;
mod event;
mod handle;
mod hash;
mod hub;
mod ids;
mod limits;
mod number;
mod outbox;
mod random;
mod rate;
mod record;
mod time;
mod timers;

pub use command::{Command, Decline, HandleChange, Request, RequestBody, Signal};
pub use effect::{Change, CloseReason, Effect};
pub use event::{
    Answer, CallState, Card, Contact, DeviceCard, EndReason, ErrorCode, Event, Fault, Linked, Me,
    Media, MediaKinds, MissedCall, Role, View, Welcome,
};
pub use hub::{Hub, Session, Snapshot, VerifyProof};
pub use ids::{BadId, CallId, ConnId, DeviceId, Endpoint, PersonId, PublicKey, Tab};
pub use limits::{Limits, Rate};
pub use number::{BadNumber, Number};
pub use record::{
    AnswerRecord, BlockRecord, CallRecord, ContactRecord, Delegation, DeviceRecord, Ending,
    InviteRecord, KnownRecord, MissedRecord, PersonRecord, Phase, Record, RecordKey, Table,
};
pub use time::Millis;
