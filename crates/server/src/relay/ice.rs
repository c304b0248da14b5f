//! The ICE servers a page is told.

use std::net::{IpAddr, SocketAddr};

use serde::Serialize;

use super::Credential;

/// One entry of `RTCConfiguration.iceServers`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IceServer {
    /// `stun:`, `turn:` and `turns:` URLs (RFC 7064, RFC 7065).
    pub urls: Vec<String>,
    /// TURN user name; absent for STUN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// TURN password; absent for STUN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

impl IceServer {
    /// Puts `credential` into the entries that need one, those with TURN URLs.
    pub fn sign(servers: &mut [Self], credential: &Credential) {
        for server in servers.iter_mut().filter(|s| s.is_turn()) {
            server.username = Some(credential.username.clone());
            server.credential = Some(credential.password.clone());
        }
    }

    /// Entries for a server at `host` (a name, or an address, in brackets if of IPv6) whose one port takes every transport,
    /// without credentials.
    #[must_use]
    pub fn at(host: &str, port: u16) -> Vec<Self> {
        let turn = ["turn", "turn", "turns"]
            .into_iter()
            .zip(["udp", "tcp", "tcp"]);
        let turn = turn.map(|(scheme, over)| format!("{scheme}:{host}:{port}?transport={over}"));
        vec![
            Self::new(vec![format!("stun:{host}:{port}")]),
            Self::new(turn.collect()),
        ]
    }

    const fn new(urls: Vec<String>) -> Self {
        Self {
            urls,
            username: None,
            credential: None,
        }
    }

    /// Whether it offers a relay.
    #[must_use]
    pub fn is_turn(&self) -> bool {
        self.urls.iter().any(|url| url.starts_with("turn"))
    }
}

/// Ports and public addresses the URLs are made of.
#[derive(Clone, Debug)]
pub(super) struct Reach {
    /// UDP listening addresses, the shared port first.
    pub(super) udp: Vec<SocketAddr>,
    /// TCP listening addresses that take TURN as it is, the shared port first.
    pub(super) tcp: Vec<SocketAddr>,
    /// Those that take it inside TLS.
    pub(super) tls: Vec<SocketAddr>,
    /// Whether pages, which have no password for it, may use STUN.
    pub(super) stun: bool,
    /// Whether there are relayed addresses to be had.
    pub(super) turn: bool,
    /// Addresses the outside reaches this machine under.
    pub(super) public: Vec<IpAddr>,
}

impl Reach {
    /// Servers for a page that reached `local` under the name `host`: one entry for STUN, one for TURN.
    pub(super) fn servers(&self, local: SocketAddr, host: &str) -> Vec<IceServer> {
        let (mut stun, mut turn) = (Vec::new(), Vec::new());
        let udp = port(&self.udp, local);
        let [tcp, tls] = [&self.tcp, &self.tls].map(|listening| port(listening, local));
        for host in self.hosts(local, host) {
            if let Some(udp) = udp {
                stun.push(format!("stun:{host}:{udp}"));
                turn.push(format!("turn:{host}:{udp}?transport=udp"));
            }
            if let Some(tcp) = tcp {
                turn.push(format!("turn:{host}:{tcp}?transport=tcp"));
            }
        }
        if let Some(tls) = tls {
            turn.push(format!(
                "turns:{}:{tls}?transport=tcp",
                tls_host(local, host)
            ));
        }
        [(self.stun, stun), (self.turn, turn)]
            .into_iter()
            .filter(|(offered, urls)| *offered && !urls.is_empty())
            .map(|(_, urls)| IceServer::new(urls))
            .collect()
    }

    /// The address reached, then the public ones. Behind a reverse proxy on this machine the address reached is
    /// loopback although the page has a real name: then the name stands in for it.
    fn hosts(&self, local: SocketAddr, host: &str) -> Vec<String> {
        let ip = local.ip().to_canonical();
        let name = name(host);
        let proxied = ip.is_loopback() && !is_local(name);
        let mut hosts = vec![if proxied {
            name.to_owned()
        } else {
            literal(ip)
        }];
        for public in self.public.iter().map(|ip| literal(*ip)) {
            if !hosts.contains(&public) {
                hosts.push(public);
            }
        }
        hosts
    }
}

/// The port reached if one of ours listens on it (with that transport), else our first.
fn port(listening: &[SocketAddr], local: SocketAddr) -> Option<u16> {
    let reached = listening.iter().find(|l| l.port() == local.port());
    reached.or(listening.first()).map(SocketAddr::port)
}

