//! Secrets that are made at the first start and kept in the data folder: of time-limited credentials, of the admin address.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use aws_lc_rs::rand;
use data_encoding::BASE64URL_NOPAD;

/// Reads the secret at `path`, or makes one that only this user can read.
///
/// # Errors
/// The file cannot be read or made; one that holds fewer than eight characters is `InvalidData`.
pub(crate) fn read_or_make(path: &Path) -> io::Result<String> {
    match fs::read_to_string(path) {
        Ok(text) if text.trim().len() >= 8 => Ok(text.trim().to_owned()),
        Ok(_) => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "too short: remove it, and one is made",
        )),
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(path),
        Err(error) => Err(error),
    }
}

/// Written beside and renamed into place: a crash leaves either no secret or a whole one.
fn make(path: &Path) -> io::Result<String> {
    let mut random = [0; 24];
    rand::fill(&mut random).map_err(io::Error::other)?;
    let secret = BASE64URL_NOPAD.encode(&random);
    let beside = path.with_extension("new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&beside)?;
    writeln!(file, "{secret}")?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    Ok(secret)
}
