//! Every option of coturn 4.6, and what becomes of it here.

/// What a line with an option means to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// It is used.
    Used(Use),
    /// What it asks for is so anyhow; told only where it is switched off: why that cannot be.
    Holds(&'static str),
    /// It is not used: why.
    Left(&'static str),
}

/// How an option is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    ListeningPort,
    TlsListeningPort,
    ListeningIp,
    AuxServer,
    RelayIp,
    ExternalIp,
    MinPort,
    MaxPort,
    Realm,
    User,
    Secret,
    UserQuota,
    TotalQuota,
    /// Bytes per second there, bits per second here.
    MaxBps,
    /// Likewise.
    BpsCapacity,
    NonceLifetime,
    MaxLifetime,
    ChannelLifetime,
    PermissionLifetime,
    Certificate,
    CertificateKey,
    KeyPassword,
    NoUdp,
    NoTcp,
    NoTls,
    NoTcpPeers,
    StunOnly,
    NoStun,
    SecureStun,
    OldChannels,
    AllowedPeer,
    DeniedPeer,
    AllowLoopback,
    NoSoftware,
    Software,
    AlternateServer,
    Verbose,
    VeryVerbose,
    Separator,
}

/// What becomes of the option `name`; `None`: coturn has no such option.
pub(super) fn meaning(name: &str) -> Option<Meaning> {
    let used = USED.iter().find(|(option, _)| *option == name);
    let held = HOLDS.iter().find(|(_, names)| names.contains(&name));
    let left = LEFT.iter().find(|(_, names)| names.contains(&name));
    used.map(|(_, how)| Meaning::Used(*how))
        .or_else(|| held.map(|(why, _)| Meaning::Holds(why)))
        .or_else(|| left.map(|(why, _)| Meaning::Left(why)))
}

/// The name of every option.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let others = HOLDS.iter().chain(LEFT);
    let used = USED.iter().map(|(name, _)| *name);
    used.chain(others.flat_map(|(_, names)| names.iter().copied()))
}

const USED: &[(&str, Use)] = &[
    ("listening-port", Use::ListeningPort),
    ("tls-listening-port", Use::TlsListeningPort),
    ("listening-ip", Use::ListeningIp),
    ("relay-ip", Use::RelayIp),
    ("aux-server", Use::AuxServer),
    ("external-ip", Use::ExternalIp),
    ("min-port", Use::MinPort),
    ("max-port", Use::MaxPort),
    ("realm", Use::Realm),
    ("user", Use::User),
    ("static-auth-secret", Use::Secret),
    ("user-quota", Use::UserQuota),
    ("total-quota", Use::TotalQuota),
    ("max-bps", Use::MaxBps),
    ("bps-capacity", Use::BpsCapacity),
    ("stale-nonce", Use::NonceLifetime),
    ("max-allocate-lifetime", Use::MaxLifetime),
    ("channel-lifetime", Use::ChannelLifetime),
    ("permission-lifetime", Use::PermissionLifetime),
    ("cert", Use::Certificate),
    ("pkey", Use::CertificateKey),
    ("pkey-pwd", Use::KeyPassword),
    ("no-udp", Use::NoUdp),
    ("no-tcp", Use::NoTcp),
    ("no-tls", Use::NoTls),
    ("stun-only", Use::StunOnly),
    ("no-stun", Use::NoStun),
    ("secure-stun", Use::SecureStun),
    ("rfc5766-channel-numbers", Use::OldChannels),
    ("no-tcp-relay", Use::NoTcpPeers),
    ("allowed-peer-ip", Use::AllowedPeer),
    ("denied-peer-ip", Use::DeniedPeer),
    ("allow-loopback-peers", Use::AllowLoopback),
    ("no-software-attribute", Use::NoSoftware),
    ("prod", Use::NoSoftware),
    ("software-attribute", Use::Software),
    ("alternate-server", Use::AlternateServer),
    ("verbose", Use::Verbose),
    ("Verbose", Use::VeryVerbose),
    ("rest-api-separator", Use::Separator),
];

