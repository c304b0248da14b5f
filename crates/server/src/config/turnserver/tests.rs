//! The files of fixtures/turnserver are of the shapes that tutorials teach.

use std::net::IpAddr;

use super::*;
use crate::config::{Inputs, Listen, Loaded, RelayTransport, Settings, load};

#[test]
fn a_user_at_home() {
    let home = fixture("lan-user");
    let relay = &home.settings.relay;
    assert_eq!(stun(&home), ["192.0.2.10:3478"]);
    assert_eq!((relay.ports.low(), relay.ports.high()), (50000, 50100));
    assert_eq!(relay.realm, "home.example");
    assert_eq!(relay.users[0].name, "anna");
    assert_eq!(relay.users[0].password.expose(), "kiwi-and-plum");
    assert_eq!(home.settings.log, "info,magpie_server::relay=debug");
    assert!(home.settings.stun_where_free.is_empty());
    assert_eq!(relay.addresses, [IpAddr::from([192, 0, 2, 10])]);
    assert!(remarked(&home).is_empty());
}

#[test]
fn a_rented_server_with_a_shared_secret() {
    let rented = fixture("vps-secret");
    let relay = &rented.settings.relay;
    assert_eq!(stun(&rented), ["[::]:3478", "[::]:5349"]);
    assert_eq!(
        relay.secrets[0].expose(),
        "4f1c9d8e7a6b5f4e3d2c1b0a99887766"
    );
    assert_eq!(relay.total_quota.unwrap().get(), 100);
    assert_eq!(relay.user_quota.unwrap().get(), 12);
    assert_eq!(relay.nonce_lifetime.as_secs(), 600);
    let wanted = [
        "7 server-name",
        "12 cert",
        "13 pkey",
        "14 cipher-list",
        "16 no-stdout-log",
        "17 log-file",
        "18 simple-log",
        "19 proc-user",
        "20 proc-group",
    ];
    assert_eq!(remarked(&rented), wanted);
}

#[test]
fn a_cloud_behind_one_to_one_nat() {
    let cloud = fixture("cloud-nat");
    assert_eq!(stun(&cloud), ["10.0.0.4:3478"]);
    let [mapped] = cloud.settings.relay.public_ips[..] else {
        panic!("one address");
    };
    assert_eq!(mapped.public.to_string(), "203.0.113.40");
    assert_eq!(mapped.local.unwrap().to_string(), "10.0.0.4");
    assert_eq!(cloud.settings.relay.realm, "cloud.example");
    assert_eq!(
        cloud.settings.relay.users[0].password.expose(),
        "letmein123"
    );
}

#[test]
fn ranges_of_peers_become_prefixes() {
    let chat = fixture("matrix-server");
    let denied: Vec<String> = chat
        .settings
        .relay
        .deny_peers
        .iter()
        .map(ToString::to_string)
        .collect();
    let wanted = [
        "10.0.0.0/8",
        "192.168.0.0/16",
        "172.16.0.0/12",
        "0.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "203.0.113.0/24",
        "::1/128",
        "fc00::/7",
        "2002::/16",
    ];
    assert_eq!(denied, wanted);
    assert_eq!(
        chat.settings.relay.allow_peers[0].to_string(),
        "10.0.0.1/32"
    );
    assert!(remarked(&chat).is_empty());
}

#[test]
fn what_is_not_relayed_by_tcp_there_is_not_here() {
    assert!(!fixture("matrix-server").settings.relay.tcp_peers);
    assert!(fixture("vps-secret").settings.relay.tcp_peers);
}

#[test]
fn without_a_port_the_standard_ones_are_taken_where_they_are_free() {
    let chat = fixture("matrix-server");
    assert!(chat.settings.stun.is_empty());
    assert_eq!(
        chat.settings.stun_where_free,
        ["[::]:3478".parse().unwrap()]
    );
    assert_eq!(chat.settings.listen, Listen::Automatic);
}

