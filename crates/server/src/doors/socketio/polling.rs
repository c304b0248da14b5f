//! Sessions over HTTP requests: a GET waits for messages, a POST brings some.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use magpie_doors::engineio::{ConnKey, Frame, Refusal, Request as Asked, Version, jsonp, payload};
use magpie_doors::socketio::Arrival;
use tokio::time::timeout;

use super::door::{Door, MAX_PAYLOAD};
use crate::http::Site;
use crate::http::body::collect;
use crate::ws::outbox::{Outbox, Outgoing, Taken};

/// A session of a polling client, as found by its id.
type Session = (ConnKey, Version);

/// Opens a session and answers with its greeting.
pub(super) async fn open(
    site: &Arc<Site>,
    arrival: Arrival,
    asked: &Asked,
) -> Result<Response, Refusal> {
    let door = &site.doors.socketio;
    let Some(mut pass) = site.gate.admit_websocket(arrival.address) else {
        let wait = [(header::RETRY_AFTER, "10")];
        return Ok((StatusCode::TOO_MANY_REQUESTS, wait, CROWDED).into_response());
    };
    // Without a connection of its own a session holds next to nothing, so strangers may have as many as anybody.
    pass.prove();
    let outbox = Outbox::default();
    let version = arrival.version;
    let conn = door.attach(arrival, outbox.clone(), pass)?;
    // The greeting is there already.
    let greeting = match outbox.take(1).await {
        Taken::Messages(messages) => messages,
        Taken::Ended(_) | Taken::Moved => return Err(Refusal::UnknownSid),
    };
    Ok(messages((conn, version), asked, greeting))
}

/// Answers a request of a session.
pub(super) async fn serve(
    door: &Arc<Door>,
    session: Session,
    asked: &Asked,
    request: Request,
) -> Result<Response, Refusal> {
    match *request.method() {
        Method::GET => poll(door, session, asked).await,
        Method::POST => post(door, session, asked, request).await,
        _ => Err(Refusal::BadRequest),
    }
}

async fn poll(door: &Arc<Door>, session: Session, asked: &Asked) -> Result<Response, Refusal> {
    let (conn, _) = session;
    let outbox = door.outbox(conn).ok_or(Refusal::UnknownSid)?;
    door.with(|server, now| server.begin_poll(now, conn))?;
    let mut attendance = Attendance::of(door, conn);
    let taken = outbox.take(ANSWER).await;
    match taken {
        Taken::Messages(taken) => {
            attendance.done();
            door.with(|server, _| server.end_poll(conn));
            Ok(messages(session, asked, taken))
        }
        Taken::Moved => {
            attendance.done();
            let noop = [Outgoing::Text(Bytes::from_static(b"6"))];
            Ok(messages(session, asked, noop.into()))
        }
        Taken::Ended(_) => Err(Refusal::UnknownSid),
    }
}

async fn post(
    door: &Arc<Door>,
    (conn, version): Session,
    asked: &Asked,
    request: Request,
) -> Result<Response, Refusal> {
    door.with(|server, now| server.begin_post(now, conn))?;
    let mut attendance = Attendance::of(door, conn);
    let binary = is_binary(request.headers());
    let announced = request.headers().get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > DISCARDED) {
        return Ok(StatusCode::PAYLOAD_TOO_LARGE.into_response());
    }
    let body = match timeout(
        BODY_TIME,
        collect(request.into_body(), MAX_PAYLOAD, DISCARDED),
    )
    .await
    {
        Ok(Ok(body)) => body,
        Ok(Err(status)) => return Ok(status.into_response()),
        Err(_) => return Ok(StatusCode::REQUEST_TIMEOUT.into_response()),
    };
    let body = match &asked.jsonp {
        Some(_) => {
            let form = std::str::from_utf8(&body).map_err(|_| Refusal::BadRequest)?;
            jsonp::unwrap(form).ok_or(Refusal::BadRequest)?.into()
        }
        None => body,
    };
    let size = body.len();
    let packets = payload::decode(version, binary, body).map_err(|_| Refusal::BadRequest)?;
    let handled = door.packets(conn, packets, size).await;
    handled.map_err(|_| Refusal::BadRequest)?;
    attendance.done();
    door.with(|server, _| server.end_post(conn));
    let headers = [
        // Not plain text, which some old browsers offer to save.
        (header::CONTENT_TYPE, "text/html"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, "ok").into_response())
}

fn is_binary(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind == "application/octet-stream")
}

/// The answer to a GET.
fn messages((_, version): Session, asked: &Asked, messages: VecDeque<Outgoing>) -> Response {
    let frames = messages
        .into_iter()
        .map(|message| match message {
            Outgoing::Text(text) => Frame::Text(text),
            Outgoing::Binary(bytes) => Frame::Binary(bytes),
        })
        .collect();
    let base64 = asked.base64 || asked.jsonp.is_some();
    let (kind, body) = match (payload::encode(version, base64, &frames), &asked.jsonp) {
        (payload::Body::Binary(bytes), _) => ("application/octet-stream", Body::from(bytes)),
        (payload::Body::Text(text), None) => ("text/plain; charset=UTF-8", Body::from(text)),
        (payload::Body::Text(text), Some(function)) => (
            "text/javascript; charset=UTF-8",
            Body::from(jsonp::wrap(function, &text)),
        ),
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, body).into_response()
}

/// Ends the session if its request breaks off: what was on its way may be lost.
struct Attendance {
    door: Arc<Door>,
    conn: Option<ConnKey>,
}

impl Attendance {
    fn of(door: &Arc<Door>, conn: ConnKey) -> Self {
        Self {
            door: Arc::clone(door),
            conn: Some(conn),
        }
    }

    fn done(&mut self) {
        self.conn = None;
    }
}

impl Drop for Attendance {
    fn drop(&mut self) {
        if let Some(conn) = self.conn {
            self.door.with(|server, now| server.gone(now, conn));
        }
    }
}

const CROWDED: &str = r#"{"code":4,"message":"Too many connections from your address"}"#;

/// About how many bytes one answer holds.
const ANSWER: usize = 1_000_000;

/// Longest body read to its end only to be refused.
const DISCARDED: usize = 8 * MAX_PAYLOAD;

/// How long a POST's body may take.
const BODY_TIME: Duration = Duration::from_secs(20);
