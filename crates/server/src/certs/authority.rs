//! The local CA: made once, kept in the data folder, able to sign for local names only.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SerialNumber, string::Ia5String,
};
use rustls::pki_types::CertificateDer;
use time::{Duration, OffsetDateTime};
use x509_parser::pem::parse_x509_pem;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::constraints::Constraints;
use super::error::CertificateError;
use super::machine::Machine;
use super::{fingerprint, folder};

/// A CA certificate with its key.
pub struct Authority {
    name: String,
    pem: String,
    der: CertificateDer<'static>,
    constraints: Constraints,
    not_after: OffsetDateTime,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// Opens the CA in `data`, or makes one there. One that has run out is moved aside for a new one.
    ///
    /// # Errors
    /// The folder cannot be read or written, or holds something that is no CA. A damaged CA is never replaced
    /// unasked: devices trust it.
    pub fn open(
        data: &Path,
        machine: &Machine,
        public: &[IpAddr],
    ) -> Result<Self, CertificateError> {
        let file = |name: &str, error| CertificateError::File {
            path: data.join(name),
            error,
        };
        folder::ensure(data).map_err(|error| CertificateError::File {
            path: data.to_owned(),
            error,
        })?;
        let certificate =
            folder::read(data, CERTIFICATE).map_err(|error| file(CERTIFICATE, error))?;
        let key = folder::read(data, KEY).map_err(|error| file(KEY, error))?;
        match (certificate, key) {
            (Some(certificate), Some(key)) => {
                let found = Self::read(data, certificate, &key)?;
                if found.not_after - OffsetDateTime::now_utc() > Duration::days(1) {
                    return Ok(found);
                }
                move_aside(data)?;
                Self::make(data, machine, public)
            }
            // A key whose certificate never came to be is worth nothing; it was written first.
            (None, _) => Self::make(data, machine, public),
            (Some(_), None) => Err(CertificateError::Content {
                path: data.join(CERTIFICATE),
                what: format!(
                    "its key {KEY} is missing; put it back, or move this file away to start with a new CA"
                ),
            }),
        }
    }

    /// The CA in `data`, if there is one.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn find(data: &Path) -> Result<Option<Self>, CertificateError> {
        let file = |name: &str, error| CertificateError::File {
            path: data.join(name),
            error,
        };
        let certificate =
            folder::read(data, CERTIFICATE).map_err(|error| file(CERTIFICATE, error))?;
        let key = folder::read(data, KEY).map_err(|error| file(KEY, error))?;
        certificate
            .zip(key)
            .map(|(certificate, key)| Self::read(data, certificate, &key))
            .transpose()
    }

    /// The certificate as PEM.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// The certificate as DER.
    #[must_use]
    pub const fn der(&self) -> &CertificateDer<'static> {
        &self.der
    }

    /// SHA-256 of the certificate, `AB:CD:...`, as browsers and phones show it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        fingerprint::colons(&self.digest())
    }

    /// SHA-256 of the certificate.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        fingerprint::sha256(&self.der)
    }

    /// Its name as stores list it; letters, digits, spaces, hyphens and dots.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it may sign.
    #[must_use]
    pub const fn constraints(&self) -> &Constraints {
        &self.constraints
    }

    /// The last moment it is valid.
    pub(crate) const fn not_after(&self) -> OffsetDateTime {
        self.not_after
    }

    /// What signs.
    pub(crate) const fn issuer(&self) -> &Issuer<'static, KeyPair> {
        &self.issuer
    }

    fn read(data: &Path, pem: String, key: &str) -> Result<Self, CertificateError> {
        let bad = |name: &str, what: &str| CertificateError::Content {
            path: data.join(name),
            what: what.to_owned(),
        };
        let key = KeyPair::from_pem(key).map_err(|_| bad(KEY, "is not a private key in PEM"))?;
        let (_, block) = parse_x509_pem(pem.as_bytes())
            .map_err(|_| bad(CERTIFICATE, "is not a certificate in PEM"))?;
        let der = CertificateDer::from(block.contents);
        let (_, parsed) = X509Certificate::from_der(&der)
            .map_err(|_| bad(CERTIFICATE, "is not a certificate"))?;
        if !parsed.is_ca() {
            return Err(bad(CERTIFICATE, "is not the certificate of a CA"));
        }
        if parsed.public_key().subject_public_key.data.as_ref() != key.public_key_raw() {
            return Err(bad(CERTIFICATE, &format!("{KEY} is not its key")));
        }
        let constraints = Constraints::of(&parsed);
        let not_after = parsed.validity().not_after.to_datetime();
        let common_name = parsed.subject().iter_common_name().next();
        let name = common_name
            .and_then(|name| name.as_str().ok())
            .unwrap_or("Magpie CA")
            .to_owned();
        let issuer = Issuer::from_ca_cert_der(&der, key)?;
        Ok(Self {
            name,
            constraints,
            not_after,
            issuer,
            pem,
            der,
        })
    }

    fn make(data: &Path, machine: &Machine, public: &[IpAddr]) -> Result<Self, CertificateError> {
        let file = |name: &str, error| CertificateError::File {
            path: data.join(name),
            error,
        };
        let key = KeyPair::generate()?;
        let certificate = parameters(&key, machine, public)?.self_signed(&key)?;
        let (pem, key) = (certificate.pem(), key.serialize_pem());
        folder::replace(data, KEY, folder::PRIVATE, key.as_bytes())
            .map_err(|error| file(KEY, error))?;
        folder::replace(data, CERTIFICATE, folder::PUBLIC, pem.as_bytes())
            .map_err(|error| file(CERTIFICATE, error))?;
        Self::read(data, pem, &key)
    }
}

