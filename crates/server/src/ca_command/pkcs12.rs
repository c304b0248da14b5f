//! PKCS#12 files (RFC 7292).

use p12_keystore::{
    Certificate, EncryptionAlgorithm, KeyStore, KeyStoreEntry, MacAlgorithm, PrivateKey,
    PrivateKeyChain,
};

use super::Failure;
use crate::certs::Authority;

/// The CA alone, as a store of trusted certificates.
pub(super) fn trust_store(authority: &Authority, password: &str) -> Result<Vec<u8>, Failure> {
    let certificate = Certificate::from_der(authority.der()).map_err(failed)?;
    write(
        authority.name(),
        KeyStoreEntry::Certificate(certificate),
        password,
    )
}

/// A key with its certificate and the CA.
pub(super) fn identity(
    authority: &Authority,
    name: &str,
    key: &[u8],
    certificate: &[u8],
    password: &str,
) -> Result<Vec<u8>, Failure> {
    let key = PrivateKey::from_der(key).map_err(failed)?;
    let chain = [certificate, authority.der()].map(Certificate::from_der);
    let chain: Vec<Certificate> = chain
        .into_iter()
        .collect::<Result<_, _>>()
        .map_err(failed)?;
    let id = crate::certs::digest_hex(certificate).into_bytes();
    write(
        name,
        KeyStoreEntry::PrivateKeyChain(PrivateKeyChain::new(id, key, chain)),
        password,
    )
}

/// Triple DES and SHA-1, because macOS and older Windows take nothing newer; the password protects the file on its way
/// to a device, not for good.
fn write(name: &str, entry: KeyStoreEntry, password: &str) -> Result<Vec<u8>, Failure> {
    let mut store = KeyStore::new();
    store.add_entry(name, entry);
    let writer = store
        .writer(password)
        .encryption_algorithm(EncryptionAlgorithm::PbeWithShaAnd3KeyTripleDesCbc);
    writer
        .mac_algorithm(MacAlgorithm::HmacSha1)
        .write()
        .map_err(failed)
}

fn failed(error: p12_keystore::error::Error) -> Failure {
    Failure::Asked(format!("PKCS#12: {error}"))
}

/// The password everybody expects where none was chosen.
pub(super) const CUSTOMARY: &str = "changeit";
