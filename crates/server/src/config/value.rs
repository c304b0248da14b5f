//! Types of single settings, each parsed from text once and valid ever after.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;
use std::str::FromStr;

use data_encoding::HEXLOWER_PERMISSIVE;

/// A number of things allowed at a time; `None`: no limit.
pub type Quota = Option<NonZeroU32>;

/// An address under which the outside reaches this machine: `PUBLIC` or `PUBLIC/LOCAL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicIp {
    /// What is told to clients.
    pub public: IpAddr,
    /// The address of this machine it is mapped to by a 1:1 NAT; `None`: every local address of its family.
    pub local: Option<IpAddr>,
}

/// A range of ports, both ends included, low end never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortRange {
    low: u16,
    high: u16,
}

/// A range of addresses, such as `10.0.0.0/8`; a lone address is a range of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    address: IpAddr,
    prefix: u8,
}

/// A page origin: `https://host[:port]`, lower case, without the scheme's default port, as browsers send it; or `null`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin(String);

/// A text that never shows in logs or in `config show`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// A static TURN user: `NAME:PASSWORD`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnUser {
    /// The USERNAME, as the client sends it.
    pub name: String,
    /// The long-term password.
    pub password: Secret,
}

/// A static TURN user by its long-term key: `NAME:0x` and 32 hexadecimal digits.
#[derive(Clone, PartialEq, Eq)]
pub struct UserKey {
    /// The USERNAME, as the client sends it.
    pub name: String,
    /// MD5 of name, realm and password.
    pub key: [u8; 16],
}

/// Who is answered Binding requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StunFor {
    /// Everybody.
    Anybody,
    /// Whoever has a TURN user's name and password.
    Users,
    /// Nobody.
    Nobody,
}

/// By what a client reaches the relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelayTransport {
    /// Datagrams.
    Udp,
    /// TCP without TLS.
    Tcp,
    /// TLS over TCP.
    Tls,
}

/// A STUN server: `stun:HOST:PORT`, with 3478 where the port is left out (RFC 7064).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StunServer {
    /// Name or address, without brackets.
    pub host: String,
    /// UDP port.
    pub port: u16,
}

/// Why a text is not a value of its kind: a phrase that completes "`TEXT`: ...".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadValue(pub String);

impl FromStr for PublicIp {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let (public, local) = match text.split_once('/') {
            Some((public, local)) => (ip(public)?, Some(ip(local)?)),
            None => (ip(text)?, None),
        };
        match local {
            _ if public.is_unspecified() => bad("a public address cannot be the wildcard"),
            Some(local) if local.is_ipv4() != public.is_ipv4() => {
                bad("the public and the local address are of different families")
            }
            _ => Ok(Self { public, local }),
        }
    }
}

impl PortRange {
    /// Lowest port, at least 1.
    #[must_use]
    pub const fn low(self) -> u16 {
        self.low
    }

    /// Highest port, not below [`low`](Self::low).
    #[must_use]
    pub const fn high(self) -> u16 {
        self.high
    }
}

impl FromStr for PortRange {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let (low, high) = text
            .split_once('-')
            .ok_or_else(|| BadValue("expected LOW-HIGH".into()))?;
        let (low, high) = (port(low)?, port(high)?);
        if low > high {
            return bad("the low end is above the high end");
        }
        Ok(Self { low, high })
    }
}

impl Cidr {
    /// The range of one address.
    #[must_use]
    pub const fn of(address: IpAddr) -> Self {
        let prefix = if address.is_ipv4() { 32 } else { 128 };
        Self { address, prefix }
    }

    /// Whether `address` lies in the range; an IPv4-mapped IPv6 address counts as the IPv4 one.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(range), IpAddr::V4(address)) => {
                let mask = mask_v4(self.prefix);
                u32::from(range) & mask == u32::from(address) & mask
            }
            (IpAddr::V6(range), IpAddr::V6(address)) => {
                let mask = mask_v6(self.prefix);
                u128::from(range) & mask == u128::from(address) & mask
            }
            _ => false,
        }
    }

    /// First address of the range.
    #[must_use]
    pub fn network(&self) -> IpAddr {
        match self.address {
            IpAddr::V4(a) => Ipv4Addr::from(u32::from(a) & mask_v4(self.prefix)).into(),
            IpAddr::V6(a) => Ipv6Addr::from(u128::from(a) & mask_v6(self.prefix)).into(),
        }
    }

    /// Number of leading bits all addresses of the range share: 0-32 or 0-128.
    #[must_use]
    pub const fn prefix(&self) -> u8 {
        self.prefix
    }
}

