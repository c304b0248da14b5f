//! UDP sockets: the listening ones, which answer from the address a packet came to, and the relay sockets.

mod receive;
mod send;

use std::io::{self, IoSlice};
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use magpie_relay::{Family, Fragment};
use nix::libc;
use nix::sys::socket::{setsockopt, sockopt};
use socket2::{Domain, Protocol, SockRef, Socket, Type};

pub(super) use receive::{BATCH, Batch, Datagram};
pub(super) use send::send;

/// A bound UDP socket for STUN and TURN.
#[derive(Debug)]
pub struct RelaySocket {
    socket: UdpSocket,
    local: SocketAddr,
}

impl RelaySocket {
    /// Binds `address` (port 0: a free one). A wildcard address answers from whichever address a packet came to.
    ///
    /// An IPv6 wildcard takes IPv6 only: bind `0.0.0.0` beside it for IPv4.
    ///
    /// # Errors
    /// The port is taken, the address is not one of this machine, or the process may not use the port.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = new(address)?;
        socket.bind(&address.into())?;
        Self::listening(socket)
    }

    /// Further sockets of the same address, among which the kernel spreads clients.
    ///
    /// This one was bound alone, so a taken port has been noticed; sharing is allowed only from here on, and only to
    /// sockets that ask for it, which no other magpie does before it has the port for itself.
    ///
    /// # Errors
    /// The system refuses another socket.
    pub(super) fn siblings(&self, count: usize) -> io::Result<Vec<Self>> {
        if count > 0 {
            SockRef::from(&self.socket).set_reuse_port(true)?;
        }
        let sibling = |_| {
            let socket = new(self.local)?;
            socket.set_reuse_port(true)?;
            socket.bind(&self.local.into())?;
            Self::listening(socket)
        };
        (0..count).map(sibling).collect()
    }

    fn listening(socket: Socket) -> io::Result<Self> {
        // The system grants what it allows; less costs packets under load, not correctness.
        socket.set_recv_buffer_size(LISTEN_BUFFER)?;
        socket.set_send_buffer_size(LISTEN_BUFFER)?;
        let socket = UdpSocket::from(socket);
        let local = socket.local_addr()?;
        if local.ip().is_unspecified() {
            match local {
                SocketAddr::V4(_) => setsockopt(&socket, sockopt::Ipv4PacketInfo, &true)?,
                SocketAddr::V6(_) => setsockopt(&socket, sockopt::Ipv6RecvPacketInfo, &true)?,
            }
        }
        aggregate(&socket);
        Ok(Self { socket, local })
    }

    /// Binds a relay socket. Nobody reads it at first, so the kernel is to keep as little as it can of what strangers send
    /// there.
    pub(super) fn open_relay(address: SocketAddr) -> io::Result<UdpSocket> {
        let socket = new(address)?;
        socket.bind(&address.into())?;
        socket.set_recv_buffer_size(0)?;
        Ok(socket.into())
    }

    /// Makes a relay socket ready to be read: what came before a peer was permitted is dropped.
    pub(super) fn ready_relay(socket: &UdpSocket) -> io::Result<()> {
        // Few: the buffer holds two or three. Bounded, since somebody may be sending all the time.
        for _ in 0..16 {
            if socket.recv(&mut [0]).is_err() {
                break;
            }
        }
        aggregate(socket);
        SockRef::from(socket).set_recv_buffer_size(RELAY_BUFFER)
    }

    /// The address it is bound to, with the port the system chose if 0 was asked for.
    #[must_use]
    pub const fn local(&self) -> SocketAddr {
        self.local
    }

    /// Takes up to `most` datagrams that have come.
    ///
    /// # Errors
    /// `WouldBlock` when there is nothing.
    pub(super) fn receive(&self, batch: &mut Batch, most: usize) -> io::Result<()> {
        batch.receive(&self.socket, self.local, most)
    }

    /// Sends `parts` to `to` from our address `from`: as one datagram, or as one for each `segment` bytes of them.
    ///
    /// # Errors
    /// See [`send`].
    pub(super) fn send(
        &self,
        parts: &[IoSlice<'_>],
        segment: Option<u16>,
        to: SocketAddr,
        from: SocketAddr,
    ) -> io::Result<()> {
        let chosen = self.local.ip().is_unspecified() && !from.ip().is_unspecified();
        send(&self.socket, parts, segment, to, chosen.then(|| from.ip()))
    }
}

impl AsFd for RelaySocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// A socket that is not bound yet.
fn new(address: SocketAddr) -> io::Result<Socket> {
    let kind = Type::DGRAM.nonblocking().cloexec();
    let socket = Socket::new_raw(Domain::for_address(address), kind, Some(Protocol::UDP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    set_fragment(&socket, Family::of(address.ip()), Fragment::Allowed)?;
    Ok(socket)
}

/// Lets the kernel hand over neighbouring packets of a flow together; one that cannot hands over each by itself.
fn aggregate(socket: &UdpSocket) {
    if let Err(error) = setsockopt(socket, sockopt::UdpGroSegment, &true) {
        tracing::debug!(%error, "packets are not aggregated");
    }
}

/// Sets whether packets of `socket` may be taken apart on their way. Linux forbids it for UDP over IPv4 by default; a relayed
/// packet has to arrive even where the path is narrower (RFC 8656 section 14).
pub(super) fn set_fragment(
    socket: &impl AsFd,
    family: Family,
    fragment: Fragment,
) -> io::Result<()> {
    let fd = socket.as_fd();
    match (family, fragment) {
        (Family::V4, Fragment::Allowed) => set(
            fd,
            libc::IPPROTO_IP,
            libc::IP_MTU_DISCOVER,
            libc::IP_PMTUDISC_DONT,
        ),
        (Family::V4, Fragment::Forbidden) => set(
            fd,
            libc::IPPROTO_IP,
            libc::IP_MTU_DISCOVER,
            libc::IP_PMTUDISC_DO,
        ),
        (Family::V6, Fragment::Allowed) => set(fd, libc::IPPROTO_IPV6, libc::IPV6_DONTFRAG, 0),
        (Family::V6, Fragment::Forbidden) => set(fd, libc::IPPROTO_IPV6, libc::IPV6_DONTFRAG, 1),
    }
}

#[expect(unsafe_code, reason = "no safe wrapper of these socket options exists")]
fn set(
    fd: BorrowedFd<'_>,
    level: libc::c_int,
    option: libc::c_int,
    value: libc::c_int,
) -> io::Result<()> {
    let length = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: the descriptor is open, and `value` is an int of the length given.
    let result = unsafe {
        libc::setsockopt(
            fd.as_raw_fd(),
            level,
            option,
            (&raw const value).cast(),
            length,
        )
    };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Bytes the kernel may hold for all clients of a port: some 20 ms of a gigabit.
const LISTEN_BUFFER: usize = 4 << 20;
/// Bytes the kernel may hold for one allocation that is read.
const RELAY_BUFFER: usize = 512 << 10;

#[cfg(test)]
mod tests;
