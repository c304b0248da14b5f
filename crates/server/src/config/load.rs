//! Raw values become the final [`Settings`], or a list of everything that is wrong with them.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::{NonZeroU32, NonZeroU64};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use tracing_subscriber::EnvFilter;

use super::key::{Count, KEYS, Key, find};
use super::problem::{ConfigErrors, Problem, Source};
use super::settings::{
    AdminAddress, CertificateFiles, Limits, Listen, PeerJsSettings, RelaySettings, Settings,
};
use super::sources::{Gathered, Inputs, Raw, gather};
use super::value::{BadValue, Secret, TurnUser, UserKey};

/// The final settings and, for `config show`, where each came from.
#[derive(Debug)]
pub struct Loaded {
    /// What the server runs by.
    pub settings: Settings,
    /// The file that was read, if any.
    pub file: Option<PathBuf>,
    pub(super) gathered: Gathered,
}

impl Loaded {
    /// The files that were read.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        let imported = self.gathered.imported.as_ref();
        let own = self.file.as_deref();
        own.into_iter()
            .chain(imported.map(|imported| imported.path.as_path()))
    }

    /// Lines of the turnserver.conf that do not do here what they do in coturn, and why; empty without such a file.
    #[must_use]
    pub fn remarks(&self) -> &[Problem] {
        let imported = self.gathered.imported.as_ref();
        imported.map_or(&[], |imported| &imported.remarks)
    }
}

/// Reads every source and checks every value.
///
/// # Errors
/// All mistakes of all sources at once; print them and exit with code 2.
pub fn load(inputs: &Inputs) -> Result<Loaded, ConfigErrors> {
    let mut reader = Reader {
        gathered: gather(inputs),
    };
    reader.check_counts();
    let settings = reader.settings();
    reader.check_together(&settings);
    let Reader { mut gathered } = reader;
    gathered.problems.sort_by(|a, b| a.source.cmp(&b.source));
    if gathered.problems.is_empty() {
        Ok(Loaded {
            settings,
            file: gathered.file.clone(),
            gathered,
        })
    } else {
        Err(ConfigErrors(gathered.problems))
    }
}

/// The settings of an unconfigured server whose data folder is `data`.
///
/// Touches neither the environment nor a file, so tests can start from it.
#[must_use]
pub fn defaults(data: &Path) -> Settings {
    let mut settings = Reader {
        gathered: Gathered::default(),
    }
    .settings();
    settings.data = data.to_owned();
    settings
}

struct Reader {
    gathered: Gathered,
}

impl Reader {
    fn settings(&mut self) -> Settings {
        Settings {
            data: self.one::<PathBuf>("data"),
            listen: match self.many("listen") {
                none if none.is_empty() => Listen::Automatic,
                some => Listen::At(some),
            },
            stun: self.many("stun"),
            stun_where_free: self.stun_where_free(),
            plain: self.optional("plain"),
            admin: self.admin(),
            certificate: self.certificate(),
            trusted_proxies: self.many("trusted_proxy"),
            proxy_protocol: self.many("proxy_protocol"),
            origins: self.many("origin"),
            peerjs: self.peerjs(),
            grace: self.milliseconds("grace"),
            relay: self.relay(),
            limits: self.limits(),
            log: self.one::<LogFilter>("log").0,
        }
    }

    /// One that was asked for must be had; the usual one may be taken.
    fn admin(&mut self) -> AdminAddress {
        let asked = self.gathered.values.contains_key("admin");
        match self.one::<OrOff>("admin").0 {
            None => AdminAddress::Off,
            Some(address) if asked => AdminAddress::At(address),
            Some(address) => AdminAddress::WhereFree(address),
        }
    }

