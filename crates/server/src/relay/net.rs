//! The worker's sockets and streams: everything an answer of the core can be sent through.

use std::collections::HashMap;
use std::io::{self, IoSlice};
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::Ordering;

use bytes::{Bytes, BytesMut};
use magpie_relay::{ClientAddr, Family, Fragment, Output, RelayId, Reservation, Transport};
use tokio::sync::mpsc::error::TrySendError;

use super::RelaySocket;
use super::socket::set_fragment;
use super::stream::{Kind, Outgoing, StreamEnd};

/// Listening sockets, relay sockets by slot, and streams by client.
#[derive(Debug)]
pub(super) struct Net {
    pub(super) listeners: Vec<RelaySocket>,
    relays: Vec<Option<Opened>>,
    /// Bound for a second allocation of somebody who has one.
    kept: HashMap<Reservation, UdpSocket>,
    open: usize,
    streams: HashMap<ClientAddr, StreamEnd>,
    /// Streams that have to be closed since an answer found no room.
    broken: Vec<ClientAddr>,
    dropped: u64,
}

/// A relay socket of one allocation.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) id: RelayId,
    pub(super) socket: UdpSocket,
    client: ClientAddr,
}

impl Net {
    pub(super) fn new(listeners: Vec<RelaySocket>) -> Self {
        Self {
            listeners,
            relays: Vec::new(),
            kept: HashMap::new(),
            open: 0,
            streams: HashMap::new(),
            broken: Vec::new(),
            dropped: 0,
        }
    }

    /// Sends what the core answered. A full socket buffer drops the packet: that is UDP's way.
    pub(super) fn deliver(&mut self, output: Output<'_>) {
        match output {
            Output::Nothing => {}
            Output::Reply { client, message } => {
                self.send_to_client(client, &[message], Kind::Answer)
            }
            Output::ToClient {
                client,
                head,
                payload,
                padding,
            } => {
                let zeros = PADDING.get(..padding).unwrap_or_default();
                self.send_to_client(client, &[head.as_bytes(), payload, zeros], Kind::Media);
            }
            // There is one worker.
            Output::ToWorker { .. } => self.dropped += 1,
            Output::ToPeer {
                relay,
                peer,
                payload,
                fragment,
            } => {
                let socket = self.relay(relay).map(|opened| &opened.socket);
                if socket.is_none_or(|socket| send(socket, payload, peer.get(), fragment).is_err())
                {
                    self.dropped += 1;
                }
            }
        }
    }

    /// Like [`deliver`](Self::deliver), but keeps a STUN answer in `answer` and says whose it is: what the request asks for
    /// has to be done before the client hears that it is.
    pub(super) fn deliver_data(
        &mut self,
        output: Output<'_>,
        answer: &mut Vec<u8>,
    ) -> Option<ClientAddr> {
        match output {
            Output::Reply { client, message } => {
                answer.clear();
                answer.extend_from_slice(message);
                Some(client)
            }
            data => {
                self.deliver(data);
                None
            }
        }
    }

    /// Adds a client's stream. One of the same addresses that is still here belongs to a connection that has gone: whether
    /// there was one.
    pub(super) fn add_stream(&mut self, client: ClientAddr, end: StreamEnd) -> bool {
        self.streams.insert(client, end).is_some()
    }

    /// Removes a client's stream, if it is the one of that serial number.
    pub(super) fn remove_stream(&mut self, client: ClientAddr, serial: u64) -> bool {
        let same = self
            .streams
            .get(&client)
            .is_some_and(|end| end.serial == serial);
        same && self.streams.remove(&client).is_some()
    }

    /// Ends the next stream that could not take an answer.
    pub(super) fn pop_broken(&mut self) -> Option<ClientAddr> {
        let client = self.broken.pop()?;
        self.streams.remove(&client);
        Some(client)
    }

