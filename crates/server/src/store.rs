//! The durable side of the hub: one SQLite file of keyed JSON records.
//!
//! The hub keeps everything in memory; this file exists so that a restart finds it again. Every record is read once,
//! at start, so no index but the key is needed.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, ErrorCode, params};

/// One stored record: what kind it is, its key among that kind, and its JSON text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Kind of record, chosen by the hub.
    pub kind: String,
    /// Key, unique within the kind.
    pub key: String,
    /// JSON text.
    pub body: String,
}

/// What [`Store::open`] found.
#[derive(Debug)]
pub struct Opened {
    /// The store, ready for writing.
    pub store: Store,
    /// Every record it held.
    pub rows: Vec<Row>,
    /// Where a damaged file was moved to, if there was one; the operator must be told.
    pub moved_aside: Option<PathBuf>,
}

/// Why the store cannot be used.
#[derive(Debug)]
pub enum StoreError {
    /// The file cannot be made, read or renamed.
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// SQLite refuses, and not because the file is damaged.
    Database {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
}

impl std::fmt::Display for StoreError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File { path, source } => {
                write!(f, "cannot use the store {}: {source}", path.display())
            }
            Self::Database { path, source } => {
                write!(f, "cannot use the store {}: {source}", path.display())
            }
        }
    }
}

impl std::error::Error for StoreError {}

/// Key-value records in `store.sqlite`, written by one owner.
#[derive(Debug)]
pub struct Store {
    database: Connection,
    in_batch: bool,
}

impl Store {
    /// Opens (or makes) `store.sqlite` in `folder` and reads every record.
    ///
    /// A file that SQLite finds damaged is renamed to `store.sqlite.damaged-<seconds since 1970>` and a new one begun,
    /// so that a broken disk block does not keep the server from starting.
    ///
    /// # Errors
    /// [`StoreError`] when the folder or file cannot be used; the server must not start.
    pub fn open(folder: &Path) -> Result<Opened, StoreError> {
        let path = folder.join(FILE);
        match Self::open_file(&path) {
            Err(StoreError::Database { source, .. }) if is_damage(&source) => {
                let moved_aside = Some(move_aside(&path)?);
                let (store, rows) = Self::open_file(&path)?;
                Ok(Opened {
                    store,
                    rows,
                    moved_aside,
                })
            }
            other => other.map(|(store, rows)| Opened {
                store,
                rows,
                moved_aside: None,
            }),
        }
    }

    fn open_file(path: &Path) -> Result<(Self, Vec<Row>), StoreError> {
        create_private(path)?;
        let failed = |source| StoreError::Database {
            path: path.to_owned(),
            source,
        };
        let database = Connection::open(path).map_err(failed)?;
        database.execute_batch(SETUP).map_err(failed)?;
        let rows = read_all(&database).map_err(failed)?;
        Ok((
            Self {
                database,
                in_batch: false,
            },
            rows,
        ))
    }

    /// Writes a record, replacing one of the same kind and key.
    ///
    /// # Errors
    /// What SQLite said; the record is then not durable.
    pub fn put(&mut self, kind: &str, key: &str, body: &str) -> rusqlite::Result<()> {
        self.begin()?;
        self.database
            .prepare_cached(PUT)?
            .execute(params![kind, key, body])
            .map(drop)
    }

    /// Removes a record, if there is one.
    ///
    /// # Errors
    /// What SQLite said; the record is then still there.
    pub fn delete(&mut self, kind: &str, key: &str) -> rusqlite::Result<()> {
        self.begin()?;
        self.database
            .prepare_cached(DELETE)?
            .execute(params![kind, key])
            .map(drop)
    }

    /// Makes everything since the last call durable against a crash of the process, all of it or nothing.
    /// Does nothing when nothing was written.
    ///
    /// # Errors
    /// What SQLite said; everything since the last call is then lost.
    pub fn commit(&mut self) -> rusqlite::Result<()> {
        if !std::mem::take(&mut self.in_batch) {
            return Ok(());
        }
        self.database.execute_batch("COMMIT").inspect_err(|_| {
            // A transaction left open would take every later write down with it.
            drop(self.database.execute_batch("ROLLBACK"));
        })
    }

    fn begin(&mut self) -> rusqlite::Result<()> {
        if !self.in_batch {
            self.database.execute_batch("BEGIN IMMEDIATE")?;
            self.in_batch = true;
        }
        Ok(())
    }
}

fn read_all(database: &Connection) -> rusqlite::Result<Vec<Row>> {
    let mut select = database.prepare("SELECT kind, key, body FROM record")?;
    let rows = select.query_map([], |row| {
        Ok(Row {
            kind: row.get(0)?,
            key: row.get(1)?,
            body: row.get(2)?,
        })
    })?;
    rows.collect()
}

/// SQLite gives the write-ahead log and its index the mode of the main file, so setting that one is enough.
fn create_private(path: &Path) -> Result<(), StoreError> {
    OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map(drop)
        .map_err(|source| StoreError::File {
            path: path.to_owned(),
            source,
        })
}

fn is_damage(error: &rusqlite::Error) -> bool {
    match error.sqlite_error_code() {
        Some(code) => matches!(code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase),
        // A column of another type, or text that is not UTF-8: not written by us.
        None => true,
    }
}

fn move_aside(path: &Path) -> Result<PathBuf, StoreError> {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |age| age.as_secs());
    let target = with_suffix(path, &format!(".damaged-{seconds}"));
    fs::rename(path, &target).map_err(|source| StoreError::File {
        path: path.to_owned(),
        source,
    })?;
    for companion in ["-wal", "-shm"] {
        let from = with_suffix(path, companion);
        if from.exists() {
            fs::rename(&from, with_suffix(&target, companion)).map_err(|source| {
                StoreError::File {
                    path: from.clone(),
                    source,
                }
            })?;
        }
    }
    Ok(target)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

const FILE: &str = "store.sqlite";

/// NORMAL loses at most the last commits when the *machine* dies, never when only the process does.
const SETUP: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -512;
CREATE TABLE IF NOT EXISTS record(kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY(kind, key)) WITHOUT ROWID;";

const PUT: &str = "INSERT INTO record(kind, key, body) VALUES(?1, ?2, ?3) ON CONFLICT(kind, key) DO UPDATE SET body = excluded.body";

const DELETE: &str = "DELETE FROM record WHERE kind = ?1 AND key = ?2";

#[cfg(test)]
#[path = "store/tests.rs"]
mod tests;
