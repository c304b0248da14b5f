use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use rcgen::KeyPair;
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConnection};

use super::leaf::{Signer, issue};
use super::*;
use crate::config::{CertificateFiles, PublicIp, defaults};

#[test]
fn the_leaf_covers_every_name_and_address_of_the_machine() {
    let fixture = Fixture::new(&[
        "192.168.1.7",
        "10.0.0.3",
        "fd00::7",
        "203.0.113.9",
        "fe80::1",
    ]);
    for name in [
        "localhost",
        "nest",
        "nest.local",
        "nest.lan",
        "127.0.0.1",
        "::1",
    ] {
        fixture.accepts("127.0.0.1", name).unwrap();
    }
    for address in &fixture.machine.addresses {
        fixture
            .accepts(&address.to_string(), &address.to_string())
            .unwrap();
    }
}

#[test]
fn openssl_verifies_the_leaf_under_the_ca() {
    let fixture = Fixture::new(&["192.168.1.7", "fd00::7", "203.0.113.9"]);
    for check in [
        "-verify_hostname nest.local",
        "-verify_ip 192.168.1.7",
        "-verify_ip fd00::7",
        "-verify_ip 203.0.113.9",
    ] {
        let Some(verdict) = fixture.openssl("leaf.pem", check) else {
            return;
        };
        assert!(verdict.ends_with(": OK"), "{check}: {verdict}");
    }
}

#[test]
fn a_stolen_ca_key_signs_nothing_else() {
    let fixture = Fixture::new(&["192.168.1.7"]);
    let wrong = [
        ("bank.example", None),
        ("localhost.example", None),
        ("", Some("198.51.100.1")),
        ("", Some("2001:db8::1")),
    ];
    for (name, address) in wrong {
        let names = Some(name.to_owned()).filter(|name| !name.is_empty());
        let addresses = address.map(|text| text.parse().unwrap());
        let subjects = Subjects {
            names: names.into_iter().collect(),
            addresses: addresses.into_iter().collect(),
        };
        let key = KeyPair::generate().unwrap();
        let pem = issue(
            &key,
            &subjects,
            Signer::Authority(fixture.certificates.authority()),
        )
        .unwrap();
        fs::write(fixture.data().join("forged.pem"), pem).unwrap();
        let Some(verdict) = fixture.openssl("forged.pem", "") else {
            return;
        };
        assert!(
            verdict.contains("permitted subtree violation"),
            "{name}: {verdict}"
        );
    }
}

#[test]
fn a_restart_finds_the_same_ca_and_leaf() {
    let fixture = Fixture::new(&["192.168.1.7"]);
    let before = (fixture.read("ca.pem"), fixture.read("leaf.pem"));
    let again = Certificates::open_for(&fixture.settings, &fixture.machine).unwrap();
    assert_eq!(again.fingerprint(), fixture.certificates.fingerprint());
    assert_eq!((fixture.read("ca.pem"), fixture.read("leaf.pem")), before);
}

#[test]
fn a_new_address_gets_a_new_leaf_under_the_same_ca_without_a_restart() {
    let mut fixture = Fixture::new(&["192.168.1.7"]);
    let ca = fixture.read("ca.pem");
    assert!(!fixture.certificates.refresh(&fixture.machine).unwrap());
    fixture
        .machine
        .addresses
        .insert("10.9.8.7".parse().unwrap());
    assert!(fixture.certificates.refresh(&fixture.machine).unwrap());
    fixture.accepts("10.9.8.7", "10.9.8.7").unwrap();
    fixture.accepts("192.168.1.7", "192.168.1.7").unwrap();
    assert_eq!(fixture.read("ca.pem"), ca);
}

#[test]
fn two_leaves_of_one_key_have_different_serial_numbers() {
    let mut fixture = Fixture::new(&[]);
    let first = serial(&fixture.read("leaf.pem"));
    fixture
        .machine
        .addresses
        .insert("10.9.8.7".parse().unwrap());
    fixture.certificates.refresh(&fixture.machine).unwrap();
    assert_ne!(serial(&fixture.read("leaf.pem")), first);
}

