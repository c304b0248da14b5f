//! `ca install` and `ca uninstall`: one store after the other, each told about.

use std::io;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::nss::{Database, Person};
use super::record::{self, Change, Record, Store};
use super::snapshot::Snapshot;
use super::system::SystemStore;
use super::{Failure, authority};
use crate::certs::{self, Authority};
use crate::cli::DataFlags;
use crate::config::Settings;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) data: DataFlags,
    /// Only the system's store, or only the browsers' databases [default: both]
    #[arg(long, value_name = "STORE")]
    only: Option<Only>,
    /// The system below DIR instead of the running one, for images
    #[arg(
        long,
        value_name = "DIR",
        default_value = "/",
        hide_default_value = true
    )]
    root: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Only {
    System,
    Browsers,
}

/// Puts the CA into every store; one that refuses does not stop the others.
pub(super) fn install(arguments: &Arguments, settings: &Settings) -> Result<(), Failure> {
    let authority = authority(settings)?;
    let mut work = Work::begin(&settings.data, arguments);
    println!("{}\nSHA-256 {}", authority.name(), authority.fingerprint());
    for store in work.stores(arguments) {
        work.install(store, &authority);
    }
    work.end()
}

/// Takes it out of every store it was put into.
pub(super) fn uninstall(arguments: &Arguments, settings: &Settings) -> Result<(), Failure> {
    let Some(authority) = Authority::find(&settings.data).map_err(Failure::Certificate)? else {
        println!("there is no CA in {}", settings.data.display());
        return Ok(());
    };
    let mut work = Work::begin(&settings.data, arguments);
    for store in work.stores(arguments) {
        work.uninstall(&store, authority.name());
    }
    work.end()
}

struct Work<'a> {
    data: &'a Path,
    record: Record,
    person: Option<Person>,
    failed: bool,
}

impl<'a> Work<'a> {
    fn begin(data: &'a Path, arguments: &Arguments) -> Self {
        let person = (arguments.only != Some(Only::System))
            .then(Person::find)
            .flatten();
        Self {
            data,
            record: Record::read(data),
            person,
            failed: false,
        }
    }

    fn end(self) -> Result<(), Failure> {
        if self.failed {
            Err(Failure::Partly)
        } else {
            Ok(())
        }
    }

    fn stores(&mut self, arguments: &Arguments) -> Vec<Store> {
        let mut stores: Vec<Store> = Vec::new();
        if arguments.only != Some(Only::Browsers) {
            match SystemStore::find(&arguments.root) {
                Some(store) => stores.push(Store::System(store)),
                None => self.fail(
                    "system store: neither Debian's nor Fedora's layout; use `magpie ca export`",
                ),
            }
        }
        stores.extend(
            self.person
                .iter()
                .flat_map(Person::databases)
                .map(Store::Nss),
        );
        stores
    }

    fn install(&mut self, store: Store, authority: &Authority) {
        let title = store.title();
        match self.add_once(store, authority.name(), authority.pem()) {
            Ok(how) => println!("{title}: {how}"),
            Err(why) => self.fail(&format!("{title}: {why}")),
        }
    }

