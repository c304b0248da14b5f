//! Addresses with their roles, and time.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::time::Duration;

/// Milliseconds since 1970, never going back; given by the caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millis(pub u64);

impl Millis {
    /// The moment `duration` later; the end of time if there is none.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        let added = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(added))
    }

    /// Whole seconds since 1970.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.0 / 1000
    }
}

/// What carries the packets between a client and this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// A TCP stream.
    Tcp,
    /// A TLS stream over TCP.
    Tls,
}

impl Transport {
    /// Whether messages lie back to back in a stream, with ChannelData padded to 4 bytes (RFC 8656 section 12.5).
    #[must_use]
    pub const fn is_stream(self) -> bool {
        !matches!(self, Self::Udp)
    }
}

/// What carries bytes between this server and peers: REQUESTED-TRANSPORT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Datagrams (RFC 8656).
    Udp,
    /// Connections (RFC 6062).
    Tcp,
}

/// The 5-tuple an allocation belongs to (RFC 8656 section 2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddr {
    remote: Endpoint,
    local: Endpoint,
    transport: Transport,
}

impl ClientAddr {
    /// The client at `remote`, reaching us at `local`. IPv4-mapped IPv6 addresses count as the IPv4 ones.
    #[must_use]
    pub fn new(remote: SocketAddr, local: SocketAddr, transport: Transport) -> Self {
        Self {
            remote: Endpoint::new(remote),
            local: Endpoint::new(local),
            transport,
        }
    }

    /// Where the client is, as far as we see: its server-reflexive transport address.
    #[must_use]
    pub const fn remote(&self) -> SocketAddr {
        self.remote.get()
    }

    /// The address of ours it reached, from which it has to be answered.
    #[must_use]
    pub const fn local(&self) -> SocketAddr {
        self.local.get()
    }

    /// What carries its packets.
    #[must_use]
    pub const fn transport(&self) -> Transport {
        self.transport
    }
}

impl Hash for ClientAddr {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.remote.hash_with(self.transport as u16, state);
        self.local.hash_with(0, state);
    }
}

/// A socket address in the one form in which it is compared and hashed for every packet: IPv4 as mapped IPv6, no flow label.
/// Two spellings of one address must not be two keys.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Endpoint {
    /// The upper and the lower half of the address: one word of 16 bytes would fill the structure up to twice this size.
    high: u64,
    low: u64,
    scope: u32,
    port: u16,
}

impl Endpoint {
    #[inline]
    const fn new(address: SocketAddr) -> Self {
        match address {
            SocketAddr::V4(v4) => Self {
                high: 0,
                low: MAPPED | v4.ip().to_bits() as u64,
                scope: 0,
                port: v4.port(),
            },
            SocketAddr::V6(v6) => {
                let ip = v6.ip().to_bits();
                let (high, low) = ((ip >> 64) as u64, ip as u64);
                let mapped = is_mapped(high, low);
                Self {
                    high,
                    low,
                    scope: if mapped { 0 } else { v6.scope_id() },
                    port: v6.port(),
                }
            }
        }
    }

    #[inline]
    const fn get(self) -> SocketAddr {
        let Self {
            high,
            low,
            scope,
            port,
        } = self;
        if is_mapped(high, low) {
            SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::from_bits(low as u32), port))
        } else {
            let ip = Ipv6Addr::from_bits((high as u128) << 64 | low as u128);
            SocketAddr::V6(SocketAddrV6::new(ip, port, 0, scope))
        }
    }

    /// Few whole words in place of the dozen small writes of the derived implementation. The scope is left to comparison.
    #[inline]
    fn hash_with<H: Hasher>(self, salt: u16, state: &mut H) {
        state.write_u64(self.low);
        if self.high != 0 {
            state.write_u64(self.high);
        }
        state.write_u64(u64::from(self.port) << 16 | u64::from(salt));
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(out)
    }
}

const fn is_mapped(high: u64, low: u64) -> bool {
    high == 0 && low >> 32 == MAPPED >> 32
}

/// `::ffff:0:0`.
const MAPPED: u64 = 0xffff_0000_0000;

/// A peer: where relayed packets go to or come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerAddr(SocketAddr);

impl PeerAddr {
    /// The peer at `address`, taken as it is: an IPv4-mapped address stays one, and policy refuses it.
    #[must_use]
    pub const fn new(address: SocketAddr) -> Self {
        Self(address)
    }

    /// The socket address.
    #[must_use]
    pub const fn get(self) -> SocketAddr {
        self.0
    }

    /// The address without its port, which is what permissions are given to.
    #[must_use]
    pub const fn ip(self) -> IpAddr {
        self.0.ip()
    }
}

impl Hash for PeerAddr {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_address(self.0, 0, state);
    }
}

/// A relayed transport address in the form clients are told (behind a 1:1 NAT: the public one).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelayAddr(SocketAddr);

impl RelayAddr {
    /// The relayed address `address`.
    #[must_use]
    pub const fn new(address: SocketAddr) -> Self {
        Self(address)
    }

    /// The socket address.
    #[must_use]
    pub const fn get(self) -> SocketAddr {
        self.0
    }

    /// This address as another allocation sees it.
    #[must_use]
    pub const fn as_peer(self) -> PeerAddr {
        PeerAddr(self.0)
    }
}

/// Address family of a relayed address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// Family of `address`.
    #[must_use]
    pub const fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        }
    }
}

/// One or three words in place of the dozen small writes of the derived implementation: this runs for every packet.
fn hash_address<H: Hasher>(address: SocketAddr, salt: u16, state: &mut H) {
    let tail = u64::from(address.port()) << 16 | u64::from(salt);
    match address.ip() {
        IpAddr::V4(ip) => state.write_u64(u64::from(ip.to_bits()) << 32 | tail),
        IpAddr::V6(ip) => {
            state.write_u128(ip.to_bits());
            state.write_u64(tail);
        }
    }
}