impl FromStr for Cidr {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let (address, prefix) = text
            .split_once('/')
            .map_or((text, None), |(a, p)| (a, Some(p)));
        let address = ip(address)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => most,
            Some(text) => text
                .parse()
                .ok()
                .filter(|bits| *bits <= most)
                .ok_or_else(|| {
                    BadValue(format!("`/{text}` is not a prefix length of 0 to {most}"))
                })?,
        };
        Ok(Self { address, prefix })
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.network(), self.prefix)
    }
}

impl Origin {
    /// The origin as browsers write it in the `Origin` header.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Origin {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let lower = text.to_ascii_lowercase();
        // What browsers and web views send for pages opened as files.
        if matches!(lower.as_str(), "null" | "file://") {
            return Ok(Self(lower));
        }
        let (scheme, host) = lower
            .split_once("://")
            .filter(|(scheme, _)| matches!(*scheme, "https" | "http"))
            .ok_or_else(|| BadValue("expected https://HOST or https://HOST:PORT".into()))?;
        let host = host.strip_suffix('/').unwrap_or(host);
        if host.is_empty() || host.contains(['/', '?', '#', '@', '*', ' ']) {
            return bad("an origin is a scheme, a host and perhaps a port, nothing more");
        }
        let default = if scheme == "https" { ":443" } else { ":80" };
        Ok(Self(format!(
            "{scheme}://{}",
            host.strip_suffix(default).unwrap_or(host)
        )))
    }
}

impl Secret {
    /// Wraps a text that must stay unseen.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself: for computing with, never for showing.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("********")
    }
}

impl FromStr for Secret {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        if text.len() < 8 {
            return bad("a secret needs at least 8 characters");
        }
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for TurnUser {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        match text.split_once(':') {
            Some((name, password)) if !name.is_empty() && !password.is_empty() => Ok(Self {
                name: name.to_owned(),
                password: Secret::new(password.to_owned()),
            }),
            _ => bad("expected NAME:PASSWORD"),
        }
    }
}

impl FromStr for StunFor {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        match text {
            "anybody" => Ok(Self::Anybody),
            "users" => Ok(Self::Users),
            "nobody" => Ok(Self::Nobody),
            _ => bad("expected anybody, users or nobody"),
        }
    }
}

impl FromStr for RelayTransport {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        match text {
            "udp" => Ok(Self::Udp),
            "tcp" => Ok(Self::Tcp),
            "tls" => Ok(Self::Tls),
            _ => bad("expected udp, tcp or tls"),
        }
    }
}

impl FromStr for StunServer {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let place = text.strip_prefix("stun:").unwrap_or(text);
        let (host, number) = match place.rsplit_once(':') {
            Some((host, number)) if !host.contains(':') || host.ends_with(']') => {
                (host, port(number)?)
            }
            _ => (place, 3478),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() || host.contains(['/', ' ', '?']) {
            return bad("expected stun:HOST:PORT");
        }
        Ok(Self {
            host: host.to_owned(),
            port: number,
        })
    }
}

impl FromStr for UserKey {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let parts = text.split_once(":0x").filter(|(name, _)| !name.is_empty());
        let key = parts.and_then(|(name, digits)| {
            let bytes = HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok()?;
            Some((name, bytes.try_into().ok()?))
        });
        match key {
            Some((name, key)) => Ok(Self {
                name: name.to_owned(),
                key,
            }),
            None => bad("expected NAME:0x and 32 hexadecimal digits"),
        }
    }
}

impl fmt::Debug for UserKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:********", self.name)
    }
}

fn bad<T>(text: &str) -> Result<T, BadValue> {
    Err(BadValue(text.to_owned()))
}

fn ip(text: &str) -> Result<IpAddr, BadValue> {
    text.parse()
        .map_err(|_| BadValue(format!("`{text}` is not an IP address")))
}

fn port(text: &str) -> Result<u16, BadValue> {
    match text.trim().parse() {
        Ok(0) | Err(_) => Err(BadValue(format!("`{text}` is not a port of 1 to 65535"))),
        Ok(port) => Ok(port),
    }
}

fn mask_v4(prefix: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0)
}

fn mask_v6(prefix: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0)
}
