//! A worker's sockets, streams and rings: everything that packets can be sent through.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::os::fd::AsFd;

use magpie_relay::{ClientAddr, Family, Fragment, Millis, PeerAddr, RelayAddr, RelayId, Transport};
use nix::sys::epoll::{Epoll, EpollEvent, EpollFlags};

use super::RelaySocket;
use super::connections::Connections;
use super::outbox::{Frame, Kind};
use super::place::{Listening, Relayed};
use super::plain::Plain;
use super::ring::Sender;
use super::socket::set_fragment;
use super::stream::{Parts, Stream, Streams};
use super::train::Train;
use super::unreachable::{keep_errors, send_again};

/// Listening sockets, relay sockets by slot, streams by client, and rings by worker.
#[derive(Debug)]
pub(super) struct Net {
    pub(super) epoll: Epoll,
    pub(super) listeners: Vec<RelaySocket>,
    relays: Vec<Option<Opened>>,
    pub(super) streams: Streams,
    pub(super) connections: Connections,
    /// Relay sockets of TCP allocations by slot.
    accepting: HashMap<usize, Accepting>,
    rings: Vec<Option<Sender>>,
    plain: Plain,
    /// Clients whose streams have to be closed.
    broken: Vec<ClientAddr>,
    /// Packets for which there was no room, in a socket, a stream or a ring.
    dropped: u64,
}

/// A relay socket that peers connect to.
#[derive(Debug)]
pub(super) struct Accepting {
    pub(super) id: RelayId,
    pub(super) listening: Listening,
    client: ClientAddr,
}

/// A relay socket of one allocation.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) id: RelayId,
    pub(super) relayed: Relayed,
    client: ClientAddr,
}

impl Net {
    pub(super) fn new(
        epoll: Epoll,
        listeners: Vec<RelaySocket>,
        rings: Vec<Option<Sender>>,
    ) -> io::Result<Self> {
        for (at, listener) in listeners.iter().enumerate() {
            epoll.add(listener, arriving(Token::Listener(at)))?;
        }
        Ok(Self {
            epoll,
            listeners,
            relays: Vec::new(),
            streams: Streams::default(),
            connections: Connections::default(),
            accepting: HashMap::new(),
            rings,
            plain: Plain::default(),
            broken: Vec::new(),
            dropped: 0,
        })
    }

    /// Packets dropped for want of room since the start.
    pub(super) const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Sends payloads from a relay socket to a peer.
    pub(super) fn send_to_peer(
        &mut self,
        now: Millis,
        id: RelayId,
        peer: PeerAddr,
        train: &Train<'_>,
    ) {
        let Some(opened) = self.relays.get(id.slot()).and_then(Option::as_ref) else {
            return;
        };
        let (socket, to) = (&opened.relayed.socket, peer.get());
        let payloads = train.payloads();
        let lost = match payloads {
            [_] => u64::from(send_again(socket, payloads, None, to).is_err()),
            _ => self
                .plain
                .send(now, to, train.size(), payloads, |parts, segment| {
                    send_again(socket, parts, segment, to)
                }),
        };
        self.dropped += lost;
    }

    /// Sends one payload that no router may take apart. DF is the socket's, not the packet's: it is set for this one.
    pub(super) fn send_unfragmented(&mut self, id: RelayId, peer: PeerAddr, payload: &[u8]) {
        let Some(opened) = self.relay(id) else {
            return;
        };
        let (socket, to) = (&opened.relayed.socket, peer.get());
        let family = Family::of(to.ip());
        let parts = [IoSlice::new(payload)];
        let sent = set_fragment(socket, family, Fragment::Forbidden)
            .and_then(|()| send_again(socket, &parts, None, to));
        let reset = set_fragment(socket, family, Fragment::Allowed);
        self.dropped += u64::from(sent.and(reset).is_err());
    }

