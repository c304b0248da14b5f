//! The table of all keys: help, docs/config.md, `config show` and the checks come from it.

use Count::{Many, One, UpTo};
use Kind::{
    Address, AddressOrOff, BitRate, Cidr, File, Folder, Ip, LogFilter, Milliseconds, Name, Number,
    Origin, PortRange, PublicIp, Quota, Seconds, Secret, StunFor, StunServer, Switch, Text,
    Transport, TurnUser, UserKey,
};

/// One thing that can be configured.
#[derive(Debug)]
pub(crate) struct Key {
    /// Its name in TOML, with its section: `relay.nonce_lifetime`.
    pub(crate) name: &'static str,
    /// What its value is.
    pub(crate) kind: Kind,
    /// How many values it takes.
    pub(crate) count: Count,
    /// The value when no source gives one, as it would be written; empty: none.
    pub(crate) default: &'static str,
    /// One or two sentences for people.
    pub(crate) text: &'static str,
    /// Whether `serve` has a flag of this name.
    pub(crate) flag: bool,
}

/// What a value is; decides its check, its place-holder in help, and its TOML type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Folder,
    File,
    Address,
    AddressOrOff,
    Ip,
    PublicIp,
    PortRange,
    Name,
    Text,
    StunServer,
    StunFor,
    Transport,
    TurnUser,
    UserKey,
    Secret,
    Cidr,
    Origin,
    /// A whole number; 0 means "no limit".
    Quota,
    /// A whole number of at least 1.
    Number,
    /// Bits per second; 0 means "no limit".
    BitRate,
    /// Whole seconds, at least 1.
    Seconds,
    /// Whole milliseconds, at least 1.
    Milliseconds,
    /// On or off.
    Switch,
    LogFilter,
}

/// How many values a key takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Count {
    One,
    UpTo(usize),
    Many,
}

impl Key {
    /// The environment variable: `MAGPIE_RELAY_NONCE_LIFETIME`.
    pub(crate) fn variable(&self) -> String {
        format!("{PREFIX}{}", self.name.replace('.', "_").to_uppercase())
    }

    /// The flag without its dashes: `relay-ports`.
    pub(crate) fn flag_name(&self) -> String {
        self.name.replace('_', "-")
    }

    /// Whether the value must not be shown.
    pub(crate) const fn is_secret(&self) -> bool {
        matches!(self.kind, Secret | TurnUser | UserKey)
    }
}

impl Kind {
    /// Place-holder in help and docs.
    pub(crate) const fn placeholder(self) -> &'static str {
        match self {
            Self::Folder => "DIR",
            Self::File => "FILE",
            Self::Address => "ADDR:PORT",
            Self::AddressOrOff => "ADDR:PORT|off",
            Self::Ip | Self::PublicIp => "IP",
            Self::PortRange => "LO-HI",
            Self::Name => "NAME",
            Self::Text => "TEXT",
            Self::StunServer => "stun:HOST:PORT",
            Self::StunFor => "anybody|users|nobody",
            Self::Transport => "udp|tcp|tls",
            Self::TurnUser => "NAME:PASSWORD",
            Self::UserKey => "NAME:0xKEY",
            Self::Secret => "SECRET",
            Self::Cidr => "CIDR",
            Self::Origin => "URL",
            Self::Quota | Self::Number | Self::BitRate => "N",
            Self::Seconds => "SECONDS",
            Self::Milliseconds => "MS",
            Self::Switch => "true|false",
            Self::LogFilter => "FILTER",
        }
    }

    /// Unit of the value; empty where it has none.
    pub(crate) const fn unit(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Milliseconds => "milliseconds",
            Self::BitRate => "bit/s",
            _ => "",
        }
    }

    /// Whether TOML writes it as an integer; all others but switches are strings.
    pub(crate) const fn is_integer(self) -> bool {
        matches!(
            self,
            Self::Quota | Self::Number | Self::BitRate | Self::Seconds | Self::Milliseconds
        )
    }
}

