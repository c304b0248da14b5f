//! The JSON API of the page.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Serialize;
use serde_json::json;

use super::guest::{Caller, Pages};
use super::trust::host_for_others;
use super::visitor::Visitor;
use super::{Bearer, Site};
use crate::listen::Arrival;
use crate::relay::IceServer;

/// What `/api/ice-servers` says: an `RTCConfiguration` and how long it is good for.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct IceConfiguration {
    ice_servers: Vec<IceServer>,
    ice_transport_policy: &'static str,
    /// Seconds.
    ttl: u64,
    /// Milliseconds since 1970.
    expires: u64,
}

/// In whose name a credential is made.
struct Minter {
    /// A device, or an address.
    name: String,
    /// Whether it is to use relayed addresses only.
    hidden: bool,
}

/// Why somebody gets no ICE servers.
enum Denied {
    /// The token is forged, old, or of another run.
    Token,
    /// The page's origin is not allowed.
    Page,
    /// Too many requests without a session; so long until the next.
    Rate(Duration),
}

/// ICE servers with fresh credentials, for a session or (under a rate limit) for a page that may use
/// the doors of foreign clients, which bring nothing to know them by.
pub(super) async fn ice_servers(
    State(site): State<Arc<Site>>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
) -> Response {
    let caller = match site.origins.caller(&arrival, &headers, Pages::Foreign) {
        Ok(caller) => caller,
        // A session's token says more than an origin does; that the page may read the answer it does not say.
        Err(_) if headers.contains_key(header::AUTHORIZATION) => Caller {
            visitor: site.origins.visitor(&arrival, &headers),
            origin: None,
        },
        Err(_) => return Denied::Page.into_response(),
    };
    let visitor = &caller.visitor;
    let Minter { name, hidden } = match minter(&site, visitor, &headers) {
        Ok(minter) => minter,
        Err(denied) => return denied.into_response(),
    };
    let credential = site.relay.mint(&name, TTL);
    let mut servers = site.relay.ice_servers(arrival.local, &visitor.host);
    servers.retain(|server| !hidden || server.is_turn());
    IceServer::sign(&mut servers, &credential);
    let configuration = IceConfiguration {
        ice_servers: servers,
        ice_transport_policy: if hidden { "relay" } else { "all" },
        ttl: TTL.as_secs(),
        expires: credential.expires,
    };
    let mut response = Json(configuration).into_response();
    let answer = response.headers_mut();
    caller.open(answer);
    answer.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Lets pages of allowed origins send their token.
pub(super) async fn ice_preflight(
    State(site): State<Arc<Site>>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
) -> Response {
    match site.origins.caller(&arrival, &headers, Pages::Foreign) {
        Ok(caller) => caller.preflight(&headers),
        Err(wrong) => wrong.into_response(),
    }
}

/// In whose name the credential is made, and counted.
fn minter(site: &Site, visitor: &Visitor, headers: &HeaderMap) -> Result<Minter, Denied> {
    if let Some(given) = headers.get(header::AUTHORIZATION) {
        let token = given
            .to_str()
            .ok()
            .and_then(|text| text.strip_prefix("Bearer "));
        let now = site.switchboard.clock().since_1970();
        let bearer = token.and_then(|token| site.tokens.check(token.trim(), now));
        let Bearer { name, hidden } = bearer.ok_or(Denied::Token)?;
        return Ok(Minter {
            name: name.to_owned(),
            hidden,
        });
    }
    if !may_ask(headers) {
        return Err(Denied::Page);
    }
    site.ice_rate
        .take(visitor.address, Instant::now())
        .map_err(Denied::Rate)?;
    Ok(Minter {
        name: visitor.address.to_string(),
        hidden: false,
    })
}

/// An `Origin` has been judged already. Browsers leave it out of same-origin reads, but say so in `Sec-Fetch-Site`. Whoever sends neither is no page of
/// a foreign origin, and could as well send what we want to see: the rate limit and the quota are what holds them.
fn may_ask(headers: &HeaderMap) -> bool {
    headers.contains_key(header::ORIGIN)
        || headers
            .get("sec-fetch-site")
            .is_none_or(|fetched| fetched == "same-origin" || fetched == "none")
}

/// The address the request came from.
pub(super) async fn ip(
    State(site): State<Arc<Site>>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
) -> Response {
    let address = site.origins.visitor(&arrival, &headers).address;
    let family = if address.is_ipv4() { 4 } else { 6 };
    fresh(Json(json!({ "ip": address, "family": family })))
}

/// What the page wants to know about the server.
///
/// `origins` is where other devices reach it: a page opened as `localhost` cannot know, and hands out links and codes.
pub(super) async fn status(
    State(site): State<Arc<Site>>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
) -> Response {
    let visitor = site.origins.visitor(&arrival, &headers);
    let (scheme, usual) = if visitor.secure {
        ("https", 443)
    } else {
        ("http", 80)
    };
    let host = host_for_others(&site, &visitor.host, arrival.local.port(), usual);
    fresh(Json(json!({
        "name": "magpie",
        "version": env!("CARGO_PKG_VERSION"),
        "authority": { "fingerprint": site.trust.fingerprint },
        "origins": [format!("{scheme}://{host}")],
    })))
}

/// Says that the process runs. Any origin may ask: the trust page over plain HTTP must.
pub(super) async fn live() -> Response {
    let any = [(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")];
    (any, fresh(Json(json!({ "live": true })))).into_response()
}

/// Says whether new clients are welcome.
pub(super) async fn ready(State(site): State<Arc<Site>>) -> Response {
    let ready = site.switchboard.is_open();
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, fresh(Json(json!({ "ready": ready })))).into_response()
}

fn fresh(answer: impl IntoResponse) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], answer).into_response()
}

impl IntoResponse for Denied {
    fn into_response(self) -> Response {
        let (status, code, detail) = match self {
            Self::Token => (
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                "The token is wrong, has expired, or is of an earlier run; a new one comes with the next welcome.",
            ),
            Self::Page => (
                StatusCode::FORBIDDEN,
                "origin",
                "Pages of this origin may not ask; --origin allows one.",
            ),
            Self::Rate(_) => (
                StatusCode::TOO_MANY_REQUESTS,
                "rate",
                "Too many requests without a session from your address.",
            ),
        };
        let mut response = (
            status,
            fresh(Json(json!({ "code": code, "detail": detail }))),
        )
            .into_response();
        if let Self::Rate(wait) = self {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, (wait.as_secs() + 1).into());
        }
        response
    }
}

/// How long a credential opens allocations; those it opened go on.
const TTL: Duration = Duration::from_secs(600);
