//! The native protocol over plain HTTP, for networks that cut WebSockets: messages come down as server-sent events at `/sse`
//! and go up as the bodies of `POST /signal`.
//!
//! A stream begins with an event `session` that tells its secret; whoever posts names it as a bearer token. From there on
//! both directions carry the same messages as a WebSocket, and the session ends with its stream.

mod stream;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use magpie_doors::native;
use tokio::sync::mpsc;
use tokio::time::timeout;

use self::stream::Events;
use crate::http::Site;
use crate::http::body::collect;
use crate::http::guest::{Caller, Pages, WrongOrigin};
use crate::listen::{Arrival, Pass};
use crate::session::{self, HELLO_LIMIT, Source, secret};
use crate::ws::End;
use crate::ws::frame::Close;
use crate::ws::outbox::Outbox;

/// The open event streams, by their secrets.
#[derive(Debug, Default)]
pub struct Streams {
    open: Mutex<HashMap<String, mpsc::Sender<Posted>>>,
}

/// A message of a client.
#[derive(Debug)]
struct Posted {
    origin: String,
    text: Bytes,
}

/// Why a request is refused.
enum Refusal {
    WrongOrigin(WrongOrigin),
    /// There is no such stream, or no more.
    Unknown,
    TooLong,
    TooSlow,
    TooMany,
    /// Its body broke off, or the server holds too much already.
    Unread(StatusCode),
}

/// `GET /sse`: opens a stream, and with it a session.
pub(crate) async fn open(State(site): State<Arc<Site>>, request: Request) -> Response {
    let caller = match caller(&site, &request) {
        Ok(caller) => caller,
        Err(refusal) => return refusal.into_response(),
    };
    let Some(pass) = site.gate.admit_websocket(caller.visitor.address) else {
        return answer(&caller, Refusal::TooMany);
    };
    let (secret, outbox) = (secret(), Outbox::default());
    let (sender, receiver) = mpsc::channel(WAITING);
    site.streams.lock().insert(secret.clone(), sender);
    tokio::spawn(run(
        Arc::clone(&site),
        caller.clone(),
        pass,
        receiver,
        outbox.clone(),
    ));
    let events = Events::new(outbox, site, secret);
    answer(&caller, (EVENTS, Body::new(events)))
}

/// `POST /signal`: one message a line, in order.
pub(crate) async fn post(State(site): State<Arc<Site>>, request: Request) -> Response {
    let caller = match caller(&site, &request) {
        Ok(caller) => caller,
        Err(refusal) => return refusal.into_response(),
    };
    let origin = caller.origin.clone().unwrap_or_default();
    match timeout(PATIENCE, take(&site, origin, request)).await {
        Ok(Ok(())) => answer(&caller, StatusCode::NO_CONTENT),
        Ok(Err(refusal)) => answer(&caller, refusal),
        Err(_) => answer(&caller, Refusal::TooSlow),
    }
}

/// What a browser asks before it lets a page of another origin post.
pub(crate) async fn preflight(State(site): State<Arc<Site>>, request: Request) -> Response {
    match caller(&site, &request) {
        Ok(caller) => caller.preflight(request.headers()),
        Err(refusal) => refusal.into_response(),
    }
}

async fn take(site: &Site, origin: String, request: Request) -> Result<(), Refusal> {
    let stream = bearer(request.headers())
        .and_then(|secret| site.streams.lock().get(secret).cloned())
        .ok_or(Refusal::Unknown)?;
    let body = collect(request.into_body(), native::MAX_FRAME, native::MAX_FRAME)
        .await
        .map_err(|status| match status {
            StatusCode::PAYLOAD_TOO_LARGE => Refusal::TooLong,
            other => Refusal::Unread(other),
        })?;
    for line in body
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
    {
        let text = body.slice_ref(line);
        let origin = origin.clone();
        stream
            .send(Posted { origin, text })
            .await
            .map_err(|_| Refusal::Unknown)?;
    }
    Ok(())
}

/// Looks after one session until it ends.
async fn run(
    site: Arc<Site>,
    caller: Caller,
    mut pass: Pass,
    receiver: mpsc::Receiver<Posted>,
    outbox: Outbox,
) {
    let mut line = Line {
        receiver,
        origin: String::new(),
        limit: HELLO_LIMIT,
    };
    let visit = site.visit();
    drop(site);
    let address = caller.visitor.address;
    match session::serve(&mut line, outbox.clone(), address, &mut pass, &visit).await {
        End::Close(close) => outbox.close(close),
        End::Gone => outbox.abort(),
    }
}

/// What a client posts.
struct Line {
    receiver: mpsc::Receiver<Posted>,
    origin: String,
    limit: usize,
}

impl Source for Line {
    async fn text(&mut self) -> Result<Bytes, End> {
        let posted = self.receiver.recv().await.ok_or(End::Gone)?;
        self.origin = posted.origin;
        match posted.text.len() > self.limit {
            true => Err(End::Close(Close::new(
                1009,
                "a stranger's message is too long",
            ))),
            false => Ok(posted.text),
        }
    }

    fn origin(&self) -> &str {
        &self.origin
    }

    fn proved(&mut self) {
        self.limit = native::MAX_FRAME;
    }
}

impl Streams {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, mpsc::Sender<Posted>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forget(&self, secret: &str) {
        self.lock().remove(secret);
    }
}

fn caller(site: &Site, request: &Request) -> Result<Caller, Refusal> {
    let arrival = request.extensions().get::<Arrival>();
    site.origins
        .caller(
            arrival.ok_or(Refusal::Unknown)?,
            request.headers(),
            Pages::Own,
        )
        .map_err(Refusal::WrongOrigin)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    value.strip_prefix("Bearer ")
}

fn answer(caller: &Caller, said: impl IntoResponse) -> Response {
    let mut response = said.into_response();
    caller.open(response.headers_mut());
    let fresh = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, fresh);
    response
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::WrongOrigin(wrong) => wrong.into_response(),
            Self::Unknown => (StatusCode::NOT_FOUND, UNKNOWN).into_response(),
            Self::TooLong => (StatusCode::PAYLOAD_TOO_LARGE, TOO_LONG).into_response(),
            Self::Unread(status) => status.into_response(),
            Self::TooSlow => (StatusCode::REQUEST_TIMEOUT, TOO_SLOW).into_response(),
            Self::TooMany => {
                let wait = [(header::RETRY_AFTER, "10")];
                (StatusCode::TOO_MANY_REQUESTS, wait, crate::http::CROWDED).into_response()
            }
        }
    }
}

/// The last header keeps nginx and its like from holding events back.
const EVENTS: [(&str, &str); 2] = [
    ("content-type", "text/event-stream"),
    ("x-accel-buffering", "no"),
];
const UNKNOWN: &str = "There is no such stream, or it has ended. Open one with GET /sse.\n";
const TOO_LONG: &str = "One request carries at most 256 KiB.\n";
const TOO_SLOW: &str = "The messages took longer than 10 s.\n";

/// Messages of one client that may wait for the hub.
const WAITING: usize = 16;
/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(10);
