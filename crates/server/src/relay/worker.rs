//! The threads that move packets between the sockets and the core.

use std::io;
use std::sync::Arc;
use std::thread;

use magpie_relay::{ClientAddr, Config, Millis, Relay, Shared};
use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TryRecvError;

use super::RelaySocket;
use super::alarm::Alarm;
use super::clock::{self, Clock};
use super::inbox::{Bell, Door, Question, ToWorker};
use super::net::{Net, Token};
use super::place::Places;
use super::ring::{Receiver, Rings};
use super::socket::{BATCH, Batch};
use super::stream::{CHECK_EVERY, NewStream, READ_BUFFER, Stream};
use super::switch::{FromClient, FromPeer, Leaving, Switch};

/// What a worker is made of.
pub(super) struct Parts {
    /// Which of the server's workers it is.
    pub(super) number: u8,
    pub(super) config: Config,
    pub(super) seed: [u8; 32],
    pub(super) shared: Arc<Shared>,
    pub(super) clock: Clock,
    pub(super) listeners: Vec<RelaySocket>,
    pub(super) places: Places,
    pub(super) rings: Rings,
    pub(super) inbox: mpsc::Receiver<ToWorker>,
    /// To the workers, by their numbers.
    pub(super) doors: Vec<Door>,
    pub(super) bell: Arc<Bell>,
}

/// Starts the thread, which ends when the other end of the inbox is dropped.
///
/// # Errors
/// The system refuses a thread or a descriptor.
pub(super) fn spawn(parts: Parts) -> io::Result<()> {
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    let edge = EpollFlags::EPOLLIN | EpollFlags::EPOLLET;
    epoll.add(&*parts.bell, EpollEvent::new(edge, Token::Bell.into()))?;
    let alarm = Alarm::new()?;
    epoll.add(&alarm, EpollEvent::new(edge, Token::Alarm.into()))?;
    let relay = Relay::sharing(parts.config, parts.seed, parts.number, parts.shared);
    let net = Net::new(epoll, parts.listeners, parts.rings.out)?;
    let switch = Switch::new(relay, net, parts.places);
    let (clock, rings, bell) = (parts.clock, parts.rings.from, parts.bell);
    let (inbox, doors) = (parts.inbox, parts.doors);
    thread::Builder::new()
        .name(format!("relay-{}", parts.number))
        .spawn(move || {
            let worker = Worker {
                switch,
                clock,
                rings,
                inbox,
                doors,
                bell,
                alarm,
                batch: Batch::new(),
                crowded: false,
                buffer: vec![0; READ_BUFFER].into(),
                check_streams: clock.now(),
            };
            worker.run();
        })?;
    Ok(())
}

struct Worker {
    switch: Switch,
    clock: Clock,
    rings: Vec<Receiver>,
    inbox: mpsc::Receiver<ToWorker>,
    doors: Vec<Door>,
    bell: Arc<Bell>,
    alarm: Alarm,
    batch: Batch,
    /// Whether clients sent more than a few packets at once the last time.
    crowded: bool,
    /// What a stream is read into.
    buffer: Box<[u8]>,
    check_streams: Millis,
}

impl Worker {
    fn run(mut self) {
        let mut events = [EpollEvent::empty(); 64];
        loop {
            let ready = match self.switch.net.epoll.wait(&mut events, EpollTimeout::NONE) {
                Ok(ready) => ready,
                Err(Errno::EINTR) => 0,
                Err(error) => return tracing::error!(%error, "the relay cannot wait for packets"),
            };
            let now = self.clock.now();
            self.switch.relay.set_wall_clock(now, clock::wall());
            for event in events.iter().take(ready) {
                if self.serve(now, event).is_err() {
                    return;
                }
            }
            self.switch.serve_due_connections(now, &mut self.buffer);
            self.check_streams(now);
            self.switch.relay.handle_timeout(now);
            self.switch.settle(now);
            self.switch.net.ring_bells();
            if let Err(error) = self.set_alarm(now) {
                return tracing::error!(%error, "the relay cannot set its timer");
            }
        }
    }

