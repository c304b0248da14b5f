//! Socket.IO's transports: requests and WebSockets to and from the one [`Server`].
//!
//! Whatever carries a session, what is for its client lies in one [`Outbox`]: a waiting GET takes from it, or a
//! WebSocket, and an upgrade does no more than let the other one take. Hence nothing is lost or overtaken on the way.

mod door;
mod polling;
mod script;
mod websocket;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use magpie_doors::engineio::{Query, Refusal, Request as Asked, Transport};
use magpie_doors::socketio::Arrival;

pub(crate) use self::door::Door;
use crate::http::guest::{Caller, Pages};
use crate::http::{Site, websocket as handshake};
use crate::listen::Arrival as Connection;

/// The paths of Socket.IO: its requests, and the client's script.
pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/socket.io", any(serve))
        .route("/socket.io/", any(serve))
        .route(
            "/socket.io/{file}",
            get(script::serve).options(script::serve),
        )
}

async fn serve(State(site): State<Arc<Site>>, request: Request) -> Response {
    let Some(connection) = request.extensions().get::<Connection>() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let caller = match site
        .origins
        .caller(connection, request.headers(), Pages::Foreign)
    {
        Ok(caller) => caller,
        Err(wrong) => return wrong.into_response(),
    };
    if request.method() == Method::OPTIONS {
        return caller.preflight(request.headers());
    }
    let mut response = match ask(&site, &caller, request).await {
        Ok(response) => response,
        Err(refusal) => refuse(refusal),
    };
    caller.open(response.headers_mut());
    response
}

/// Checks a request in the order the reference does, and lets its transport answer.
async fn ask(site: &Arc<Site>, caller: &Caller, request: Request) -> Result<Response, Refusal> {
    let text = request.uri().query().unwrap_or_default().to_owned();
    if text.len() > QUERY_LENGTH {
        return Err(Refusal::BadRequest);
    }
    let query = Query::parse(&text);
    let asked = Asked::parse(&query)?;
    let upgrade = handshake::is_handshake(request.headers());
    let door = &site.doors.socketio;
    if let Some(sid) = &asked.sid {
        let session = door.with(|server, _| server.find(sid))?;
        return match (asked.transport, upgrade) {
            (Transport::WebSocket, true) => Ok(websocket::probe(site, session.0, request)),
            (Transport::Polling, false) => polling::serve(door, session, &asked, request).await,
            _ => Err(Refusal::BadRequest),
        };
    }
    if request.method() != Method::GET {
        return Err(Refusal::BadHandshakeMethod);
    }
    if upgrade != (asked.transport == Transport::WebSocket) {
        return Err(Refusal::BadRequest);
    }
    let arrival = Arrival {
        version: asked.version.ok_or(Refusal::UnsupportedVersion)?,
        transport: asked.transport,
        base64: asked.base64,
        origin: origin(caller, &request),
        query: text,
        address: caller.visitor.address,
    };
    match asked.transport {
        Transport::WebSocket => Ok(websocket::open(site, arrival, request)),
        Transport::Polling => polling::open(site, arrival, &asked).await,
    }
}

/// The page's origin. Browsers leave it out of a GET within the origin, but say that it is one.
fn origin(caller: &Caller, request: &Request) -> Option<String> {
    let same = || {
        let site = request.headers().get("sec-fetch-site")?;
        (site == "same-origin").then(|| {
            let scheme = if caller.visitor.secure {
                "https"
            } else {
                "http"
            };
            format!("{scheme}://{}", caller.visitor.host)
        })
    };
    caller.origin.clone().or_else(same)
}

fn refuse(refusal: Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let json = [(header::CONTENT_TYPE, "application/json")];
    (status, json, refusal.body()).into_response()
}

/// Longest query taken; part of it is kept with the session.
const QUERY_LENGTH: usize = 2048;
