//! The PeerJS door: HTTP and WebSocket under any path.

mod crossing;
mod path;

use std::sync::Arc;

use axum::extract::{Query, Request};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use magpie_doors::peerjs::{
    self, Broker, DESCRIPTION, Hello, Limits, MAX_MESSAGE, Options, Refused,
};
use tokio::sync::mpsc;

pub(crate) use self::crossing::{Operator, PREFIX};
pub(super) use self::path::Shape;
use super::answer;
use super::desk::Desk;
use crate::config::PeerJsSettings;
use crate::http::Site;
use crate::http::guest::Pages;
use crate::http::websocket::{self, Socket, Terms};
use crate::listen::client_key;
use crate::random::{seed, uuid};
use crate::signal::Switchboard;
use crate::ws::End;
use crate::ws::frame::Close;

/// Opens the door as the settings ask for it; calls between its clients and people go through `switchboard`.
pub(super) fn desk(
    settings: &PeerJsSettings,
    switchboard: &Switchboard,
) -> (Arc<Desk<Broker>>, Arc<Operator>) {
    let options = Options {
        key: settings.key.clone(),
        discovery: settings.discovery,
        alive: u64::try_from(settings.alive.as_millis()).unwrap_or(u64::MAX),
    };
    let broker = Broker::new(seed(), options, Limits::default());
    let (seek, sought) = mpsc::channel(crossing::SOUGHT);
    let desk = Desk::open(broker, switchboard.clock(), Some(seek));
    let operator = Arc::new(Operator::new(Arc::clone(&desk), switchboard.clone()));
    tokio::spawn(Arc::clone(&operator).run(sought));
    (desk, operator)
}

/// Answers a request that has a shape of PeerJS.
pub(super) fn serve(site: &Arc<Site>, shape: Shape, request: Request) -> Response {
    match shape {
        Shape::Socket => socket(site, request),
        Shape::Lost => (StatusCode::NOT_FOUND, LOST).into_response(),
        Shape::Description => answer(site, &request, || json(DESCRIPTION.to_owned())),
        Shape::Id { key } => answer(site, &request, || match knows(site, &key) {
            true => fresh("text/plain; charset=utf-8", uuid()),
            false => wrong_key(),
        }),
        Shape::Peers { key } => answer(site, &request, || match knows(site, &key) {
            true => peers(site),
            false => wrong_key(),
        }),
        Shape::Unknown => answer(site, &request, || {
            (StatusCode::NOT_FOUND, LOST).into_response()
        }),
    }
}

fn socket(site: &Arc<Site>, request: Request) -> Response {
    let terms = Terms {
        pages: Pages::Foreign,
        limit: MAX_MESSAGE,
        protocol: None,
    };
    let said = Said::of(request.uri());
    let desk = Arc::clone(&site.doors.peerjs);
    let switchboard = site.switchboard.clone();
    websocket::accept(site, request, terms, async move |socket: Socket| {
        let Socket {
            wire,
            outbox,
            caller,
            mut pass,
        } = socket;
        let address = client_key(caller.visitor.address);
        drop(caller);
        // A person's number is theirs; whoever took it for an id would be called in their stead.
        let attached = match peerjs::number(&said.id) {
            Some(number) if switchboard.knows(number).await => Err(Refused::Taken),
            _ => desk.attach(&outbox, |broker, now, conn| {
                broker.attach(now, conn, address, said.hello())
            }),
        };
        drop(switchboard);
        drop(said);
        match attached {
            Ok(conn) => {
                pass.prove();
                desk.serve(wire, outbox, conn).await;
            }
            Err(refused) => {
                outbox.push(refused.text().into());
                wire.finish(End::Close(Close::new(1008, "refused"))).await;
            }
        }
    })
}

/// What a client says of itself in the address it connects to.
#[derive(Default)]
struct Said {
    id: String,
    token: String,
    key: String,
}

impl Said {
    /// Of a name that is there twice the last counts.
    fn of(uri: &Uri) -> Self {
        let mut said = Self::default();
        let Ok(Query(pairs)) = Query::<Vec<(String, String)>>::try_from_uri(uri) else {
            return said;
        };
        for (name, value) in pairs {
            match name.as_str() {
                "id" => said.id = value,
                "token" => said.token = value,
                "key" => said.key = value,
                _ => (),
            }
        }
        said
    }

    fn hello(&self) -> Hello<'_> {
        Hello {
            id: &self.id,
            token: &self.token,
            key: &self.key,
        }
    }
}

fn knows(site: &Site, key: &str) -> bool {
    site.doors.peerjs.with(|broker, _| broker.key() == key)
}

fn peers(site: &Site) -> Response {
    let ids = site.doors.peerjs.with(|broker, _| {
        broker
            .discover()
            .and_then(|ids| serde_json::to_string(&ids).ok())
    });
    match ids {
        Some(ids) => json(ids),
        None => (StatusCode::UNAUTHORIZED, "Unauthorized").into_response(),
    }
}

fn wrong_key() -> Response {
    let said = "Invalid key provided: it is the part of the path before /id or /peers, and this server's is another (--peerjs-key).\n";
    (StatusCode::UNAUTHORIZED, said).into_response()
}

fn json(text: String) -> Response {
    fresh("application/json; charset=utf-8", text)
}

fn fresh(kind: &'static str, text: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, text).into_response()
}

const LOST: &str = "\
There is no PeerJS server at this address. With the client's options {host, port, path, key}, where path is / or any other:
  GET {path}{key}/id       a new id
  GET {path}{key}/peers    the ids that are there, where discovery is allowed
  WebSocket {path}peerjs?key={key}&id=ID&token=TOKEN
";
