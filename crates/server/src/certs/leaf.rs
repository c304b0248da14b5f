//! End certificates: what they cover, how they are made, kept and recognised.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use rcgen::{
    CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
    PublicKeyData as _, SanType,
};
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use time::{Duration, OffsetDateTime};
use x509_parser::extensions::GeneralName;
use x509_parser::pem::parse_x509_pem;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::authority::{Authority, ia5, serial};
use super::error::CertificateError;
use super::folder;

/// The names and addresses of one certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Subjects {
    pub(crate) names: BTreeSet<String>,
    pub(crate) addresses: BTreeSet<IpAddr>,
}

/// A certificate and key ready to serve with.
#[derive(Debug)]
pub(crate) struct Leaf {
    pub(crate) certified: Arc<CertifiedKey>,
    pub(crate) subjects: Subjects,
    pub(crate) not_after: OffsetDateTime,
}

/// Who vouches for a leaf.
#[derive(Clone, Copy)]
pub(crate) enum Signer<'a> {
    Authority(&'a Authority),
    /// Nobody: for names and addresses the CA may not sign.
    Itself,
}

/// The two files of a leaf in the data folder.
#[derive(Clone, Copy)]
pub(crate) struct Slot {
    certificate: &'static str,
    key: &'static str,
}

impl Slot {
    /// The leaf under the CA.
    pub(crate) const INSIDE: Self = Self {
        certificate: "leaf.pem",
        key: "leaf-key.pem",
    };
    /// The self-signed one.
    pub(crate) const OUTSIDE: Self = Self {
        certificate: "outside.pem",
        key: "outside-key.pem",
    };
}

impl Subjects {
    pub(crate) fn is_empty(&self) -> bool {
        self.names.is_empty() && self.addresses.is_empty()
    }

    /// Whether every name and address of `wanted` is among these.
    pub(crate) fn cover(&self, wanted: &Self) -> bool {
        wanted.names.is_subset(&self.names) && wanted.addresses.is_subset(&self.addresses)
    }

    /// Whether `name` is covered, by itself or by a wildcard.
    pub(crate) fn cover_name(&self, name: &str) -> bool {
        let wildcard = name.split_once('.').map(|(_, rest)| format!("*.{rest}"));
        self.names.contains(name) || wildcard.is_some_and(|wildcard| self.names.contains(&wildcard))
    }

    /// The subject alternative names of a certificate.
    pub(crate) fn of(certificate: &X509Certificate<'_>) -> Self {
        let mut subjects = Self::default();
        let extension = certificate.subject_alternative_name().ok().flatten();
        for name in extension
            .iter()
            .flat_map(|found| &found.value.general_names)
        {
            match name {
                GeneralName::DNSName(name) => _ = subjects.names.insert(name.to_ascii_lowercase()),
                GeneralName::IPAddress(bytes) => subjects.addresses.extend(address(bytes)),
                _ => {}
            }
        }
        subjects
    }

    pub(crate) fn alternative_names(&self) -> Result<Vec<SanType>, CertificateError> {
        let names = self
            .names
            .iter()
            .map(|name| Ok(SanType::DnsName(ia5(name)?)));
        names
            .chain(
                self.addresses
                    .iter()
                    .map(|address| Ok(SanType::IpAddress(*address))),
            )
            .collect()
    }
}

/// The kept leaf if it still serves, else a new one, which is kept.
///
/// # Errors
/// The folder cannot be read or written. A damaged leaf is simply replaced: nobody trusts it by itself.
pub(crate) fn keep(
    data: &Path,
    slot: Slot,
    wanted: &Subjects,
    signer: Signer<'_>,
) -> Result<Leaf, CertificateError> {
    let key = kept_key(data, slot)?;
    if let Some(leaf) = kept(data, slot, &key, signer)?
        && leaf.subjects.cover(wanted)
        && !leaf.is_old(signer)
    {
        return Ok(leaf);
    }
    let pem = issue(&key, wanted, signer)?;
    let file = |error| CertificateError::File {
        path: data.join(slot.certificate),
        error,
    };
    folder::replace(data, slot.certificate, folder::PUBLIC, pem.as_bytes()).map_err(file)?;
    Leaf::read(&pem, &key)
}

/// Makes a server certificate of `key`; PEM.
pub(crate) fn issue(
    key: &KeyPair,
    subjects: &Subjects,
    signer: Signer<'_>,
) -> Result<String, CertificateError> {
    let mut params = CertificateParams::default();
    params.subject_alt_names = subjects.alternative_names()?;
    params
        .distinguished_name
        .push(DnType::CommonName, common_name(subjects));
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    certify(params, key, signer)
}

