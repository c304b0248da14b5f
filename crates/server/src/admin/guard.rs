//! Who may ask the admin address.
//!
//! A browser on this machine reaches loopback for every page it shows. So a request that a page of another origin caused
//! is refused, and on loopback, where no token protects, also one whose `Host` is no name of loopback: a page of a
//! stranger's name that resolves to 127.0.0.1 (DNS rebinding) is of the same origin to the browser.

use std::net::IpAddr;
use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use super::{Admin, refusal};

/// Lets the request through, or says why not.
pub(super) async fn admit(
    State(admin): State<Arc<Admin>>,
    request: Request,
    next: Next,
) -> Response {
    match check(admin.token.as_deref(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refused) => refused.response(),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refused {
    Token,
    Host,
    Page,
}

fn check(token: Option<&str>, headers: &HeaderMap) -> Result<(), Refused> {
    if from_a_page(headers) {
        return Err(Refused::Page);
    }
    match token {
        Some(token) if bears(headers, token) => Ok(()),
        Some(_) => Err(Refused::Token),
        None if names_loopback(headers) => Ok(()),
        None => Err(Refused::Host),
    }
}

/// Browsers name the origin of what a page sends, and say whether it was typed in or comes from a page.
fn from_a_page(headers: &HeaderMap) -> bool {
    let fetched = headers.get("sec-fetch-site");
    headers.contains_key(header::ORIGIN)
        || fetched.is_some_and(|site| site != "none" && site != "same-origin")
}

fn bears(headers: &HeaderMap, token: &str) -> bool {
    let given = headers
        .get(header::AUTHORIZATION)
        .map(HeaderValue::as_bytes);
    let given = given.and_then(|value| value.strip_prefix(b"Bearer "));
    given.is_some_and(|given| verify_slices_are_equal(given.trim_ascii(), token.as_bytes()).is_ok())
}

fn names_loopback(headers: &HeaderMap) -> bool {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    host.is_some_and(|host| {
        let name = without_port(host).trim_matches(['[', ']']);
        let ip = name.parse::<IpAddr>();
        name.eq_ignore_ascii_case("localhost") || ip.is_ok_and(|ip| ip.to_canonical().is_loopback())
    })
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

impl Refused {
    fn response(self) -> Response {
        match self {
            Self::Token => {
                let detail =
                    "A bearer token is needed; it is in the file admin-token of the data folder.";
                let mut response = refusal(StatusCode::UNAUTHORIZED, "token", detail);
                let how = HeaderValue::from_static("Bearer");
                response.headers_mut().insert(header::WWW_AUTHENTICATE, how);
                response
            }
            Self::Host => refusal(
                StatusCode::FORBIDDEN,
                "host",
                "On this address the Host header has to be localhost or a loopback address.",
            ),
            Self::Page => refusal(StatusCode::FORBIDDEN, "origin", "Pages may not ask."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_loopback_only_names_of_loopback_are_answered() {
        for host in [
            "localhost:9",
            "LOCALHOST",
            "127.0.0.1:9",
            "127.9.9.9",
            "[::1]:9",
            "[::ffff:127.0.0.1]",
        ] {
            assert_eq!(check(None, &headers(&[("host", host)])), Ok(()), "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:9",
            "192.0.2.1:9",
            "localhost.evil.example",
            "127.0.0.1.nip.io",
            "",
        ] {
            assert_eq!(
                check(None, &headers(&[("host", host)])),
                Err(Refused::Host),
                "{host}"
            );
        }
        assert_eq!(check(None, &HeaderMap::new()), Err(Refused::Host));
    }

    #[test]
    fn elsewhere_the_token_is_needed_and_the_name_does_not_matter() {
        let asked = |given: &str| {
            let headers = headers(&[("host", "relay.example"), ("authorization", given)]);
            check(Some("a long token"), &headers)
        };
        assert_eq!(asked("Bearer a long token"), Ok(()));
        for wrong in [
            "Bearer a long toke",
            "Bearer ",
            "Basic a long token",
            "a long token",
        ] {
            assert_eq!(asked(wrong), Err(Refused::Token), "{wrong}");
        }
    }

    #[test]
    fn pages_are_refused_even_with_the_token() {
        for (name, value) in [
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            let headers = headers(&[
                ("host", "localhost"),
                ("authorization", "Bearer t"),
                (name, value),
            ]);
            assert_eq!(check(Some("t"), &headers), Err(Refused::Page), "{value}");
            assert_eq!(check(None, &headers), Err(Refused::Page), "{value}");
        }
    }

    #[test]
    fn an_address_typed_into_a_browser_is_answered() {
        let headers = headers(&[("host", "localhost:9"), ("sec-fetch-site", "none")]);
        assert_eq!(check(None, &headers), Ok(()));
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    header::HeaderName::from_static(name),
                    value.parse().unwrap(),
                )
            })
            .collect()
    }
}
