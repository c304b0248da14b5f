//! A worker's TCP connections with peers (RFC 6062): being made, waiting for the client, joined with the client's stream.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};

use magpie_relay::{ClientAddr, ConnectionId, Millis};
use nix::libc;
use nix::sys::epoll::{Epoll, EpollEvent, EpollFlags};
use socket2::{Domain, Protocol, SockRef, Socket, Type};

use super::net::Token;
use super::place::Permit;
use super::splice::{End, Moved, Splice};
use super::stream::Parts;
use crate::listen::Pass;

/// Connections by id.
#[derive(Debug, Default)]
pub(super) struct Connections {
    all: HashMap<u32, Connection>,
    /// Those that have something to do without an event: later, or again.
    due: BinaryHeap<Reverse<(Millis, u32)>>,
}

#[derive(Debug)]
struct Connection {
    id: ConnectionId,
    stage: Stage,
    /// Counts the descriptor.
    _permit: Permit,
}

#[derive(Debug)]
enum Stage {
    Connecting(TcpStream),
    Waiting(TcpStream),
    Joined(Box<Joined>),
}

#[derive(Debug)]
struct Joined {
    splice: Splice,
    client: ClientAddr,
    /// It has carried more than it may: until then nothing is moved.
    paused: Millis,
    /// Counts the client's connection.
    _pass: Option<Pass>,
}

/// What has come of an event.
#[derive(Debug)]
pub(super) enum Outcome {
    Nothing,
    /// The peer has answered, or cannot be reached.
    Connected(ConnectionId, io::Result<()>),
    /// Bytes have passed.
    Moved(ConnectionId, Moved),
    /// The client's stream has to be taken for ended.
    Ended(ClientAddr),
}

impl Connections {
    /// Begins to connect from `local`, where a relay socket listens, to `peer`.
    ///
    /// # Errors
    /// It has failed already.
    pub(super) fn connect(
        &mut self,
        epoll: &Epoll,
        id: ConnectionId,
        (local, peer): (SocketAddr, SocketAddr),
        permit: Permit,
    ) -> io::Result<()> {
        let socket = open(local)?;
        // The listener has this port too, and is a socket of ours.
        socket.set_reuse_port(true)?;
        socket.bind(&local.into())?;
        match socket.connect(&peer.into()) {
            Err(error) if error.raw_os_error() != Some(libc::EINPROGRESS) => return Err(error),
            _ => {}
        }
        let stream = TcpStream::from(socket);
        self.insert(epoll, id, Stage::Connecting(stream), permit)
    }

    /// Keeps a peer's connection until the client binds it.
    ///
    /// # Errors
    /// It cannot be kept.
    pub(super) fn hold(
        &mut self,
        epoll: &Epoll,
        id: ConnectionId,
        stream: TcpStream,
        permit: Permit,
    ) -> io::Result<()> {
        self.insert(epoll, id, Stage::Waiting(stream), permit)
    }

    /// Joins a client's stream with the connection that waits for it. `early` is what has come on it already.
    ///
    /// # Errors
    /// There is no such connection, or it cannot be waited for: the stream is closed.
    pub(super) fn join(
        &mut self,
        epoll: &Epoll,
        now: Millis,
        id: ConnectionId,
        stream: Parts,
        early: Vec<u8>,
    ) -> io::Result<()> {
        let held = self.all.remove(&id.get()).ok_or(io::ErrorKind::NotFound)?;
        let Stage::Waiting(peer) = held.stage else {
            return Err(io::ErrorKind::NotFound.into());
        };
        let mut event = both_ways(id);
        epoll.modify(&stream.socket, &mut event)?;
        let client = End::new(stream.socket, stream.tls);
        let joined = Joined {
            splice: Splice::new(client, End::new(peer, None), early, stream.waiting),
            client: stream.client,
            paused: now,
            _pass: stream.pass,
        };
        let stage = Stage::Joined(Box::new(joined));
        self.all.insert(id.get(), Connection { stage, ..held });
        self.due.push(Reverse((now, id.get())));
        Ok(())
    }

    /// Closes a connection, and the client's stream with it.
    pub(super) fn remove(&mut self, id: ConnectionId) {
        self.all.remove(&id.get());
    }

