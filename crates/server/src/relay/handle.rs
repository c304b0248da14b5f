//! The main runtime's side of the relay.

use std::error::Error;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use aws_lc_rs::rand;
use magpie_relay::policy::Network;
use magpie_relay::{
    AlternateServer, Binding, ClientAddr, Config, KeyedUser, Lifetimes, Limits, StaticUser,
    Transport, credentials,
};
use nix::sys::resource::{Resource, getrlimit};
use rustls::ServerConnection;

use super::clock::{self, Clock};
use super::ice::Reach;
use super::inbox::{Bell, Door, Inbox, ToWorker};
use super::place::{Places, Stock};
use super::stream::NewStream;
use super::worker::{self, Parts};
use super::{IceServer, RelaySocket, discovery, ring};
use crate::config::{Cidr, RelaySettings, RelayTransport, StunFor, TurnUser, UserKey};
use crate::listen::Pass;
use crate::secret;

/// A time-limited TURN credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// `EXPIRY:ID`.
    pub username: String,
    /// What `RTCIceServer.credential` takes.
    pub password: String,
    /// When it stops opening allocations: milliseconds since 1970. Allocations made before go on.
    pub expires: u64,
}

/// Why the relay cannot start.
#[derive(Debug)]
pub enum RelayError {
    /// The secret of time-limited credentials can neither be read nor made.
    Secret {
        /// The file it lies in.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A thread or one of its descriptors cannot be made.
    Worker(io::Error),
}

impl fmt::Display for RelayError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secret { path, .. } => {
                write!(out, "cannot use the TURN secret {}", path.display())
            }
            Self::Worker(_) => out.write_str("cannot start the relay's worker"),
        }
    }
}

impl Error for RelayError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Secret { source, .. } | Self::Worker(source) => Some(source),
        }
    }
}

/// The STUN and TURN server.
#[derive(Debug)]
pub struct Relay;

impl Relay {
    /// Starts serving `udp` on threads of its own and returns the handle the main runtime keeps; the threads end with the last
    /// clone of it.
    ///
    /// `tcp` are the listeners whose TURN streams will be handed to [`RelayHandle::serve_stream`], the shared port
    /// first: ICE server URLs name them. `private` are those for other purposes, which no client is to reach from the
    /// inside. `data` is the folder of the generated secret, used when the settings have none.
    ///
    /// # Errors
    /// See [`RelayError`]; all are reasons not to start the server.
    pub fn start(
        settings: &RelaySettings,
        data: &Path,
        mut udp: Vec<RelaySocket>,
        tcp: Vec<SocketAddr>,
        private: Vec<SocketAddr>,
    ) -> Result<RelayHandle, RelayError> {
        let secrets = secrets(settings, data)?;
        if !settings.offers(RelayTransport::Udp) {
            udp.clear();
        }
        let [plain, tls] = [RelayTransport::Tcp, RelayTransport::Tls].map(|transport| {
            let offered = settings.offers(transport);
            if offered { tcp.clone() } else { Vec::new() }
        });
        let listening = [tcp, private].concat();
        let reach = Reach {
            udp: offered(settings, &udp),
            tcp: plain,
            tls,
            stun: settings.stun == StunFor::Anybody,
            turn: settings.turn,
            public: settings.public_ips.iter().map(|ip| ip.public).collect(),
        };
        let secret = secrets.first().cloned().unwrap_or_default();
        let inboxes = employ(settings, secrets, udp, listening).map_err(RelayError::Worker)?;
        Ok(RelayHandle {
            shared: Arc::new(Shared {
                reach,
                secret,
                inboxes,
            }),
        })
    }
}

