//! The certificates of this server: its own CA, the leaves under it, and those an operator brings.
//!
//! Nothing here opens a socket or stops a connection: a handshake asks [`Certificates::server_config`], and
//! [`Certificates::watch`] keeps the answer right while addresses come and go.

mod authority;
mod constraints;
mod error;
mod fingerprint;
pub(crate) mod folder;
mod issue;
mod leaf;
mod machine;
mod operator;
mod resolver;

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustls::ServerConfig;
use rustls::server::NoServerSessionStorage;

use crate::config::Settings;
use crate::trust;
use leaf::Subjects;
use operator::OperatorFiles;
use resolver::{Nameless, Resolver, Shelf};

pub use authority::Authority;
pub use constraints::Constraints;
pub use error::CertificateError;
pub(crate) use fingerprint::hex as digest_hex;
pub(crate) use issue::{Issued, Request, is_subject};
pub use machine::Machine;

/// All certificates of a running server; clones share them.
#[derive(Clone)]
pub struct Certificates {
    shelf: Arc<Shelf>,
    public: Arc<[IpAddr]>,
    inside: Arc<ServerConfig>,
    outside: Arc<ServerConfig>,
    operator: Arc<ServerConfig>,
    looked: Arc<Mutex<Looked>>,
}

/// The last look at the machine.
#[derive(Default)]
struct Looked {
    at: Option<Instant>,
    complaint: String,
}

impl Certificates {
    /// Opens the CA and the leaves in the data folder, making what is missing, and reads the operator's files.
    ///
    /// # Errors
    /// Print the sentence and exit with code 2: the folder cannot be written, a file is damaged, or the operator's
    /// certificate cannot be used.
    pub fn open(settings: &Settings) -> Result<Self, CertificateError> {
        let machine = Machine::look().map_err(CertificateError::Interfaces)?;
        Self::open_for(settings, &machine)
    }

    /// Tries the operator's certificate and key, changing nothing.
    ///
    /// # Errors
    /// As [`open`](Self::open) for them.
    pub fn check_files(settings: &Settings) -> Result<(), CertificateError> {
        settings
            .certificate
            .as_ref()
            .map(OperatorFiles::open)
            .transpose()
            .map(drop)
    }