    /// Where the operator has not said otherwise, here or in a turnserver.conf.
    fn stun_where_free(&self) -> Vec<SocketAddr> {
        match &self.gathered.imported {
            Some(imported) => imported.where_free.clone(),
            None if self.gathered.values.contains_key("listen") => Vec::new(),
            None => vec![SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), STUN_PORT)],
        }
    }

    fn relay(&mut self) -> RelaySettings {
        RelaySettings {
            public_ips: self.many("public_ip"),
            public_ip_from: match self.gathered.values.contains_key("public_ip") {
                true => None,
                false => self.optional("relay.public_ip_from"),
            },
            addresses: self.many("relay.addresses"),
            ports: self.one("relay_ports"),
            realm: self.one::<Realm>("realm").0,
            users: self.many("turn_user"),
            user_keys: self.many("relay.user_keys"),
            secrets: self.many("turn_secret"),
            allow_peers: self.many("allow_peer"),
            deny_peers: self.many("deny_peer"),
            user_quota: NonZeroU32::new(self.one("user_quota")),
            spare_static_users: !self.gathered.values.contains_key("user_quota"),
            total_quota: NonZeroU32::new(self.one("total_quota")),
            max_bps: NonZeroU64::new(self.one("max_bps")),
            total_bps: NonZeroU64::new(self.one("total_bps")),
            alternate_servers: self.many("alternate_server"),
            credential_horizon: self.seconds("relay.credential_horizon"),
            turn: self.one("relay.turn"),
            stun: self.one("relay.stun"),
            transports: self.many("relay.transports"),
            rfc5766_channels: self.one("relay.rfc5766_channels"),
            tcp_peers: self.one("relay.tcp_peers"),
            workers: self.one("relay.workers"),
            nonce_lifetime: self.seconds("relay.nonce_lifetime"),
            permission_lifetime: self.seconds("relay.permission_lifetime"),
            channel_lifetime: self.seconds("relay.channel_lifetime"),
            default_lifetime: self.seconds("relay.default_lifetime"),
            max_lifetime: self.seconds("relay.max_lifetime"),
            stun_addresses: self.many("relay.stun_addresses"),
            software: self.one("relay.software"),
        }
    }

    fn peerjs(&mut self) -> PeerJsSettings {
        PeerJsSettings {
            key: self.one::<PeerJsKey>("peerjs_key").0,
            discovery: self.one("peerjs_discovery"),
            alive: self.milliseconds("peerjs_alive"),
        }
    }

    fn limits(&mut self) -> Limits {
        Limits {
            connections_per_address: self.number("limits.connections_per_address"),
            unauthenticated_per_address: self.number("limits.unauthenticated_per_address"),
            header_timeout: self.seconds("limits.header_timeout"),
            ice_requests_per_minute: self.number("limits.ice_requests_per_minute"),
            drain: self.seconds("limits.drain"),
        }
    }

    fn certificate(&mut self) -> Option<CertificateFiles> {
        let (certificate, key) = (self.optional("cert"), self.optional("key"));
        if certificate.is_some() != key.is_some() {
            let (given, missing) = if key.is_none() {
                ("cert", "key")
            } else {
                ("key", "cert")
            };
            self.complain(given, format!("needs `{missing}` too"));
        }
        Some(CertificateFiles {
            certificate: certificate?,
            key: key?,
        })
    }

    fn seconds(&mut self, name: &'static str) -> Duration {
        let seconds: NonZeroU32 = self.one(name);
        Duration::from_secs(u64::from(seconds.get()))
    }

    fn milliseconds(&mut self, name: &'static str) -> Duration {
        let milliseconds: NonZeroU32 = self.one(name);
        Duration::from_millis(u64::from(milliseconds.get()))
    }

    fn number(&mut self, name: &'static str) -> u32 {
        self.one::<NonZeroU32>(name).get()
    }

    /// The value, or the default after a complaint.
    fn one<T: Value>(&mut self, name: &'static str) -> T {
        let fallback = find(name).and_then(|key| T::parse(key.default).ok());
        let fallback = fallback.expect("the table's defaults are values of their kind");
        self.optional(name).unwrap_or(fallback)
    }

    fn optional<T: Value>(&mut self, name: &'static str) -> Option<T> {
        self.many(name).pop()
    }

    fn many<T: Value>(&mut self, name: &'static str) -> Vec<T> {
        let raws: Vec<Raw> = self.gathered.values.get(name).cloned().unwrap_or_default();
        raws.iter()
            .filter_map(|raw| self.parse(name, raw))
            .collect()
    }

    fn parse<T: Value>(&mut self, name: &'static str, raw: &Raw) -> Option<T> {
        let parsed = match raw.lenient {
            true => T::parse_leniently(&raw.text),
            false => T::parse(&raw.text),
        };
        match parsed {
            Ok(value) => Some(value),
            Err(BadValue(why)) => {
                let secret = find(name).is_some_and(Key::is_secret);
                let what = if secret {
                    why
                } else {
                    format!("`{}`: {why}", raw.text)
                };
                let problem = Problem {
                    source: raw.source.clone(),
                    key: name.to_owned(),
                    what,
                };
                self.gathered.problems.push(problem);
                None
            }
        }
    }

    fn check_counts(&mut self) {
        for key in KEYS {
            let count = self.gathered.values.get(key.name).map_or(0, Vec::len);
            match key.count {
                Count::UpTo(most) if count > most => {
                    self.complain(key.name, format!("at most {most} values, found {count}"))
                }
                _ => {}
            }
        }
    }

    /// What no single value shows.
    fn check_together(&mut self, settings: &Settings) {
        let relay = &settings.relay;
        if relay.default_lifetime > relay.max_lifetime {
            self.complain(
                "relay.default_lifetime",
                "is longer than relay.max_lifetime".to_owned(),
            );
        }
        if relay.total_bps.is_some() && relay.max_bps.is_none() {
            self.complain("total_bps", "needs `max_bps` too".to_owned());
        }
        if let [first, second] = relay.addresses[..]
            && first.is_ipv4() == second.is_ipv4()
        {
            self.complain(
                "relay.addresses",
                "takes one address of each family".to_owned(),
            );
        }
        if let [first, second] = relay.stun_addresses[..]
            && (first.ip() == second.ip() || first.port() == second.port())
        {
            self.complain(
                "relay.stun_addresses",
                "the two must differ in IP and in port".to_owned(),
            );
        } else if relay
            .stun_addresses
            .iter()
            .any(|a| a.ip().is_unspecified() || a.port() == 0)
        {
            self.complain(
                "relay.stun_addresses",
                "takes addresses of this machine, each with its port".to_owned(),
            );
        } else if let [first, second] = relay.stun_addresses[..]
            && first.is_ipv4() != second.is_ipv4()
        {
            self.complain(
                "relay.stun_addresses",
                "the two must be of one family".to_owned(),
            );
        } else if relay.stun_addresses.len() == 1 {
            self.complain(
                "relay.stun_addresses",
                "takes two addresses or none".to_owned(),
            );
        }
        if settings.limits.unauthenticated_per_address > settings.limits.connections_per_address {
            let what = "is more than limits.connections_per_address".to_owned();
            self.complain("limits.unauthenticated_per_address", what);
        }
        if let [first, second] = relay.alternate_servers[..]
            && first.is_ipv4() == second.is_ipv4()
        {
            let what = "one address of each family at most".to_owned();
            self.complain("alternate_server", what);
        }
        self.check_twice(
            "turn_user",
            relay
                .users
                .iter()
                .map(|user| &user.name)
                .chain(relay.user_keys.iter().map(|user| &user.name))
                .cloned(),
        );
        if let Listen::At(addresses) = &settings.listen {
            let stun = self.gathered.values.get("stun");
            let imported = stun.is_some_and(|raws| raws.iter().any(|raw| raw.lenient));
            let stun = settings.stun.iter().filter(|_| !imported);
            let fixed = addresses
                .iter()
                .chain(stun)
                .chain(&settings.plain)
                .filter(|a| a.port() != 0);
            self.check_twice("listen", fixed.map(SocketAddr::to_string));
        }
    }

    fn check_twice(&mut self, name: &'static str, items: impl Iterator<Item = String>) {
        let mut seen = BTreeSet::new();
        for item in items {
            if !seen.insert(item.clone()) {
                self.complain(name, format!("`{item}` is there twice"));
            }
        }
    }

    fn complain(&mut self, name: &'static str, what: String) {
        let raws = self.gathered.values.get(name).and_then(|raws| raws.first());
        let source = raws.map_or(Source::Default, |raw| raw.source.clone());
        self.gathered.problems.push(Problem {
            source,
            key: name.to_owned(),
            what,
        });
    }
}