    pub(super) fn add_relay(&mut self, id: RelayId, client: ClientAddr, socket: UdpSocket) {
        if self.relays.len() <= id.slot() {
            self.relays.resize_with(id.slot() + 1, || None);
        }
        if let Some(place) = self.relays.get_mut(id.slot()) {
            *place = Some(Opened { id, socket, client });
            self.open += 1;
            self.mark(client, true);
        }
    }

    /// Closes a relay socket; the kernel takes it out of the epoll set with that.
    pub(super) fn remove_relay(&mut self, id: RelayId) {
        let place = self.relays.get_mut(id.slot());
        if let Some(opened) = place.and_then(|place| place.take_if(|opened| opened.id == id)) {
            self.open -= 1;
            self.mark(opened.client, false);
        }
    }

    /// Keeps a bound socket until it is asked for under that name.
    pub(super) fn keep(&mut self, reservation: Reservation, socket: UdpSocket) {
        self.kept.insert(reservation, socket);
    }

    /// Gives up a kept socket.
    pub(super) fn take_kept(&mut self, reservation: Reservation) -> Option<UdpSocket> {
        self.kept.remove(&reservation)
    }

    /// How many relay sockets are open.
    pub(super) fn open(&self) -> usize {
        self.open + self.kept.len()
    }

    pub(super) fn relay(&self, id: RelayId) -> Option<&Opened> {
        self.slot(id.slot()).filter(|opened| opened.id == id)
    }

    pub(super) fn slot(&self, slot: usize) -> Option<&Opened> {
        self.relays.get(slot)?.as_ref()
    }

    fn mark(&self, client: ClientAddr, allocated: bool) {
        if let Some(end) = self.streams.get(&client) {
            end.allocated.store(allocated, Ordering::Relaxed);
        }
    }

    fn send_to_client(&mut self, client: ClientAddr, parts: &[&[u8]], kind: Kind) {
        if client.transport() == Transport::Udp {
            return self.send_datagram(client, parts);
        }
        let Some(end) = self.streams.get(&client) else {
            return;
        };
        match end.queue.try_send(Outgoing {
            bytes: join(parts),
            kind,
        }) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) if kind == Kind::Media => self.dropped += 1,
            Err(_) => self.broken.push(client),
        }
    }

    fn send_datagram(&mut self, client: ClientAddr, parts: &[&[u8]]) {
        let Some(listener) = self
            .listeners
            .iter()
            .find(|l| serves(l.local(), client.local()))
        else {
            return;
        };
        let mut slices = [IoSlice::new(&[]); 3];
        for (slice, part) in slices.iter_mut().zip(parts) {
            *slice = IoSlice::new(part);
        }
        if listener
            .send(&slices, client.remote(), client.local())
            .is_err()
        {
            self.dropped += 1;
        }
    }
}

/// DF is the socket's, not the packet's: it is set for the one packet that wants it.
fn send(
    socket: &UdpSocket,
    payload: &[u8],
    peer: SocketAddr,
    fragment: Fragment,
) -> io::Result<usize> {
    if fragment == Fragment::Allowed {
        return socket.send_to(payload, peer);
    }
    let family = Family::of(peer.ip());
    set_fragment(socket, family, Fragment::Forbidden)?;
    let sent = socket.send_to(payload, peer);
    set_fragment(socket, family, Fragment::Allowed)?;
    sent
}

/// Whether a socket bound to `bound` is the one that `local` is reached through.
fn serves(bound: SocketAddr, local: SocketAddr) -> bool {
    let wildcard = bound.ip().is_unspecified() && bound.is_ipv4() == local.is_ipv4();
    bound.port() == local.port() && (wildcard || bound.ip() == local.ip())
}

fn join(parts: &[&[u8]]) -> Bytes {
    let mut joined = BytesMut::with_capacity(parts.iter().map(|part| part.len()).sum());
    for part in parts {
        joined.extend_from_slice(part);
    }
    joined.freeze()
}

const PADDING: [u8; 3] = [0; 3];