    fn set_alarm(&mut self, now: Millis) -> io::Result<()> {
        let streams = &self.switch.net.streams;
        let check = (!streams.is_empty()).then_some(self.check_streams);
        let connections = self.switch.net.connections.next_due();
        let due = [self.switch.relay.poll_timeout(), check, connections];
        match due.into_iter().flatten().min() {
            Some(due) => self.alarm.set(now, due),
            None => Ok(()),
        }
    }

    fn serve(&mut self, now: Millis, event: &EpollEvent) -> Result<(), Disconnected> {
        match Token::from(event.data()) {
            Token::Bell => return self.answer_bell(now),
            Token::Alarm => self.alarm.rang(),
            token @ Token::Listener(at) => {
                let more = self.serve_listener(now, at);
                self.tell_again_of(token, more);
            }
            token @ Token::Relay(slot) => {
                let failed = event.events().contains(EpollFlags::EPOLLERR);
                let errors = failed && self.switch.relay_errors(now, slot);
                let more = self.serve_relay(now, slot);
                self.tell_again_of(token, errors || more);
            }
            Token::Accept(slot) => {
                self.switch.accept_peers(now, slot);
                self.switch.settle(now);
            }
            Token::Connection(id) => self.switch.serve_connection(now, id, &mut self.buffer),
            Token::Stream(slot) => {
                if event.events().contains(EpollFlags::EPOLLOUT) {
                    self.switch.net.flush_stream(now, slot);
                }
                // An error or a hang-up is found by reading, too.
                if event.events() != EpollFlags::EPOLLOUT {
                    self.serve_stream(now, slot);
                }
            }
        }
        Ok(())
    }

    /// A socket that was not emptied is told of again, after the others have had their turn.
    fn tell_again_of(&self, token: Token, more: bool) {
        if more && let Err(error) = self.switch.net.tell_again(token) {
            tracing::error!(%error, "a socket of the relay cannot be waited for");
        }
    }

