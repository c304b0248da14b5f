//! Certificates for other programs, signed by the CA on request.

use std::net::IpAddr;

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::authority::Authority;
use super::error::CertificateError;
use super::leaf::{Signer, Subjects, certify, issue};
use super::machine::is_dns_name;

/// What to sign for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// A server of these names, wildcards and addresses.
    Server(Vec<String>),
    /// A client of this name.
    Client(String),
}

/// A new key with its certificate.
pub(crate) struct Issued {
    pub(crate) certificate_pem: String,
    pub(crate) certificate_der: Vec<u8>,
    pub(crate) key_pem: String,
    pub(crate) key_der: Vec<u8>,
}

impl Authority {
    /// Makes a key and signs for it. Whether the CA may sign for the names is the caller's to ask.
    pub(crate) fn issue(&self, request: &Request) -> Result<Issued, CertificateError> {
        let key = KeyPair::generate()?;
        let certificate_pem = match request {
            Request::Server(names) => issue(&key, &subjects(names), Signer::Authority(self))?,
            Request::Client(name) => certify(client(name), &key, Signer::Authority(self))?,
        };
        let der = CertificateDer::from_pem_slice(certificate_pem.as_bytes());
        let der = der.map_err(|error| CertificateError::Issue(error.to_string()))?;
        Ok(Issued {
            certificate_der: der.to_vec(),
            certificate_pem,
            key_pem: key.serialize_pem(),
            key_der: key.serialize_der(),
        })
    }
}

/// Whether `name` is a DNS name or a wildcard of one.
pub(crate) fn is_subject(name: &str) -> bool {
    is_dns_name(name.strip_prefix("*.").unwrap_or(name))
}

fn subjects(names: &[String]) -> Subjects {
    let mut subjects = Subjects::default();
    for name in names {
        match name.parse::<IpAddr>() {
            Ok(address) => _ = subjects.addresses.insert(address),
            Err(_) => _ = subjects.names.insert(name.to_ascii_lowercase()),
        }
    }
    subjects
}

/// A client is known by its common name: an alternative name would fall under the CA's constraints.
fn client(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params
}
