//! Who asks: client address, host name asked for, and whether the asking page may use this server.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, header};

use crate::config::{Cidr, Origin};
use crate::listen::Arrival;

/// What is believed about a request's sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visitor {
    /// The client's address; behind a trusted proxy the one it reports.
    pub address: IpAddr,
    /// Host and port, as the client wrote them: a name, an IPv4 literal or a bracketed IPv6 literal, and `:PORT`
    /// unless it is the default. Never anything that could break out of a header, a URL or HTML.
    pub host: String,
    /// Whether the client uses TLS, as far as can be told.
    pub secure: bool,
}

/// Which page origins may connect, and which proxies are believed.
#[derive(Clone, Debug, Default)]
pub struct OriginRules {
    /// Proxies whose `X-Forwarded-*` headers are believed.
    pub trusted_proxies: Vec<Cidr>,
    /// Origins allowed beside our own.
    pub extra: Vec<Origin>,
}

impl OriginRules {
    /// Tells who asks.
    #[must_use]
    pub fn visitor(&self, arrival: &Arrival, headers: &HeaderMap) -> Visitor {
        let proxied = self.trusts(arrival.peer.ip());
        let forwarded = |name: HeaderName| text(headers, &name).filter(|_| proxied);
        let host = forwarded(FORWARDED_HOST)
            .and_then(last)
            .or_else(|| text(headers, &header::HOST));
        let secure = match forwarded(FORWARDED_PROTO).and_then(last) {
            Some(scheme) => scheme.eq_ignore_ascii_case("https"),
            None => arrival.secure,
        };
        Visitor {
            address: forwarded(FORWARDED_FOR).map_or(arrival.peer.ip(), |list| {
                self.client(list, arrival.peer.ip())
            }),
            host: host
                .and_then(|host| plain_host(host, secure))
                .unwrap_or_else(|| literal(arrival.local)),
            secure,
        }
    }

    /// Whether a page of `origin` may connect: one served under the host the request was sent to, or one listed.
    ///
    /// Without TLS on our side the scheme is not compared, since a proxy in front may add it.
    #[must_use]
    pub fn allows(&self, origin: &str, visitor: &Visitor) -> bool {
        let own = match origin.split_once("://") {
            Some(("https", host)) => same_host(host, &visitor.host, "443"),
            Some(("http", host)) => !visitor.secure && same_host(host, &visitor.host, "80"),
            _ => false,
        };
        own || self
            .extra
            .iter()
            .any(|extra| extra.as_str().eq_ignore_ascii_case(origin))
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.trusted_proxies
            .iter()
            .any(|range| range.contains(address))
    }

    /// The last address in the list that no trusted proxy has: what stands before it anybody can write.
    fn client(&self, list: &str, peer: IpAddr) -> IpAddr {
        let mut client = peer;
        for entry in list.rsplit(',') {
            let Some(address) = forwarded_address(entry.trim()) else {
                break;
            };
            client = address.to_canonical();
            if !self.trusts(client) {
                break;
            }
        }
        client
    }
}

/// Some proxies write the port too.
fn forwarded_address(entry: &str) -> Option<IpAddr> {
    let bare = entry.trim_start_matches('[').trim_end_matches(']');
    bare.parse()
        .ok()
        .or_else(|| entry.parse().ok().map(|socket: SocketAddr| socket.ip()))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn last(list: &str) -> Option<&str> {
    list.rsplit(',').next().map(str::trim)
}

/// A lower-case host without the scheme's default port; `None` unless it is made of harmless characters only.
fn plain_host(host: &str, secure: bool) -> Option<String> {
    let harmless = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']')
    };
    if host.is_empty() || host.len() > 255 || !host.bytes().all(harmless) {
        return None;
    }
    let default = if secure { ":443" } else { ":80" };
    Some(
        host.strip_suffix(default)
            .unwrap_or(host)
            .to_ascii_lowercase(),
    )
}

fn same_host(origin: &str, host: &str, default_port: &str) -> bool {
    let without_default = |text: &str| {
        text.strip_suffix(default_port)
            .and_then(|t| t.strip_suffix(':'))
            .unwrap_or(text)
            .to_ascii_lowercase()
    };
    without_default(origin) == without_default(host)
}

fn literal(local: SocketAddr) -> String {
    local.to_string()
}

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

#[cfg(test)]
#[path = "visitor/tests.rs"]
mod tests;