#[test]
fn an_address_outside_the_constraints_gets_a_leaf_of_its_own_and_spoils_no_other() {
    let mut fixture = Fixture::new(&["192.168.1.7"]);
    fixture
        .machine
        .addresses
        .insert("203.0.113.9".parse().unwrap());
    fixture.certificates.refresh(&fixture.machine).unwrap();
    assert_eq!(fixture.certificates.outside(), ["203.0.113.9"]);
    fixture.accepts("192.168.1.7", "192.168.1.7").unwrap();
    fixture.accepts("203.0.113.9", "localhost").unwrap();
    let refused = fixture.accepts("203.0.113.9", "203.0.113.9").unwrap_err();
    assert!(
        refused.contains("UnknownIssuer") || refused.contains("CaUsedAsEndEntity"),
        "{refused}"
    );
    let (_, block) = x509_parser::pem::parse_x509_pem(fixture.read("outside.pem").as_bytes())
        .map(|(a, b)| (a.len(), b))
        .unwrap();
    let outside = Subjects::of(&block.parse_x509().unwrap());
    assert_eq!(
        outside.addresses,
        BTreeSet::from(["203.0.113.9".parse().unwrap()])
    );
    assert!(outside.names.is_empty());
}

#[test]
fn a_configured_public_address_is_permitted_when_the_ca_is_made() {
    let folder = folder();
    let mut settings = defaults(&folder);
    settings.relay.public_ips = vec![PublicIp {
        public: "198.51.100.4".parse().unwrap(),
        local: None,
    }];
    let fixture = Fixture::with(settings, &["192.168.1.7"]);
    assert!(fixture.certificates.outside().is_empty());
    fixture.accepts("192.168.1.7", "nest.local").unwrap();
    assert!(
        fixture
            .certificates
            .authority()
            .constraints()
            .permits_address("198.51.100.4".parse().unwrap())
    );
}

#[test]
fn a_local_name_nobody_foresaw_is_answered_under_the_ca() {
    let fixture = Fixture::new(&[]);
    fixture.accepts("127.0.0.1", "calls.lan").unwrap();
    fixture
        .accepts("127.0.0.1", "calls.example.org")
        .unwrap_err();
}

#[test]
fn made_up_names_are_signed_for_only_so_often() {
    let fixture = Fixture::new(&[]);
    let accepted = (0..100)
        .filter(|n| fixture.accepts("127.0.0.1", &format!("n{n}.lan")).is_ok())
        .count();
    assert_eq!(accepted, 64);
    fixture.accepts("127.0.0.1", "localhost").unwrap();
}

#[test]
fn browsers_and_turn_clients_agree_on_a_protocol() {
    let fixture = Fixture::new(&[]);
    for (offered, chosen) in [
        (&["h2", "http/1.1"][..], Some("http/1.1")),
        (&["stun.turn"], Some("stun.turn")),
        (&[], None),
    ] {
        let mut config = fixture.trusting();
        config.alpn_protocols = offered
            .iter()
            .map(|name| name.as_bytes().to_vec())
            .collect();
        let name = ServerName::try_from("localhost").unwrap();
        let mut client = ClientConnection::new(Arc::new(config), name).unwrap();
        handshake(&mut client, fixture.server("127.0.0.1")).unwrap();
        assert_eq!(client.alpn_protocol(), chosen.map(str::as_bytes));
    }
}

