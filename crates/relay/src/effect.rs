//! What the outside is asked to do.

use crate::address::{ClientAddr, Family, PeerAddr, Protocol, RelayAddr};
use crate::connection::ConnectionId;
use crate::head::Head;
use crate::policy::Refusal;

/// Names an allocation and its relay socket; a slot is used again only under a new generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelayId {
    pub(crate) slot: u32,
    pub(crate) generation: u32,
}

impl RelayId {
    /// Small number to index a table of sockets with: the lowest free one is always taken first.
    #[must_use]
    pub const fn slot(self) -> usize {
        self.slot as usize
    }
}

/// The answer to one packet, borrowing from it or from the relay.
#[derive(Debug, PartialEq, Eq)]
pub enum Output<'a> {
    /// Nothing is sent.
    Nothing,
    /// A STUN answer, whole.
    Reply {
        /// To whom, and from which address of ours.
        client: ClientAddr,
        /// The message.
        message: &'a [u8],
    },
    /// A packet of a peer: `head`, `payload` and `padding` zero bytes, sent as one message.
    ToClient {
        /// To whom, and from which address of ours.
        client: ClientAddr,
        /// ChannelData header, or a Data indication up to its payload.
        head: Head,
        /// What the peer sent.
        payload: &'a [u8],
        /// 0 to 3.
        padding: usize,
    },
    /// A STUN answer after which the client's stream carries the bytes of a connection with a peer, both ways, until either
    /// end closes: then [`Relay::client_gone`](crate::Relay::client_gone).
    Splice {
        /// Whose stream.
        client: ClientAddr,
        /// The answer, to be sent first.
        message: &'a [u8],
        /// The connection.
        connection: ConnectionId,
    },
    /// A packet for a peer.
    ToPeer {
        /// Through which relay socket.
        relay: RelayId,
        /// To whom.
        peer: PeerAddr,
        /// What the client sent.
        payload: &'a [u8],
        /// Whether the client wants no router to take it apart (RFC 8656 section 14).
        fragment: Fragment,
    },
    /// A packet for a relayed address that another worker of this server serves: for
    /// [`Relay::worker_run`](crate::Relay::worker_run) there.
    ToWorker {
        /// Which.
        worker: usize,
        /// The relayed address it comes from.
        from: RelayAddr,
        /// The relayed address it goes to.
        to: RelayAddr,
        /// What the client sent.
        payload: &'a [u8],
    },
}

/// The DF bit of a packet to a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fragment {
    /// Clear.
    Allowed,
    /// Set: the client sent DONT-FRAGMENT.
    Forbidden,
}

/// Something to be done outside, in order.
#[derive(Debug, PartialEq, Eq)]
pub enum Effect {
    /// Bind a relay socket of `family` and answer with [`Relay::relay_opened`](crate::Relay::relay_opened), before anything else
    /// is given to the relay.
    Open {
        /// Names the socket from here on.
        relay: RelayId,
        /// Whose it is: the socket is bound to the local address this client reached, if that is of `family`.
        client: ClientAddr,
        /// IPv4 or IPv6.
        family: Family,
        /// Datagrams, or connections: then the socket listens, every connection it takes is given to
        /// [`Relay::accepted`](crate::Relay::accepted), and `port` is [`Port::Any`].
        protocol: Protocol,
        /// Which port.
        port: Port,
    },
    /// Connect from a relayed address to a peer, and answer with [`Relay::connected`](crate::Relay::connected), at any time.
    Connect {
        /// Names the connection from here on.
        connection: ConnectionId,
        /// From whose address and port.
        relay: RelayId,
        /// To whom.
        peer: PeerAddr,
        /// Whether the peer is a relayed address of this server, in the form clients are told.
        own: bool,
    },
    /// Close a connection with a peer, or give up making it, and close the client's connection that is bound to it.
    Disconnect {
        /// The connection.
        connection: ConnectionId,
    },
    /// Send a STUN message.
    Answer {
        /// To whom.
        client: ClientAddr,
        /// The message.
        message: Box<[u8]>,
    },
    /// Close a reserved socket: nobody has claimed it in time.
    Release {
        /// The reservation.
        reservation: Reservation,
    },
    /// Start reading the relay socket: a peer outside has been permitted. Comes at most once per socket.
    Watch {
        /// The socket.
        relay: RelayId,
    },
    /// Close the relay socket.
    Close {
        /// The socket.
        relay: RelayId,
    },
    /// Tell the operator that a peer was refused (403).
    Refused {
        /// Who asked.
        client: ClientAddr,
        /// For whom.
        peer: PeerAddr,
        /// By which rule.
        why: Refusal,
    },
}

/// Which port a relay socket is to have (RFC 8656 section 7.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Port {
    /// Any free one.
    Any,
    /// An even one.
    Even,
    /// An even one, and the next higher one is bound too and kept under this name.
    Pair(Reservation),
    /// The one kept under this name.
    Reserved(Reservation),
}

/// Names a kept relay socket: the value of a RESERVATION-TOKEN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reservation(pub(crate) u64);

/// Why no relay socket could be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenError {
    /// This machine has no address of that family: 440.
    Family,
    /// No port or descriptor is free: 508.
    Exhausted,
    /// The system refuses for another reason: 500.
    Failed,
}
