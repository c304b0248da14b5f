//! The door of meeting pages that publish and subscribe.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::response::Response;
use magpie_doors::meeting::{Broker, Limits, MAX_MESSAGE};

use crate::http::Site;
use crate::http::guest::Pages;
use crate::http::websocket::{self, Socket, Terms};
use crate::listen::client_key;
use crate::random::seed;

/// A broker that keeps the places of clients that dropped for `grace`.
pub(super) fn broker(grace: Duration) -> Broker {
    let limits = Limits {
        grace: u64::try_from(grace.as_millis()).unwrap_or(u64::MAX),
        ..Limits::default()
    };
    Broker::new(seed(), limits)
}

/// Opens the WebSocket.
pub(super) async fn open(State(site): State<Arc<Site>>, request: Request) -> Response {
    let terms = Terms {
        pages: Pages::Foreign,
        limit: MAX_MESSAGE,
        protocol: None,
    };
    let desk = Arc::clone(&site.doors.meeting);
    websocket::accept(&site, request, terms, async move |socket: Socket| {
        let Socket {
            wire,
            outbox,
            caller,
            mut pass,
        } = socket;
        pass.prove();
        let address = client_key(caller.visitor.address);
        let attached: Result<_, Infallible> = desk.attach(&outbox, |broker, now, conn| {
            broker.attach(now, conn, address, caller.origin.as_deref());
            Ok(())
        });
        drop(caller);
        let Ok(conn) = attached;
        desk.serve(wire, outbox, conn).await;
    })
}