/// The name of the page, since the certificate covers it; the address reached if the page has none.
fn tls_host(local: SocketAddr, host: &str) -> String {
    let name = name(host);
    match name.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(ip) if ip.is_loopback() == local.ip().to_canonical().is_loopback() => {
            literal(local.ip().to_canonical())
        }
        Ok(ip) => literal(ip),
        Err(_) if name.is_empty() => literal(local.ip().to_canonical()),
        Err(_) => name.to_owned(),
    }
}

/// `host` of a `Host` header without its port.
fn name(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port))
            if port.bytes().all(|b| b.is_ascii_digit())
                && (name.ends_with(']') || !name.contains(':')) =>
        {
            name
        }
        _ => host,
    }
}

fn is_local(name: &str) -> bool {
    let ip = name.trim_matches(['[', ']']).parse::<IpAddr>();
    name.is_empty()
        || name == "localhost"
        || name.ends_with(".localhost")
        || ip.is_ok_and(|ip| ip.is_loopback())
}

fn literal(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ipv6_addresses_stand_in_brackets() {
        let urls = urls("[2001:db8::7]:443", "[2001:db8::7]:443");
        assert!(
            urls.contains(&"turn:[2001:db8::7]:443?transport=udp".to_owned()),
            "{urls:?}"
        );
        assert!(
            urls.contains(&"turns:[2001:db8::7]:443?transport=tcp".to_owned()),
            "{urls:?}"
        );
    }

    #[test]
    fn an_ipv4_mapped_address_is_told_as_ipv4() {
        assert!(urls("[::ffff:192.0.2.7]:443", "x").contains(&"stun:192.0.2.7:443".to_owned()));
    }

    #[test]
    fn tls_goes_to_the_name_of_the_page() {
        assert!(
            urls("192.0.2.7:443", "call.example.org")
                .contains(&"turns:call.example.org:443?transport=tcp".to_owned())
        );
        assert!(
            urls("192.0.2.7:443", "192.0.2.7")
                .contains(&"turns:192.0.2.7:443?transport=tcp".to_owned())
        );
    }

    #[test]
    fn a_page_behind_a_proxy_on_this_machine_is_told_its_own_name() {
        let urls = urls("127.0.0.1:8080", "call.example.org");
        assert!(
            urls.contains(&"stun:call.example.org:443".to_owned()),
            "{urls:?}"
        );
        assert!(
            urls.iter().all(|url| !url.contains("127.0.0.1")),
            "{urls:?}"
        );
    }

    #[test]
    fn a_listener_that_takes_no_turn_is_replaced_by_the_first_that_does() {
        assert!(
            urls("192.0.2.7:8080", "x").contains(&"turn:192.0.2.7:443?transport=tcp".to_owned())
        );
        assert!(
            urls("192.0.2.7:3478", "x").contains(&"turn:192.0.2.7:3478?transport=udp".to_owned())
        );
    }

    #[test]
    fn the_public_address_comes_once() {
        let urls = urls("203.0.113.7:443", "x");
        assert_eq!(
            urls.iter()
                .filter(|url| *url == "stun:203.0.113.7:443")
                .count(),
            1
        );
    }

    #[test]
    fn what_is_not_offered_is_not_told() {
        let kinds = |change: fn(&mut Reach)| -> Vec<String> {
            let mut reach = reach();
            change(&mut reach);
            let servers = reach.servers("192.0.2.7:443".parse().unwrap(), "x");
            let urls = servers.into_iter().flat_map(|server| server.urls);
            let mut kinds: Vec<String> = urls
                .map(|url| format!("{}{}", &url[..5], &url[url.len() - 3..]))
                .collect();
            kinds.sort();
            kinds.dedup();
            kinds
        };
        assert_eq!(kinds(|reach| reach.turn = false), ["stun:443"]);
        assert_eq!(
            kinds(|reach| reach.stun = false),
            ["turn:tcp", "turn:udp", "turnstcp"]
        );
        assert_eq!(kinds(|reach| reach.udp.clear()), ["turn:tcp", "turnstcp"]);
        assert_eq!(
            kinds(|reach| reach.tls.clear()),
            ["stun:443", "turn:tcp", "turn:udp"]
        );
    }

    fn urls(local: &str, host: &str) -> Vec<String> {
        let servers = reach().servers(local.parse().unwrap(), host);
        servers.into_iter().flat_map(|server| server.urls).collect()
    }

    fn reach() -> Reach {
        let addresses = ["0.0.0.0:443", "0.0.0.0:3478"]
            .map(|a| a.parse().unwrap())
            .to_vec();
        Reach {
            udp: addresses.clone(),
            tcp: addresses.clone(),
            tls: addresses,
            stun: true,
            turn: true,
            public: vec!["203.0.113.7".parse().unwrap()],
        }
    }
}
