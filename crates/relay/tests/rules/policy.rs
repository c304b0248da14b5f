//! Forbidden peers, in every spelling, on every path.

use std::net::SocketAddr;

use magpie_relay::Transport;
use magpie_relay::policy::{Network, forms, reserved};
use stun_types::attribute::RawAttribute;
use turn_types::attribute::RequestedTransport;
use turn_types::message::{ALLOCATE, CONNECT};

use crate::lab::{Client, Lab, SERVER, Sent, request, with_peer};

/// Addresses nobody may reach through a relay.
const FORBIDDEN: &[&str] = &[
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::7f00:1",
    "64:ff9b:1:7f00:0:100::",
    "64:ff9b:1::808:808",
    "100::1",
    "2001::1",
    "2001:0:7f00:1::",
    "2001:0:808:808:0:0:80ff:fffe",
    "2001:2::1",
    "2001:10::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2a00:1450::5efe:7f00:1",
    "2a00:1450::200:5efe:c0a8:101",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
];

/// Addresses of the public internet, some of them close to a forbidden range.
const PUBLIC: &[&str] = &[
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.1",
    "168.63.129.17",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.0.9",
    "192.0.1.1",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "64:ff9b::808:808",
    "2001:20::1",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2002:808:808::1",
    "2a00:1450::1",
    "2a00:1450::5efe:808:808",
];

#[test]
fn permission_channel_and_send_refuse_every_forbidden_peer() {
    for ip in FORBIDDEN {
        let (mut lab, client, peer) = allocated_for(ip);
        assert_eq!(client.permit(&mut lab, &peer), Err(403), "{ip}");
        assert_eq!(client.bind(&mut lab, 0x4000, &peer), Err(403), "{ip}");
        assert_eq!(
            client.send(&mut lab, &peer, b"x", &[]),
            Sent::Nothing,
            "{ip}"
        );
        assert_eq!(
            (lab.refused, lab.relay.snapshot().refused_peers),
            (2, 2),
            "{ip}"
        );
    }
}

/// RFC 6062 section 5.2: a Connect asks for no permission, so it is judged by itself.
#[test]
fn connect_refuses_every_forbidden_peer() {
    for ip in FORBIDDEN.iter().chain(&["93.184.215.14"]) {
        let mut lab = Lab::new();
        let client = ask_for(&mut lab, Transport::Tcp, TCP, ip.contains(':'));
        let port = if *ip == "93.184.215.14" { 0 } else { 7000 };
        let peer = SocketAddr::new(ip.parse().unwrap(), port).to_string();
        let connect = with_peer(request(CONNECT), &peer);
        let refused = client.sign_and_send(&mut lab, connect, &[]);
        assert_eq!(refused, Err(403), "{peer}");
        assert_eq!(client.permit(&mut lab, &peer).is_err(), port != 0, "{peer}");
    }
}

#[test]
fn public_peers_are_reached() {
    for ip in PUBLIC {
        let (mut lab, client, peer) = allocated_for(ip);
        assert_eq!(client.permit(&mut lab, &peer), Ok(()), "{ip}");
        assert_ne!(
            client.send(&mut lab, &peer, b"x", &[]),
            Sent::Nothing,
            "{ip}"
        );
        assert_eq!(client.bind(&mut lab, 0x4000, &peer), Ok(()), "{ip}");
    }
}

#[test]
fn the_operator_allows_ranges_and_nothing_beside_them() {
    let mut lab =
        Lab::with(|config| config.allow_peers = vec![Network::new([10, 1, 0, 0].into(), 16)]);
    let mut client = Client::new(1);
    client.allocate(&mut lab).unwrap();
    assert_eq!(client.permit(&mut lab, "10.1.2.3:80"), Ok(()));
    assert_ne!(
        client.send(&mut lab, "10.1.2.3:80", b"x", &[]),
        Sent::Nothing
    );
    assert_eq!(client.permit(&mut lab, "10.2.0.1:80"), Err(403));
}

/// RFC 4291 section 2.5.3: `::1` embeds no IPv4 address, so its own range is enough.
#[test]
fn the_operator_allows_ipv6_loopback() {
    let loopback = Network::new(std::net::Ipv6Addr::LOCALHOST.into(), 128);
    let mut lab = Lab::with(|config| config.allow_peers = vec![loopback]);
    let client = ask_v6(&mut lab);
    assert_eq!(client.permit(&mut lab, "[::1]:80"), Ok(()));
    assert_eq!(client.permit(&mut lab, "[::127.0.0.1]:80"), Err(403));
}