/// A setting read from text, with words for people when it is not one.
trait Value: Sized {
    fn parse(text: &str) -> Result<Self, BadValue>;

    /// The same from a file written for another server, which asked for less.
    fn parse_leniently(text: &str) -> Result<Self, BadValue> {
        Self::parse(text)
    }
}

macro_rules! values {
    ($($kind:ty: $why:expr;)*) => {
        $(impl Value for $kind {
            fn parse(text: &str) -> Result<Self, BadValue> {
                Self::from_str(text).map_err(|_| BadValue($why.to_owned()))
            }
        })*
    };
    ($($kind:ty),*) => {
        $(impl Value for $kind {
            fn parse(text: &str) -> Result<Self, BadValue> {
                Self::from_str(text)
            }
        })*
    };
}

values! {
    IpAddr: "expected an IP address";
    SocketAddr: "expected ADDR:PORT, such as 0.0.0.0:8443 or [::]:8443";
    u32: "expected a whole number of 0 to 4294967295";
    u64: "expected a whole number of at least 0";
    NonZeroU32: "expected a whole number of at least 1";
    String: "";
    bool: "expected true or false";
}

values!(
    super::value::PublicIp,
    super::value::PortRange,
    super::value::Cidr,
    super::value::Origin,
    super::value::StunFor,
    super::value::RelayTransport,
    super::value::StunServer,
    TurnUser,
    UserKey
);