/// Starts the workers: their inboxes. Each serves sockets of its own; they share quotas, reservations and ports.
fn employ(
    settings: &RelaySettings,
    secrets: Vec<String>,
    udp: Vec<RelaySocket>,
    listening: Vec<SocketAddr>,
) -> io::Result<Vec<Inbox>> {
    let count = workers(settings);
    let places = Places {
        addresses: settings.addresses.clone(),
        ports: settings.ports,
        public: settings.public_ips.clone(),
        listening,
        stock: Arc::new(Stock::new(descriptors() / 4 * 3)),
    };
    let mut config = config(settings, secrets, &places);
    // Each worker counts by itself, and an address is spread over all of them by its ports.
    let limits = &mut config.limits;
    for limit in [
        &mut limits.challenges_per_second,
        &mut limits.challenge_burst,
    ] {
        *limit = limit.div_ceil(u32::from(count));
    }
    let seed = seed()?;
    let shared = Arc::new(magpie_relay::Shared::new(seed));
    let bells = (0..count).map(|_| Bell::new().map(Arc::new));
    let bells = bells.collect::<io::Result<Vec<_>>>()?;
    let listeners = divide(udp, count)?;
    let clock = Clock::start();
    let (inboxes, receivers): (Vec<_>, Vec<_>) = bells
        .iter()
        .map(|bell| Inbox::new(Arc::clone(bell)))
        .unzip();
    let doors: Vec<Door> = inboxes.iter().filter_map(Inbox::door).collect();
    let mut receivers = receivers.into_iter();
    let rings = ring::connect(&bells);
    for (((number, listeners), bell), rings) in (0..count).zip(listeners).zip(bells).zip(rings) {
        let Some(inbox) = receivers.next() else {
            break;
        };
        worker::spawn(Parts {
            number,
            config: config.clone(),
            seed,
            shared: Arc::clone(&shared),
            clock,
            listeners,
            places: places.clone(),
            rings,
            inbox,
            doors: doors.clone(),
            bell,
        })?;
    }
    Ok(inboxes)
}

/// Sockets of every address for each of `count` workers.
fn divide(udp: Vec<RelaySocket>, count: u8) -> io::Result<Vec<Vec<RelaySocket>>> {
    let mut each: Vec<Vec<RelaySocket>> = (0..count).map(|_| Vec::new()).collect();
    for socket in udp {
        let siblings = socket.siblings(usize::from(count).saturating_sub(1))?;
        for (sockets, socket) in each.iter_mut().zip(siblings.into_iter().chain([socket])) {
            sockets.push(socket);
        }
    }
    Ok(each)
}

fn workers(settings: &RelaySettings) -> u8 {
    let cores = || thread::available_parallelism().map_or(1, usize::from);
    let wanted = match settings.workers {
        0 => cores(),
        wanted => wanted as usize,
    };
    u8::try_from(wanted).map_or(WORKERS_MOST, |wanted| wanted.min(WORKERS_MOST))
}

/// What the rest of the server asks of the relay; cheap to clone.
#[derive(Clone, Debug)]
pub struct RelayHandle {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    reach: Reach,
    secret: String,
    /// Of all workers, by their numbers.
    inboxes: Vec<Inbox>,
}

/// A client's stream that has turned out to speak STUN.
#[derive(Debug)]
pub struct ClientStream {
    /// The connection.
    pub socket: std::net::TcpStream,
    /// TLS with its handshake done, if there is TLS.
    pub tls: Option<Box<ServerConnection>>,
    /// What was read from it while finding out.
    pub first: Vec<u8>,
    /// Where the client is, as far as we see.
    pub client: SocketAddr,
    /// The address of ours it reached.
    pub local: SocketAddr,
    /// Dropped when the stream is closed.
    pub pass: Option<Pass>,
}

impl RelayHandle {
    /// Mints a time-limited credential that lasts `ttl` and counts against the quota of `minter` (an identity or an address).
    #[must_use]
    pub fn mint(&self, minter: &str, ttl: Duration) -> Credential {
        let mut random = [0; 9];
        rand::fill(&mut random).unwrap_or_else(|_| unreachable!("the system gives randomness"));
        let expires = clock::wall().after(ttl);
        let minted = credentials::mint(&self.shared.secret, minter, random, expires.seconds());
        Credential {
            username: minted.username,
            password: minted.password,
            expires: minted.expires.saturating_mul(1000),
        }
    }

    /// Of all workers.
    pub(super) fn inboxes(&self) -> &[Inbox] {
        &self.shared.inboxes
    }

    /// ICE servers for a page that reached `local` under the name `host` (of its `Host` header, port or none), without
    /// credentials: put those in with [`IceServer::sign`].
    #[must_use]
    pub fn ice_servers(&self, local: SocketAddr, host: &str) -> Vec<IceServer> {
        self.shared.reach.servers(local, host)
    }

