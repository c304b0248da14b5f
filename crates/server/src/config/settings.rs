//! The final, typed settings: everything after `config` reads these and nothing else.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

use super::value::{
    Cidr, Origin, PortRange, PublicIp, Quota, RelayTransport, Secret, StunFor, StunServer,
    TurnUser, UserKey,
};

/// Everything an operator can choose, checked and complete.
///
/// Made in one place (`config::load`) before any port is bound; later code never asks where a value came from.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Folder of the CA, the leaf, the store and the generated secrets.
    pub data: PathBuf,
    /// The shared port: TCP for HTTPS, WebSocket and TURN, UDP for STUN and TURN.
    pub listen: Listen,
    /// Further STUN and TURN addresses (UDP and TCP) beside the shared port.
    pub stun: Vec<SocketAddr>,
    /// The standard STUN and TURN ports, which are taken where they are free.
    pub stun_where_free: Vec<SocketAddr>,
    /// Address of the whole HTTP face without TLS, for a reverse proxy or a measurement.
    pub plain: Option<SocketAddr>,
    /// Where figures are asked and credentials taken back.
    pub admin: AdminAddress,
    /// Certificate and key brought by the operator, in place of the own CA's leaf.
    pub certificate: Option<CertificateFiles>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Cidr>,
    /// Proxies that begin each connection with a PROXY protocol header.
    pub proxy_protocol: Vec<Cidr>,
    /// Page origins allowed beside the server's own.
    pub origins: Vec<Origin>,
    /// The share of the PeerJS door.
    pub peerjs: PeerJsSettings,
    /// How long a client of a door with rooms that dropped keeps its place.
    pub grace: Duration,
    /// The relay's share.
    pub relay: RelaySettings,
    /// What one client may take.
    pub limits: Limits,
    /// Log filter in the syntax of `tracing-subscriber`'s `EnvFilter`.
    pub log: String,
}

/// Where the shared port is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// First free of 443 and 8443 on every address.
    Automatic,
    /// Exactly these (at least one); port 0 takes a free one.
    At(Vec<SocketAddr>),
}

/// Where the admin address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminAddress {
    /// Nowhere.
    Off,
    /// Here, unless another program has the port.
    WhereFree(SocketAddr),
    /// Here.
    At(SocketAddr),
}

/// PEM files named by `--cert` and `--key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFiles {
    /// Certificate chain, leaf first.
    pub certificate: PathBuf,
    /// Private key of the leaf.
    pub key: PathBuf,
}

/// Settings of the PeerJS door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerJsSettings {
    /// Key that clients must name.
    pub key: String,
    /// Whether anybody may list the ids that are connected.
    pub discovery: bool,
    /// How long a client may be silent.
    pub alive: Duration,
}

/// Settings of the STUN and TURN server.
#[derive(Clone, Debug)]
pub struct RelaySettings {
    /// Addresses under which the outside reaches this machine.
    pub public_ips: Vec<PublicIp>,
    /// Who is asked for one when none is given.
    pub public_ip_from: Option<StunServer>,
    /// What relayed addresses lie on, one of each family at most; otherwise on the one the client reached.
    pub addresses: Vec<IpAddr>,
    /// UDP ports relayed addresses are taken from.
    pub ports: PortRange,
    /// TURN realm.
    pub realm: String,
    /// Static users of the long-term credential mechanism.
    pub users: Vec<TurnUser>,
    /// Those of whom only the key is known.
    pub user_keys: Vec<UserKey>,
    /// Secrets of time-limited credentials, the one to mint with first: one or two. Never empty once the server
    /// starts: without one configured, the one generated in the data folder stands here.
    pub secrets: Vec<Secret>,
    /// Peers allowed although they lie in a range that is refused by default.
    pub allow_peers: Vec<Cidr>,
    /// Peers refused although they lie in a range that is allowed by default.
    pub deny_peers: Vec<Cidr>,
    /// Allocations of one user (identity, static user or address) at a time.
    pub user_quota: Quota,
    /// Whether it leaves static users out, whose name many people may share: where the operator has not given it.
    pub spare_static_users: bool,
    /// Allocations in all at a time.
    pub total_quota: Quota,
    /// Bits per second one allocation may carry in each direction; `None`: no limit.
    pub max_bps: Option<NonZeroU64>,
    /// Bits per second all allocations are given together, each `max_bps` of it; `None`: no limit.
    pub total_bps: Option<NonZeroU64>,
    /// Where clients that ask for an allocation are sent instead: at most one address of each family.
    pub alternate_servers: Vec<SocketAddr>,
    /// How far in the future a time-limited credential may expire.
    pub credential_horizon: Duration,
    /// Whether there are relayed addresses to be had.
    pub turn: bool,
    /// Who is answered Binding requests.
    pub stun: StunFor,
    /// By what clients may reach the relay; none named: by all.
    pub transports: Vec<RelayTransport>,
    /// Whether every client may bind the channel numbers of RFC 5766.
    pub rfc5766_channels: bool,
    /// Whether allocations for TCP peers are given (RFC 6062).
    pub tcp_peers: bool,
    /// Threads that relay packets; 0: one for each core.
    pub workers: u32,
    /// How long a nonce is accepted.
    pub nonce_lifetime: Duration,
    /// How long a permission lasts (RFC 8656 section 9: 5 minutes).
    pub permission_lifetime: Duration,
    /// How long a channel binding lasts (RFC 8656 section 12: 10 minutes).
    pub channel_lifetime: Duration,
    /// Allocation lifetime when the client asks for none (RFC 8656 section 3.2: 10 minutes).
    pub default_lifetime: Duration,
    /// Longest allocation lifetime granted (RFC 8656 section 7.2: 1 hour).
    pub max_lifetime: Duration,
    /// Addresses for RFC 5780 behaviour discovery: none or two, on two different IPs.
    pub stun_addresses: Vec<SocketAddr>,
    /// SOFTWARE attribute; empty: not sent.
    pub software: String,
}

impl RelaySettings {
    /// Whether clients may reach the relay by `transport`.
    #[must_use]
    pub fn offers(&self, transport: RelayTransport) -> bool {
        self.transports.is_empty() || self.transports.contains(&transport)
    }
}

/// What one client, or one address, may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// TCP connections of one client address at a time.
    pub connections_per_address: u32,
    /// Those of them that have not authenticated yet.
    pub unauthenticated_per_address: u32,
    /// How long a client may take for its request's headers, or for its TLS handshake.
    pub header_timeout: Duration,
    /// `/api/ice-servers` answers per minute and address without an identity.
    pub ice_requests_per_minute: u32,
    /// How long a stopping server waits for its connections.
    pub drain: Duration,
}