#[test]
fn the_operator_denies_ranges_in_every_spelling() {
    let denying =
        || Lab::with(|config| config.deny_peers = vec![Network::new([93, 184, 0, 0].into(), 16)]);
    let (mut lab, mut client) = (denying(), Client::new(1));
    client.allocate(&mut lab).unwrap();
    assert_eq!(client.permit(&mut lab, "93.184.215.14:80"), Err(403));
    assert_eq!(client.bind(&mut lab, 0x4000, "93.184.215.14:80"), Err(403));
    assert_eq!(client.permit(&mut lab, "93.185.215.14:80"), Ok(()));
    let mut lab = denying();
    let client = ask_v6(&mut lab);
    let spelled = "[64:ff9b::5db8:d70e]:80";
    assert_eq!(client.permit(&mut lab, spelled), Err(403));
}

#[test]
fn of_an_allowed_and_a_denied_range_the_narrower_decides() {
    let range = |address: [u8; 4], prefix| Network::new(address.into(), prefix);
    let mut lab = Lab::with(|config| {
        config.allow_peers = vec![range([10, 0, 0, 0], 8), range([93, 184, 215, 14], 32)];
        config.deny_peers = vec![range([10, 1, 2, 3], 32), range([0, 0, 0, 0], 0)];
    });
    let mut client = Client::new(1);
    client.allocate(&mut lab).unwrap();
    assert_eq!(client.permit(&mut lab, "10.1.2.3:80"), Err(403));
    assert_eq!(client.permit(&mut lab, "10.1.2.4:80"), Ok(()));
    assert_eq!(client.permit(&mut lab, "93.184.215.14:80"), Ok(()));
    assert_eq!(client.permit(&mut lab, "93.184.215.15:80"), Err(403));
}

#[test]
fn a_range_both_allowed_and_denied_is_denied() {
    let range = vec![Network::new([93, 184, 0, 0].into(), 16)];
    let mut lab = Lab::with(|config| {
        config.allow_peers.clone_from(&range);
        config.deny_peers = range;
    });
    let mut client = Client::new(1);
    client.allocate(&mut lab).unwrap();
    assert_eq!(client.permit(&mut lab, "93.184.215.14:80"), Err(403));
}

#[test]
fn our_relayed_addresses_are_reached_even_where_their_range_is_denied() {
    let mut lab =
        Lab::with(|config| config.deny_peers = vec![Network::new([0, 0, 0, 0].into(), 0)]);
    let (mut alice, mut bob) = (Client::new(1), Client::new(2));
    let relay = alice.allocate(&mut lab).unwrap();
    bob.allocate(&mut lab).unwrap();
    assert_eq!(bob.permit(&mut lab, &relay.to_string()), Ok(()));
}

#[test]
fn what_the_operator_allows_is_allowed_in_its_own_spelling_only() {
    let mut lab =
        Lab::with(|config| config.allow_peers = vec![Network::new([127, 0, 0, 0].into(), 8)]);
    let client = ask_v6(&mut lab);
    assert_eq!(client.permit(&mut lab, "[::ffff:127.0.0.1]:80"), Err(403));
}

#[test]
fn our_listening_address_is_refused_even_where_its_range_is_allowed() {
    let mut lab =
        Lab::with(|config| config.allow_peers = vec![Network::new([0, 0, 0, 0].into(), 0)]);
    let mut client = Client::new(1);
    client.allocate(&mut lab).unwrap();
    assert_eq!(client.permit(&mut lab, SERVER), Err(403));
    assert_eq!(client.bind(&mut lab, 0x4000, SERVER), Err(403));
    assert_eq!(client.permit(&mut lab, "192.0.2.9:3479"), Ok(()));
    assert_eq!(client.send(&mut lab, SERVER, b"x", &[]), Sent::Nothing);
}