    /// Hands a client's TURN stream to a worker, which serves it until either end closes it. The client's allocation ends
    /// with it. A stream of a transport that is not offered is closed.
    pub async fn serve_stream(&self, stream: ClientStream) {
        let (transport, reachable) = match stream.tls {
            Some(_) => (Transport::Tls, !self.shared.reach.tls.is_empty()),
            None => (Transport::Tcp, !self.shared.reach.tcp.is_empty()),
        };
        if !reachable {
            return;
        }
        let client = ClientAddr::new(stream.client, stream.local, transport);
        let new = NewStream {
            client,
            socket: stream.socket,
            tls: stream.tls,
            first: stream.first,
            waiting: Vec::new(),
            pass: stream.pass,
        };
        let inboxes = &self.shared.inboxes;
        let mut hasher = DefaultHasher::new();
        client.hash(&mut hasher);
        let worker = (hasher.finish() % inboxes.len().max(1) as u64) as usize;
        if let Some(inbox) = inboxes.get(worker) {
            // Refused only when the worker is gone, and with it everything it served.
            drop(inbox.send(ToWorker::Stream(Box::new(new))).await);
        }
    }
}

/// The UDP addresses that pages are told of: all but those that are there for NAT behaviour discovery alone.
fn offered(settings: &RelaySettings, udp: &[RelaySocket]) -> Vec<SocketAddr> {
    let discovery = discovery::sockets(&settings.stun_addresses);
    let crossed = discovery.get(1..).unwrap_or_default();
    let all = udp.iter().map(RelaySocket::local);
    all.filter(|address| !crossed.contains(address)).collect()
}

fn config(settings: &RelaySettings, secrets: Vec<String>, places: &Places) -> Config {
    let defaults = Limits::default();
    let user = |user: &TurnUser| StaticUser {
        name: user.name.clone(),
        password: user.password.expose().to_owned(),
    };
    let keyed = |user: &UserKey| KeyedUser {
        name: user.name.clone(),
        key: user.key,
    };
    Config {
        realm: settings.realm.clone(),
        software: settings.software.clone(),
        binding: match settings.stun {
            StunFor::Anybody => Binding::Anybody,
            StunFor::Users => Binding::Users,
            StunFor::Nobody => Binding::Nobody,
        },
        turn: settings.turn,
        old_channels: settings.rfc5766_channels,
        tcp_peers: settings.tcp_peers,
        users: settings.users.iter().map(user).collect(),
        keyed_users: settings.user_keys.iter().map(keyed).collect(),
        secrets,
        nat_discovery: discovery::two(&settings.stun_addresses, places),
        alternate_server: (!settings.alternate_servers.is_empty()).then(|| AlternateServer {
            addresses: settings.alternate_servers.clone(),
            domain: None,
        }),
        credential_horizon: settings.credential_horizon,
        allow_peers: networks(&settings.allow_peers),
        deny_peers: networks(&settings.deny_peers),
        limits: Limits {
            per_user: settings.user_quota,
            spare_configured_users: settings.spare_static_users,
            per_address: settings
                .user_quota
                .and_then(|quota| quota.checked_mul(USERS_PER_ADDRESS)),
            total: settings.total_quota,
            max_bps: settings.max_bps,
            total_bps: settings.total_bps,
            ..defaults
        },
        lifetimes: Lifetimes {
            nonce: settings.nonce_lifetime,
            permission: settings.permission_lifetime,
            channel: settings.channel_lifetime,
            allocation: settings.default_lifetime,
            allocation_max: settings.max_lifetime,
        },
    }
}

fn networks(ranges: &[Cidr]) -> Vec<Network> {
    ranges
        .iter()
        .map(|range| Network::new(range.network(), range.prefix()))
        .collect()
}

fn secrets(settings: &RelaySettings, data: &Path) -> Result<Vec<String>, RelayError> {
    if !settings.secrets.is_empty() {
        return Ok(settings
            .secrets
            .iter()
            .map(|secret| secret.expose().to_owned())
            .collect());
    }
    let path = data.join("turn-secret");
    match secret::read_or_make(&path) {
        Ok(secret) => Ok(vec![secret]),
        Err(source) => Err(RelayError::Secret { path, source }),
    }
}

fn seed() -> io::Result<[u8; 32]> {
    let mut seed = [0; 32];
    rand::fill(&mut seed).map_err(io::Error::other)?;
    Ok(seed)
}

/// Descriptors the process may have; every allocation takes one.
fn descriptors() -> usize {
    let limit = getrlimit(Resource::RLIMIT_NOFILE).map(|(soft, _)| soft);
    limit.map_or(DESCRIPTORS, |soft| {
        usize::try_from(soft).unwrap_or(usize::MAX)
    })
}

/// People who may share one address before its quota is felt before their own.
const USERS_PER_ADDRESS: NonZeroU32 = NonZeroU32::new(16).expect("16 is not zero");
/// What Linux gives a process by default.
const DESCRIPTORS: usize = 1024;
/// More would not be faster: the cards of this world have fewer queues.
const WORKERS_MOST: u8 = 64;
