//! The HTTP face: the page, the JSON API, certificates for phones, health, and the WebSocket handshake.

mod api;
pub(crate) mod assets;
pub(crate) mod body;
pub(crate) mod guest;
mod headers;
mod openapi;
mod plain;
mod rate;
mod tokens;
mod trust;
mod visitor;
pub(crate) mod websocket;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

pub use rate::Rate;
pub use tokens::{Bearer, Tokens};
pub use visitor::{OriginRules, Visitor};

use crate::certs::Certificates;
use crate::doors::{self, Doors};
use crate::listen::{Arrival, Gate};
use crate::relay::RelayHandle;
use crate::session::Visit;
use crate::signal::Switchboard;
use crate::sse::{self, Streams};

/// What the HTTP face needs of the rest of the server.
pub struct Site {
    /// Who may open a WebSocket, and whose word is believed about addresses.
    pub origins: OriginRules,
    /// Limits of WebSockets per client address.
    pub gate: Gate,
    /// Bearer tokens of sessions.
    pub tokens: Arc<Tokens>,
    /// `/api/ice-servers` for pages without a session.
    pub ice_rate: Rate,
    /// Where credentials come from.
    pub relay: RelayHandle,
    /// Where native clients are connected to.
    pub switchboard: Switchboard,
    /// Clients of other protocols.
    pub doors: Doors,
    /// Native clients that WebSockets do not reach.
    pub streams: Streams,
    /// The local CA's files.
    pub trust: TrustFiles,
    /// Whether the shared port is open on every address of the machine.
    pub everywhere: bool,
}

impl Site {
    /// What a native connection needs.
    pub(crate) fn visit(&self) -> Visit {
        Visit {
            switchboard: self.switchboard.clone(),
            tokens: Arc::clone(&self.tokens),
            operator: self.doors.operator(),
        }
    }
}

/// The local CA in the forms devices want it.
#[derive(Clone, Debug)]
pub struct TrustFiles {
    /// The certificate as PEM.
    pub pem: Bytes,
    /// The certificate as DER.
    pub der: Bytes,
    /// The Apple configuration profile that installs it.
    pub mobileconfig: Bytes,
    /// SHA-256 of the DER, in the form people compare: `AB:CD:...`.
    pub fingerprint: String,
}

impl TrustFiles {
    /// The files of the server's own CA.
    #[must_use]
    pub fn of(certificates: &Certificates) -> Self {
        Self {
            pem: certificates.ca_pem().to_owned().into(),
            der: certificates.ca_der().to_vec().into(),
            mobileconfig: certificates.mobileconfig().into(),
            fingerprint: certificates.fingerprint(),
        }
    }
}

/// Everything, as served over TLS (and by `--plain`).
pub fn router(site: Arc<Site>) -> Router {
    Router::new()
        .route("/ws", get(websocket::open))
        .route("/sse", get(sse::open).options(sse::preflight))
        .route("/signal", post(sse::post).options(sse::preflight))
        .route(
            "/api/ice-servers",
            get(api::ice_servers).options(api::ice_preflight),
        )
        .route("/api/ip", get(api::ip))
        .route("/api/status", get(api::status))
        .route("/api/openapi.json", get(openapi::document))
        .merge(doors::routes())
        .merge(shared_routes())
        .fallback(doors::fallback)
        .layer(middleware::from_fn_with_state(
            Arc::clone(&site),
            headers::protect,
        ))
        .layer(middleware::from_fn(turn_away_crowd))
        .with_state(site)
}

/// What plain HTTP gets on the port of HTTPS: the way to trust the certificate, and the way to HTTPS.
pub fn plain_router(site: Arc<Site>) -> Router {
    Router::new()
        .route("/trust", get(trust::page))
        .route("/trust/light.js", get(trust::light))
        .route("/trust/trust.css", get(trust::style))
        .merge(shared_routes())
        .fallback(plain::lead_to_https)
        .layer(middleware::from_fn_with_state(
            Arc::clone(&site),
            headers::protect_plain,
        ))
        .layer(middleware::from_fn(turn_away_crowd))
        .with_state(site)
}

fn shared_routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/trust/ca.pem", get(trust::pem))
        .route("/trust/ca.crt", get(trust::der))
        .route("/trust/ca.der", get(trust::der))
        .route("/trust/magpie.mobileconfig", get(trust::mobileconfig))
        .route("/health/live", get(api::live))
        .route("/health/ready", get(api::ready))
}

/// Answers 429 to an address that holds too many connections.
async fn turn_away_crowd(request: Request, next: Next) -> Response {
    let crowded = request
        .extensions()
        .get::<Arrival>()
        .is_some_and(|arrival| arrival.crowded);
    match crowded {
        true => {
            let close = [(header::CONNECTION, "close"), (header::RETRY_AFTER, "10")];
            (StatusCode::TOO_MANY_REQUESTS, close, CROWDED).into_response()
        }
        false => next.run(request).await,
    }
}

pub(crate) const CROWDED: &str = "Too many connections from your address. Operators: behind a reverse proxy, name it with --trusted-proxy.\n";
