//! A client's way to the server: a UDP socket, or a TCP stream with or without TLS.

use std::{
    io::{self, ErrorKind, IoSlice, IoSliceMut, Read, Write},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream, UdpSocket},
    os::fd::{AsFd, AsRawFd, BorrowedFd},
    sync::Arc,
    time::Duration,
};

use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, sendmsg, setsockopt,
    sockopt,
};
use rustls::{ClientConfig, ClientConnection};
use socket2::{Domain, SockRef, Socket, Type};

/// How clients reach the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// A datagram per message.
    Udp,
    /// A stream of messages.
    Tcp,
    /// The same inside TLS, whose certificate is not checked.
    Tls,
}

impl Transport {
    /// Whether messages follow each other in a stream, padded.
    pub(super) const fn is_stream(self) -> bool {
        !matches!(self, Self::Udp)
    }
}

/// Where clients connect to, and how.
#[derive(Clone, Debug)]
pub(super) struct Way {
    server: SocketAddr,
    transport: Transport,
    tls: Option<Arc<ClientConfig>>,
}

impl Way {
    pub(super) fn new(server: SocketAddr, transport: Transport) -> Self {
        let tls = (transport == Transport::Tls).then(crate::tls::trusting_config);
        Self {
            server,
            transport,
            tls,
        }
    }

    /// Opens a connected socket. A loopback server sees another source address for each `index`, so that limits per
    /// address do not stand in the way; elsewhere only the port differs.
    pub(super) fn open(&self, index: usize) -> io::Result<Link> {
        let datagram = self.transport == Transport::Udp;
        let kind = if datagram { Type::DGRAM } else { Type::STREAM };
        let socket = Socket::new(Domain::for_address(self.server), kind, None)?;
        if self.server.ip() == IpAddr::V4(Ipv4Addr::LOCALHOST) {
            socket.bind(&SocketAddr::from((source_address(index), 0)).into())?;
        }
        socket.connect(&self.server.into())?;
        socket.set_read_timeout(Some(ANSWER))?;
        socket.set_write_timeout(Some(PATIENCE))?;
        if datagram {
            return Ok(Link::Udp(socket.into()));
        }
        socket.set_tcp_nodelay(true)?;
        let tls = self.tls.as_ref().map(|config| {
            ClientConnection::new(config.clone(), self.server.ip().into()).map_err(io::Error::other)
        });
        Ok(Link::Stream(Stream {
            socket: socket.into(),
            tls: tls.transpose()?.map(Box::new),
            unread: Vec::new(),
        }))
    }
}

/// A connected socket.
#[derive(Debug)]
pub(super) enum Link {
    Udp(UdpSocket),
    Stream(Stream),
}

/// A stream and what was read of it but is not yet a whole message.
#[derive(Debug)]
pub(super) struct Stream {
    socket: TcpStream,
    tls: Option<Box<ClientConnection>>,
    unread: Vec<u8>,
}

impl Link {
    /// Sends a request and waits for the answer; over UDP a lost one is sent again.
    pub(super) fn ask(&mut self, request: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::Udp(socket) => ask_datagram(socket, request),
            Self::Stream(stream) => {
                stream.write(request)?;
                loop {
                    if let Some(length) = whole(&stream.unread) {
                        return Ok(stream.unread.drain(..length).collect());
                    }
                    stream.read()?;
                }
            }
        }
    }

    /// Sends messages of `segment` bytes each in one system call.
    pub(super) fn send(&mut self, messages: &[u8], segment: usize) -> io::Result<()> {
        match self {
            Self::Udp(socket) => send_datagrams(socket, None, messages, segment),
            Self::Stream(stream) => stream.write(messages),
        }
    }

    /// Lets [`receive`](Self::receive) return at once when there is nothing, and take aggregated datagrams.
    pub(super) fn listen(&self) -> io::Result<()> {
        match self {
            Self::Udp(socket) => prepare(socket),
            Self::Stream(stream) => stream.socket.set_nonblocking(true),
        }
    }

    /// Takes what one system call gives and passes on each message of it.
    pub(super) fn receive(
        &mut self,
        buffer: &mut [u8],
        mut each: impl FnMut(&[u8]),
    ) -> io::Result<()> {
        match self {
            Self::Udp(socket) => receive_datagrams(socket, buffer, each),
            Self::Stream(stream) => {
                stream.read()?;
                let mut taken = 0;
                while let Some(length) = whole(&stream.unread[taken..]) {
                    each(&stream.unread[taken..taken + length]);
                    taken += length;
                }
                stream.unread.drain(..taken);
                Ok(())
            }
        }
    }
}

impl AsFd for Link {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Udp(socket) => socket.as_fd(),
            Self::Stream(stream) => stream.socket.as_fd(),
        }
    }
}

impl Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(tls) = &mut self.tls else {
            return self.socket.write_all(bytes);
        };
        tls.writer().write_all(bytes)?;
        // The first write brings the handshake with it.
        while tls.is_handshaking() {
            tls.complete_io(&mut self.socket)?;
        }
        while tls.wants_write() {
            tls.write_tls(&mut self.socket)?;
        }
        Ok(())
    }

    /// Reads once.
    fn read(&mut self) -> io::Result<()> {
        let mut buffer = [0; STREAM_BUFFER];
        let Some(tls) = &mut self.tls else {
            let length = self.socket.read(&mut buffer)?;
            return self.keep(&buffer[..length]);
        };
        if tls.read_tls(&mut self.socket)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        tls.process_new_packets().map_err(io::Error::other)?;
        loop {
            match tls.reader().read(&mut buffer) {
                Ok(length @ 1..) => self.unread.extend_from_slice(&buffer[..length]),
                Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(error),
                _ => return Ok(()),
            }
        }
    }

    fn keep(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.unread.extend_from_slice(bytes);
        Ok(())
    }
}

