//! TCP listeners: every connection is told apart by its first bytes and handed to whom it speaks to.

mod conn;
mod gate;
mod proxied;
mod sniff;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tower::Service;

pub use conn::{Conn, Greeting, STUCK};
pub(crate) use gate::key as client_key;
pub use gate::{Admission, Gate, GateLimits, Pass};

use crate::certs::Certificates;
use crate::config::Cidr;
use crate::relay::{ClientStream, RelayHandle};

/// What a listener is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    /// HTTPS, WebSocket, TURN over TCP and TLS; plain HTTP is led to HTTPS.
    Shared,
    /// The whole HTTP face without TLS.
    Plain,
    /// TURN over TCP and TLS, nothing else.
    Turn,
    /// The admin address, with TLS or without.
    Admin,
}

/// Everything a listener needs to serve a connection, shared by all of them.
pub struct Doorway {
    /// Limits per client address.
    pub gate: Gate,
    /// Certificates, of which the handshake chooses one.
    pub certificates: Certificates,
    /// The HTTP face.
    pub site: Router,
    /// What the admin address answers.
    pub admin: Router,
    /// What plain HTTP gets on a port that carries HTTPS.
    pub plain_site: Router,
    /// TURN.
    pub relay: RelayHandle,
    /// How long a client may take for the first bytes, the TLS handshake, or the headers of a request.
    pub patience: Duration,
    /// Proxies, whose connections are not counted: they stand for many clients.
    pub trusted_proxies: Vec<Cidr>,
    /// Proxies that announce their clients by the PROXY protocol, and are not served without it.
    pub proxy_protocol: Vec<Cidr>,
    /// Turns true when the server stops.
    pub stopping: watch::Receiver<bool>,
}

/// How a request reached this server; an extension of every request.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    /// The other end of the TCP connection: the client or a proxy.
    pub peer: SocketAddr,
    /// Our end.
    pub local: SocketAddr,
    /// Whether TLS protects it up to here.
    pub secure: bool,
    /// Whether the address holds too many connections; such requests are answered 429.
    pub crowded: bool,
}

/// Accepts connections until the server stops.
pub async fn accept(listener: TcpListener, face: Face, door: Arc<Doorway>) {
    let mut stopping = door.stopping.clone();
    loop {
        tokio::select! {
            () = stopped(&mut stopping) => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => admit(stream, peer, face, &door),
                Err(error) => pause_after(&error).await,
            },
        }
    }
}

/// Ends when the server stops.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    drop(stopping.wait_for(|stop| *stop).await);
}

/// Out of file descriptors: accepting at once again would only spin.
async fn pause_after(error: &io::Error) {
    tracing::warn!(%error, "cannot accept a connection");
    sleep(Duration::from_millis(100)).await;
}

fn admit(stream: TcpStream, peer: SocketAddr, face: Face, door: &Arc<Doorway>) {
    let Ok(local) = stream.local_addr() else {
        return;
    };
    let mut arrival = Arrival {
        peer: canonical(peer),
        local: canonical(local),
        secure: false,
        crowded: false,
    };
    let announced = face != Face::Admin && lies_in(&door.proxy_protocol, arrival.peer);
    // Who comes by a proxy that announces its clients is counted once it is known who that is.
    let pass = match announced {
        true => None,
        false => match count(&mut arrival, face, door) {
            Ok(pass) => pass,
            Err(Full) => return,
        },
    };
    // A message is written whole; waiting for more to send would only delay it.
    drop(stream.set_nodelay(true));
    tokio::spawn(serve(stream, pass, arrival, face, Arc::clone(door)));
}

/// Counts a connection against its client's address; the operator and trusted proxies, which stand for many, are not counted.
fn count(arrival: &mut Arrival, face: Face, door: &Doorway) -> Result<Option<Pass>, Full> {
    if face == Face::Admin || lies_in(&door.trusted_proxies, arrival.peer) {
        return Ok(None);
    }
    match door.gate.admit(arrival.peer.ip()) {
        Admission::Refused => Err(Full),
        Admission::Welcome(pass) => Ok(Some(pass)),
        Admission::Crowded(pass) => {
            arrival.crowded = true;
            Ok(Some(pass))
        }
    }
}

