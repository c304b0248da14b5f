//! The admin address: figures for operators and their programs, and taking credentials back.
//!
//! It speaks plain HTTP and HTTPS alike. On a loopback address whoever is on this machine may ask; on any other a bearer
//! token is needed, which lies in the data folder. Pages of the web never may: see [`guard`].

mod figures;
mod guard;
mod metrics;

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::{StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use crate::relay::RelayHandle;
use crate::secret;
use crate::signal::Switchboard;
use figures::Figures;

/// What the admin address needs of the rest of the server.
#[derive(Debug)]
pub struct Admin {
    relay: RelayHandle,
    switchboard: Switchboard,
    /// `None`: on loopback, where none is needed.
    token: Option<String>,
}

impl Admin {
    /// For the address `at`; makes the token in the folder `data` if it needs one that is not there yet.
    ///
    /// # Errors
    /// The token can neither be read nor made.
    pub fn new(
        at: SocketAddr,
        data: &Path,
        relay: RelayHandle,
        switchboard: Switchboard,
    ) -> io::Result<Self> {
        let needed = !at.ip().to_canonical().is_loopback();
        let token = needed.then(|| secret::read_or_make(&data.join(TOKEN_FILE)));
        Ok(Self {
            relay,
            switchboard,
            token: token.transpose()?,
        })
    }

    async fn figures(&self) -> Figures {
        let (relay, crowded_out) = self.relay.snapshot().await;
        Figures {
            relay,
            crowded_out,
            hub: self.switchboard.snapshot().await,
        }
    }
}

/// Everything the admin address answers.
pub fn router(admin: Arc<Admin>) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/admin", get(overview))
        .route("/admin/relay", get(relay))
        .route("/admin/hub", get(hub))
        .route("/admin/revoke", post(revoke))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&admin),
            guard::admit,
        ))
        .with_state(admin)
}

async fn metrics(State(admin): State<Arc<Admin>>) -> Response {
    let kind = [(header::CONTENT_TYPE, metrics::CONTENT_TYPE)];
    (kind, fresh(metrics::text(&admin.figures().await))).into_response()
}

async fn overview(State(admin): State<Arc<Admin>>) -> Response {
    let figures = admin.figures().await;
    fresh(Json(json!({
        "name": "magpie",
        "version": env!("CARGO_PKG_VERSION"),
        "relay": figures.relay(),
        "hub": figures.hub(),
    })))
}

async fn relay(State(admin): State<Arc<Admin>>) -> Response {
    fresh(Json(admin.figures().await.relay()))
}

async fn hub(State(admin): State<Arc<Admin>>) -> Response {
    fresh(Json(admin.figures().await.hub()))
}

/// Which credential is good no longer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Revocation {
    /// A user name, the id of a time-limited one, or a minter.
    id: String,
}

/// Takes a credential back in every worker: its allocations end, and it opens no other.
async fn revoke(
    State(admin): State<Arc<Admin>>,
    body: Result<Json<Revocation>, JsonRejection>,
) -> Response {
    let id = match body {
        Ok(Json(Revocation { id })) if !id.is_empty() && id.len() <= LONGEST_ID => id,
        Ok(_) => return refusal(StatusCode::BAD_REQUEST, "id", "The id has 1 to 508 bytes."),
        Err(why) => return refusal(why.status(), "body", &why.body_text()),
    };
    let ended = admin.relay.revoke(&id).await;
    tracing::info!(ended, "a credential was revoked");
    fresh(Json(json!({ "revoked": id, "allocations_ended": ended })))
}

fn refusal(status: StatusCode, code: &str, detail: &str) -> Response {
    let body = fresh(Json(json!({ "code": code, "detail": detail })));
    (status, body).into_response()
}

fn fresh(answer: impl IntoResponse) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], answer).into_response()
}

/// In the data folder.
const TOKEN_FILE: &str = "admin-token";

/// The longest user name (RFC 8489 section 14.3).
const LONGEST_ID: usize = 508;
