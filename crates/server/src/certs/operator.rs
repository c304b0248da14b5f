//! The certificate an operator brings with `--cert` and `--key`, read again when its files change.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::SystemTime;

use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::error::CertificateError;
use super::leaf::Subjects;
use crate::config::CertificateFiles;

/// A chain and key from files.
#[derive(Debug)]
pub(crate) struct OperatorCertificate {
    pub(crate) certified: Arc<CertifiedKey>,
    pub(crate) subjects: Subjects,
}

/// The files and what they held when they last made sense.
pub(crate) struct OperatorFiles {
    files: CertificateFiles,
    current: RwLock<Arc<OperatorCertificate>>,
    seen: Mutex<Stamp>,
}

/// When the two files were last written.
type Stamp = [Option<SystemTime>; 2];

impl OperatorFiles {
    /// Reads the files.
    ///
    /// # Errors
    /// One is missing, unreadable or no PEM of its kind, or the key is not the certificate's.
    pub(crate) fn open(files: &CertificateFiles) -> Result<Self, CertificateError> {
        let seen = Mutex::new(stamp(files));
        let current = RwLock::new(Arc::new(OperatorCertificate::read(files)?));
        Ok(Self {
            files: files.clone(),
            current,
            seen,
        })
    }

    pub(crate) fn current(&self) -> Arc<OperatorCertificate> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the files again if they changed; whether they did.
    ///
    /// # Errors
    /// Once for each change that makes no sense, such as a pair of which only one file is written yet; the old content
    /// goes on serving.
    pub(crate) fn refresh(&self) -> Result<bool, CertificateError> {
        let stamp = stamp(&self.files);
        if std::mem::replace(
            &mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner),
            stamp,
        ) == stamp
        {
            return Ok(false);
        }
        let read = Arc::new(OperatorCertificate::read(&self.files)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = read;
        Ok(true)
    }
}

impl OperatorCertificate {
    fn read(files: &CertificateFiles) -> Result<Self, CertificateError> {
        let (subjects, certified) = certified(files, chain(&files.certificate)?)?;
        Ok(Self {
            certified: Arc::new(certified),
            subjects,
        })
    }
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
    let bytes = fs::read(path).map_err(|error| CertificateError::File {
        path: path.to_owned(),
        error,
    })?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    match chain {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        _ => Err(bad(path, "holds no certificate in PEM")),
    }
}

fn certified(
    files: &CertificateFiles,
    chain: Vec<CertificateDer<'static>>,
) -> Result<(Subjects, CertifiedKey), CertificateError> {
    let path = &files.key;
    let bytes = fs::read(path).map_err(|error| CertificateError::File {
        path: path.clone(),
        error,
    })?;
    let key = PrivateKeyDer::from_pem_slice(&bytes)
        .map_err(|_| bad(path, "holds no private key in PEM"))?;
    let key = any_supported_type(&key)
        .map_err(|_| bad(path, "holds a kind of key that TLS cannot use"))?;
    let leaf = chain
        .first()
        .ok_or_else(|| bad(&files.certificate, "holds no certificate in PEM"))?;
    let (_, parsed) = X509Certificate::from_der(leaf)
        .map_err(|_| bad(&files.certificate, "is not a certificate"))?;
    let subjects = Subjects::of(&parsed);
    let certified = CertifiedKey::new(chain, key);
    match certified.keys_match() {
        Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::KeyMismatch)) => Err(bad(
            path,
            &format!("is not the key of {}", files.certificate.display()),
        )),
        _ => Ok((subjects, certified)),
    }
}

fn stamp(files: &CertificateFiles) -> Stamp {
    [&files.certificate, &files.key]
        .map(|path| fs::metadata(path).and_then(|found| found.modified()).ok())
}

fn bad(path: &Path, what: &str) -> CertificateError {
    CertificateError::Content {
        path: path.to_owned(),
        what: what.to_owned(),
    }
}
