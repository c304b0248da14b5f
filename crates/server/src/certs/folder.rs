//! The data folder: private files, written whole or not at all.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

/// Makes the folder, for its owner only, if it is missing.
///
/// # Errors
/// It is missing and cannot be made.
pub(crate) fn ensure(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Replaces `folder/name` by `bytes`, readable as `mode` says, with no moment at which a reader sees half of it.
///
/// # Errors
/// The folder cannot be written; the old file is untouched.
pub(crate) fn replace(folder: &Path, name: &str, mode: u32, bytes: &[u8]) -> io::Result<()> {
    let partial = folder.join(format!(".{name}.{}", std::process::id()));
    let written =
        write(&partial, mode, bytes).and_then(|()| fs::rename(&partial, folder.join(name)));
    if written.is_err() {
        _ = fs::remove_file(&partial);
    }
    written
}

/// The file's bytes, or `None` where there is none.
///
/// # Errors
/// It is there and cannot be read.
pub(crate) fn read(folder: &Path, name: &str) -> io::Result<Option<String>> {
    match fs::read_to_string(folder.join(name)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn write(path: &Path, mode: u32, bytes: &[u8]) -> io::Result<()> {
    // Left by a process of the same number that crashed; or somebody's link.
    _ = fs::remove_file(path);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Mode of a private key.
pub(crate) const PRIVATE: u32 = 0o600;
/// Mode of what anybody may read.
pub(crate) const PUBLIC: u32 = 0o644;