#[test]
fn a_conference_behind_tls() {
    let conference = fixture("conference");
    let relay = &conference.settings.relay;
    assert_eq!(stun(&conference), ["192.0.2.80:443"]);
    assert_eq!(
        conference.settings.stun_where_free,
        ["192.0.2.80:3478".parse().unwrap()]
    );
    assert_eq!(relay.secrets.len(), 2);
    assert_eq!(relay.public_ips[0].local, None);
    assert_eq!(relay.software, "");
    assert_eq!(relay.transports, [RelayTransport::Tls]);
    let wanted = [
        "3 keep-address-family",
        "6 static-auth-secret",
        "16 mobility",
    ];
    assert_eq!(remarked(&conference), wanted);
}

#[test]
fn every_line_about_a_database_is_named() {
    let database = fixture("database");
    let lines: Vec<String> = (5..=14).map(|line| format!("{line} ")).collect();
    let remarked = remarked(&database);
    assert_eq!(remarked.len(), lines.len());
    assert!(
        remarked
            .iter()
            .zip(&lines)
            .all(|(remark, line)| remark.starts_with(line))
    );
    assert!(
        remarks(&database)
            .iter()
            .all(|remark| !remark.contains("secret") || remark.contains("--turn-secret"))
    );
}

#[test]
fn bytes_per_second_become_bits_per_second() {
    let slow = fixture("bandwidth");
    assert_eq!(slow.settings.relay.max_bps.unwrap().get(), 512_000);
    assert_eq!(slow.settings.relay.total_bps.unwrap().get(), 8_000_000);
}

/// coturn does not start with one and without the other.
#[test]
fn a_capacity_without_a_rate_is_not_used() {
    for text in ["bps-capacity=1000\n", "bps-capacity=1000\nmax-bps=0\n"] {
        let import = Reader::new(Path::new("t.conf")).read(text);
        assert!(import.used.iter().all(|used| used.key != "total_bps"));
        assert_eq!(import.remarks[0].key, "bps-capacity");
    }
}

#[test]
fn what_counts_once_counts_as_it_is_written_last() {
    let slow = fixture("bandwidth");
    let users: Vec<(&str, &str)> = slow
        .settings
        .relay
        .users
        .iter()
        .map(|user| (user.name.as_str(), user.password.expose()))
        .collect();
    assert_eq!(
        users,
        [("two", "second-password"), ("one", "third-password")]
    );
    assert_eq!(stun(&slow), ["192.0.2.90:33478", "[::]:3479"]);
}

#[test]
fn a_short_longest_lifetime_shortens_the_usual_one() {
    let relay = fixture("bandwidth").settings.relay;
    assert_eq!(
        (
            relay.max_lifetime.as_secs(),
            relay.default_lifetime.as_secs()
        ),
        (300, 300)
    );
}

#[test]
fn one_alternate_server_is_told() {
    let slow = fixture("bandwidth");
    assert_eq!(
        slow.settings.relay.alternate_servers,
        ["192.0.2.91:3478".parse().unwrap()]
    );
    assert!(remarked(&slow).contains(&"16 alternate-server".to_owned()));
    assert!(remarked(&slow).contains(&"17 tls-alternate-server".to_owned()));
}

#[test]
fn slips_are_named_and_the_rest_is_used() {
    let slips = fixture("slips");
    assert_eq!(stun(&slips), ["[::]:3478"]);
    assert_eq!(slips.settings.relay.ports.low(), 49152);
    assert_eq!(slips.settings.relay.secrets[0].expose(), "north");
    assert_eq!(slips.settings.relay.user_keys[0].name, "old");
    assert_eq!(slips.settings.relay.user_keys[0].key[..2], [0x5a, 0x1d]);
    let wanted = [
        "3 --tls-listening-port",
        "4 relm",
        "7 external-ip",
        "8 static-auth-secret",
        "10 user",
        "11 stale-nonce",
        "13 no-auth",
        "14 Realm",
    ];
    assert_eq!(remarked(&slips), wanted);
    let said = remarks(&slips);
    assert!(
        said[0].ends_with("without them it is `tls-listening-port`"),
        "{}",
        said[0]
    );
    assert!(said[1].ends_with("did you mean `realm`?"), "{}", said[1]);
    assert!(
        said.iter()
            .all(|line| !line.contains("north") && !line.contains("5a1d3b7c"))
    );
}