    /// Does what an event at one of a connection's sockets, or the time, makes possible. `room` is what is read into.
    pub(super) fn serve(&mut self, now: Millis, id: u32, room: &mut [u8]) -> Outcome {
        let Some(connection) = self.all.get_mut(&id) else {
            return Outcome::Nothing;
        };
        match &mut connection.stage {
            Stage::Waiting(_) => Outcome::Nothing,
            Stage::Connecting(stream) => match finished(stream) {
                None => Outcome::Nothing,
                Some(result) => self.connected(id, result),
            },
            Stage::Joined(joined) if joined.paused > now => Outcome::Nothing,
            Stage::Joined(joined) => match joined.splice.pump(room) {
                Ok(moved) if moved.done => Outcome::Ended(joined.client),
                Ok(moved) => {
                    if moved.more {
                        self.due.push(Reverse((now, id)));
                    }
                    Outcome::Moved(connection.id, moved)
                }
                Err(error) => {
                    tracing::debug!(%error, "a connection with a peer has ended");
                    Outcome::Ended(joined.client)
                }
            },
        }
    }

    /// Lets a connection rest until `resume`.
    pub(super) fn pause(&mut self, id: ConnectionId, resume: Millis) {
        let connection = self.all.get_mut(&id.get());
        if let Some(Stage::Joined(joined)) = connection.map(|c| &mut c.stage) {
            joined.paused = resume;
            self.due.push(Reverse((resume, id.get())));
        }
    }

    /// The next connection to be served by now without an event.
    pub(super) fn pop_due(&mut self, now: Millis) -> Option<u32> {
        let Reverse((due, id)) = *self.due.peek()?;
        (due <= now).then(|| {
            self.due.pop();
            id
        })
    }

    /// When [`pop_due`](Self::pop_due) has to be asked next.
    pub(super) fn next_due(&self) -> Option<Millis> {
        self.due.peek().map(|Reverse((due, _))| *due)
    }

    fn insert(
        &mut self,
        epoll: &Epoll,
        id: ConnectionId,
        stage: Stage,
        permit: Permit,
    ) -> io::Result<()> {
        let (Stage::Connecting(stream) | Stage::Waiting(stream)) = &stage else {
            return Ok(());
        };
        SockRef::from(stream).set_tcp_nodelay(true)?;
        epoll.add(stream, both_ways(id))?;
        let connection = Connection {
            id,
            stage,
            _permit: permit,
        };
        self.all.insert(id.get(), connection);
        Ok(())
    }

    /// The peer's stream goes on to wait for the client, or is closed.
    fn connected(&mut self, id: u32, result: io::Result<()>) -> Outcome {
        let Some(Connection { id, stage, _permit }) = self.all.remove(&id) else {
            return Outcome::Nothing;
        };
        if let (Ok(()), Stage::Connecting(stream)) = (&result, stage) {
            let stage = Stage::Waiting(stream);
            self.all.insert(id.get(), Connection { id, stage, _permit });
        }
        Outcome::Connected(id, result)
    }
}

/// Binds a socket that peers connect to.
pub(super) fn listen(local: SocketAddr) -> io::Result<TcpListener> {
    let socket = open(local)?;
    socket.bind(&local.into())?;
    // Only from here on: nobody else gets the port, but connections from it are made beside the listener.
    socket.set_reuse_port(true)?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Takes a peer's connection.
///
/// # Errors
/// `WouldBlock`: there is none.
pub(super) fn accept(listener: &TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
    let (stream, from) = listener.accept()?;
    stream.set_nonblocking(true)?;
    Ok((stream, from))
}

fn open(local: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(
        Domain::for_address(local),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    if local.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    // Connections of a former allocation may linger at the port.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// Whether a connection is there, if it is known yet.
fn finished(stream: &TcpStream) -> Option<io::Result<()>> {
    match stream.take_error() {
        Ok(None) => stream.peer_addr().is_ok().then_some(Ok(())),
        Ok(Some(error)) | Err(error) => Some(Err(error)),
    }
}

fn both_ways(id: ConnectionId) -> EpollEvent {
    let events = EpollFlags::EPOLLIN | EpollFlags::EPOLLOUT | EpollFlags::EPOLLET;
    EpollEvent::new(events, Token::Connection(id.get()).into())
}

/// Peers that have connected and are not taken yet.
const BACKLOG: i32 = 16;
