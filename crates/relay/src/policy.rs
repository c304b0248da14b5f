//! Which peers a client may reach through us: the public internet, our own relayed addresses, and what the operator lists.
//!
//! Everything else is refused, however it is spelled: [`forms`] takes the IPv4 addresses out of every IPv6 scheme that
//! embeds one, and each of them has to pass the same table.

mod embedded;
mod registry;

use std::collections::HashSet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::address::PeerAddr;
use crate::hash::Seeded;
pub use embedded::{Forms, forms};
pub use registry::reserved;

/// A range of addresses of one family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// The addresses that share the first `prefix` bits with `address` (more bits than it has: all of them).
    #[must_use]
    pub const fn new(address: IpAddr, prefix: u8) -> Self {
        Self { address, prefix }
    }

    pub(crate) const fn v4(address: [u8; 4], prefix: u8) -> Self {
        let [a, b, c, d] = address;
        Self::new(IpAddr::V4(Ipv4Addr::new(a, b, c, d)), prefix)
    }

    pub(crate) const fn v6(address: [u16; 8], prefix: u8) -> Self {
        let [a, b, c, d, e, f, g, h] = address;
        Self::new(IpAddr::V6(Ipv6Addr::new(a, b, c, d, e, f, g, h)), prefix)
    }

    /// Whether `address` lies in it. An IPv4-mapped address is an IPv6 one here.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let unequal = own.to_bits() ^ other.to_bits();
                unequal.leading_zeros() >= u32::from(self.prefix.min(32))
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let unequal = own.to_bits() ^ other.to_bits();
                unequal.leading_zeros() >= u32::from(self.prefix.min(128))
            }
            _ => false,
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.address, self.prefix)
    }
}

/// Why a peer is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The address, or one embedded in it, lies in a range that is not the public internet: its name in the registry.
    Reserved(&'static str),
    /// It is an address this server listens on.
    OwnListener,
    /// It, or an address embedded in it, lies in a range the operator denies.
    Denied(Network),
    /// Port 0.
    PortZero,
}

impl Refusal {
    /// Name of the rule, for logs and counters.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Reserved(range) => range,
            Self::OwnListener => "a listening address of this server",
            Self::Denied(_) => "denied by the operator",
            Self::PortZero => "port 0",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied(range) => write!(out, "denied by the operator ({range})"),
            rule => out.write_str(rule.rule()),
        }
    }
}

/// The rules of one server.
#[derive(Debug)]
pub(crate) struct Policy {
    allow: Vec<Network>,
    deny: Vec<Network>,
    listening: HashSet<SocketAddr, Seeded>,
}

impl Policy {
    pub(crate) fn new(allow: Vec<Network>, deny: Vec<Network>, hasher: Seeded) -> Self {
        Self {
            allow,
            deny,
            listening: HashSet::with_hasher(hasher),
        }
    }

    pub(crate) fn set_listening(&mut self, addresses: &[SocketAddr]) {
        self.listening.clear();
        self.listening.extend(addresses.iter().map(|a| plain(*a)));
    }

    /// Whether packets may go to exactly `peer`, apart from its range: what a permission, which names no port, leaves open.
    ///
    /// # Errors
    /// The rule that refuses it.
    pub(crate) fn check_port(&self, peer: PeerAddr) -> Result<(), Refusal> {
        if peer.get().port() == 0 {
            return Err(Refusal::PortZero);
        }
        self.check_listener(peer)
    }

    /// Whether `peer` is no listening address of ours, in any spelling.
    ///
    /// # Errors
    /// [`Refusal::OwnListener`].
    pub(crate) fn check_listener(&self, peer: PeerAddr) -> Result<(), Refusal> {
        let port = peer.get().port();
        let listens = |ip| self.listening.contains(&SocketAddr::new(ip, port));
        // A socket on the wildcard hears every loopback address, not only the one that an interface has.
        let ours = |ip: IpAddr| listens(ip) || ip.is_loopback() && listens(wildcard(ip));
        if forms(peer.ip()).any(ours) {
            Err(Refusal::OwnListener)
        } else {
            Ok(())
        }
    }

    /// Whether `address`, and whatever it embeds, is public or allowed by the operator, and not denied. Of an allowed and a
    /// denied range that both hold an address the narrower one decides, and the denied one where they are equal.
    ///
    /// # Errors
    /// [`Refusal::Reserved`] or [`Refusal::Denied`].
    pub(crate) fn check_range(&self, address: IpAddr) -> Result<(), Refusal> {
        forms(address).try_for_each(|ip| {
            let allowed = narrowest(&self.allow, ip);
            let denied = narrowest(&self.deny, ip);
            match (allowed, denied, reserved(ip)) {
                (Some(allowed), Some(denied), _) if allowed.prefix > denied.prefix => Ok(()),
                (_, Some(denied), _) => Err(Refusal::Denied(denied)),
                (None, None, Some(range)) => Err(Refusal::Reserved(range)),
                _ => Ok(()),
            }
        })
    }
}

fn narrowest(ranges: &[Network], address: IpAddr) -> Option<Network> {
    let holding = ranges.iter().filter(|range| range.contains(address));
    holding.max_by_key(|range| range.prefix).copied()
}

const fn wildcard(of_its_family: IpAddr) -> IpAddr {
    match of_its_family {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    }
}

/// Without flow label and scope, which a peer address never has.
fn plain(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip(), address.port())
}