#[test]
fn each_remark_names_file_line_option_and_reason() {
    let said = remarks(&fixture("cloud-nat"));
    let about = "cloud-nat.conf:11: pidfile: ";
    let reason = said.iter().find_map(|remark| remark.split_once(about));
    assert!(reason.is_some_and(|(_, why)| !why.is_empty()), "{said:?}");
}

#[test]
fn every_other_source_wins_and_the_line_is_told_so() {
    let mut inputs = inputs("lan-user");
    inputs.flags.insert("realm", vec!["flag.example".into()]);
    inputs.flags.insert("stun", vec!["127.0.0.1:7000".into()]);
    inputs.environment = vec![("MAGPIE_RELAY_PORTS".into(), "1000-2000".into())];
    let home = load(&inputs).unwrap();
    assert_eq!(home.settings.relay.realm, "flag.example");
    assert_eq!(home.settings.relay.ports.low(), 1000);
    assert_eq!(stun(&home), ["127.0.0.1:7000"]);
    let said = remarks(&home).join("\n");
    assert!(
        said.contains(":2: listening-port: gives way to `stun` (--stun)"),
        "{said}"
    );
    assert!(
        said.contains(":5: min-port: gives way to `relay_ports` (MAGPIE_RELAY_PORTS)"),
        "{said}"
    );
    assert!(
        said.contains(":9: realm: gives way to `realm` (--realm)"),
        "{said}"
    );
}

#[test]
fn a_toml_file_may_name_it_and_wins_over_it() {
    let folder = std::env::temp_dir().join(format!("magpie-turnserver-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    fs::write(
        folder.join("turnserver.conf"),
        "realm=coturn.example\nuser-quota=5\n",
    )
    .unwrap();
    let toml = folder.join("magpie.toml");
    fs::write(
        &toml,
        "turn_conf = 'turnserver.conf'\nrealm = 'toml.example'\n",
    )
    .unwrap();
    let loaded = load(&Inputs {
        config: Some(toml),
        ..Inputs::default()
    })
    .unwrap();
    _ = fs::remove_dir_all(&folder);
    assert_eq!(loaded.settings.relay.realm, "toml.example");
    assert_eq!(loaded.settings.relay.user_quota.unwrap().get(), 5);
}

#[test]
fn what_might_open_a_closed_door_stops_the_start() {
    for (text, wanted) in [
        (
            "denied-peer-ip=10.0.0.0-9.0.0.0",
            "1: denied-peer-ip: expected an IP address or FIRST-LAST",
        ),
        (
            "\nallowed-peer-ip=here",
            "2: allowed-peer-ip: expected an IP address or FIRST-LAST",
        ),
        (
            "listening-ip=everywhere",
            "1: listening-ip: expected an IP address of this machine",
        ),
        (
            "listening-port=many",
            "1: listening-port: expected a whole number",
        ),
        (
            "listening-port=70000",
            "1: listening-port: expected a port of 0 to 65535",
        ),
        ("user=nobody", "1: user: expected NAME:PASSWORD"),
        ("user-quota=some", "1: user-quota: expected a whole number"),
        (
            "no-tls=perhaps",
            "1: no-tls: expected yes or no, or nothing, which means yes",
        ),
        (
            "min-port=60000\nmax-port=50000",
            "1: relay_ports: `60000-50000`: the low end is above the high end",
        ),
    ] {
        let import = Reader::new(Path::new("turnserver.conf")).read(text);
        let problems = match import.problems.is_empty() {
            true => loading(text),
            false => import.problems.iter().map(ToString::to_string).collect(),
        };
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].ends_with(wanted), "{problems:?}");
    }
}

