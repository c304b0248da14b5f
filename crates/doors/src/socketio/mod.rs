//! Socket.IO for clients of all versions in use (2, 3 and 4), without its I/O.
//!
//! [`Server`] owns every session and what is connected over it, and hands typed inputs to an [`Application`] - rooms and
//! dialects - whose [`Output`]s it turns back into packets. Events are kept as the JSON text they came in, so that
//! passing one on costs no more than naming its receivers.
//!
//! # Spec
//! The Socket.IO protocol, revision 5 (over Engine.IO 4) and revisions 3 and 4 (over Engine.IO 3), and what the reference
//! server does where they are silent.

mod acks;
mod api;
mod assembly;
mod connecting;
mod event;
mod limits;
mod packet;
mod server;
mod sockets;

pub use api::{AckTo, Application, ConnectError, Connecting, Incoming, Output, Reason, SocketKey};
pub use event::{Args, Event, json};
pub use limits::Limits;
pub use server::{Arrival, Server};