/// Prefix of every environment variable.
pub(crate) const PREFIX: &str = "MAGPIE_";

/// The row called `name`.
pub(crate) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// A key both on the command line and in files.
const fn flag(
    name: &'static str,
    kind: Kind,
    count: Count,
    default: &'static str,
    text: &'static str,
) -> Key {
    Key {
        name,
        kind,
        count,
        default,
        text,
        flag: true,
    }
}

/// A key of files and the environment only.
const fn inner(
    name: &'static str,
    kind: Kind,
    count: Count,
    default: &'static str,
    text: &'static str,
) -> Key {
    Key {
        name,
        kind,
        count,
        default,
        text,
        flag: false,
    }
}

/// Every key, in the order of help and docs.
#[rustfmt::skip]
pub(crate) const KEYS: &[Key] = &[
    flag("data", Folder, One, "magpie-data",
        "Folder of the CA, the certificates and the store. Made if missing."),
    flag("listen", Address, Many, "",
        "The shared port: HTTPS, WebSocket and TURN on TCP, STUN and TURN on UDP. Port 0 takes a free one. Without it: the first free of 443 and 8443 on every address, and 3478 for STUN and TURN where free."),
    flag("stun", Address, Many, "",
        "Further address for STUN and TURN, UDP and TCP. [::] stands for every IPv4 address too, unless 0.0.0.0 is named with the same port."),
    flag("public_ip", PublicIp, Many, "",
        "Address under which the outside reaches this machine, when it is not one of its own; IP/LOCAL maps it to one local address."),
    flag("relay_ports", PortRange, One, "49152-65535",
        "UDP ports that relayed addresses are taken from."),
    flag("realm", Name, One, "magpie",
        "TURN realm."),
    flag("turn_user", TurnUser, Many, "",
        "Static TURN user."),
    flag("turn_secret", Secret, UpTo(2), "",
        "Secret of time-limited TURN credentials; a second one is still accepted while you rotate. Without it one is made and kept in the data folder."),
    flag("allow_peer", Cidr, Many, "",
        "Peers the relay may reach although they lie in a private or special range, which is refused otherwise."),
    flag("deny_peer", Cidr, Many, "",
        "Peers the relay must not reach although they lie on the public internet. Where an allowed range overlaps, the narrower one decides."),
    flag("cert", File, One, "",
        "Certificate chain (PEM, leaf first) to use in place of the own CA. Read again when it changes."),
    flag("key", File, One, "",
        "Private key (PEM) of --cert."),
    flag("turn_conf", File, One, "",
        "A turnserver.conf of coturn to take settings from. Every other source wins over it; what of it cannot be used is listed at the start."),
    flag("alternate_server", Address, UpTo(2), "",
        "Server that clients asking for a relay are sent to instead of being served (300); one for IPv4 and one for IPv6."),
    flag("plain", Address, One, "",
        "Serve the whole HTTP face here without TLS too, for a reverse proxy or a measurement."),
    flag("admin", AddressOrOff, One, "127.0.0.1:9644",
        "Address of figures (/metrics, /admin) and of revocation. On another than loopback it asks for the token in the file admin-token of the data folder. The default is given up where it is taken; `off` opens none."),
    flag("trusted_proxy", Cidr, Many, "",
        "Reverse proxy whose X-Forwarded-For is believed."),
    flag("proxy_protocol", Cidr, Many, "",
        "Proxies that pass TCP on and name the client by a PROXY protocol header, version 1 or 2. Believed from them alone; without a header they are not served."),
    flag("origin", Origin, Many, "",
        "Page origin that may connect, beside the server's own."),
    flag("peerjs_key", Name, One, "peerjs",
        "Key that PeerJS clients must name. `peerjs` is what they name by themselves."),
    flag("peerjs_discovery", Switch, One, "false",
        "Whether anybody may list the ids of the PeerJS clients that are connected."),
    flag("peerjs_alive", Milliseconds, One, "60000",
        "How long a PeerJS client may give no sign of life before it counts as gone. It is asked for one halfway."),
    flag("grace", Milliseconds, One, "5000",
        "How long a client of the Socket.IO and meeting doors that dropped keeps its place in a room. Native and PeerJS clients keep theirs for 30 seconds."),
    flag("user_quota", Quota, One, "64",
        "TURN allocations one user may hold; 0: no limit. Static users, whose name many people may share, are bounded by it only where it is given."),
    flag("total_quota", Quota, One, "10000",
        "TURN allocations in all; 0: no limit."),
    flag("max_bps", BitRate, One, "0",
        "What one TURN allocation may carry in each direction; 0: no limit."),
    flag("total_bps", BitRate, One, "0",
        "What all TURN allocations are given together: each takes max_bps of it, the last one what is left, then there is none to be had (486). Needs max_bps. 0: no limit."),
    flag("log", LogFilter, One, "info",
        "Log filter: error, warn, info, debug, trace, or by module, such as info,magpie_server=debug."),
    inner("relay.public_ip_from", StunServer, One, "",
        "STUN server asked at the start for the public address of this machine, where no public_ip is given: stun:HOST:PORT."),
    inner("relay.user_keys", UserKey, Many, "",
        "Static TURN user by its key in place of its password, as `turnadmin -k` makes it of name, realm and password. It cannot use SHA-256."),
    inner("relay.credential_horizon", Seconds, One, "90000",
        "How far in the future a time-limited credential may expire; one that lasts longer is refused. 25 hours leave room for programs that mint for a day."),
    inner("relay.tcp_peers", Switch, One, "true",
        "Whether clients that reach the relay by TCP or TLS may have it connect to peers by TCP (RFC 6062). Calls do not need it."),
    inner("relay.turn", Switch, One, "true",
        "Whether there are relayed addresses to be had. Without them this is a STUN server."),
    inner("relay.stun", StunFor, One, "anybody",
        "Who is told the own address by a Binding request. Browsers ask without a password, so with `users` they learn it from the relay alone."),
    inner("relay.transports", Transport, UpTo(3), "",
        "By what clients may reach STUN and TURN; nothing named: by all three. The page is there whatever this says."),
    inner("relay.rfc5766_channels", Switch, One, "false",
        "Whether every client may bind channel numbers above 0x4fff, which RFC 8656 took away. coturn's old test client may in any case."),
    inner("relay.workers", Quota, One, "0",
        "Threads that relay packets; 0: one for each core."),
    inner("relay.nonce_lifetime", Seconds, One, "3600",
        "How long a TURN nonce is accepted."),
    inner("relay.permission_lifetime", Seconds, One, "300",
        "How long a TURN permission lasts."),
    inner("relay.channel_lifetime", Seconds, One, "600",
        "How long a TURN channel lasts."),
    inner("relay.default_lifetime", Seconds, One, "600",
        "How long a TURN allocation lasts when the client does not say."),
    inner("relay.max_lifetime", Seconds, One, "3600",
        "The longest a TURN allocation lasts without a refresh."),
    inner("relay.addresses", Ip, UpTo(2), "",
        "Addresses of this machine that relayed addresses lie on, one of each family. Without it: the one the client reached."),
    inner("relay.stun_addresses", Address, UpTo(2), "",
        "Two addresses, on different IPs and ports, for NAT behaviour discovery (RFC 5780)."),
    inner("relay.software", Text, One, "magpie",
        "SOFTWARE attribute of STUN answers."),
    inner("limits.connections_per_address", Number, One, "1024",
        "TCP connections one address may hold."),
    inner("limits.unauthenticated_per_address", Number, One, "64",
        "Those of them that have not authenticated yet."),
    inner("limits.header_timeout", Seconds, One, "10",
        "Time for a TLS handshake, and for the headers of a request."),
    inner("limits.ice_requests_per_minute", Number, One, "30",
        "Answers of /api/ice-servers one address gets without an identity."),
    inner("limits.drain", Seconds, One, "5",
        "How long a stopping server waits for its connections."),
];
