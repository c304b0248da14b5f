//! The door of MDN's chat sample.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use magpie_doors::mdn::{Broker, MAX_MESSAGE, PROTOCOL, Room};

use crate::http::Site;
use crate::http::guest::{Caller, Pages};
use crate::http::websocket::{self, Socket, Terms};
use crate::listen::client_key;
use crate::random::seed;
use crate::ws::End;
use crate::ws::frame::Close;

pub(super) fn broker() -> Broker {
    Broker::new(seed())
}

/// Whether a request is this door's whatever its path: the sample connects to `/` of a port of its own.
pub(super) fn is_for(headers: &HeaderMap) -> bool {
    websocket::is_handshake(headers) && websocket::offers(headers, PROTOCOL)
}

/// Opens the WebSocket.
pub(super) async fn open(State(site): State<Arc<Site>>, request: Request) -> Response {
    let terms = Terms {
        pages: Pages::Foreign,
        limit: MAX_MESSAGE,
        protocol: Some(PROTOCOL),
    };
    let desk = Arc::clone(&site.doors.mdn);
    websocket::accept(&site, request, terms, async move |socket: Socket| {
        let Socket {
            wire,
            outbox,
            caller,
            mut pass,
        } = socket;
        let room = room(caller);
        match desk.attach(&outbox, |broker, now, conn| broker.attach(now, conn, room)) {
            Ok(conn) => {
                pass.prove();
                desk.serve(wire, outbox, conn).await;
            }
            Err(_) => wire.finish(End::Close(FULL)).await,
        }
    })
}

fn room(caller: Caller) -> Room {
    match caller.origin {
        Some(origin) if origin != "null" => Room::Origin(origin),
        _ => Room::Address(client_key(caller.visitor.address)),
    }
}

const FULL: Close = Close::new(1013, "this chat is full");