    /// Sends messages to a client; all but the last are of `size` bytes.
    pub(super) fn send_to_client(
        &mut self,
        now: Millis,
        client: ClientAddr,
        frames: &[Frame<'_>],
        size: usize,
        kind: Kind,
    ) {
        if client.transport() != Transport::Udp {
            return self.send_to_stream(now, client, frames, kind);
        }
        let mut listeners = self.listeners.iter();
        let Some(listener) = listeners.find(|l| serves(l.local(), client.local())) else {
            return;
        };
        let (to, from) = (client.remote(), client.local());
        let lost = match frames {
            [frame] => u64::from(listener.send(frame, None, to, from).is_err()),
            _ => self.plain.send(now, to, size, frames, |frames, segment| {
                listener.send(frames.as_flattened(), segment, to, from)
            }),
        };
        self.dropped += lost;
    }

    /// Passes payloads for a relayed address of another worker to it.
    pub(super) fn send_to_worker(
        &mut self,
        worker: usize,
        from: RelayAddr,
        to: RelayAddr,
        train: &Train<'_>,
    ) {
        let ring = self.rings.get_mut(worker).and_then(Option::as_mut);
        if !ring.is_some_and(|ring| ring.send(from, to, train)) {
            self.dropped += train.run().packets as u64;
        }
    }

    /// Whether there is another worker of that number.
    pub(super) fn has_worker(&self, worker: u8) -> bool {
        let ring = self.rings.get(usize::from(worker));
        ring.is_some_and(Option::is_some)
    }

    /// Wakes the workers that something was passed to.
    pub(super) fn ring_bells(&mut self) {
        for ring in self.rings.iter_mut().flatten() {
            ring.ring();
        }
    }

    fn send_to_stream(
        &mut self,
        now: Millis,
        client: ClientAddr,
        frames: &[Frame<'_>],
        kind: Kind,
    ) {
        let Some(slot) = self.streams.find(client) else {
            return;
        };
        let Some(stream) = self.streams.get_mut(slot) else {
            return;
        };
        match stream.send(now, frames, kind) {
            Ok(dropped) => self.dropped += dropped,
            Err(_) => self.broken.push(client),
        }
        self.await_room(slot);
    }

    /// Writes what a stream's client has not taken before.
    pub(super) fn flush_stream(&mut self, now: Millis, slot: usize) {
        let Some(stream) = self.streams.get_mut(slot) else {
            return;
        };
        if stream.flush(now).is_err() {
            self.broken.push(stream.client());
        }
        self.await_room(slot);
    }

    /// Waits until a stream can be written while something is to be written, and only then.
    fn await_room(&mut self, slot: usize) {
        let Some(stream) = self.streams.get_mut(slot) else {
            return;
        };
        if stream.awaited == stream.is_busy() {
            return;
        }
        stream.awaited = !stream.awaited;
        let mut events = EpollFlags::EPOLLIN;
        events.set(EpollFlags::EPOLLOUT, stream.awaited);
        let mut event = EpollEvent::new(events, Token::Stream(slot).into());
        if self.epoll.modify(&*stream, &mut event).is_err() {
            self.broken.push(stream.client());
        }
    }

    /// Adds a client's stream: its number.
    pub(super) fn add_stream(&mut self, stream: Stream) -> io::Result<usize> {
        let client = stream.client();
        let slot = self.streams.insert(stream);
        let stream = self.streams.get(slot).ok_or(io::ErrorKind::NotFound)?;
        if let Err(error) = self.epoll.add(stream, readable(Token::Stream(slot))) {
            self.streams.remove(client);
            return Err(error.into());
        }
        Ok(slot)
    }

    /// Notes that a client's stream has to be closed.
    pub(super) fn give_up(&mut self, client: ClientAddr) {
        self.broken.push(client);
    }

    /// Closes the next stream that has to be.
    pub(super) fn pop_broken(&mut self) -> Option<ClientAddr> {
        let client = self.broken.pop()?;
        self.streams.remove(client);
        Some(client)
    }

    pub(super) fn add_relay(&mut self, id: RelayId, client: ClientAddr, relayed: Relayed) {
        if self.relays.len() <= id.slot() {
            self.relays.resize_with(id.slot() + 1, || None);
        }
        if let Some(place) = self.relays.get_mut(id.slot()) {
            *place = Some(Opened {
                id,
                relayed,
                client,
            });
            self.count(client, |allocations| allocations.saturating_add(1));
        }
    }

    /// Adds a relay socket that peers connect to.
    pub(super) fn add_listening(
        &mut self,
        id: RelayId,
        client: ClientAddr,
        listening: Listening,
    ) -> io::Result<()> {
        // Edge-triggered: a connection that cannot be taken for want of a descriptor is not asked for again and again.
        let events = EpollFlags::EPOLLIN | EpollFlags::EPOLLET;
        let event = EpollEvent::new(events, Token::Accept(id.slot()).into());
        self.epoll.add(&listening.listener, event)?;
        let accepting = Accepting {
            id,
            listening,
            client,
        };
        self.accepting.insert(id.slot(), accepting);
        self.count(client, |allocations| allocations.saturating_add(1));
        Ok(())
    }

    /// The relay socket in `slot` that peers connect to.
    pub(super) fn accepting(&self, slot: usize) -> Option<&Accepting> {
        self.accepting.get(&slot)
    }

    /// Whether a client has a stream here, and no relayed address.
    pub(super) fn is_idle(&self, client: ClientAddr) -> bool {
        let stream = self.streams.find(client);
        stream
            .and_then(|slot| self.streams.get(slot))
            .is_some_and(|stream| stream.allocations == 0)
    }

    /// Takes a client's stream, which carries something else than messages from here on.
    pub(super) fn take_stream(&mut self, client: ClientAddr) -> Option<Parts> {
        Some(self.streams.take(client)?.into_parts())
    }

    /// Takes a client's stream that is not to be waited for here any more: it stays open, so the kernel would go on telling of it.
    pub(super) fn release_stream(&mut self, client: ClientAddr) -> Option<Parts> {
        let stream = self.streams.take(client)?;
        if let Err(error) = self.epoll.delete(&stream) {
            tracing::error!(%error, "a stream that goes to another worker is still waited for");
        }
        Some(stream.into_parts())
    }

    /// Closes a relay socket; the kernel takes it out of the epoll set with that.
    pub(super) fn remove_relay(&mut self, id: RelayId) {
        if let Entry::Occupied(accepting) = self.accepting.entry(id.slot())
            && accepting.get().id == id
        {
            let client = accepting.remove().client;
            return self.count(client, |allocations| allocations.saturating_sub(1));
        }
        let place = self.relays.get_mut(id.slot());
        if let Some(opened) = place.and_then(|place| place.take_if(|opened| opened.id == id)) {
            self.count(opened.client, |allocations| allocations.saturating_sub(1));
        }
    }

    /// Starts reading a relay socket.
    pub(super) fn watch(&self, id: RelayId) -> io::Result<()> {
        let Some(opened) = self.relay(id) else {
            return Ok(());
        };
        let socket = &opened.relayed.socket;
        RelaySocket::ready_relay(socket)?;
        keep_errors(socket)?;
        Ok(self.epoll.add(socket, arriving(Token::Relay(id.slot())))?)
    }

    pub(super) fn relay(&self, id: RelayId) -> Option<&Opened> {
        self.slot(id.slot()).filter(|opened| opened.id == id)
    }

    pub(super) fn slot(&self, slot: usize) -> Option<&Opened> {
        self.relays.get(slot)?.as_ref()
    }

    /// Has what is left in a UDP socket told once more.
    pub(super) fn tell_again(&self, token: Token) -> io::Result<()> {
        let socket = match token {
            Token::Listener(at) => self.listeners.get(at).map(AsFd::as_fd),
            Token::Relay(slot) => self.slot(slot).map(|opened| opened.relayed.socket.as_fd()),
            _ => None,
        };
        let Some(socket) = socket else { return Ok(()) };
        Ok(self.epoll.modify(socket, &mut arriving(token))?)
    }

    /// Keeps count of the relayed addresses of a stream's client.
    fn count(&mut self, client: ClientAddr, change: impl FnOnce(u8) -> u8) {
        if client.transport().is_stream()
            && let Some(slot) = self.streams.find(client)
            && let Some(stream) = self.streams.get_mut(slot)
        {
            stream.allocations = change(stream.allocations);
        }
    }
}

/// What an event of the epoll set is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Bell,
    Alarm,
    Listener(usize),
    /// By slot.
    Relay(usize),
    /// By number.
    Stream(usize),
    /// Peers connect to the relay socket of that slot.
    Accept(usize),
    /// By id: of the peer's socket, and of the client's that is joined with it.
    Connection(u32),
}

impl From<Token> for u64 {
    fn from(token: Token) -> Self {
        let (kind, number): (Self, usize) = match token {
            Token::Bell => (0, 0),
            Token::Listener(at) => (1, at),
            Token::Relay(slot) => (2, slot),
            Token::Stream(slot) => (3, slot),
            Token::Accept(slot) => (4, slot),
            Token::Connection(id) => (5, id as usize),
            Token::Alarm => (6, 0),
        };
        kind << 32 | number as Self
    }
}

impl From<u64> for Token {
    fn from(token: u64) -> Self {
        let number = (token & 0xffff_ffff) as usize;
        match token >> 32 {
            0 => Self::Bell,
            1 => Self::Listener(number),
            2 => Self::Relay(number),
            3 => Self::Stream(number),
            4 => Self::Accept(number),
            5 => Self::Connection(token as u32),
            _ => Self::Alarm,
        }
    }
}

/// To be told of each arrival, once: asking a socket whether it is still empty costs a look at it before each wait.
fn arriving(token: Token) -> EpollEvent {
    EpollEvent::new(EpollFlags::EPOLLIN | EpollFlags::EPOLLET, token.into())
}

/// To be told when there is something to read.
pub(super) fn readable(token: Token) -> EpollEvent {
    EpollEvent::new(EpollFlags::EPOLLIN, token.into())
}

/// Whether a socket bound to `bound` is the one that `local` is reached through.
fn serves(bound: SocketAddr, local: SocketAddr) -> bool {
    let wildcard = bound.ip().is_unspecified() && bound.is_ipv4() == local.is_ipv4();
    bound.port() == local.port() && (wildcard || bound.ip() == local.ip())
}
