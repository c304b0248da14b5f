//! Which pages may use which door, and what pages of other origins are told (CORS).

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::visitor::{OriginRules, Visitor};
use crate::listen::Arrival;

/// Whose pages a door is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pages {
    /// Our own, and those of listed origins: the door knows who its clients are.
    Own,
    /// Also pages served elsewhere on this machine or this network, as those of tutorials and courses are.
    Foreign,
}

/// Who came to a door, from a page that may.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The client.
    pub(crate) visitor: Visitor,
    /// Its page's origin; `None`: it sent none, so it is no page.
    pub(crate) origin: Option<String>,
}

/// A page of an origin that is not allowed; its answer says what would allow it.
#[derive(Clone, Debug)]
pub(crate) struct WrongOrigin {
    origin: String,
    host: String,
}

impl OriginRules {
    /// Who asks, if its page may.
    ///
    /// Without an `Origin` it is no page of anybody else: browsers send one with every WebSocket and with every request
    /// across origins. Such a program could as well send what we want to see, so refusing it would protect nobody.
    ///
    /// # Errors
    /// Its page may not: to be returned as the answer.
    pub(crate) fn caller(
        &self,
        arrival: &Arrival,
        headers: &HeaderMap,
        pages: Pages,
    ) -> Result<Caller, WrongOrigin> {
        let visitor = self.visitor(arrival, headers);
        let Some(origin) = headers.get(header::ORIGIN) else {
            return Ok(Caller {
                visitor,
                origin: None,
            });
        };
        let origin = String::from_utf8_lossy(origin.as_bytes()).into_owned();
        let near = pages == Pages::Foreign && is_near(visitor.address) && is_local_page(&origin);
        if near || self.allows(&origin, &visitor) {
            return Ok(Caller {
                visitor,
                origin: Some(origin),
            });
        }
        Err(WrongOrigin {
            origin,
            host: visitor.host,
        })
    }
}

impl Caller {
    /// Lets the caller's page read the answer.
    pub(crate) fn open(&self, answer: &mut HeaderMap) {
        answer.append(header::VARY, HeaderValue::from_static("Origin"));
        let origin = self.origin.as_deref().map(HeaderValue::from_str);
        if let Some(Ok(origin)) = origin {
            answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            // Some clients always ask with cookies. We set none and read none.
            answer.insert(
                header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
                HeaderValue::from_static("true"),
            );
        }
    }

    /// The answer to a preflight request: every header, and the methods doors use.
    pub(crate) fn preflight(&self, asked: &HeaderMap) -> Response {
        let mut response = StatusCode::NO_CONTENT.into_response();
        let answer = response.headers_mut();
        self.open(answer);
        if let Some(names) = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
            answer.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
        }
        for (name, value) in [
            (
                header::ACCESS_CONTROL_ALLOW_METHODS,
                "GET, HEAD, POST, OPTIONS",
            ),
            (header::ACCESS_CONTROL_MAX_AGE, "86400"),
        ] {
            answer.insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

impl IntoResponse for WrongOrigin {
    /// Readable by the page itself, since its author is who needs to know.
    fn into_response(self) -> Response {
        let origin: String = self
            .origin
            .chars()
            .filter(|c| !c.is_control())
            .take(200)
            .collect();
        let said = format!(
            "Pages of {origin} may not connect to {}. To allow them start magpie with --origin {origin}; \
             behind a reverse proxy see --trusted-proxy.\n",
            self.host
        );
        let readable = [(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")];
        (StatusCode::FORBIDDEN, readable, said).into_response()
    }
}

/// An address of this machine or of a private network.
fn is_near(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

/// A file, or a page served from a near address or from a name that means one.
fn is_local_page(origin: &str) -> bool {
    // Some web views say `file://` where browsers say `null`.
    if matches!(origin, "null" | "file://") {
        return true;
    }
    let Some((_, host)) = origin.split_once("://") else {
        return false;
    };
    let host = without_port(host).to_ascii_lowercase();
    let literal = host.trim_start_matches('[').trim_end_matches(']');
    match literal.parse() {
        Ok(address) => is_near(address),
        Err(_) => host == "localhost" || host.ends_with(".localhost") || host.ends_with(".local"),
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => name,
        _ => host,
    }
}

#[cfg(test)]
#[path = "guest/tests.rs"]
mod tests;
