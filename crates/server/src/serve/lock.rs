//! Keeps two servers from writing to one data folder.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::certs::folder;

/// Held while this process uses the data folder; the system gives it back however the process ends.
#[derive(Debug)]
pub(super) struct FolderLock {
    _file: File,
}

/// Why the data folder cannot be used.
#[derive(Debug)]
pub(super) enum LockError {
    /// Another server uses it.
    InUse(PathBuf),
    /// It cannot be written to.
    Unusable(PathBuf, io::Error),
}

impl FolderLock {
    /// Makes the folder if it is missing, and takes the lock without waiting.
    ///
    /// # Errors
    /// [`LockError`]; the server must not start.
    pub(super) fn take(folder: &Path) -> Result<Self, LockError> {
        let unusable = |source| LockError::Unusable(folder.to_owned(), source);
        folder::ensure(folder).map_err(unusable)?;
        let mut options = OpenOptions::new();
        let file = options
            .create(true)
            .append(true)
            .mode(0o600)
            .open(folder.join("lock"))
            .map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(LockError::InUse(folder.to_owned())),
            Err(TryLockError::Error(source)) => Err(unusable(source)),
        }
    }
}

impl fmt::Display for LockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InUse(folder) => {
                write!(
                    f,
                    "another magpie uses the data folder {}; choose another with --data",
                    folder.display()
                )
            }
            Self::Unusable(folder, source) => write!(
                f,
                "cannot use the data folder {}: {source}; choose another with --data",
                folder.display()
            ),
        }
    }
}

impl std::error::Error for LockError {}
