//! The plain loop: what the kernel takes for receiving a datagram and sending it on, with the sockets of a TURN server and
//! nothing of TURN. It is the limit that a relay is measured against.

use std::{
    collections::HashMap,
    io::{self, ErrorKind, Read},
    net::{SocketAddr, UdpSocket},
    thread,
};

use nix::{
    errno::Errno,
    sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout},
};
use socket2::{Domain, SockRef, Socket, Type};

use super::{link::Link, session::CHANNEL};
use crate::BenchError;

/// Runs the loop on a free loopback port, in `threads` threads with sockets of their own, as a server of so many workers:
/// prints `ready ADDR:PORT`, and ends with the process when standard input does.
///
/// # Errors
/// The system refuses a socket.
pub fn run(threads: usize) -> Result<(), BenchError> {
    start(threads).map_err(|error| BenchError::System("run the plain loop", error))
}

fn start(threads: usize) -> io::Result<()> {
    crate::process::raise_file_limit()?;
    let first = listener(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    let address = first.local_addr()?;
    for _ in 1..threads {
        let mut another = Loop::new(listener(address)?)?;
        thread::spawn(move || another.run());
    }
    let mut first = Loop::new(first)?;
    println!("ready {address}");
    thread::spawn(|| {
        let _ended = io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    first.run()
}

/// Opens a relay socket at the plain loop, or tells which peer an open one sends to; returns its address.
pub(super) fn open(link: &mut Link, peer: Option<SocketAddr>) -> Result<SocketAddr, BenchError> {
    let peer = peer.map(|peer| peer.to_string()).unwrap_or_default();
    let answer = link
        .ask(&[OPEN.as_slice(), peer.as_bytes()].concat())
        .map_err(|error| BenchError::Connect(error.to_string()))?;
    let relayed = str::from_utf8(&answer[OPEN.len()..]).unwrap_or_default();
    relayed
        .parse()
        .map_err(|_| BenchError::Protocol(relayed.to_owned()))
}

struct Loop {
    epoll: Epoll,
    listener: UdpSocket,
    relays: Vec<Relay>,
    by_client: HashMap<SocketAddr, usize>,
    buffer: Box<[u8]>,
}

struct Relay {
    socket: UdpSocket,
    client: SocketAddr,
    peer: Option<SocketAddr>,
}

impl Loop {
    fn new(listener: UdpSocket) -> io::Result<Self> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        epoll.add(&listener, readable(LISTENER))?;
        Ok(Self {
            epoll,
            listener,
            relays: Vec::new(),
            by_client: HashMap::new(),
            buffer: vec![0; 65_536].into(),
        })
    }

    fn run(&mut self) -> io::Result<()> {
        let mut events = [EpollEvent::empty(); 64];
        loop {
            let ready = match self.epoll.wait(&mut events, EpollTimeout::NONE) {
                Err(Errno::EINTR) => 0,
                ready => ready?,
            };
            for event in &events[..ready] {
                match event.data() {
                    LISTENER => self.take_from_clients()?,
                    slot => self.take_from_peer(slot as usize),
                }
            }
        }
    }

    fn take_from_clients(&mut self) -> io::Result<()> {
        for _ in 0..BATCH {
            let Ok((length, from)) = self.listener.recv_from(&mut self.buffer) else {
                return Ok(());
            };
            let packet = &self.buffer[..length];
            if let Some(peer) = packet.strip_prefix(OPEN) {
                let peer = str::from_utf8(peer).ok().and_then(|peer| peer.parse().ok());
                self.open(from, peer)?;
            } else if let Some(&slot) = self.by_client.get(&from)
                && let Relay {
                    socket,
                    peer: Some(peer),
                    ..
                } = &self.relays[slot]
            {
                // A channel's head is 4 bytes; lost packets are the load's to count.
                let _lost = socket.send_to(packet.get(4..).unwrap_or_default(), peer);
            }
        }
        Ok(())
    }

    fn take_from_peer(&mut self, slot: usize) {
        let relay = &self.relays[slot];
        for _ in 0..BATCH {
            let (head, body) = self.buffer.split_at_mut(4);
            let Ok((length, _)) = relay.socket.recv_from(body) else {
                return;
            };
            head[..2].copy_from_slice(&CHANNEL.to_be_bytes());
            head[2..].copy_from_slice(&(length as u16).to_be_bytes());
            let _lost = self
                .listener
                .send_to(&self.buffer[..4 + length], relay.client);
        }
    }

    fn open(&mut self, client: SocketAddr, peer: Option<SocketAddr>) -> io::Result<()> {
        let slot = match self.by_client.get(&client) {
            Some(&slot) => slot,
            None => self.add(client)?,
        };
        let relay = &mut self.relays[slot];
        relay.peer = peer.or(relay.peer);
        let address = relay.socket.local_addr()?.to_string();
        let answer = [OPEN, address.as_bytes()].concat();
        self.listener.send_to(&answer, client)?;
        Ok(())
    }

    fn add(&mut self, client: SocketAddr) -> io::Result<usize> {
        let slot = self.relays.len();
        let socket = socket()?;
        self.epoll.add(&socket, readable(slot as u64))?;
        self.relays.push(Relay {
            socket,
            client,
            peer: None,
        });
        self.by_client.insert(client, slot);
        Ok(slot)
    }
}

/// One of the sockets among which the kernel spreads the clients.
fn listener(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None)?;
    socket.set_reuse_port(true)?;
    socket.bind(&address.into())?;
    ready(socket.into())
}

fn socket() -> io::Result<UdpSocket> {
    ready(UdpSocket::bind("127.0.0.1:0")?)
}

fn ready(socket: UdpSocket) -> io::Result<UdpSocket> {
    socket.set_nonblocking(true)?;
    match SockRef::from(&socket).set_recv_buffer_size(RECEIVE_BUFFER) {
        Err(error) if error.kind() != ErrorKind::PermissionDenied => Err(error),
        _ => Ok(socket),
    }
}

const fn readable(token: u64) -> EpollEvent {
    EpollEvent::new(EpollFlags::EPOLLIN, token)
}

/// As long as a STUN header, so that an answer is told by its bytes 4 to 20.
const OPEN: &[u8; 20] = b"\xffplain loop: open\0\0\0";
const LISTENER: u64 = u64::MAX;
/// Packets taken from one socket before the others have their turn.
const BATCH: usize = 64;
const RECEIVE_BUFFER: usize = 4 << 20;
