//! The WebSocket handshake of every door.

use std::sync::Arc;

use aws_lc_rs::digest;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

use super::Site;
use super::guest::{Caller, Pages, WrongOrigin};
use crate::listen::{Arrival, Conn, Pass};
use crate::session::HELLO_LIMIT;
use crate::ws::outbox::Outbox;
use crate::ws::{self, Wire};

/// What a door asks of a handshake.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    /// Whose pages may connect.
    pub(crate) pages: Pages,
    /// Longest message taken from the client, bytes; [`Wire::set_limit`] changes it later.
    pub(crate) limit: usize,
    /// The sub-protocol agreed to when the client offers it.
    pub(crate) protocol: Option<&'static str>,
}

/// An agreed WebSocket, to be served until it ends.
pub(crate) struct Socket {
    /// Messages to and from the client.
    pub(crate) wire: Wire,
    /// Where to queue what the client is told; `wire` sends it.
    pub(crate) outbox: Outbox,
    /// Who is at the other end.
    pub(crate) caller: Caller,
    /// Counts the WebSocket among those of its address; unproven until [`Pass::prove`].
    pub(crate) pass: Pass,
}

/// Why a handshake is refused, for whoever looks into it.
enum Refusal {
    NotAWebSocket,
    NoOrigin,
    WrongOrigin(WrongOrigin),
    TooMany,
}

/// Opens the native protocol's WebSocket.
pub(super) async fn open(State(site): State<Arc<Site>>, request: Request) -> Response {
    let terms = Terms {
        pages: Pages::Own,
        limit: HELLO_LIMIT,
        protocol: None,
    };
    let visit = site.visit();
    accept(&site, request, terms, |socket| ws::serve(socket, visit))
}

/// Turns a request of an allowed origin into a WebSocket that `serve` looks after, in a task of its own; any other
/// request is told why not.
///
/// # Spec
/// RFC 6455 section 4.2. No extension is agreed to.
pub(crate) fn accept<F>(
    site: &Site,
    mut request: Request,
    terms: Terms,
    serve: impl FnOnce(Socket) -> F + Send + 'static,
) -> Response
where
    F: Future<Output = ()> + Send,
{
    let (upgrade, accept, caller, pass) = match agree(site, &mut request, terms) {
        Ok(agreed) => agreed,
        Err(refusal) => return refusal.into_response(),
    };
    tokio::spawn(async move {
        if let Some(socket) = shake(upgrade, caller, pass, terms.limit).await {
            serve(socket).await;
        }
    });
    let agreed = [
        (header::CONNECTION, "Upgrade".to_owned()),
        (header::UPGRADE, "websocket".to_owned()),
        (header::SEC_WEBSOCKET_ACCEPT, accept),
    ];
    let mut response = (StatusCode::SWITCHING_PROTOCOLS, agreed, Body::empty()).into_response();
    if let Some(protocol) = terms
        .protocol
        .filter(|protocol| offers(request.headers(), protocol))
    {
        let chosen = HeaderValue::from_static(protocol);
        response
            .headers_mut()
            .insert(header::SEC_WEBSOCKET_PROTOCOL, chosen);
    }
    response
}

/// Whether a request wants to become a WebSocket, so that a path can serve both kinds.
pub(crate) fn is_handshake(headers: &HeaderMap) -> bool {
    has_token(headers, &header::UPGRADE, "websocket")
}

/// Whether the client offers a sub-protocol (section 4.1, item 10).
pub(crate) fn offers(headers: &HeaderMap, protocol: &str) -> bool {
    has_token(headers, &header::SEC_WEBSOCKET_PROTOCOL, protocol)
}

fn agree(
    site: &Site,
    request: &mut Request,
    terms: Terms,
) -> Result<(OnUpgrade, String, Caller, Pass), Refusal> {
    let accept = accept_key(request.headers()).ok_or(Refusal::NotAWebSocket)?;
    let arrival = request.extensions().get::<Arrival>().copied();
    let caller = site
        .origins
        .caller(
            &arrival.ok_or(Refusal::NotAWebSocket)?,
            request.headers(),
            terms.pages,
        )
        .map_err(Refusal::WrongOrigin)?;
    if terms.pages == Pages::Own && caller.origin.is_none() {
        return Err(Refusal::NoOrigin);
    }
    let pass = site
        .gate
        .admit_websocket(caller.visitor.address)
        .ok_or(Refusal::TooMany)?;
    let upgrade = request
        .extensions_mut()
        .remove::<OnUpgrade>()
        .ok_or(Refusal::NotAWebSocket)?;
    Ok((upgrade, accept, caller, pass))
}

/// Waits until the answer to the handshake is out and the connection ours.
async fn shake(upgrade: OnUpgrade, caller: Caller, pass: Pass, limit: usize) -> Option<Socket> {
    let upgraded = upgrade.await.ok()?;
    let Ok(parts) = upgraded.downcast::<TokioIo<Conn>>() else {
        tracing::debug!("a WebSocket ended in its handshake");
        return None;
    };
    let outbox = Outbox::default();
    let wire = Wire::new(parts.io.into_inner(), parts.read_buf, outbox.clone(), limit);
    Some(Socket {
        wire,
        outbox,
        caller,
        pass,
    })
}

/// What proves to the client that we understood (section 4.2.2); `None`: the request is no handshake.
fn accept_key(headers: &HeaderMap) -> Option<String> {
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?.to_str().ok()?;
    let version = headers.get(header::SEC_WEBSOCKET_VERSION)? == "13";
    if !version || !is_handshake(headers) || !has_token(headers, &header::CONNECTION, "upgrade") {
        return None;
    }
    let hash = digest::digest(
        &digest::SHA1_FOR_LEGACY_USE_ONLY,
        format!("{key}{GUID}").as_bytes(),
    );
    Some(BASE64.encode(hash.as_ref()))
}

/// Whether a comma-separated header lists `token`.
fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    let values = headers
        .get_all(name)
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .any(|part| part.trim().eq_ignore_ascii_case(token))
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
            Self::WrongOrigin(wrong) => wrong.into_response(),
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
