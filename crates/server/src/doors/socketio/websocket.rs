//! Sessions over WebSockets, from the start or by upgrade.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::response::Response;
use magpie_doors::engineio::{ConnKey, Frame, Probed};
use magpie_doors::socketio::Arrival;
use tokio::time::{sleep, timeout};

use super::door::{Door, MAX_PAYLOAD};
use crate::http::Site;
use crate::http::guest::Pages;
use crate::http::websocket::{Socket, Terms, accept};
use crate::ws::frame::{Close, Message};
use crate::ws::{End, Wire};

/// A WebSocket that opens a session.
pub(super) fn open(site: &Arc<Site>, arrival: Arrival, request: Request) -> Response {
    let door = Arc::clone(&site.doors.socketio);
    accept(site, request, TERMS, |socket| {
        let Socket {
            wire, outbox, pass, ..
        } = socket;
        let attached = door.attach(arrival, outbox, pass);
        async move {
            match attached {
                Ok(conn) => run(&door, conn, wire).await,
                Err(_) => wire.finish(FULL).await,
            }
        }
    })
}

/// A WebSocket that is to take over a session that polls.
pub(super) fn probe(site: &Arc<Site>, conn: ConnKey, request: Request) -> Response {
    let door = Arc::clone(&site.doors.socketio);
    accept(site, request, TERMS, move |socket| async move {
        let Socket {
            mut wire,
            outbox,
            pass,
            caller,
        } = socket;
        drop(caller);
        if door
            .with(|server, now| server.begin_probe(now, conn))
            .is_err()
        {
            return wire.finish(OVER).await;
        }
        let upgraded = timeout(UPGRADE_TIME, async {
            loop {
                let frame = next(&mut wire).await.ok()?;
                match door.with(|server, _| server.probe(conn, frame)) {
                    Probed::Answer(Frame::Text(text)) => outbox.push(text),
                    Probed::Upgraded => return door.outbox(conn),
                    Probed::Answer(Frame::Binary(_)) | Probed::Refused => return None,
                }
            }
        });
        match upgraded.await {
            Ok(Some(messages)) => {
                // The session is counted already.
                drop(pass);
                messages.hand_over();
                wire.adopt(messages);
                run(&door, conn, wire).await;
            }
            Ok(None) | Err(_) => {
                door.with(|server, _| server.end_probe(conn));
                wire.finish(OVER).await;
            }
        }
    })
}

/// Hands a session's messages to the server until it ends.
async fn run(door: &Door, conn: ConnKey, mut wire: Wire) {
    let end = loop {
        match next(&mut wire).await {
            Ok(frame) => {
                if let Some(wait) = door.frame(conn, frame) {
                    sleep(wait).await;
                }
            }
            Err(end) => break end,
        }
    };
    door.with(|server, now| match end {
        End::Close(_) => server.closed(now, conn),
        End::Gone => server.gone(now, conn),
    });
    wire.finish(end).await;
}

/// The client's next message; answers pings on the way.
async fn next(wire: &mut Wire) -> Result<Frame, End> {
    loop {
        match poll_fn(|cx| wire.poll_message(cx)).await? {
            Message::Text(text) => return Ok(Frame::Text(text)),
            Message::Binary(bytes) => return Ok(Frame::Binary(bytes)),
            Message::Ping(payload) => wire.pong(&payload)?,
            Message::Pong => (),
            Message::Close => return Err(OVER),
        }
    }
}

const TERMS: Terms = Terms {
    pages: Pages::Foreign,
    limit: MAX_PAYLOAD,
    protocol: None,
};

const OVER: End = End::Close(Close::new(1000, ""));

const FULL: End = End::Close(Close::new(1013, "the server has too many sessions"));

/// How long a client may take to move to a WebSocket.
const UPGRADE_TIME: Duration = Duration::from_secs(10);
