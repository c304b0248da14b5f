//! The thread that moves packets between the sockets and the core.

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use magpie_relay::{
    ClientAddr, Config, Effect, Family, Millis, OpenError, Output, PeerAddr, Port, Relay,
    RelayAddr, RelayId, Transport, framing,
};
use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TryRecvError;

use super::RelaySocket;
use super::clock::{self, Clock};
use super::inbox::{Bell, ToWorker};
use super::net::Net;
use super::place::{Parity, Places};

/// What a worker is made of.
pub(super) struct Parts {
    pub(super) config: Config,
    pub(super) seed: [u8; 32],
    pub(super) clock: Clock,
    pub(super) listeners: Vec<RelaySocket>,
    pub(super) places: Places,
    pub(super) inbox: mpsc::Receiver<ToWorker>,
    pub(super) bell: Arc<Bell>,
    /// Relay sockets at most, so that the rest of the process keeps descriptors.
    pub(super) most_sockets: usize,
}

/// Starts the thread, which ends when the other end of the inbox is dropped.
///
/// # Errors
/// The system refuses a thread or a descriptor.
pub(super) fn spawn(parts: Parts) -> io::Result<()> {
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    epoll.add(parts.bell.as_fd(), readable(BELL))?;
    for (at, listener) in parts.listeners.iter().enumerate() {
        epoll.add(listener.as_fd(), readable(at as u64))?;
    }
    let mut worker = Worker::new(parts, epoll);
    thread::Builder::new()
        .name("relay".to_owned())
        .spawn(move || worker.run())?;
    Ok(())
}

struct Worker {
    relay: Relay,
    net: Net,
    epoll: Epoll,
    clock: Clock,
    places: Places,
    inbox: mpsc::Receiver<ToWorker>,
    bell: Arc<Bell>,
    buffer: Box<[u8]>,
    /// Waits until what it says is done.
    answer: Vec<u8>,
    most_sockets: usize,
    looked_up: Instant,
    refusal_logged: Option<Instant>,
}

impl Worker {
    fn new(parts: Parts, epoll: Epoll) -> Self {
        let mut worker = Self {
            relay: Relay::new(parts.config, parts.seed),
            net: Net::new(parts.listeners),
            epoll,
            clock: parts.clock,
            places: parts.places,
            inbox: parts.inbox,
            bell: parts.bell,
            buffer: vec![0; BUFFER].into(),
            answer: Vec::new(),
            most_sockets: parts.most_sockets,
            looked_up: Instant::now(),
            refusal_logged: None,
        };
        worker.look_up_own_addresses();
        worker
    }

    fn run(&mut self) {
        let mut events = [EpollEvent::empty(); 64];
        loop {
            let ready = match self.epoll.wait(&mut events, self.timeout()) {
                Ok(ready) => ready,
                Err(Errno::EINTR) => 0,
                Err(error) => return tracing::error!(%error, "the relay cannot wait for packets"),
            };
            self.relay.set_wall_clock(self.clock.now(), clock::wall());
            for event in events.iter().take(ready) {
                match event.data() {
                    BELL => {
                        if self.empty_inbox().is_err() {
                            return;
                        }
                    }
                    token @ RELAYS.. => self.serve_relay((token - RELAYS) as usize),
                    token => self.serve_listener(token as usize),
                }
            }
            self.relay.handle_timeout(self.clock.now());
            self.settle(self.clock.now());
        }
    }

    fn timeout(&self) -> EpollTimeout {
        let Some(due) = self.relay.poll_timeout() else {
            return EpollTimeout::NONE;
        };
        // One more, since a wait may end a fraction of a millisecond early.
        let wait = due.0.saturating_sub(self.clock.now().0).saturating_add(1);
        EpollTimeout::try_from(wait.min(LONGEST_WAIT)).unwrap_or(EpollTimeout::NONE)
    }

    fn serve_listener(&mut self, at: usize) {
        let now = self.clock.now();
        for _ in 0..BATCH {
            let Some(listener) = self.net.listeners.get(at) else {
                return;
            };
            let (length, from, local) = match listener.receive(&mut self.buffer) {
                Ok(received) => received,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => continue,
            };
            let client = ClientAddr::new(from, local, Transport::Udp);
            let packet = self.buffer.get(..length).unwrap_or_default();
            let output = self.relay.from_client(now, client, packet);
            let asked = self.net.deliver_data(output, &mut self.answer);
            self.settle_and_answer(now, asked);
        }
    }

    fn serve_relay(&mut self, slot: usize) {
        let now = self.clock.now();
        for _ in 0..BATCH {
            let Some(opened) = self.net.slot(slot) else {
                return;
            };
            let id = opened.id;
            let (length, from) = match opened.socket.recv_from(&mut self.buffer) {
                Ok(received) => received,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => continue,
            };
            let payload = self.buffer.get(..length).unwrap_or_default();
            self.net
                .deliver(self.relay.from_peer(now, id, PeerAddr::new(from), payload));
        }
    }