/// A socket on the wildcard hears all of 127.0.0.0/8, of which an interface has one address.
#[test]
fn whoever_listens_everywhere_is_reached_by_no_loopback_address() {
    let loopback = Network::new([127, 0, 0, 0].into(), 8);
    let mut lab = Lab::with(|config| config.allow_peers = vec![loopback]);
    let listening = ["0.0.0.0:3478", "127.0.0.1:9644"].map(|a| a.parse().unwrap());
    lab.relay.set_listening(&listening);
    let mut client = Client::new(1);
    client.allocate(&mut lab).unwrap();
    assert_eq!(client.bind(&mut lab, 0x4000, "127.1.2.3:3478"), Err(403));
    assert_eq!(client.permit(&mut lab, "127.1.2.3:3478"), Err(403));
    assert_eq!(client.bind(&mut lab, 0x4000, "127.1.2.3:9644"), Ok(()));
    let sent = client.send(&mut lab, "127.1.2.3:3478", b"x", &[]);
    assert_eq!(sent, Sent::Nothing);
}

#[test]
fn our_listening_address_is_refused_behind_a_translator_too() {
    let mut lab = Lab::new();
    lab.relay
        .set_listening(&["93.184.215.14:3478".parse().unwrap()]);
    let client = ask_v6(&mut lab);
    assert_eq!(
        client.permit(&mut lab, "[64:ff9b::5db8:d70e]:3478"),
        Err(403)
    );
    assert_eq!(client.permit(&mut lab, "[64:ff9b::5db8:d70e]:3479"), Ok(()));
}

#[test]
fn embedded_addresses_are_found_in_every_scheme() {
    for (address, embedded) in [
        ("::1.2.3.4", "1.2.3.4"),
        ("::ffff:1.2.3.4", "1.2.3.4"),
        ("64:ff9b::1.2.3.4", "1.2.3.4"),
        ("64:ff9b:1::1.2.3.4", "1.2.3.4"),
        ("64:ff9b:1:102:3:400::", "1.2.3.4"),
        ("2002:102:304::", "1.2.3.4"),
        ("2001:0:102:304::", "1.2.3.4"),
        ("2001::fefd:fcfb", "1.2.3.4"),
        ("2a00::5efe:1.2.3.4", "1.2.3.4"),
        ("2a00::200:5efe:1.2.3.4", "1.2.3.4"),
    ] {
        let found = forms(address.parse().unwrap()).any(|form| form.to_string() == embedded);
        assert!(found, "{address}");
    }
}

#[test]
fn a_range_ends_where_the_registry_ends_it() {
    assert_eq!(
        reserved("100.127.255.255".parse().unwrap()),
        Some("shared address space (RFC 6598)")
    );
    assert_eq!(reserved("100.128.0.0".parse().unwrap()), None);
}

/// A client with an allocation of the family of `ip`, and a peer there.
fn allocated_for(ip: &str) -> (Lab, Client, String) {
    let mut lab = Lab::new();
    if ip.contains(':') {
        let client = ask_v6(&mut lab);
        return (lab, client, format!("[{ip}]:7000"));
    }
    let mut client = Client::new(1);
    client.allocate(&mut lab).unwrap();
    (lab, client, format!("{ip}:7000"))
}

fn ask_v6(lab: &mut Lab) -> Client {
    ask_for(lab, Transport::Udp, UDP, true)
}

fn ask_for(lab: &mut Lab, transport: Transport, relayed: u8, v6: bool) -> Client {
    let mut client = Client::over(1, transport);
    client.learn(lab);
    let family = [1 + u8::from(v6), 0, 0, 0];
    let family = RawAttribute::new(0x0017.into(), &family);
    client
        .ask(lab, ALLOCATE, &[&RequestedTransport::new(relayed), &family])
        .unwrap();
    client
}

/// Protocol numbers of REQUESTED-TRANSPORT.
const UDP: u8 = 17;
const TCP: u8 = 6;

#[test]
fn refusals_are_counted_by_rule_and_errors_by_code() {
    let mut lab = Lab::new();
    let mut client = Client::new(1);
    client.allocate(&mut lab).unwrap();
    for peer in ["10.0.0.1:1", "10.0.0.2:1", "127.0.0.1:1"] {
        assert_eq!(client.permit(&mut lab, peer), Err(403));
    }
    let mut counted = lab.relay.snapshot();
    counted.add(&lab.relay.snapshot());
    let by_rule: Vec<_> = counted.refused_by_rule.into_iter().collect();
    assert_eq!(
        by_rule,
        [("loopback (RFC 1122)", 2), ("private use (RFC 1918)", 4)]
    );
    assert_eq!(counted.errors.get(&403), Some(&6));
    assert_eq!(counted.errors.get(&401), Some(&2));
}