/// Dates, numbers and signs; PEM.
pub(crate) fn certify(
    mut params: CertificateParams,
    key: &KeyPair,
    signer: Signer<'_>,
) -> Result<String, CertificateError> {
    let now = OffsetDateTime::now_utc();
    params.not_before = now - Duration::days(1);
    params.not_after = now + LIFETIME;
    params.serial_number = Some(serial()?);
    let certificate = match signer {
        Signer::Itself => params.self_signed(key)?,
        Signer::Authority(authority) => {
            params.not_after = params.not_after.min(authority.not_after());
            params.use_authority_key_identifier_extension = true;
            params.signed_by(key, authority.issuer())?
        }
    };
    Ok(certificate.pem())
}

impl Leaf {
    /// Whether it should be replaced while it still works. One that lasts as long as its signer cannot be bettered.
    pub(crate) fn is_old(&self, signer: Signer<'_>) -> bool {
        let bettered = match signer {
            Signer::Itself => true,
            Signer::Authority(authority) => self.not_after < authority.not_after(),
        };
        bettered && self.not_after - OffsetDateTime::now_utc() < RENEWAL
    }

    pub(crate) fn read(pem: &str, key: &KeyPair) -> Result<Self, CertificateError> {
        let unreadable = |_| CertificateError::Issue("the leaf cannot be read back".to_owned());
        let (_, block) = parse_x509_pem(pem.as_bytes()).map_err(|_| unreadable(()))?;
        let (_, parsed) = X509Certificate::from_der(&block.contents).map_err(|_| unreadable(()))?;
        let private = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let signing = any_supported_type(&private)
            .map_err(|error| CertificateError::Issue(error.to_string()))?;
        let subjects = Subjects::of(&parsed);
        let not_after = parsed.validity().not_after.to_datetime();
        let chain = vec![CertificateDer::from(block.contents.clone())];
        Ok(Self {
            certified: Arc::new(CertifiedKey::new(chain, signing)),
            subjects,
            not_after,
        })
    }
}

fn kept_key(data: &Path, slot: Slot) -> Result<KeyPair, CertificateError> {
    let file = |error| CertificateError::File {
        path: data.join(slot.key),
        error,
    };
    let text = folder::read(data, slot.key).map_err(file)?;
    if let Some(key) = text.and_then(|text| KeyPair::from_pem(&text).ok()) {
        return Ok(key);
    }
    let key = KeyPair::generate()?;
    folder::replace(
        data,
        slot.key,
        folder::PRIVATE,
        key.serialize_pem().as_bytes(),
    )
    .map_err(file)?;
    Ok(key)
}

/// The leaf in `slot`, if it is this signer's and this key's.
fn kept(
    data: &Path,
    slot: Slot,
    key: &KeyPair,
    signer: Signer<'_>,
) -> Result<Option<Leaf>, CertificateError> {
    let file = |error| CertificateError::File {
        path: data.join(slot.certificate),
        error,
    };
    let Some(pem) = folder::read(data, slot.certificate).map_err(file)? else {
        return Ok(None);
    };
    let Ok((_, block)) = parse_x509_pem(pem.as_bytes()) else {
        return Ok(None);
    };
    let Ok((_, parsed)) = X509Certificate::from_der(&block.contents) else {
        return Ok(None);
    };
    let ours =
        parsed.public_key().raw == key.subject_public_key_info() && is_signed_by(&parsed, signer);
    if !ours {
        return Ok(None);
    }
    Leaf::read(&pem, key).map(Some)
}

fn is_signed_by(leaf: &X509Certificate<'_>, signer: Signer<'_>) -> bool {
    let public = match signer {
        Signer::Itself => return leaf.verify_signature(None).is_ok(),
        Signer::Authority(authority) => authority.issuer().key().subject_public_key_info(),
    };
    x509_parser::x509::SubjectPublicKeyInfo::from_der(&public)
        .is_ok_and(|(_, public)| leaf.verify_signature(Some(&public)).is_ok())
}

fn common_name(subjects: &Subjects) -> String {
    let name = subjects
        .names
        .iter()
        .find(|name| *name != "localhost")
        .or_else(|| subjects.names.first());
    let name = name
        .cloned()
        .or_else(|| subjects.addresses.first().map(IpAddr::to_string));
    // X.520: at most 64 characters.
    name.unwrap_or_default().chars().take(64).collect()
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
        16 => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
        _ => None,
    }
}

/// With the day back: 397 days, the most Apple and the CA/Browser Forum accept.
const LIFETIME: Duration = Duration::days(396);
const RENEWAL: Duration = Duration::days(30);
