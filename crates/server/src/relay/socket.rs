//! Listening UDP sockets.

use std::io;
use std::net::{SocketAddr, UdpSocket};

use socket2::{Domain, Protocol, Socket, Type};

/// A bound UDP socket for STUN and TURN, not yet served.
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
        let socket = Socket::new(
            Domain::for_address(address),
            Type::DGRAM,
            Some(Protocol::UDP),
        )?;
        if address.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        let socket = UdpSocket::from(socket);
        let local = socket.local_addr()?;
        Ok(Self { socket, local })
    }

    /// The address it is bound to, with the port the system chose if 0 was asked for.
    #[must_use]
    pub const fn local(&self) -> SocketAddr {
        self.local
    }
}