    /// Whether there may be more.
    fn serve_listener(&mut self, now: Millis, at: usize) -> bool {
        for turn in 0..TURNS {
            let Some(listener) = self.switch.net.listeners.get(at) else {
                return false;
            };
            let most = if self.crowded || turn > 0 { BATCH } else { FEW };
            match listener.receive(&mut self.batch, most) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
                // Of an earlier packet, and gone with that.
                Err(_) => continue,
                Ok(()) => {}
            }
            let mut coupler = FromClient::new();
            for datagram in self.batch.datagrams() {
                self.switch.client_datagram(now, &datagram, &mut coupler);
            }
            self.switch.depart(now, &mut coupler);
            self.crowded = self.batch.len() >= FEW;
            if self.batch.len() < most {
                return false;
            }
        }
        true
    }

    /// Whether there may be more.
    fn serve_relay(&mut self, now: Millis, slot: usize) -> bool {
        for turn in 0..TURNS {
            let Some(opened) = self.switch.net.slot(slot) else {
                return false;
            };
            let (id, relayed) = (opened.id, &opened.relayed);
            let most = if turn > 0 { BATCH } else { FEW };
            match relayed.receive(&mut self.batch, most) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
                // Of an earlier packet, and gone with that.
                Err(_) => continue,
                Ok(()) => {}
            }
            let mut coupler = FromPeer::new();
            for datagram in self.batch.datagrams() {
                self.switch.peer_datagram(now, id, &datagram, &mut coupler);
            }
            self.switch.arrive(now, &mut coupler);
            if self.batch.len() < most {
                return false;
            }
        }
        true
    }

    fn serve_stream(&mut self, now: Millis, slot: usize) {
        let Some(stream) = self.switch.net.streams.get_mut(slot) else {
            return;
        };
        let read = stream.read(&mut self.buffer);
        self.take_messages(now, slot, read);
    }

    /// Takes the messages of what was read, and closes the stream if it has ended or speaks something else.
    fn take_messages(&mut self, now: Millis, slot: usize, read: io::Result<usize>) {
        let Some(stream) = self.switch.net.streams.get_mut(slot) else {
            return;
        };
        let client = stream.client();
        let length = match read {
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
            Err(error) => return self.close(now, client, &error),
        };
        let bytes = self.buffer.get(..length).unwrap_or_default();
        match self.switch.stream_bytes(now, client, bytes) {
            Ok(taken) => {
                let rest = bytes.get(taken..).unwrap_or_default();
                if let Some(leaving) = self.switch.leaving.take() {
                    return self.let_go(now, client, leaving, rest.to_vec());
                }
                if let Some(stream) = self.switch.net.streams.get_mut(slot) {
                    stream.keep(now, rest, taken > 0);
                }
                // TLS may have something to say by itself.
                self.switch.net.flush_stream(now, slot);
            }
            Err(error) => self.close(now, client, &io::Error::other(error)),
        }
    }

    /// Gives a stream to what it belongs to from here on. `rest` is what has come on it and is not taken yet.
    fn let_go(&mut self, now: Millis, client: ClientAddr, leaving: Leaving, rest: Vec<u8>) {
        match leaving {
            Leaving::Joined(connection) => self.switch.join(now, client, connection, rest),
            Leaving::ToWorker(worker) => {
                let parts = self.switch.net.release_stream(client);
                let door = self.doors.get(usize::from(worker));
                if let (Some(parts), Some(door)) = (parts, door) {
                    door.send(ToWorker::Stream(Box::new(parts.into_new(rest))));
                }
                self.switch.settle(now);
            }
        }
    }

    fn close(&mut self, now: Millis, client: ClientAddr, error: &io::Error) {
        tracing::debug!(%error, "TURN stream ended");
        self.switch.net.give_up(client);
        self.switch.settle(now);
    }

    fn check_streams(&mut self, now: Millis) {
        if now < self.check_streams {
            return;
        }
        self.check_streams = now.after(CHECK_EVERY);
        for client in self.switch.net.streams.overdue(now) {
            self.close(now, client, &io::ErrorKind::TimedOut.into());
        }
    }

    fn answer_bell(&mut self, now: Millis) -> Result<(), Disconnected> {
        self.bell.answer();
        self.empty_rings(now);
        self.empty_inbox(now)
    }

    /// Takes a bounded number of runs from each other worker, then lets the sockets have their turn.
    fn empty_rings(&mut self, now: Millis) {
        let Self { switch, rings, .. } = self;
        let mut more = false;
        for ring in rings {
            let took = (0..BATCH).all(|_| {
                ring.receive(|from, to, payloads, size| {
                    switch.passed_on(now, (from, to), payloads, size);
                })
            });
            more |= took;
        }
        if more {
            self.bell.ring();
        }
    }

    fn empty_inbox(&mut self, now: Millis) -> Result<(), Disconnected> {
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
            ToWorker::Ask(Question(ask)) => {
                let dropped = self.switch.net.dropped();
                ask(&mut self.switch.relay, now, dropped);
            }
            ToWorker::Stream(new) => {
                if let Err(error) = self.open_stream(now, *new) {
                    tracing::debug!(%error, "a TURN stream cannot be served");
                }
            }
        }
        self.switch.settle(now);
    }

    fn open_stream(&mut self, now: Millis, new: NewStream) -> io::Result<()> {
        // One of the same addresses that is still here belongs to a connection that has gone.
        if self.switch.net.streams.remove(new.client) {
            self.switch.relay.client_gone(new.client);
            self.switch.settle(now);
        }
        let slot = self.switch.net.add_stream(Stream::new(now, new)?)?;
        let stream = self.switch.net.streams.get_mut(slot);
        let read = stream.map(|stream| stream.read_first(&mut self.buffer));
        self.take_messages(now, slot, read.unwrap_or(Ok(0)));
        Ok(())
    }
}

/// The rest of the server has let go of the relay.
struct Disconnected;

/// Batches taken from one socket before the others have their turn.
const TURNS: usize = 4;
/// What a socket is asked for at first: usually there is one packet, and asking for more has a price.
const FEW: usize = 4;