#[test]
fn certificate_and_key_are_used_if_both_can_be_read() {
    let folder = std::env::temp_dir().join(format!("magpie-turnserver-pem-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    for name in ["c.pem", "k.pem"] {
        fs::write(folder.join(name), "").unwrap();
    }
    let path = folder.join("turnserver.conf");
    let read = |text: &str| Reader::new(&path).read(text);
    let both = read("cert=c.pem\npkey=k.pem\n");
    let alone = read("cert=c.pem\n");
    let protected = read("cert=c.pem\npkey=k.pem\npkey-pwd=x\n");
    _ = fs::remove_dir_all(&folder);
    let keys = |import: &Import| import.used.iter().map(|used| used.key).collect::<Vec<_>>();
    assert_eq!(keys(&both), ["cert", "key"]);
    assert_eq!(
        both.used[0].raw.text,
        folder.join("c.pem").to_string_lossy()
    );
    assert_eq!(
        both.where_free,
        ["[::]:3478", "[::]:5349"].map(|a| a.parse().unwrap())
    );
    assert!(keys(&alone).is_empty() && alone.remarks.len() == 1);
    assert!(keys(&protected).is_empty() && protected.remarks.len() == 3);
}

#[test]
fn without_tls_its_port_stays_closed() {
    let import =
        Reader::new(Path::new("f")).read("listening-port=3478\ntls-listening-port=5349\nno-tls\n");
    let texts: Vec<&str> = import
        .used
        .iter()
        .map(|used| used.raw.text.as_str())
        .collect();
    assert_eq!(texts, ["[::]:3478", "udp", "tcp"]);
    assert!(import.remarks.is_empty());
}

#[test]
fn what_is_switched_off_there_is_switched_off_here() {
    for (text, used) in [
        (
            "no-udp",
            &[("relay.transports", "tcp"), ("relay.transports", "tls")][..],
        ),
        ("no-udp=no", &[]),
        ("stun-only", &[("relay.turn", "false")]),
        ("secure-stun", &[("relay.stun", "users")]),
        ("secure-stun\nno-stun", &[("relay.stun", "nobody")]),
        ("no-stun\nsecure-stun", &[("relay.stun", "nobody")]),
        (
            "rfc5766-channel-numbers",
            &[("relay.rfc5766_channels", "true")],
        ),
    ] {
        let import = Reader::new(Path::new("f")).read(text);
        let found: Vec<_> = import
            .used
            .iter()
            .map(|u| (u.key, u.raw.text.as_str()))
            .collect();
        assert_eq!(found, used, "{text}");
        assert!(import.remarks.is_empty(), "{text}");
    }
}

#[test]
fn a_relay_without_a_way_in_is_a_mistake() {
    let mistakes = loading("no-udp\nno-tcp\nno-tls\n");
    assert!(mistakes[0].contains("no-udp"), "{mistakes:?}");
}

#[test]
fn users_beside_a_secret_are_used_and_said_so() {
    let import = Reader::new(Path::new("f"))
        .read("use-auth-secret\nstatic-auth-secret=12345678\nuser=a:b\n");
    assert_eq!(import.used.len(), 2);
    assert!(
        import.remarks[0]
            .what
            .starts_with("is used; coturn leaves users out")
    );
}

#[test]
fn a_switch_for_what_cannot_be_otherwise_is_named_when_it_is_off() {
    let import = Reader::new(Path::new("f")).read("fingerprint\nno-multicast-peers=0\n");
    let said: Vec<String> = import.remarks.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "f:2: no-multicast-peers: multicast and loopback peers are refused unless --allow-peer lists them"
        ]
    );
}

