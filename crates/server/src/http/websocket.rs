//! The WebSocket handshake of `/ws`.

use std::sync::Arc;

use aws_lc_rs::digest;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

use super::Site;
use super::visitor::Visitor;
use crate::listen::{Arrival, Conn};
use crate::ws::{self, Visit};

/// Why a handshake is refused, for whoever looks into it.
enum Refusal {
    NotAWebSocket,
    NoOrigin,
    WrongOrigin { origin: String, host: String },
    TooMany,
}

/// Turns a request of an allowed origin into a WebSocket.
///
/// # Spec
/// RFC 6455 section 4.2. No extension and no sub-protocol is agreed to.
pub(super) async fn open(
    State(site): State<Arc<Site>>,
    Extension(arrival): Extension<Arrival>,
    mut request: Request,
) -> Response {
    let visitor = site.origins.visitor(&arrival, request.headers());
    let accept = match accept_key(request.headers()) {
        Some(accept) => accept,
        None => return Refusal::NotAWebSocket.into_response(),
    };
    let origin = match allowed_origin(&site, &visitor, request.headers()) {
        Ok(origin) => origin,
        Err(refusal) => return refusal.into_response(),
    };
    let Some(pass) = site.gate.admit_websocket(visitor.address) else {
        return Refusal::TooMany.into_response();
    };
    let Some(upgrade) = request.extensions_mut().remove::<OnUpgrade>() else {
        return Refusal::NotAWebSocket.into_response();
    };
    let visit = Visit {
        origin,
        address: visitor.address,
        pass,
        switchboard: site.switchboard.clone(),
        tokens: Arc::clone(&site.tokens),
    };
    tokio::spawn(run(upgrade, visit));
    let agreed = [
        (header::CONNECTION, "Upgrade".to_owned()),
        (header::UPGRADE, "websocket".to_owned()),
        (header::SEC_WEBSOCKET_ACCEPT, accept),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, agreed, Body::empty()).into_response()
}

async fn run(upgrade: OnUpgrade, visit: Visit) {
    let parts = match upgrade
        .await
        .map(hyper::upgrade::Upgraded::downcast::<TokioIo<Conn>>)
    {
        Ok(Ok(parts)) => parts,
        Ok(Err(_)) | Err(_) => return tracing::debug!("a WebSocket ended in its handshake"),
    };
    ws::serve(parts.io.into_inner(), parts.read_buf, visit).await;
}

/// What proves to the client that we understood (section 4.2.2); `None`: the request is no handshake.
fn accept_key(headers: &HeaderMap) -> Option<String> {
    let has = |name: &HeaderName, token: &str| {
        let values = headers
            .get_all(name)
            .into_iter()
            .filter_map(|value| value.to_str().ok());
        values
            .flat_map(|value| value.split(','))
            .any(|part| part.trim().eq_ignore_ascii_case(token))
    };
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?.to_str().ok()?;
    let version = headers.get(header::SEC_WEBSOCKET_VERSION)? == "13";
    if !version || !has(&header::UPGRADE, "websocket") || !has(&header::CONNECTION, "upgrade") {
        return None;
    }
    let hash = digest::digest(
        &digest::SHA1_FOR_LEGACY_USE_ONLY,
        format!("{key}{GUID}").as_bytes(),
    );
    Some(BASE64.encode(hash.as_ref()))
}

fn allowed_origin(site: &Site, visitor: &Visitor, headers: &HeaderMap) -> Result<String, Refusal> {
    let origin = headers.get(header::ORIGIN).ok_or(Refusal::NoOrigin)?;
    let origin = String::from_utf8_lossy(origin.as_bytes()).into_owned();
    match site.origins.allows(&origin, visitor) {
        true => Ok(origin),
        false => Err(Refusal::WrongOrigin {
            origin,
            host: visitor.host.clone(),
        }),
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::NotAWebSocket => {
                let upgrade = [
                    (header::UPGRADE, "websocket"),
                    (header::SEC_WEBSOCKET_VERSION, "13"),
                ];
                (
                    StatusCode::UPGRADE_REQUIRED,
                    upgrade,
                    "This address speaks WebSocket, version 13.\n",
                )
                    .into_response()
            }
            Self::NoOrigin => (
                StatusCode::FORBIDDEN,
                "A WebSocket here needs an Origin header.\n",
            )
                .into_response(),
            Self::WrongOrigin { origin, host } => {
                let origin: String = origin
                    .chars()
                    .filter(|c| !c.is_control())
                    .take(200)
                    .collect();
                let said = format!(
                    "Pages of {origin} may not connect to {host}. To allow them start magpie with --origin {origin}; \
                     behind a reverse proxy see --trusted-proxy.\n"
                );
                (StatusCode::FORBIDDEN, said).into_response()
            }
            Self::TooMany => {
                let wait = [(header::RETRY_AFTER, "10")];
                (StatusCode::TOO_MANY_REQUESTS, wait, super::CROWDED).into_response()
            }
        }
    }
}

const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_rfc_is_answered_as_printed_there() {
        let headers = handshake(&[]);
        assert_eq!(
            accept_key(&headers).as_deref(),
            Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        );
    }

    #[test]
    fn a_connection_header_with_more_tokens_is_a_handshake_too() {
        assert!(accept_key(&handshake(&[("connection", "keep-alive, Upgrade")])).is_some());
    }

    #[test]
    fn other_versions_and_upgrades_are_no_handshake() {
        assert!(accept_key(&handshake(&[("sec-websocket-version", "8")])).is_none());
        assert!(accept_key(&handshake(&[("upgrade", "h2c")])).is_none());
        assert!(accept_key(&handshake(&[("connection", "close")])).is_none());
    }

    fn handshake(changes: &[(&'static str, &'static str)]) -> HeaderMap {
        let usual = [
            ("connection", "Upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ];
        let mut headers = HeaderMap::new();
        for (name, value) in usual.iter().chain(changes) {
            headers.insert(*name, value.parse().unwrap());
        }
        headers
    }
}