/// An address holds so many connections that the next is not even answered.
struct Full;

fn lies_in(ranges: &[Cidr], address: SocketAddr) -> bool {
    ranges.iter().any(|range| range.contains(address.ip()))
}

/// Takes the PROXY header off, and goes by the address it names from here on.
async fn announced(
    stream: &mut TcpStream,
    arrival: &mut Arrival,
    face: Face,
    door: &Doorway,
) -> io::Result<Option<Pass>> {
    let Some(client) = proxied::header(stream).await? else {
        return Ok(None);
    };
    arrival.peer = canonical(client);
    count(arrival, face, door).map_err(|Full| io::ErrorKind::ConnectionRefused.into())
}

async fn serve(
    stream: TcpStream,
    pass: Option<Pass>,
    mut arrival: Arrival,
    face: Face,
    door: Arc<Doorway>,
) {
    let opened = timeout(door.patience, open(stream, pass, &mut arrival, face, &door)).await;
    let Ok(Ok((conn, greeting))) = opened else {
        tracing::trace!("a connection ended before it said what it wants");
        return;
    };
    match (greeting, face) {
        (Greeting::Turn(first), Face::Shared | Face::Turn) => {
            turn(conn, first, arrival, &door.relay).await;
        }
        (Greeting::Http, Face::Admin) => http(conn, arrival, door.admin.clone(), &door).await,
        (Greeting::Http, Face::Plain) => http(conn, arrival, door.site.clone(), &door).await,
        (Greeting::Http, Face::Shared) if arrival.secure => {
            http(conn, arrival, door.site.clone(), &door).await
        }
        (Greeting::Http, Face::Shared) => http(conn, arrival, door.plain_site.clone(), &door).await,
        // TLS inside TLS, or something a listener is not for.
        _ => (),
    }
}

/// Finds out what the client speaks, unwrapping TLS on the way.
async fn open(
    mut stream: TcpStream,
    mut pass: Option<Pass>,
    arrival: &mut Arrival,
    face: Face,
    door: &Doorway,
) -> io::Result<(Conn, Greeting)> {
    if face != Face::Admin && lies_in(&door.proxy_protocol, arrival.peer) {
        pass = announced(&mut stream, arrival, face, door).await?;
    }
    let mut conn = Conn::plain(stream, pass);
    if face == Face::Plain {
        return Ok((conn, Greeting::Http));
    }
    let greeting = conn.greeting().await?;
    if !matches!(greeting, Greeting::Tls) {
        return Ok((conn, greeting));
    }
    arrival.secure = true;
    let mut conn = conn
        .encrypt(door.certificates.server_config(arrival.local))
        .await?;
    let greeting = conn.greeting().await?;
    Ok((conn, greeting))
}

/// Hands a connection over to the relay's threads.
async fn turn(conn: Conn, first: Vec<u8>, arrival: Arrival, relay: &RelayHandle) {
    let Ok((socket, tls, pass)) = conn.into_parts() else {
        return;
    };
    let stream = ClientStream {
        socket,
        tls,
        first,
        client: arrival.peer,
        local: arrival.local,
        pass,
    };
    relay.serve_stream(stream).await;
}

async fn http(conn: Conn, arrival: Arrival, site: Router, door: &Doorway) {
    let service =
        hyper::service::service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
            request.extensions_mut().insert(arrival);
            site.clone().call(request.map(Body::new))
        });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(door.patience)
        .max_buf_size(HEADER_BYTES)
        .serve_connection(TokioIo::new(conn), service)
        .with_upgrades();
    tokio::pin!(serving);
    let mut stopping = door.stopping.clone();
    tokio::select! {
        ended = serving.as_mut() => return note(&ended),
        () = stopped(&mut stopping) => serving.as_mut().graceful_shutdown(),
    }
    note(&serving.await);
}

fn note(ended: &hyper::Result<()>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// An IPv4 client of a dual-stack listener is an IPv4 client.
pub(crate) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// Longest request head taken.
const HEADER_BYTES: usize = 16 * 1024;
