//! The addresses of NAT behaviour discovery (RFC 5780): two of them, on different IPs and ports, make four sockets.

use std::net::SocketAddr;

/// The two addresses of a server that helps clients to discover how their NAT behaves.
///
/// The server listens on each of the two IPs with each of the two ports. The addresses differ in IP and in port and are of
/// one family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NatDiscovery {
    /// As they are bound.
    pub bound: [SocketAddr; 2],
    /// As the outside knows them, in the same order: what clients are told.
    pub advertised: [SocketAddr; 2],
}

/// Which of the four sockets: the place of its IP and that of its port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Corner {
    ip: bool,
    port: bool,
}

impl Corner {
    /// The socket that differs from this one as CHANGE-REQUEST asks (RFC 5780 section 6.1, table 1).
    pub(crate) const fn changed(self, ip: bool, port: bool) -> Self {
        Self {
            ip: self.ip ^ ip,
            port: self.port ^ port,
        }
    }
}

impl NatDiscovery {
    /// All four sockets, the one of the first address first.
    #[must_use]
    pub fn sockets(&self) -> [SocketAddr; 4] {
        [(false, false), (false, true), (true, false), (true, true)]
            .map(|(ip, port)| Self::at(&self.bound, Corner { ip, port }))
    }

    /// Which of the four `local` is.
    pub(crate) fn corner(&self, local: SocketAddr) -> Option<Corner> {
        let [first, second] = self.bound;
        Some(Corner {
            ip: side(local.ip(), first.ip(), second.ip())?,
            port: side(local.port(), first.port(), second.port())?,
        })
    }

    /// Where that socket is bound.
    pub(crate) fn local(&self, corner: Corner) -> SocketAddr {
        Self::at(&self.bound, corner)
    }

    /// What clients know it by.
    pub(crate) fn public(&self, corner: Corner) -> SocketAddr {
        Self::at(&self.advertised, corner)
    }

    const fn at(addresses: &[SocketAddr; 2], corner: Corner) -> SocketAddr {
        let [first, second] = addresses;
        let ip = if corner.ip { second.ip() } else { first.ip() };
        let port = if corner.port {
            second.port()
        } else {
            first.port()
        };
        SocketAddr::new(ip, port)
    }
}

fn side<T: PartialEq>(value: T, first: T, second: T) -> Option<bool> {
    match value {
        value if value == first => Some(false),
        value if value == second => Some(true),
        _ => None,
    }
}
