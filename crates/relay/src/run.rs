//! Packets of one flow taken together: one decision for all of them, whether the kernel put them together or they were
//! neighbours in a batch.

use crate::address::{ClientAddr, PeerAddr, RelayAddr};
use crate::effect::RelayId;

/// How much is taken together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Packets, at least one.
    pub packets: usize,
    /// Payload bytes of all of them.
    pub bytes: usize,
}

impl Run {
    /// A packet by itself, of `bytes` payload.
    #[must_use]
    pub const fn one(bytes: usize) -> Self {
        Self { packets: 1, bytes }
    }
}

/// Where a run goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// Nowhere: counted already.
    Nowhere,
    /// Only a part may pass, so each packet has to be asked about by itself. Never said of a run of one.
    Singly,
    /// The payloads to a peer.
    ToPeer {
        /// Through which relay socket.
        relay: RelayId,
        /// To whom.
        peer: PeerAddr,
    },
    /// To a client, each payload behind a head that [`Relay::head`](crate::Relay::head) makes.
    ToClient {
        /// To whom, and from which address of ours.
        client: ClientAddr,
        /// In what.
        wrap: Wrap,
    },
    /// The payloads to another worker of this server, for [`Relay::worker_run`](crate::Relay::worker_run) there.
    ToWorker {
        /// Which.
        worker: usize,
        /// The relayed address they come from.
        from: RelayAddr,
        /// The relayed address they go to.
        to: RelayAddr,
    },
}

/// What a peer's packets are put in for the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrap {
    /// The peer's channel; without one a Data indication.
    pub(crate) channel: Option<u16>,
    pub(crate) peer: PeerAddr,
    /// Whether payloads are filled up to a multiple of four bytes.
    pub(crate) padded: bool,
}

/// Channel number and payload of a ChannelData message (RFC 8656 section 12.4); what follows the declared length is padding.
/// `None`: it is none, or cut short.
///
/// ```
/// assert_eq!(magpie_relay::channel_data(b"\x40\x01\x00\x02hi\0\0"), Some((0x4001, &b"hi"[..])));
/// ```
#[must_use]
#[inline]
pub fn channel_data(packet: &[u8]) -> Option<(u16, &[u8])> {
    let (&[n0, n1, l0, l1], rest) = packet.split_first_chunk::<4>()?;
    if !matches!(n0, 0x40..=0x7f) {
        return None;
    }
    let payload = rest.get(..usize::from(u16::from_be_bytes([l0, l1])))?;
    Some((u16::from_be_bytes([n0, n1]), payload))
}