#[test]
fn keys_are_for_their_owner_only() {
    let fixture = Fixture::new(&[]);
    for name in ["ca-key.pem", "leaf-key.pem"] {
        let mode = fs::metadata(fixture.data().join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    assert_eq!(
        fs::metadata(fixture.data()).unwrap().permissions().mode() & 0o777,
        0o700
    );
}

#[test]
fn a_damaged_ca_is_named_and_left_alone() {
    let fixture = Fixture::new(&[]);
    fs::write(fixture.data().join("ca.pem"), "nonsense").unwrap();
    let error = Certificates::open_for(&fixture.settings, &fixture.machine)
        .err()
        .unwrap()
        .to_string();
    assert!(
        error.ends_with("ca.pem: is not a certificate in PEM"),
        "{error}"
    );
    assert_eq!(fixture.read("ca.pem"), "nonsense");
}

#[test]
fn a_key_of_another_ca_is_noticed() {
    let (one, other) = (Fixture::new(&[]), Fixture::new(&[]));
    fs::copy(
        other.data().join("ca-key.pem"),
        one.data().join("ca-key.pem"),
    )
    .unwrap();
    let error = Certificates::open_for(&one.settings, &one.machine)
        .err()
        .unwrap()
        .to_string();
    assert!(
        error.ends_with("ca.pem: ca-key.pem is not its key"),
        "{error}"
    );
}

#[test]
fn a_damaged_leaf_is_made_anew() {
    let mut fixture = Fixture::new(&["192.168.1.7"]);
    for name in ["leaf.pem", "leaf-key.pem"] {
        fs::write(fixture.data().join(name), "nonsense").unwrap();
    }
    fixture.reopen();
    fixture.accepts("192.168.1.7", "192.168.1.7").unwrap();
}

#[test]
fn a_leaf_that_runs_out_within_a_month_is_made_anew() {
    let mut fixture = Fixture::new(&[]);
    let key = KeyPair::from_pem(&fixture.read("leaf-key.pem")).unwrap();
    let wanted = wanted(&fixture.machine, &[]);
    for (days, kept) in [(40, true), (20, false)] {
        let mut params = rcgen::CertificateParams::default();
        params.subject_alt_names = wanted.alternative_names().unwrap();
        params.not_before = time::OffsetDateTime::now_utc();
        params.not_after = params.not_before + time::Duration::days(days);
        let leaf = params
            .signed_by(&key, fixture.certificates.authority().issuer())
            .unwrap()
            .pem();
        fs::write(fixture.data().join("leaf.pem"), &leaf).unwrap();
        fixture.reopen();
        assert_eq!(fixture.read("leaf.pem") == leaf, kept, "{days} days left");
    }
}

#[test]
fn a_leaf_lasts_at_most_397_days_and_begins_a_day_ago() {
    let fixture = Fixture::new(&[]);
    let pem = fixture.read("leaf.pem");
    let (_, block) = x509_parser::pem::parse_x509_pem(pem.as_bytes()).unwrap();
    let parsed = block.parse_x509().unwrap();
    let (from, to) = (
        parsed.validity().not_before.to_datetime(),
        parsed.validity().not_after.to_datetime(),
    );
    assert!(to - from <= time::Duration::days(397));
    assert_eq!((time::OffsetDateTime::now_utc() - from).whole_hours(), 24);
}

#[test]
fn a_ca_that_ran_out_is_moved_aside_for_a_new_one() {
    let mut fixture = Fixture::new(&[]);
    let key = KeyPair::from_pem(&fixture.read("ca-key.pem")).unwrap();
    let mut params = rcgen::CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Constrained(0));
    params.not_after = time::OffsetDateTime::now_utc();
    let expired = params.self_signed(&key).unwrap().pem();
    fs::write(fixture.data().join("ca.pem"), &expired).unwrap();
    fixture.reopen();
    fixture.accepts("127.0.0.1", "localhost").unwrap();
    assert_eq!(fixture.read("expired-ca.pem"), expired);
}

#[test]
fn a_leaf_of_another_ca_is_made_anew() {
    let (mut one, other) = (Fixture::new(&[]), Fixture::new(&[]));
    for name in ["ca.pem", "ca-key.pem"] {
        fs::copy(other.data().join(name), one.data().join(name)).unwrap();
    }
    one.reopen();
    one.accepts("127.0.0.1", "localhost").unwrap();
}

#[test]
fn the_operators_certificate_serves_its_names_and_no_others() {
    let folder = folder();
    let files = operator_files(&folder, &["calls.example.org"]);
    let fixture = Fixture::with(
        defaults(&folder).also(|settings| settings.certificate = Some(files.clone())),
        &["192.168.1.7"],
    );
    let own = CertificateDer::from_pem_file(&files.certificate).unwrap();
    assert_eq!(fixture.presented("127.0.0.1", "calls.example.org"), own);
    assert_ne!(fixture.presented("127.0.0.1", "localhost"), own);
    fixture.accepts("192.168.1.7", "192.168.1.7").unwrap();
}

#[test]
fn the_operators_certificate_is_read_again_when_its_files_change() {
    let folder = folder();
    let files = operator_files(&folder, &["calls.example.org"]);
    let fixture = Fixture::with(
        defaults(&folder).also(|settings| settings.certificate = Some(files.clone())),
        &[],
    );
    let before = fixture.presented("127.0.0.1", "calls.example.org");
    operator_files(&folder, &["calls.example.org"]);
    assert!(fixture.certificates.refresh(&fixture.machine).unwrap());
    assert_ne!(fixture.presented("127.0.0.1", "calls.example.org"), before);
}

#[test]
fn half_a_change_of_the_operators_files_leaves_the_old_certificate_in_place() {
    let folder = folder();
    let files = operator_files(&folder, &["calls.example.org"]);
    let fixture = Fixture::with(
        defaults(&folder).also(|settings| settings.certificate = Some(files.clone())),
        &[],
    );
    let before = fixture.presented("127.0.0.1", "calls.example.org");
    fs::write(&files.key, KeyPair::generate().unwrap().serialize_pem()).unwrap();
    let error = fixture
        .certificates
        .refresh(&fixture.machine)
        .unwrap_err()
        .to_string();
    assert!(error.contains("is not the key of"), "{error}");
    assert_eq!(fixture.presented("127.0.0.1", "calls.example.org"), before);
}

#[test]
fn the_profile_for_apple_devices_holds_the_certificate() {
    let fixture = Fixture::new(&[]);
    let text = String::from_utf8(fixture.certificates.mobileconfig()).unwrap();
    let data = text
        .split("<data>")
        .nth(1)
        .and_then(|rest| rest.split("</data>").next())
        .unwrap();
    assert_eq!(
        data_encoding::BASE64.decode(data.as_bytes()).unwrap(),
        fixture.certificates.ca_der()
    );
}

struct Fixture {
    settings: Settings,
    machine: Machine,
    certificates: Certificates,
}

impl Fixture {
    fn new(addresses: &[&str]) -> Self {
        Self::with(defaults(&folder()), addresses)
    }

    fn with(settings: Settings, addresses: &[&str]) -> Self {
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

    fn reopen(&mut self) {
        self.certificates = Certificates::open_for(&self.settings, &self.machine).unwrap();
    }

    fn data(&self) -> &Path {
        &self.settings.data
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.data().join(name)).unwrap()
    }

    /// A handshake by a client that trusts the CA only, at `local`, asking for `name`.
    fn accepts(&self, local: &str, name: &str) -> Result<(), String> {
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let mut client = ClientConnection::new(Arc::new(self.trusting()), name).unwrap();
        handshake(&mut client, self.server(local))
    }

    fn trusting(&self) -> ClientConfig {
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

    fn presented(&self, local: &str, name: &str) -> CertificateDer<'static> {
        let mut config = ClientConfig::builder_with_provider(Arc::new(
            rustls::crypto::aws_lc_rs::default_provider(),
        ))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
        config
            .dangerous()
            .set_certificate_verifier(Arc::new(anyone::Anyone));
        let mut client = ClientConnection::new(
            Arc::new(config),
            ServerName::try_from(name.to_owned()).unwrap(),
        )
        .unwrap();
        handshake(&mut client, self.server(local)).unwrap();
        client.peer_certificates().unwrap()[0].clone().into_owned()
    }

    fn server(&self, local: &str) -> ServerConnection {
        let local = SocketAddr::new(local.parse().unwrap(), 443);
        ServerConnection::new(self.certificates.server_config(local)).unwrap()
    }

    fn openssl(&self, leaf: &str, check: &str) -> Option<String> {
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

trait Also: Sized {
    fn also(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

impl Also for Settings {}

fn handshake(client: &mut ClientConnection, mut server: ServerConnection) -> Result<(), String> {
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

fn operator_files(folder: &Path, names: &[&str]) -> CertificateFiles {
    let key = KeyPair::generate().unwrap();
    let subjects = Subjects {
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        ..Subjects::default()
    };
    let files = CertificateFiles {
        certificate: folder.join("operator.pem"),
        key: folder.join("operator-key.pem"),
    };
    fs::write(
        &files.certificate,
        issue(&key, &subjects, Signer::Itself).unwrap(),
    )
    .unwrap();
    fs::write(&files.key, key.serialize_pem()).unwrap();
    files
}

fn serial(pem: &str) -> String {
    let (_, block) = x509_parser::pem::parse_x509_pem(pem.as_bytes()).unwrap();
    block.parse_x509().unwrap().raw_serial_as_string()
}

fn folder() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("magpie-certs-{}-{number}", std::process::id()));
    folder::ensure(&folder).unwrap();
    folder
}

mod anyone {
    use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
    use rustls::crypto::{aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
    use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
    use rustls::{DigitallySignedStruct, Error, SignatureScheme};

    /// Takes any certificate, so that a test can look at the one it was given.
    #[derive(Debug)]
    pub(super) struct Anyone;

    impl ServerCertVerifier for Anyone {
        fn verify_server_cert(
            &self,
            _: &CertificateDer<'_>,
            _: &[CertificateDer<'_>],
            _: &ServerName<'_>,
            _: &[u8],
            _: UnixTime,
        ) -> Result<ServerCertVerified, Error> {
            Ok(ServerCertVerified::assertion())
        }

        fn verify_tls12_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signature: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            let algorithms = aws_lc_rs::default_provider().signature_verification_algorithms;
            verify_tls12_signature(message, certificate, signature, &algorithms)
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signature: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            let algorithms = aws_lc_rs::default_provider().signature_verification_algorithms;
            verify_tls13_signature(message, certificate, signature, &algorithms)
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            aws_lc_rs::default_provider()
                .signature_verification_algorithms
                .supported_schemes()
        }
    }
}
