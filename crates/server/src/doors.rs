//! The doors of foreign clients: which request is for which, and their transports.

mod desk;
mod mdn;
mod meeting;
mod pace;
mod peerjs;
mod socketio;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use self::desk::Desk;
pub(crate) use self::peerjs::{Operator, PREFIX};
use crate::config::Settings;
use crate::http::guest::Pages;
use crate::http::{Site, assets, websocket};
use crate::listen::Arrival;
use crate::signal::Switchboard;
use crate::ws::frame::Close;

/// Every door that has clients of its own.
#[derive(Debug)]
pub struct Doors {
    mdn: Arc<Desk<magpie_doors::mdn::Broker>>,
    meeting: Arc<Desk<magpie_doors::meeting::Broker>>,
    peerjs: Arc<Desk<magpie_doors::peerjs::Broker>>,
    operator: Arc<Operator>,
    socketio: Arc<socketio::Door>,
}

impl Doors {
    /// Opens the doors. Must be called within the runtime, which also looks after their timers.
    #[must_use]
    pub fn open(settings: &Settings, switchboard: &Switchboard) -> Self {
        let clock = switchboard.clock();
        let (peerjs, operator) = peerjs::desk(&settings.peerjs, switchboard);
        Self {
            mdn: Desk::open(mdn::broker(), clock, None),
            meeting: Desk::open(meeting::broker(settings.grace), clock, None),
            peerjs,
            operator,
            socketio: socketio::Door::open(clock, settings.grace),
        }
    }

    /// Who puts calls of native clients through to PeerJS clients.
    pub(crate) fn operator(&self) -> Arc<Operator> {
        Arc::clone(&self.operator)
    }

    /// Ends every connection, saying why.
    pub(crate) fn close(&self, close: Close) {
        self.mdn.close(close);
        self.meeting.close(close);
        self.peerjs.close(close);
        self.socketio.close(close);
    }
}

/// The paths of doors that have their own.
pub(crate) fn routes() -> Router<Arc<Site>> {
    socketio::routes()
        .route("/mdn", get(mdn::open))
        .route("/meeting", get(meeting::open))
}

/// Requests that no route takes: clients that find their door by the shape of a path, then the page's own paths.
pub(crate) async fn fallback(State(site): State<Arc<Site>>, request: Request) -> Response {
    if let Some(shape) = peerjs::Shape::of(&request) {
        return peerjs::serve(&site, shape, request);
    }
    if mdn::is_for(request.headers()) {
        return mdn::open(State(site), request).await;
    }
    if websocket::is_handshake(request.headers()) {
        return (StatusCode::NOT_FOUND, NO_SUCH_SOCKET).into_response();
    }
    let (parts, _) = request.into_parts();
    assets::serve(parts.method, parts.uri, parts.headers).await
}

/// Answers a request of a foreign page, with what lets the page read the answer.
fn answer(site: &Site, request: &Request, answer: impl FnOnce() -> Response) -> Response {
    let Some(arrival) = request.extensions().get::<Arrival>() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let headers: &HeaderMap = request.headers();
    match site.origins.caller(arrival, headers, Pages::Foreign) {
        Err(wrong) => wrong.into_response(),
        Ok(caller) if request.method() == Method::OPTIONS => caller.preflight(headers),
        Ok(caller) => {
            let mut response = answer();
            caller.open(response.headers_mut());
            response
        }
    }
}

const NO_SUCH_SOCKET: &str = "\
There is no WebSocket at this address. These are here:
  /ws              Magpie's own protocol
  {path}peerjs     PeerJS clients, with ?key=peerjs&id=ID&token=TOKEN and any path before it, such as / or /myapp/
  /socket.io/      Socket.IO clients
  /mdn             the chat of MDN's sample, also with the sub-protocol `json` at any address
  /meeting         publish and subscribe
";
