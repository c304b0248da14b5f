//! UDP sockets: the listening ones, which answer from the address a packet came to, and the relay sockets.

use std::io::{self, IoSlice, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use magpie_relay::{Family, Fragment};
use nix::libc;
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, sendmsg, setsockopt,
    sockopt,
};
use socket2::{Domain, Protocol, SockRef, Socket, Type};

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
        let socket = open(address)?;
        // The system grants what it allows; less costs packets under load, not correctness.
        SockRef::from(&socket).set_recv_buffer_size(LISTEN_BUFFER)?;
        SockRef::from(&socket).set_send_buffer_size(LISTEN_BUFFER)?;
        if address.ip().is_unspecified() {
            match address {
                SocketAddr::V4(_) => setsockopt(&socket, sockopt::Ipv4PacketInfo, &true)?,
                SocketAddr::V6(_) => setsockopt(&socket, sockopt::Ipv6RecvPacketInfo, &true)?,
            }
        }
        let local = socket.local_addr()?;
        Ok(Self { socket, local })
    }

    /// Binds a relay socket, which is read and written only with [`UdpSocket`]'s own calls. Nobody reads it at first, so
    /// the kernel is to keep as little as it can of what strangers send there.
    pub(super) fn open_relay(address: SocketAddr) -> io::Result<UdpSocket> {
        let socket = open(address)?;
        SockRef::from(&socket).set_recv_buffer_size(0)?;
        Ok(socket)
    }

    /// Makes a relay socket ready to be read: what came before a peer was permitted is dropped.
    pub(super) fn ready_relay(socket: &UdpSocket) -> io::Result<()> {
        // Few: the buffer holds two or three. Bounded, since somebody may be sending all the time.
        for _ in 0..16 {
            if socket.recv(&mut [0]).is_err() {
                break;
            }
        }
        SockRef::from(socket).set_recv_buffer_size(RELAY_BUFFER)
    }

    /// The address it is bound to, with the port the system chose if 0 was asked for.
    #[must_use]
    pub const fn local(&self) -> SocketAddr {
        self.local
    }

    /// Takes one datagram: its length, where it came from, and to which of our addresses.
    ///
    /// # Errors
    /// `WouldBlock` when there is none.
    pub(super) fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr, SocketAddr)> {
        if !self.local.ip().is_unspecified() {
            let (length, from) = self.socket.recv_from(buffer)?;
            return Ok((length, from, self.local));
        }
        let mut control = [0; CONTROL];
        let mut parts = [IoSliceMut::new(buffer)];
        let fd = self.socket.as_raw_fd();
        let message =
            recvmsg::<SockaddrStorage>(fd, &mut parts, Some(&mut control), MsgFlags::empty())?;
        let from = message
            .address
            .as_ref()
            .and_then(address)
            .ok_or(io::ErrorKind::InvalidData)?;
        let reached = message
            .cmsgs()?
            .find_map(|control| reached(&control, self.local.port()));
        Ok((message.bytes, from, reached.unwrap_or(self.local)))
    }

    /// Sends `parts` as one datagram to `to` from our address `from`.
    ///
    /// # Errors
    /// `WouldBlock` when the socket's buffer is full; anything else concerns this datagram alone.
    pub(super) fn send(
        &self,
        parts: &[IoSlice<'_>],
        to: SocketAddr,
        from: SocketAddr,
    ) -> io::Result<()> {
        let fd = self.socket.as_raw_fd();
        let to = SockaddrStorage::from(to);
        let flags = MsgFlags::empty();
        match from.ip() {
            _ if !self.local.ip().is_unspecified() || from.ip().is_unspecified() => {
                sendmsg(fd, parts, &[], flags, Some(&to))?
            }
            IpAddr::V4(ip) => {
                let info = source_v4(ip);
                sendmsg(
                    fd,
                    parts,
                    &[ControlMessage::Ipv4PacketInfo(&info)],
                    flags,
                    Some(&to),
                )?
            }
            IpAddr::V6(ip) => {
                let info = source_v6(ip);
                sendmsg(
                    fd,
                    parts,
                    &[ControlMessage::Ipv6PacketInfo(&info)],
                    flags,
                    Some(&to),
                )?
            }
        };
        Ok(())
    }
}

impl AsFd for RelaySocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn open(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::DGRAM,
        Some(Protocol::UDP),
    )?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    set_fragment(&socket, Family::of(address.ip()), Fragment::Allowed)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
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

fn address(address: &SockaddrStorage) -> Option<SocketAddr> {
    let v4 = address
        .as_sockaddr_in()
        .map(|a| SocketAddr::V4((*a).into()));
    v4.or_else(|| {
        address
            .as_sockaddr_in6()
            .map(|a| SocketAddr::V6((*a).into()))
    })
}

/// The address of ours a datagram came to; the scope matters for link-local ones.
fn reached(control: &ControlMessageOwned, port: u16) -> Option<SocketAddr> {
    match control {
        ControlMessageOwned::Ipv4PacketInfo(info) => {
            let ip = Ipv4Addr::from_bits(u32::from_be(info.ipi_addr.s_addr));
            Some((ip, port).into())
        }
        ControlMessageOwned::Ipv6PacketInfo(info) => {
            let ip = Ipv6Addr::from(info.ipi6_addr.s6_addr);
            let scope = if ip.is_unicast_link_local() {
                info.ipi6_ifindex
            } else {
                0
            };
            Some(SocketAddrV6::new(ip, port, 0, scope).into())
        }
        _ => None,
    }
}

fn source_v4(ip: Ipv4Addr) -> libc::in_pktinfo {
    let any = libc::in_addr { s_addr: 0 };
    libc::in_pktinfo {
        ipi_ifindex: 0,
        ipi_spec_dst: libc::in_addr {
            s_addr: ip.to_bits().to_be(),
        },
        ipi_addr: any,
    }
}

fn source_v6(ip: Ipv6Addr) -> libc::in6_pktinfo {
    libc::in6_pktinfo {
        ipi6_addr: libc::in6_addr {
            s6_addr: ip.octets(),
        },
        ipi6_ifindex: 0,
    }
}

/// Room for one packet-information message of either family.
const CONTROL: usize = 128;
/// Bytes the kernel may hold for all clients of a port: some 20 ms of a gigabit.
const LISTEN_BUFFER: usize = 4 << 20;
/// Bytes the kernel may hold for one allocation that is read.
const RELAY_BUFFER: usize = 512 << 10;