/// Makes a socket ready for [`receive_datagrams`].
pub(super) fn prepare(socket: &UdpSocket) -> io::Result<()> {
    // The system grants what it allows.
    SockRef::from(socket).set_recv_buffer_size(RECEIVE_BUFFER)?;
    setsockopt(socket, sockopt::UdpGroSegment, &true)?;
    socket.set_nonblocking(true)
}

/// Sends datagrams of `segment` bytes each in one system call.
pub(super) fn send_datagrams(
    socket: &UdpSocket,
    to: Option<SocketAddr>,
    datagrams: &[u8],
    segment: usize,
) -> io::Result<()> {
    let size = u16::try_from(segment).map_err(io::Error::other)?;
    let several = [ControlMessage::UdpGsoSegments(&size)];
    let control = if datagrams.len() > segment {
        &several[..]
    } else {
        &[]
    };
    let to = to.map(SockaddrStorage::from);
    let parts = [IoSlice::new(datagrams)];
    let fd = socket.as_raw_fd();
    sendmsg(fd, &parts, control, MsgFlags::empty(), to.as_ref())?;
    Ok(())
}

/// Takes what one system call gives, and passes on each datagram that the kernel aggregated in it.
pub(super) fn receive_datagrams(
    socket: &UdpSocket,
    buffer: &mut [u8],
    each: impl FnMut(&[u8]),
) -> io::Result<()> {
    let mut control = [0; 64];
    let mut parts = [IoSliceMut::new(buffer)];
    let fd = socket.as_raw_fd();
    let received = recvmsg::<()>(fd, &mut parts, Some(&mut control), MsgFlags::empty())?;
    let length = received.bytes;
    let segment = received.cmsgs()?.find_map(|control| match control {
        ControlMessageOwned::UdpGroSegments(size) => usize::try_from(size).ok(),
        _ => None,
    });
    let segment = segment.unwrap_or(length).max(1);
    buffer[..length].chunks(segment).for_each(each);
    Ok(())
}

fn ask_datagram(socket: &UdpSocket, request: &[u8]) -> io::Result<Vec<u8>> {
    let mut buffer = [0; 2048];
    for _ in 0..ATTEMPTS {
        socket.send(request)?;
        loop {
            match socket.recv(&mut buffer) {
                // The answer carries the transaction id of the request.
                Ok(length) if buffer[4..20] == request[4..20] => {
                    return Ok(buffer[..length].to_vec());
                }
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
    }
    Err(ErrorKind::TimedOut.into())
}

/// Length of the first message of a stream with its padding, if it is whole (RFC 8656 section 12.5).
fn whole(stream: &[u8]) -> Option<usize> {
    let &[first, _, high, low, ..] = stream else {
        return None;
    };
    let body = usize::from(u16::from_be_bytes([high, low]));
    let length = match first >> 6 {
        0 => 20 + body,
        _ => 4 + body.next_multiple_of(4),
    };
    (stream.len() >= length).then_some(length)
}

/// An address of 127.0.0.0/8 for each client, away from 127.0.0.1.
pub(super) fn source_address(index: usize) -> Ipv4Addr {
    Ipv4Addr::from(0x7f01_0000 + (index as u32 & 0x00fe_ffff) + 1)
}

/// Until a request is sent again.
const ANSWER: Duration = Duration::from_secs(1);
const ATTEMPTS: usize = 4;
/// For a server to take what is written to a stream.
const PATIENCE: Duration = Duration::from_secs(5);
const RECEIVE_BUFFER: usize = 4 << 20;
const STREAM_BUFFER: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_of_a_stream_is_whole_with_its_padding() {
        assert_eq!(whole(&[0x40, 0, 0, 3, 1, 2, 3]), None);
        assert_eq!(whole(&[0x40, 0, 0, 3, 1, 2, 3, 0, 0x40]), Some(8));
        assert_eq!(whole(&[1, 1, 0]), None);
        assert_eq!(
            whole(&[[1, 1, 0, 4].as_slice(), &[0; 20]].concat()),
            Some(24)
        );
    }

    #[test]
    fn aggregated_datagrams_arrive_one_by_one() {
        let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        prepare(&receiver).unwrap();
        receiver.set_nonblocking(false).unwrap();
        let to = receiver.local_addr().unwrap();
        send_datagrams(&sender, Some(to), b"aaaabbbbcccc", 4).unwrap();
        let mut seen = Vec::new();
        let mut buffer = [0; 65_536];
        while seen.len() < 3 {
            receive_datagrams(&receiver, &mut buffer, |datagram| {
                seen.push(datagram.to_vec());
            })
            .unwrap();
        }
        assert_eq!(seen, [b"aaaa", b"bbbb", b"cccc"]);
    }

    #[test]
    fn each_client_of_a_loopback_server_has_an_address_of_its_own() {
        assert_eq!(source_address(0), Ipv4Addr::new(127, 1, 0, 1));
        assert_ne!(source_address(1), source_address(2));
    }
}
