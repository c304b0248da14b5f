//! What passes between the protocol and the application above it.

use std::net::IpAddr;

use magpie_hub::Millis;

use super::event::{Args, Event};
use crate::engineio::Query;
use crate::slab::Key;

/// Names a client's connection to one namespace; never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketKey(pub(super) Key);

/// A client that wants to connect to a namespace.
#[derive(Clone, Copy, Debug)]
pub struct Connecting<'a> {
    /// What it is to be called.
    pub socket: SocketKey,
    /// The id it is told, by which other clients may name it.
    pub id: &'a str,
    /// The namespace, `/` or `/NAME`.
    pub namespace: &'a str,
    /// The query of the request that opened its session.
    pub query: &'a Query,
    /// The page's origin; `None` for no page, or one opened as a file.
    pub origin: Option<&'a str>,
    /// The client's address.
    pub address: IpAddr,
    /// What it sent to authenticate itself: a JSON object, or nothing.
    pub auth: Option<&'a str>,
}

/// Why a client may not connect; it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectError {
    /// In words.
    pub message: String,
}

/// An event a client sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incoming {
    /// Who.
    pub socket: SocketKey,
    /// What.
    pub event: Event,
    /// Whom to give the answer, if the client wants one: put it into [`Output::Ack`] to answer, or into
    /// [`Output::Emit`] to let the receiver do so.
    pub ack: Option<AckTo>,
}

/// A client that waits for the answer to an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AckTo {
    pub(super) socket: SocketKey,
    /// The client's number for it.
    pub(super) id: u64,
}

/// Why a client is no longer connected to a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The client left the namespace.
    Left,
    /// The client closed its session.
    TransportClose,
    /// Its connection broke.
    TransportError,
    /// It was silent for too long.
    PingTimeout,
    /// It sent what is no packet, or one that does not fit.
    ParseError,
}

/// What the application wants done, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send an event.
    Emit {
        /// To whom. Those that are gone are left out.
        to: Vec<SocketKey>,
        /// The event.
        event: Event,
        /// Who gets the first answer.
        ack: Option<AckTo>,
    },
    /// Answer an event. Only the first answer counts.
    Ack {
        /// Who waits.
        to: AckTo,
        /// The answer.
        args: Args,
    },
}

/// What stands above the protocol. After each call the server takes every output, in order.
pub trait Application {
    /// A client wants to connect. With `Ok` it is told so before any output reaches it.
    ///
    /// # Errors
    /// [`ConnectError`]: it may not, and the application is not told of it again.
    fn connect(&mut self, now: Millis, client: &Connecting<'_>) -> Result<(), ConnectError>;

    /// A client sent an event.
    fn event(&mut self, now: Millis, incoming: Incoming);

    /// A client is no longer connected.
    fn disconnect(&mut self, now: Millis, socket: SocketKey, reason: Reason);

    /// The moment of [`Application::poll_timeout`] has come.
    fn handle_timeout(&mut self, now: Millis);

    /// When something is due.
    fn poll_timeout(&self) -> Option<Millis>;

    /// The next thing to be done.
    fn poll_output(&mut self) -> Option<Output>;
}
