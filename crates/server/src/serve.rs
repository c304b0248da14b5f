//! `magpie serve`: puts the parts together, says when they are ready, and stops them in order.

mod bind;
mod lock;
mod public;

use std::error::Error;
use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tracing_subscriber::EnvFilter;

pub use bind::{BindError, Bound, bind};

use self::lock::FolderLock;
use crate::admin::{self, Admin};
use crate::banner::{self, Listening};
use crate::certs::Certificates;
use crate::config::{AdminAddress, Settings};
use crate::doors::Doors;
use crate::http::{self, OriginRules, Rate, Site, TrustFiles};
use crate::listen::{self, Doorway, Face, Gate, GateLimits};
use crate::relay::{Relay, RelayHandle};
use crate::signal::{Exchange, STOPPING, Switchboard};
use crate::sse::Streams;
use crate::store::Store;

/// Serves until SIGTERM or SIGINT; the exit code is 2 when it could not start.
#[must_use]
pub fn run(settings: &Settings) -> ExitCode {
    log(&settings.log);
    let outcome = runtime().and_then(|runtime| runtime.block_on(serve(settings)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("magpie: {}", sentence(&*error));
            ExitCode::from(2)
        }
    }
}

/// Logs to standard error, coloured on a terminal only; a second call changes nothing.
fn log(filter: &str) {
    let logger = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(quieted(filter)))
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr);
    drop(logger.try_init());
}

/// The STUN codec warns of every malformed packet: a stranger could fill the disk. Asked for by name, it speaks.
fn quieted(filter: &str) -> String {
    format!("stun_types=off,turn_types=off,{filter}")
}

/// One thread for everything but the relay's packets: a message that crosses threads costs more than it takes to handle.
fn runtime() -> Result<tokio::runtime::Runtime, Box<dyn Error>> {
    Ok(tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?)
}

/// The error and its causes, once.
fn sentence(error: &dyn Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        said = format!("{said}: {error}");
        cause = error.source();
    }
    said
}

/// A server whose every part stands and whose every port is taken.
struct Running {
    door: Arc<Doorway>,
    site: Arc<Site>,
    exchange: Exchange,
    certificates: Certificates,
    stop: watch::Sender<bool>,
    /// Held as long as the server runs.
    _lock: FolderLock,
}

/// The settings with the public address that a STUN server tells, if one is to be asked.
fn with_public_address(settings: &Settings) -> Settings {
    let mut settings = settings.clone();
    let Some(server) = settings.relay.public_ip_from.clone() else {
        return settings;
    };
    match public::ask(&server) {
        Ok(found) => settings.relay.public_ips.extend(found),
        Err(error) => {
            tracing::warn!(%error, "the STUN server of relay.public_ip_from tells no public address");
        }
    }
    settings
}

async fn serve(settings: &Settings) -> Result<(), Box<dyn Error>> {
    // First, so that a taken port leaves nothing behind.
    let Bound { tcp, udp, first } = bind(settings)?;
    let settings = &with_public_address(settings);
    raise_descriptor_limit();
    let listening = listening(&tcp)?;
    let tcp_addresses = [listening.shared.clone(), listening.turn.clone()].concat();
    let mut signals = [
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    ];
    // Before the folder is touched: a certificate of the operator's that cannot be used leaves nothing behind.
    Certificates::check_files(settings)?;
    let lock = FolderLock::take(&settings.data)?;
    let certificates = Certificates::open(settings)?;
    let private = [listening.plain.clone(), listening.admin.clone()].concat();
    let relay = Relay::start(&settings.relay, &settings.data, udp, tcp_addresses, private)?;
    let everywhere = first.ip().is_unspecified();
    let running = assemble(settings, certificates, lock, relay, everywhere, &listening)?;
    for (listener, face) in tcp {
        let listener = TcpListener::from_std(listener)?;
        tokio::spawn(listen::accept(listener, face, Arc::clone(&running.door)));
    }
    announce(first)?;
    banner::print(settings, &running.certificates, &listening);
    if let (AdminAddress::WhereFree(address), []) = (settings.admin, &listening.admin[..]) {
        tracing::info!(%address, "the usual admin address is taken; choose one with --admin");
    }
    running.run(&mut signals, settings.limits.drain).await;
    Ok(())
}

/// Where each face is.
fn listening(tcp: &[(std::net::TcpListener, Face)]) -> io::Result<Listening> {
    let mut listening = Listening::default();
    for (listener, face) in tcp {
        let addresses = match face {
            Face::Shared => &mut listening.shared,
            Face::Turn => &mut listening.turn,
            Face::Plain => &mut listening.plain,
            Face::Admin => &mut listening.admin,
        };
        addresses.push(listener.local_addr()?);
    }
    Ok(listening)
}

