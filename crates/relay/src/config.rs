//! What a relay is made with.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

use crate::discovery::NatDiscovery;
use crate::policy::Network;

/// Everything a relay is told once.
#[derive(Clone, Debug)]
pub struct Config {
    /// TURN realm; at most 128 bytes are used.
    pub realm: String,
    /// SOFTWARE attribute of answers to authenticated requests; empty: none. At most 128 bytes are used.
    pub software: String,
    /// Users with a fixed password.
    pub users: Vec<StaticUser>,
    /// Users of whom only the key is known: they cannot use the SHA-256 form of keys.
    pub keyed_users: Vec<KeyedUser>,
    /// Secrets of time-limited credentials; the first two count.
    pub secrets: Vec<String>,
    /// How far in the future a time-limited credential may expire.
    pub credential_horizon: Duration,
    /// Who is answered a Binding request.
    pub binding: Binding,
    /// Whether there are allocations to be had; if not, requests that belong to TURN are dropped.
    pub turn: bool,
    /// Whether everybody may bind the channel numbers 0x5000 to 0x7fff, which RFC 5766 had and RFC 8656 has not.
    pub old_channels: bool,
    /// Whether clients may have connections with peers (RFC 6062); else 442.
    pub tcp_peers: bool,
    /// Peers allowed although policy refuses their range by default.
    pub allow_peers: Vec<Network>,
    /// Where clients that ask for an allocation are sent instead (300), if anywhere.
    pub alternate_server: Option<AlternateServer>,
    /// Peers refused although policy allows their range by default. Where one of `allow_peers` overlaps, the narrower range
    /// decides, and the denied one where they are equal.
    pub deny_peers: Vec<Network>,
    /// Addresses for NAT behaviour discovery (RFC 5780), if there are two.
    pub nat_discovery: Option<NatDiscovery>,
    /// How much one client, and all together, may take.
    pub limits: Limits,
    /// How long things last.
    pub lifetimes: Lifetimes,
}

/// Who is answered a Binding request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Binding {
    /// Everybody, as STUN is meant.
    #[default]
    Anybody,
    /// Whoever authenticates as for TURN: 401 to the others.
    Users,
    /// Nobody: dropped.
    Nobody,
}

/// Another server that takes this one's place (RFC 8489 section 10).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlternateServer {
    /// Its addresses: the first of each family is told. A client whose family is not among them is served here.
    pub addresses: Vec<SocketAddr>,
    /// The name in its certificate, if it is another than this server's; at most 128 bytes are used.
    pub domain: Option<String>,
}

impl AlternateServer {
    /// What a client at `remote` is told: an address of its own family, then one of the other; nothing if the first is missing.
    pub(crate) fn addresses_for(&self, remote: IpAddr) -> Vec<SocketAddr> {
        let of = |v4| self.addresses.iter().find(|a| a.is_ipv4() == v4).copied();
        let own = of(remote.is_ipv4());
        let other = own.and_then(|_| of(!remote.is_ipv4()));
        own.into_iter().chain(other).collect()
    }
}

/// A user of the long-term credential mechanism whose password is configured.
#[derive(Clone, Debug)]
pub struct StaticUser {
    /// USERNAME.
    pub name: String,
    /// Password.
    pub password: String,
}

/// A user of the long-term credential mechanism whose key is configured in place of the password.
#[derive(Clone)]
pub struct KeyedUser {
    /// USERNAME.
    pub name: String,
    /// MD5 of user name, realm and password (RFC 8489 section 9.2.2).
    pub key: [u8; 16],
}

/// Keys stay out of logs.
impl fmt::Debug for KeyedUser {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("KeyedUser")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Bounds; `None`: only the ports and descriptors of the machine bound it.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Allocations of one user at a time (the minter, for minted credentials).
    pub per_user: Option<NonZeroU32>,
    /// Whether configured users are left out of `per_user`: many people may share their names.
    pub spare_configured_users: bool,
    /// Allocations from one client address at a time (IPv6: from one /64).
    pub per_address: Option<NonZeroU32>,
    /// Allocations in all at a time.
    pub total: Option<NonZeroU32>,
    /// Bits per second through one allocation in each direction; what exceeds it is dropped.
    pub max_bps: Option<NonZeroU64>,
    /// Bits per second that all allocations together are given: each takes `max_bps` of it, the last one what is left, and
    /// then there is none to be had (486). Without `max_bps` it means nothing.
    pub total_bps: Option<NonZeroU64>,
    /// Permissions of one allocation.
    pub permissions: usize,
    /// Channels of one allocation.
    pub channels: usize,
    /// TCP connections with peers of one relayed address.
    pub connections: usize,
    /// Answers per second to unauthenticated UDP packets of one address.
    pub challenges_per_second: u32,
    /// How many of those may come at once.
    pub challenge_burst: u32,
}

/// Durations (RFC 8656 and RFC 8489 name the defaults).
#[derive(Clone, Copy, Debug)]
pub struct Lifetimes {
    /// How long a nonce is good.
    pub nonce: Duration,
    /// RFC 8656 section 9: five minutes.
    pub permission: Duration,
    /// RFC 8656 section 12: ten minutes.
    pub channel: Duration,
    /// Of an allocation that asks for none, and the least granted: RFC 8656 section 7.2.
    pub allocation: Duration,
    /// The most granted to an allocation.
    pub allocation_max: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            realm: "magpie".to_owned(),
            software: String::new(),
            binding: Binding::default(),
            turn: true,
            old_channels: false,
            tcp_peers: true,
            users: Vec::new(),
            keyed_users: Vec::new(),
            secrets: Vec::new(),
            credential_horizon: Duration::from_secs(25 * 3600),
            allow_peers: Vec::new(),
            alternate_server: None,
            nat_discovery: None,
            deny_peers: Vec::new(),
            limits: Limits::default(),
            lifetimes: Lifetimes::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            per_user: None,
            spare_configured_users: false,
            per_address: None,
            total: None,
            max_bps: None,
            total_bps: None,
            permissions: 256,
            channels: 256,
            connections: 64,
            challenges_per_second: 100,
            challenge_burst: 1000,
        }
    }
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            nonce: Duration::from_secs(600),
            permission: Duration::from_secs(300),
            channel: Duration::from_secs(600),
            allocation: Duration::from_secs(600),
            allocation_max: Duration::from_secs(3600),
        }
    }
}