#[test]
fn every_documented_option_is_known_once() {
    let mut all: Vec<&str> = options::names().collect();
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), count);
    for name in DOCUMENTED.split_whitespace() {
        assert!(options::meaning(name).is_some(), "{name}");
    }
}

#[test]
fn a_missing_file_is_a_mistake() {
    let import = read(Path::new("/nonexistent/turnserver.conf"));
    assert!(
        import.problems[0]
            .to_string()
            .starts_with("/nonexistent/turnserver.conf: cannot be read: ")
    );
}

fn inputs(name: &str) -> Inputs {
    let path = format!(
        "{}/../../fixtures/turnserver/{name}.conf",
        env!("CARGO_MANIFEST_DIR")
    );
    let mut inputs = Inputs::default();
    inputs.flags.insert("turn_conf", vec![path]);
    inputs
}

fn fixture(name: &str) -> Loaded {
    load(&inputs(name)).unwrap_or_else(|errors| panic!("{errors}"))
}

fn stun(loaded: &Loaded) -> Vec<String> {
    let Settings { stun, .. } = &loaded.settings;
    stun.iter().map(ToString::to_string).collect()
}

fn remarks(loaded: &Loaded) -> Vec<String> {
    loaded.remarks().iter().map(ToString::to_string).collect()
}

/// Line and option of each remark.
fn remarked(loaded: &Loaded) -> Vec<String> {
    let short = |remark: &Problem| match &remark.source {
        Source::File {
            line: Some(line), ..
        } => format!("{line} {}", remark.key),
        other => panic!("{other}"),
    };
    loaded.remarks().iter().map(short).collect()
}

/// The mistakes of a file of this content.
fn loading(text: &str) -> Vec<String> {
    let path = std::env::temp_dir().join(format!("magpie-turnserver-{}.conf", std::process::id()));
    fs::write(&path, text).unwrap();
    let mut inputs = Inputs::default();
    inputs
        .flags
        .insert("turn_conf", vec![path.to_string_lossy().into_owned()]);
    let problems = load(&inputs).expect_err("there are mistakes").0;
    _ = fs::remove_file(path);
    problems.iter().map(ToString::to_string).collect()
}

/// The manual page and the sample file of coturn 4.6.
const DOCUMENTED: &str = "listening-device listening-port tls-listening-port alt-listening-port alt-tls-listening-port
    tcp-proxy-port listening-ip aux-server udp-self-balance relay-device relay-ip external-ip relay-threads min-port max-port
    verbose Verbose fingerprint lt-cred-mech no-auth prometheus prometheus-port prometheus-username-labels use-auth-secret
    static-auth-secret server-name oauth user userdb db psql-userdb mysql-userdb secret-key-file mongo-userdb redis-userdb
    redis-statsdb realm check-origin-consistency user-quota total-quota max-bps bps-capacity no-udp no-tcp no-tls no-dtls
    no-udp-relay no-tcp-relay stale-nonce max-allocate-lifetime channel-lifetime permission-lifetime cert pkey pkey-pwd
    cipher-list CA-file ec-curve-name dh566 dh1066 dh-file no-stdout-log log-file syslog syslog-facility simple-log
    new-log-timestamp new-log-timestamp-format log-binding alternate-server tls-alternate-server stun-only
    no-software-attribute no-stun rest-api-separator allow-loopback-peers no-multicast-peers max-allocate-timeout
    allowed-peer-ip denied-peer-ip pidfile secure-stun mobility keep-address-family allocation-default-address-family
    proc-user proc-group no-cli cli-ip cli-port cli-password cli-max-output-sessions web-admin web-admin-ip web-admin-port
    web-admin-listen-on-workers acme-redirect server-relay ne no-tlsv1 no-tlsv1_1 no-tlsv1_2 no-rfc5780
    no-stun-backward-compatibility response-origin-only-with-rfc5780 no-auth-pings no-dynamic-ip-list no-dynamic-realms daemon";