    /// As [`open`](Self::open), for a machine described by the caller.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_for(settings: &Settings, machine: &Machine) -> Result<Self, CertificateError> {
        let operator = settings
            .certificate
            .as_ref()
            .map(OperatorFiles::open)
            .transpose()?;
        let public: Arc<[IpAddr]> = settings
            .relay
            .public_ips
            .iter()
            .map(|ip| ip.public)
            .collect();
        let authority = Authority::open(&settings.data, machine, &public)?;
        let shelf = Arc::new(Shelf::open(
            &settings.data,
            authority,
            &wanted(machine, &public),
            operator,
        )?);
        let config = |nameless| {
            server_config(Resolver {
                shelf: Arc::clone(&shelf),
                nameless,
            })
        };
        Ok(Self {
            inside: config(Nameless::Inside)?,
            outside: config(Nameless::Outside)?,
            operator: config(Nameless::Operator)?,
            public,
            shelf,
            looked: Arc::default(),
        })
    }

    /// The TLS configuration for a connection that arrived at `local`: cheap, for each connection.
    ///
    /// The client's server name chooses the certificate; a client that sends none (browsers, for IP literals) gets
    /// the one for `local`.
    #[must_use]
    pub fn server_config(&self, local: SocketAddr) -> Arc<ServerConfig> {
        let local = local.ip().to_canonical();
        if !self.shelf.covers(local) {
            // The address is so new that the watch has not seen it yet.
            self.look_again(ONCE_A_SECOND);
        }
        Arc::clone(match self.shelf.nameless(local) {
            Nameless::Inside => &self.inside,
            Nameless::Outside => &self.outside,
            Nameless::Operator => &self.operator,
        })
    }

    /// Issues leaves anew, under the same CA, if `machine` has names or addresses they do not cover, if one runs out
    /// soon, or if the operator's files changed. Connections made from then on see them. Whether anything changed.
    ///
    /// # Errors
    /// What stood before goes on standing.
    pub fn refresh(&self, machine: &Machine) -> Result<bool, CertificateError> {
        self.shelf.refresh(&wanted(machine, &self.public))
    }

    /// Looks at the machine's addresses and the operator's files every two seconds, for as long as it is polled.
    pub async fn watch(self) {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.look_again(Duration::ZERO);
        }
    }

    /// Names and addresses of this machine that lie outside what the CA may sign: browsers warn about them, whether
    /// they trust the CA or not, unless the operator's certificate covers them.
    #[must_use]
    pub fn outside(&self) -> Vec<String> {
        let (outside, operators) = (self.shelf.outside(), self.shelf.operators());
        let addresses = outside
            .addresses
            .difference(&operators.addresses)
            .map(IpAddr::to_string);
        let names = outside
            .names
            .into_iter()
            .filter(|name| !operators.cover_name(name));
        names.chain(addresses).collect()
    }

    /// The names of the operator's certificate that can be opened as they stand: no wildcards.
    #[must_use]
    pub fn operator_names(&self) -> Vec<String> {
        let names = self.shelf.operators().names.into_iter();
        names.filter(|name| !name.starts_with('*')).collect()
    }

    /// The CA.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        self.shelf.authority()
    }

    /// The CA's certificate as PEM.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        self.authority().pem()
    }

    /// The CA's certificate as DER.
    #[must_use]
    pub fn ca_der(&self) -> &[u8] {
        self.authority().der()
    }

    /// SHA-256 fingerprint of the CA's certificate, `AB:CD:...`.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.authority().fingerprint()
    }

    /// An Apple configuration profile that installs the CA.
    #[must_use]
    pub fn mobileconfig(&self) -> Vec<u8> {
        trust::mobileconfig(self.authority())
    }

    /// Looks at the machine unless that was done less than `rest` ago; says what happened, and a complaint only once.
    fn look_again(&self, rest: Duration) {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        if looked.at.is_some_and(|at| at.elapsed() < rest) {
            return;
        }
        looked.at = Some(Instant::now());
        let done = Machine::look()
            .map_err(CertificateError::Interfaces)
            .and_then(|machine| self.refresh(&machine));
        let complaint = done
            .as_ref()
            .map_or_else(CertificateError::to_string, |_| String::new());
        if done.is_ok_and(|changed| changed) {
            tracing::info!("certificates were renewed");
        } else if !complaint.is_empty() && complaint != looked.complaint {
            tracing::warn!(
                error = complaint,
                "certificates cannot be renewed; the old ones stay"
            );
        }
        looked.complaint = complaint;
    }
}

fn wanted(machine: &Machine, public: &[IpAddr]) -> Subjects {
    let addresses = machine
        .addresses
        .iter()
        .chain(public)
        .map(IpAddr::to_canonical)
        .collect();
    Subjects {
        names: machine.names(),
        addresses,
    }
}

/// Tickets carry a session's state to the client, so that an idle connection keeps none of it here.
fn server_config(resolver: Resolver) -> Result<Arc<ServerConfig>, CertificateError> {
    let failed = |error: rustls::Error| CertificateError::Issue(error.to_string());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(failed)?;
    let mut config = builder
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(resolver));
    config.alpn_protocols = ALPN.map(<[u8]>::to_vec).to_vec();
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.ticketer = rustls::crypto::aws_lc_rs::Ticketer::new().map_err(failed)?;
    config.send_tls13_tickets = 1;
    Ok(Arc::new(config))
}

/// HTTP, and TURN and STUN as RFC 7443 names them.
const ALPN: [&[u8]; 3] = [b"http/1.1", b"stun.turn", b"stun.nat-discovery"];
const ONCE_A_SECOND: Duration = Duration::from_secs(1);
const LOOK_EVERY: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests;