impl Value for Secret {
    fn parse(text: &str) -> Result<Self, BadValue> {
        text.parse()
    }

    fn parse_leniently(text: &str) -> Result<Self, BadValue> {
        Ok(Self::new(text.to_owned()))
    }
}

impl Value for PathBuf {
    fn parse(text: &str) -> Result<Self, BadValue> {
        if text.is_empty() {
            return Err(BadValue("expected a path".to_owned()));
        }
        Ok(Self::from(text))
    }
}

/// An address, or none if `off`.
struct OrOff(Option<SocketAddr>);

impl Value for OrOff {
    fn parse(text: &str) -> Result<Self, BadValue> {
        match (text, text.parse()) {
            ("off", _) => Ok(Self(None)),
            (_, Ok(address)) => Ok(Self(Some(address))),
            _ => Err(BadValue("expected ADDR:PORT or off".to_owned())),
        }
    }
}

/// The standard port of STUN and TURN (RFC 8489 section 18.6).
const STUN_PORT: u16 = 3478;

struct LogFilter(String);

impl Value for LogFilter {
    fn parse(text: &str) -> Result<Self, BadValue> {
        match EnvFilter::try_new(text) {
            Ok(_) => Ok(Self(text.to_owned())),
            Err(error) => Err(BadValue(format!("not a log filter: {error}"))),
        }
    }
}

struct PeerJsKey(String);

impl Value for PeerJsKey {
    /// It is a part of paths.
    fn parse(text: &str) -> Result<Self, BadValue> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        match text.len() {
            1..=64 if text.bytes().all(plain) => Ok(Self(text.to_owned())),
            _ => Err(BadValue(
                "expected 1 to 64 letters, digits, - and _".to_owned(),
            )),
        }
    }
}

struct Realm(String);

impl Value for Realm {
    /// RFC 8489 section 14.9: fewer than 128 characters.
    fn parse(text: &str) -> Result<Self, BadValue> {
        match text.chars().count() {
            1..128 if !text.contains(['"', ':']) => Ok(Self(text.to_owned())),
            _ => Err(BadValue(
                "expected 1 to 127 characters without quotes and colons".to_owned(),
            )),
        }
    }
}
