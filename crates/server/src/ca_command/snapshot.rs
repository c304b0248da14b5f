//! Copies of files as they were before a change, so that undoing it can give back the very same bytes.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::certs::digest_hex;
use crate::certs::folder::{PRIVATE, replace};

/// Some files before and after one change.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Snapshot {
    files: Vec<Kept>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    path: PathBuf,
    /// Copy of the content before; `None`: the file was not there.
    copy: Option<PathBuf>,
    /// Hash of the content after; `None`: the file is not there.
    after: Option<String>,
}

impl Snapshot {
    /// Copies `paths` into `folder`, under names beginning with `label`.
    pub(super) fn take(paths: &[PathBuf], folder: &Path, label: &str) -> io::Result<Self> {
        let kept = |(number, path): (usize, &PathBuf)| {
            let copy = match fs::read(path) {
                Ok(bytes) => {
                    let name = format!("{label}-{number}");
                    // A browser's database may hold keys.
                    replace(folder, &name, PRIVATE, &bytes)?;
                    Some(folder.join(name))
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                Err(error) => return Err(error),
            };
            Ok(Kept {
                path: path.clone(),
                copy,
                after: None,
            })
        };
        Ok(Self {
            files: paths
                .iter()
                .enumerate()
                .map(kept)
                .collect::<io::Result<_>>()?,
        })
    }

    /// Remembers what the change made of the files.
    pub(super) fn seal(&mut self) -> io::Result<()> {
        for kept in &mut self.files {
            kept.after = hash(&kept.path)?;
        }
        Ok(())
    }

    /// Whether nobody changed the files since.
    pub(super) fn is_untouched(&self) -> bool {
        self.files
            .iter()
            .all(|kept| hash(&kept.path).is_ok_and(|now| now == kept.after))
    }

    /// Puts the files back as they were before the change, owner and mode as they are now.
    pub(super) fn restore(&self) -> io::Result<()> {
        self.files.iter().try_for_each(Kept::restore)
    }

    /// Removes the copies.
    pub(super) fn forget(&self) {
        for copy in self.files.iter().filter_map(|kept| kept.copy.as_ref()) {
            _ = fs::remove_file(copy);
        }
    }
}

impl Kept {
    fn restore(&self) -> io::Result<()> {
        let Some(copy) = &self.copy else {
            return gone(fs::remove_file(&self.path));
        };
        let bytes = fs::read(copy)?;
        if fs::read(&self.path).is_ok_and(|now| now == bytes) {
            return Ok(());
        }
        // A new file put in place of the old one: a program that has the old one open keeps reading what it opened.
        let beside = self.path.with_extension("magpie-restore");
        fs::write(&beside, bytes)?;
        if let Ok(now) = fs::metadata(&self.path) {
            fs::set_permissions(&beside, now.permissions())?;
            chown(&beside, Some(now.uid()), Some(now.gid()))?;
        }
        fs::rename(&beside, &self.path)
    }
}

/// As `removed`, with "it was not there" counted as done.
pub(super) fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn hash(path: &Path) -> io::Result<Option<String>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(digest_hex(&bytes))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