    /// Takes a bounded number of messages, then lets the sockets have their turn.
    fn empty_inbox(&mut self) -> Result<(), Disconnected> {
        self.bell.answer();
        let now = self.clock.now();
        for _ in 0..BATCH {
            match self.inbox.try_recv() {
                Ok(message) => self.take(now, message),
                Err(TryRecvError::Empty) => return Ok(()),
                Err(TryRecvError::Disconnected) => return Err(Disconnected),
            }
        }
        self.bell.ring();
        Ok(())
    }

    fn take(&mut self, now: Millis, message: ToWorker) {
        match message {
            ToWorker::Opened { client, end } => {
                if self.net.add_stream(client, end) {
                    self.relay.client_gone(client);
                }
            }
            ToWorker::Messages { client, bytes } => self.take_messages(now, client, &bytes),
            ToWorker::Closed { client, serial } => {
                if self.net.remove_stream(client, serial) {
                    self.relay.client_gone(client);
                }
            }
        }
        self.settle(now);
    }

    fn take_messages(&mut self, now: Millis, client: ClientAddr, mut bytes: &[u8]) {
        while let Ok(Some((message, rest))) = framing::split(bytes) {
            let output = self.relay.from_client(now, client, message);
            let asked = self.net.deliver_data(output, &mut self.answer);
            self.settle_and_answer(now, asked);
            bytes = rest;
        }
    }

    fn settle_and_answer(&mut self, now: Millis, asked: Option<ClientAddr>) {
        self.settle(now);
        if let Some(client) = asked {
            let message = &self.answer;
            self.net.deliver(Output::Reply { client, message });
        }
    }

    /// Carries out what the core asks for, until it asks for nothing.
    fn settle(&mut self, now: Millis) {
        while let Some(client) = self.net.pop_broken() {
            self.relay.client_gone(client);
        }
        while let Some(effect) = self.relay.poll_effect() {
            match effect {
                Effect::Open {
                    relay,
                    client,
                    family,
                    port,
                } => {
                    let opened = self.open(relay, client, family, port);
                    self.net
                        .deliver(self.relay.relay_opened(now, relay, opened));
                }
                Effect::Watch { relay } => self.watch(relay),
                Effect::Release { reservation } => drop(self.net.take_kept(reservation)),
                Effect::Close { relay } => self.net.remove_relay(relay),
                Effect::Refused { client, peer, why } => {
                    self.log_refusal(client, peer, &why.to_string())
                }
            }
        }
    }

    fn open(
        &mut self,
        id: RelayId,
        client: ClientAddr,
        family: Family,
        port: Port,
    ) -> Result<RelayAddr, OpenError> {
        if self.looked_up.elapsed() > LOOK_UP_AGAIN {
            self.look_up_own_addresses();
        }
        if self.net.open() >= self.most_sockets {
            return Err(OpenError::Exhausted);
        }
        let socket = match port {
            Port::Any => self.places.open(client, family, Parity::Any)?.0,
            Port::Even => self.places.open(client, family, Parity::Even)?.0,
            Port::Pair(reservation) => {
                let (socket, next) = self.places.open(client, family, Parity::Pair)?;
                if let Some(next) = next {
                    self.net.keep(reservation, next);
                }
                socket
            }
            Port::Reserved(reservation) => self
                .net
                .take_kept(reservation)
                .ok_or(OpenError::Exhausted)?,
        };
        let relayed = self.places.relayed(&socket)?;
        self.net.add_relay(id, client, socket);
        Ok(relayed)
    }

    fn watch(&self, id: RelayId) {
        let Some(opened) = self.net.relay(id) else {
            return;
        };
        let token = RELAYS + id.slot() as u64;
        let watched = RelaySocket::ready_relay(&opened.socket)
            .and_then(|()| Ok(self.epoll.add(&opened.socket, readable(token))?));
        if let Err(error) = watched {
            tracing::warn!(%error, "a relayed address cannot be read");
        }
    }

    /// Addresses of the machine come and go; none that the server listens on may be a peer.
    fn look_up_own_addresses(&mut self) {
        let listening: Vec<SocketAddr> =
            self.net.listeners.iter().map(RelaySocket::local).collect();
        self.relay.set_listening(&self.places.spell_out(&listening));
        self.looked_up = Instant::now();
    }

    /// At most one line a second: anybody with a credential can cause them.
    fn log_refusal(&mut self, client: ClientAddr, peer: PeerAddr, rule: &str) {
        tracing::debug!(client = %client.remote(), peer = %peer.get(), rule, "peer refused");
        if self
            .refusal_logged
            .is_none_or(|at| at.elapsed() > Duration::from_secs(1))
        {
            self.refusal_logged = Some(Instant::now());
            tracing::info!(
                rule,
                "a client asked to relay to a forbidden peer (--allow-peer allows a range)"
            );
        }
    }
}

/// The rest of the server has let go of the relay.
struct Disconnected;

const fn readable(token: u64) -> EpollEvent {
    EpollEvent::new(EpollFlags::EPOLLIN, token)
}

const BELL: u64 = u64::MAX;
/// Tokens of relay sockets: this and the slot.
const RELAYS: u64 = 1 << 32;
/// Packets taken from one socket before the others have their turn.
const BATCH: usize = 64;
/// Longer than any datagram.
const BUFFER: usize = 65_536;
/// Milliseconds.
const LONGEST_WAIT: u64 = 60_000;
const LOOK_UP_AGAIN: Duration = Duration::from_secs(10);