type Group = (&'static str, &'static [&'static str]);

const HOLDS: &[Group] = &[
    (
        "nobody gets a relay without a user name and password",
        &["lt-cred-mech"],
    ),
    (
        "time-limited credentials are always taken, beside those of users",
        &["use-auth-secret"],
    ),
    ("answers always carry FINGERPRINT", &["fingerprint"]),
    (
        "multicast and loopback peers are refused unless --allow-peer lists them",
        &["no-multicast-peers", "no-loopback-peers"],
    ),
    ("there is no DTLS here", &["no-dtls"]),
    (
        "TLS is of version 1.2 or 1.3",
        &["no-sslv2", "no-sslv3", "no-tlsv1", "no-tlsv1_1"],
    ),
    (
        "there is no console; the admin address (--admin) takes its place",
        &["no-cli"],
    ),
    (
        "answers are those of RFC 8489",
        &[
            "no-stun-backward-compatibility",
            "response-origin-only-with-rfc5780",
        ],
    ),
    (
        "NAT behaviour discovery needs two addresses in relay.stun_addresses",
        &["no-rfc5780"],
    ),
    ("nonces are stateless", &["stateless-nonce"]),
    (
        "answers to strangers are always limited per address",
        &["unauthorized-ratelimit"],
    ),
    (
        "packets that are no STUN are dropped",
        &["drop-invalid-packets"],
    ),
    (
        "packets are taken and sent in batches where that helps",
        &["udp-recvmmsg", "udp-gso"],
    ),
];

const LEFT: &[Group] = &[
    (
        "without a user name and password nobody gets a relay here",
        &["no-auth", "no-auth-pings"],
    ),
    ("there is no DTLS here", &["dtls"]),
    (
        "relaying by UDP is always offered; --deny-peer limits whereto",
        &["no-udp-relay"],
    ),
    (
        "addresses are named, not devices: --listen, --stun",
        &["listening-device", "relay-device", "relay-ifname"],
    ),
    (
        "NAT behaviour discovery takes two addresses in relay.stun_addresses",
        &[
            "alt-listening-port",
            "alt-listener-port",
            "alt-tls-listening-port",
            "alt-tls-listener-port",
            "rfc5780",
        ],
    ),
    (
        "the PROXY protocol is understood on every TCP port, from the proxies that --proxy-protocol names",
        &["tcp-proxy-port"],
    ),
    (
        "there are as many workers as cores",
        &["relay-threads", "cpus", "udp-self-balance", "ne"],
    ),
    ("the system's defaults are used", &["sock-buf-size"]),
    (
        "there is no database of users: name them with --turn-user, or mint time-limited credentials with --turn-secret",
        &[
            "userdb",
            "db",
            "psql-userdb",
            "sql-userdb",
            "mysql-userdb",
            "mongo-userdb",
            "redis-userdb",
            "secret-key-file",
        ],
    ),
    (
        "there is no database of realms, origins and addresses",
        &["no-dynamic-ip-list", "no-dynamic-realms"],
    ),
    (
        "figures are at the admin address (--admin): /metrics and /admin/relay",
        &[
            "redis-statsdb",
            "prometheus",
            "prometheus-port",
            "prometheus-address",
            "prometheus-path",
            "prometheus-username-labels",
            "prometheus-tls",
            "prometheus-cert",
            "prometheus-key",
        ],
    ),
    (
        "tokens of RFC 7635 are not understood",
        &["oauth", "server-name"],
    ),
    ("ORIGIN is not looked at", &["check-origin-consistency"]),
    (
        "TLS offers what is thought safe today, and nothing weaker",
        &[
            "cipher-list",
            "ec-curve-name",
            "dh-file",
            "dh566",
            "dh1066",
            "dh2066",
            "no-tlsv1_2",
            "tlsv1",
            "tlsv1_1",
        ],
    ),
    (
        "clients prove themselves by password, not by certificate",
        &["CA-file", "raw-public-keys"],
    ),
    (
        "log lines go to standard error, for systemd or a redirection to keep; --log chooses which",
        &[
            "log-file",
            "no-stdout-log",
            "syslog",
            "syslog-facility",
            "simple-log",
            "new-log-timestamp",
            "new-log-timestamp-format",
            "log-min-level",
            "log-binding",
            "drop-invalid-packets-log",
            "udp-recvmmsg-log",
            "udp-sendmmsg-log",
        ],
    ),
    (
        "the server stays in the foreground; who runs it (systemd: User=) decides under which user",
        &["daemon", "pidfile", "proc-user", "proc-group"],
    ),
    (
        "one alternate server for all transports: alternate-server",
        &[
            "tls-alternate-server",
            "tcp-alternate-server",
            "udp-alternate-server",
        ],
    ),
    (
        "an allocation is there at once or not at all",
        &["max-allocate-timeout"],
    ),
    ("SIGTERM drains", &["drain-min-allocations"]),
    (
        "mobility (RFC 8016) is left out: a stolen ticket takes over a client's relay",
        &["mobility"],
    ),
    (
        "packets come through only from peers that were permitted",
        &["server-relay"],
    ),
    (
        "there is no console; the admin address (--admin) takes its place",
        &[
            "cli",
            "cli-ip",
            "cli-port",
            "cli-password",
            "cli-max-output-sessions",
            "web-admin",
            "web-admin-ip",
            "web-admin-port",
            "web-admin-listen-on-workers",
        ],
    ),
    (
        "a client gets IPv4 unless it asks for IPv6 (RFC 8656 section 7.2)",
        &["keep-address-family", "allocation-default-address-family"],
    ),
    (
        "HTTP on the shared port is answered by the page",
        &["acme-redirect", "respond-http-unsupported"],
    ),
    (
        "answers are those of RFC 8489",
        &[
            "stun-backward-compatibility",
            "rfc3489-compatibility",
            "include-reason-string",
        ],
    ),
    (
        "the limit is fixed at 100 a second and address",
        &["unauthorized-ratelimit-rps"],
    ),
    (
        "nonces are signed with a key that is new at every start",
        &["stateless-nonce-secret"],
    ),
    (
        "each allocation has a relayed address of its own",
        &[
            "multiplex-peer",
            "multiplex-peer-port",
            "multiplex-peer-max-peers",
        ],
    ),
    ("it is no setting of a server", &["version"]),
];
