//! What `ca install` changed, kept in the data folder until `ca uninstall`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::nss::Database;
use super::snapshot::Snapshot;
use super::system::SystemStore;
use crate::certs;

/// All changes, newest last.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Record {
    changes: Vec<Change>,
}

/// One store the CA was put into.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Change {
    pub(super) store: Store,
    /// Name of the CA in the store.
    pub(super) name: String,
    pub(super) snapshot: Snapshot,
}

/// A place programs take their trusted CAs from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Store {
    System(SystemStore),
    Nss(Database),
}

impl Record {
    /// The record in `data`; an empty one where there is none, or none that makes sense.
    pub(super) fn read(data: &Path) -> Self {
        let text = fs::read_to_string(folder(data).join(FILE));
        text.ok()
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default()
    }

    /// The newest change for which `wanted` holds.
    pub(super) fn peek(&self, wanted: impl Fn(&Change) -> bool) -> Option<&Change> {
        self.changes.iter().rfind(|change| wanted(change))
    }

    /// Adds a change and writes the record.
    pub(super) fn add(&mut self, data: &Path, change: Change) -> io::Result<()> {
        self.changes.push(change);
        self.write(data)
    }

    /// Takes out the newest change for which `wanted` holds.
    pub(super) fn take(
        &mut self,
        data: &Path,
        wanted: impl Fn(&Change) -> bool,
    ) -> io::Result<Option<Change>> {
        let Some(at) = self.changes.iter().rposition(wanted) else {
            return Ok(None);
        };
        let change = self.changes.remove(at);
        self.write(data)?;
        Ok(Some(change))
    }

    fn write(&self, data: &Path) -> io::Result<()> {
        let path = folder(data).join(FILE);
        if self.changes.is_empty() {
            return fs::remove_file(path);
        }
        let text = serde_json::to_string_pretty(self).map_err(io::Error::other)?;
        certs::folder::replace(&folder(data), FILE, certs::folder::PRIVATE, text.as_bytes())
    }
}

/// Removes the folder if nothing is in it.
pub(super) fn tidy(data: &Path) {
    _ = fs::remove_dir(folder(data));
}

/// The folder of the record and the copies.
pub(super) fn folder(data: &Path) -> PathBuf {
    data.join("installed")
}

const FILE: &str = "record.json";
