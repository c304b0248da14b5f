//! What can go wrong with certificates, in sentences an operator can act on.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why there is no certificate to serve with.
#[derive(Debug)]
pub enum CertificateError {
    /// A file or folder could not be read or written.
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// A file holds something else than it should.
    Content {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The interfaces could not be listed.
    Interfaces(io::Error),
    /// A certificate could not be made.
    Issue(String),
}

impl fmt::Display for CertificateError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, error } => write!(out, "{}: {error}", path.display()),
            Self::Content { path, what } => write!(out, "{}: {what}", path.display()),
            Self::Interfaces(error) => {
                write!(out, "the network interfaces cannot be listed: {error}")
            }
            Self::Issue(what) => write!(out, "a certificate cannot be made: {what}"),
        }
    }
}

impl std::error::Error for CertificateError {}

impl From<rcgen::Error> for CertificateError {
    fn from(error: rcgen::Error) -> Self {
        Self::Issue(error.to_string())
    }
}