fn parameters(
    key: &KeyPair,
    machine: &Machine,
    public: &[IpAddr],
) -> Result<CertificateParams, CertificateError> {
    let now = OffsetDateTime::now_utc();
    let mut params = CertificateParams::default();
    params.not_before = now - Duration::days(1);
    params.not_after = now + LIFETIME;
    params.serial_number = Some(serial()?);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.extended_key_usages = vec![
        ExtendedKeyUsagePurpose::ServerAuth,
        ExtendedKeyUsagePurpose::ClientAuth,
    ];
    params.name_constraints = Some(Constraints::for_machine(machine, public).extension());
    params
        .distinguished_name
        .push(DnType::CommonName, subject(key, machine));
    params
        .distinguished_name
        .push(DnType::OrganizationName, "Magpie");
    Ok(params)
}

/// The name differs for each key: stores and browsers tell CAs apart by it.
fn subject(key: &KeyPair, machine: &Machine) -> String {
    let hash = fingerprint::sha256(key.public_key_raw());
    let tag = data_encoding::HEXLOWER.encode(&hash[..4]);
    let host = machine.host.as_deref().unwrap_or("this machine");
    let host: String = host.chars().take(40).collect();
    format!("Magpie CA {host} {tag}")
}

/// A random serial number. rcgen's own is the hash of the key: a leaf issued again for the same key would repeat it, and
/// Firefox refuses two certificates with one issuer and serial.
pub(crate) fn serial() -> Result<SerialNumber, CertificateError> {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes)
        .map_err(|_| CertificateError::Issue("no randomness".to_owned()))?;
    bytes[0] &= 0x7f;
    bytes[0] |= 0x40;
    Ok(SerialNumber::from_slice(&bytes))
}

/// A DNS name as rcgen wants it.
pub(crate) fn ia5(name: &str) -> Result<Ia5String, CertificateError> {
    Ok(Ia5String::try_from(name)?)
}

fn move_aside(data: &Path) -> Result<(), CertificateError> {
    for name in [CERTIFICATE, KEY] {
        let path: PathBuf = data.join(name);
        let aside = data.join(format!("expired-{name}"));
        std::fs::rename(&path, aside).map_err(|error| CertificateError::File { path, error })?;
    }
    tracing::warn!("the CA has run out; a new one is made, and devices have to trust it anew");
    Ok(())
}

const CERTIFICATE: &str = "ca.pem";
const KEY: &str = "ca-key.pem";
const LIFETIME: Duration = Duration::days(3650);