    fn add_once(&mut self, store: Store, name: &str, pem: &str) -> Result<&'static str, String> {
        if self.has(&store, name)? {
            return Ok("it is there already");
        }
        let how = match store {
            Store::System(_) => "installed",
            Store::Nss(_) => "installed; a browser that is open has to be started again",
        };
        self.forget(&store, name)?;
        self.add(store, name, pem).map(|()| how)
    }

    /// Copies come before the change and the record after it: a crash between leaves copies, never a wrong record.
    fn add(&mut self, mut store: Store, name: &str, pem: &str) -> Result<(), String> {
        let folder = record::folder(self.data);
        certs::folder::ensure(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let label = certs::digest_hex(format!("{store:?}{name}").as_bytes());
        let label = label.get(..16).unwrap_or(&label);
        let mut snapshot = store
            .files()
            .and_then(|files| Snapshot::take(&files, &folder, label))
            .map_err(text)?;
        if let Err(why) = self.put_in(&mut store, name, pem) {
            _ = snapshot.restore();
            snapshot.forget();
            store.remove_made();
            record::tidy(self.data);
            return Err(why);
        }
        snapshot.seal().map_err(text)?;
        let change = Change {
            store,
            name: name.to_owned(),
            snapshot,
        };
        self.record.add(self.data, change).map_err(text)
    }

    /// Drops what is recorded of an earlier install that somebody undid by other means.
    fn forget(&mut self, store: &Store, name: &str) -> Result<(), String> {
        let same = |change: &Change| change.name == name && change.store.is(store);
        while let Some(change) = self.record.take(self.data, same).map_err(text)? {
            change.snapshot.forget();
        }
        Ok(())
    }

    fn uninstall(&mut self, store: &Store, name: &str) {
        let title = store.title();
        match self.remove(store, name) {
            Ok(how) => println!("{title}: {how}"),
            Err(why) => self.fail(&format!("{title}: {why}")),
        }
    }

    fn remove(&mut self, store: &Store, name: &str) -> Result<&'static str, String> {
        let same = |change: &Change| change.name == name && change.store.is(store);
        let Some(change) = self.record.peek(same) else {
            if !self.has(store, name)? {
                return Ok("it is not there");
            }
            return self.take_out(store, name).map(|()| "removed");
        };
        let untouched = change.snapshot.is_untouched();
        // A database's own files are all there is to it; the system's store also has the anchor and its links.
        if !untouched || matches!(store, Store::System(_)) {
            self.take_out(&change.store, name)?;
        }
        if untouched {
            change.snapshot.restore().map_err(text)?;
            change.store.remove_made();
        }
        self.forget(store, name)?;
        record::tidy(self.data);
        Ok(if untouched { AS_BEFORE } else { CHANGED })
    }

    fn put_in(&self, store: &mut Store, name: &str, pem: &str) -> Result<(), String> {
        match (store, &self.person) {
            (Store::System(store), _) => store.add(name, pem),
            (Store::Nss(database), Some(person)) => {
                database.prepare(person)?;
                database.add(person, name, pem)
            }
            (Store::Nss(_), None) => Err(NO_HOME.to_owned()),
        }
    }

    fn take_out(&self, store: &Store, name: &str) -> Result<(), String> {
        match (store, &self.person) {
            (Store::System(store), _) => store.remove(name),
            (Store::Nss(database), Some(person)) => database.remove(person, name),
            (Store::Nss(_), None) => Err(NO_HOME.to_owned()),
        }
    }

    fn has(&self, store: &Store, name: &str) -> Result<bool, String> {
        match (store, &self.person) {
            (Store::System(store), _) => Ok(store.has(name)),
            (Store::Nss(database), Some(person)) => database.has(person, name),
            (Store::Nss(_), None) => Err(NO_HOME.to_owned()),
        }
    }

    fn fail(&mut self, what: &str) {
        eprintln!("{what}");
        self.failed = true;
    }
}

fn text(error: io::Error) -> String {
    error.to_string()
}

impl Store {
    /// Removes the folders made for it.
    fn remove_made(&self) {
        if let Self::Nss(database) = self {
            database.remove_made();
        }
    }

    fn title(&self) -> String {
        match self {
            Self::System(store) => store.title(),
            Self::Nss(database) => database.title(),
        }
    }

    /// Whether `other` is the same place.
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Nss(one), Self::Nss(other)) => Database::is(one, other),
            _ => self == other,
        }
    }

    fn files(&self) -> io::Result<Vec<PathBuf>> {
        match self {
            Self::System(store) => store.bundles(),
            Self::Nss(database) => Ok(database.files()),
        }
    }
}

const AS_BEFORE: &str = "removed; it is byte for byte what it was";
const CHANGED: &str = "removed; it has changed since, and the rest of it was left alone";
const NO_HOME: &str = "no home folder";
