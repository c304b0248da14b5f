//! A machine with its certificates, and clients that look at them.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConnection};

use super::super::*;
use crate::config::defaults;

pub(super) struct Fixture {
    pub(super) settings: Settings,
    pub(super) machine: Machine,
    pub(super) certificates: Certificates,
}

impl Fixture {
    pub(super) fn new(addresses: &[&str]) -> Self {
        Self::with(defaults(&folder()), addresses)
    }

    pub(super) fn with(settings: Settings, addresses: &[&str]) -> Self {
        let addresses = ["127.0.0.1", "::1"]
            .iter()
            .chain(addresses)
            .map(|text| text.parse().unwrap())
            .collect();
        let machine = Machine {
            host: Some("nest".to_owned()),
            addresses,
        };
        let certificates = Certificates::open_for(&settings, &machine).unwrap();
        Self {
            settings,
            machine,
            certificates,
        }
    }

    pub(super) fn reopen(&mut self) {
        self.certificates = Certificates::open_for(&self.settings, &self.machine).unwrap();
    }

    pub(super) fn data(&self) -> &Path {
        &self.settings.data
    }

    pub(super) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.data().join(name)).unwrap()
    }

    /// A handshake by a client that trusts the CA only, at `local`, asking for `name`.
    pub(super) fn accepts(&self, local: &str, name: &str) -> Result<(), String> {
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let mut client = ClientConnection::new(Arc::new(self.trusting()), name).unwrap();
        handshake(&mut client, self.server(local))
    }

    pub(super) fn trusting(&self) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from(self.certificates.ca_der().to_vec()))
            .unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap();
        config.with_root_certificates(roots).with_no_client_auth()
    }

    pub(super) fn presented(&self, local: &str, name: &str) -> CertificateDer<'static> {
        let config = magpie_bench::tls::trusting_config();
        let mut client =
            ClientConnection::new(config, ServerName::try_from(name.to_owned()).unwrap()).unwrap();
        handshake(&mut client, self.server(local)).unwrap();
        client.peer_certificates().unwrap()[0].clone().into_owned()
    }

    pub(super) fn server(&self, local: &str) -> ServerConnection {
        let local = SocketAddr::new(local.parse().unwrap(), 443);
        ServerConnection::new(self.certificates.server_config(local)).unwrap()
    }

    pub(super) fn openssl(&self, leaf: &str, check: &str) -> Option<String> {
        let mut command = Command::new("openssl");
        command
            .current_dir(self.data())
            .args(["verify", "-x509_strict", "-CAfile", "ca.pem"]);
        match command.args(check.split_whitespace()).arg(leaf).output() {
            Ok(output) => Some(
                String::from_utf8_lossy(&[output.stdout, output.stderr].concat())
                    .trim()
                    .to_owned(),
            ),
            Err(_) => {
                eprintln!("skipped: openssl is not installed");
                None
            }
        }
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(self.data());
    }
}

pub(super) trait Also: Sized {
    fn also(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

impl Also for Settings {}

pub(super) fn handshake(
    client: &mut ClientConnection,
    mut server: ServerConnection,
) -> Result<(), String> {
    while client.is_handshaking() || server.is_handshaking() {
        let mut wire = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut wire).unwrap();
        }
        server.read_tls(&mut wire.as_slice()).unwrap();
        server
            .process_new_packets()
            .map_err(|error| error.to_string())?;
        let mut wire = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut wire).unwrap();
        }
        client.read_tls(&mut wire.as_slice()).unwrap();
        client
            .process_new_packets()
            .map_err(|error| error.to_string())?;
    }
    Ok(())
}

pub(super) fn serial(pem: &str) -> String {
    let (_, block) = x509_parser::pem::parse_x509_pem(pem.as_bytes()).unwrap();
    block.parse_x509().unwrap().raw_serial_as_string()
}

pub(super) fn folder() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("magpie-certs-{}-{number}", std::process::id()));
    folder::ensure(&folder).unwrap();
    folder
}