fn assemble(
    settings: &Settings,
    certificates: Certificates,
    lock: FolderLock,
    relay: RelayHandle,
    everywhere: bool,
    listening: &Listening,
) -> Result<Running, Box<dyn Error>> {
    let opened = Store::open(&settings.data)?;
    if let Some(moved) = &opened.moved_aside {
        eprintln!(
            "magpie: the store was damaged; it is kept as {} and a new one begun, so people get new numbers",
            moved.display()
        );
    }
    let (exchange, switchboard) = Exchange::new(opened.store, &opened.rows, hub_limits(settings));
    let limits = &settings.limits;
    let gate = Gate::new(GateLimits {
        connections: limits.connections_per_address,
        unproven: limits.unauthenticated_per_address,
    });
    let site = Arc::new(Site {
        origins: OriginRules {
            trusted_proxies: settings.trusted_proxies.clone(),
            extra: settings.origins.clone(),
        },
        gate: gate.clone(),
        tokens: Arc::default(),
        ice_rate: Rate::new(limits.ice_requests_per_minute),
        relay: relay.clone(),
        switchboard: switchboard.clone(),
        doors: Doors::open(settings, &switchboard),
        streams: Streams::default(),
        trust: TrustFiles::of(&certificates),
        everywhere,
    });
    let admin = admin(settings, listening, &relay, &switchboard)?;
    let (stop, stopping) = watch::channel(false);
    let door = Arc::new(Doorway {
        gate,
        certificates: certificates.clone(),
        site: http::router(Arc::clone(&site)),
        admin,
        plain_site: http::plain_router(Arc::clone(&site)),
        relay,
        patience: limits.header_timeout,
        trusted_proxies: settings.trusted_proxies.clone(),
        proxy_protocol: settings.proxy_protocol.clone(),
        stopping,
    });
    Ok(Running {
        door,
        site,
        exchange,
        certificates,
        stop,
        _lock: lock,
    })
}

/// What the admin address answers, if it is open.
fn admin(
    settings: &Settings,
    listening: &Listening,
    relay: &RelayHandle,
    switchboard: &Switchboard,
) -> io::Result<Router> {
    let Some(at) = listening.admin.first() else {
        return Ok(Router::new());
    };
    let admin = Admin::new(*at, &settings.data, relay.clone(), switchboard.clone())?;
    Ok(admin::router(Arc::new(admin)))
}

/// A host allowed many connections may also bring as many new people.
fn hub_limits(settings: &Settings) -> magpie_hub::Limits {
    let mut limits = magpie_hub::Limits::default();
    let burst = &mut limits.new_persons_per_address.burst;
    *burst = (*burst).max(settings.limits.connections_per_address);
    limits
}

/// The one line on standard output: programs wait for it.
fn announce(first: SocketAddr) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match first.ip().is_unspecified() {
        true => writeln!(out, "ready https://localhost:{}", first.port())?,
        false => writeln!(out, "ready https://{first}")?,
    }
    out.flush()
}

impl Running {
    /// Serves until a signal comes, then drains: no new connections, clients told and closed, `patience` for the rest.
    /// A second signal ends the wait.
    async fn run(self, signals: &mut [Signal; 2], patience: Duration) {
        let exchange = tokio::spawn(self.exchange.run());
        let watch = tokio::spawn(self.certificates.watch());
        any(signals).await;
        tracing::info!("stopping");
        watch.abort();
        self.stop.send_replace(true);
        self.site.doors.close(STOPPING);
        self.site.switchboard.drain().await;
        let emptied = async {
            drop(exchange.await);
            // Every connection's task holds the door.
            while Arc::strong_count(&self.door) > 1 {
                sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::select! {
            _ = timeout(patience, emptied) => (),
            () = any(signals) => (),
        }
    }
}

async fn any([terminate, interrupt]: &mut [Signal; 2]) {
    tokio::select! {
        _ = terminate.recv() => (),
        _ = interrupt.recv() => (),
    }
}

/// Each connection is a descriptor, and the usual soft limit of 1,024 is for programs that use `select`.
fn raise_descriptor_limit() {
    let raised = getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(_, hard)| setrlimit(Resource::RLIMIT_NOFILE, hard, hard));
    if let Err(error) = raised {
        tracing::debug!(%error, "the limit of open files stays as it is");
    }
}
