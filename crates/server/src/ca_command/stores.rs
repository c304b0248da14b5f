//! `ca install` and `ca uninstall`: one store after the other, each told about.

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
        let (title, name) = (store.title(), authority.name().to_owned());
        let note = match store {
            Store::System(_) => "",
            Store::Nss(_) => "; a browser that is open has to be started again",
        };
        if self.has(&store, &name) {
            return println!("{title}: it is there already");
        }
        match self.add(store, &name, authority.pem()) {
            Ok(()) => println!("{title}: installed{note}"),
            Err(why) => self.fail(&format!("{title}: {why}")),
        }
    }

    /// Copies come before the change and the record after it: a crash between leaves copies, never a wrong record.
    fn add(&mut self, mut store: Store, name: &str, pem: &str) -> Result<(), String> {
        let folder = record::folder(self.data);
        certs::folder::ensure(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let files = store.files().map_err(|error| error.to_string())?;
        let label = certs::digest_hex(format!("{store:?}{name}").as_bytes());
        let label = label.get(..16).unwrap_or(&label);
        let mut snapshot =
            Snapshot::take(&files, &folder, label).map_err(|error| error.to_string())?;
        match (&mut store, &self.person) {
            (Store::System(store), _) => store.add(name, pem)?,
            (Store::Nss(database), Some(person)) => {
                database.prepare(person)?;
                database.add(person, name, pem)?;
            }
            (Store::Nss(_), None) => return Err("no home folder".to_owned()),
        }
        snapshot.seal().map_err(|error| error.to_string())?;
        let change = Change {
            store,
            name: name.to_owned(),
            snapshot,
        };
        self.record
            .add(self.data, change)
            .map_err(|error| error.to_string())
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
        let change = self
            .record
            .peek(same)
            .map(|change| (change.snapshot.is_untouched(), change.store.clone()));
        let Some((untouched, recorded)) = change else {
            if !self.has(store, name) {
                return Ok("it is not there");
            }
            return self.take_out(store, name).map(|()| "removed");
        };
        let how = match (&recorded, untouched) {
            (Store::Nss(_), true) => "removed; the database is as it was",
            (Store::Nss(_), false) => {
                self.take_out(&recorded, name)?;
                "removed; the database has changed since, the rest of it was left alone"
            }
            (Store::System(_), true) => {
                self.take_out(&recorded, name)?;
                "removed; the store is as it was"
            }
            (Store::System(_), false) => {
                self.take_out(&recorded, name)?;
                "removed; the store has changed since and was made anew"
            }
        };
        self.close(untouched, same)?;
        Ok(how)
    }

    /// Gives back the bytes of before where nobody else wrote since, and forgets the change.
    fn close(&mut self, untouched: bool, same: impl Fn(&Change) -> bool) -> Result<(), String> {
        if let Some(change) = self.record.peek(&same).filter(|_| untouched) {
            change
                .snapshot
                .restore()
                .map_err(|error| error.to_string())?;
        }
        let change = self
            .record
            .take(self.data, same)
            .map_err(|error| error.to_string())?;
        if let Some(change) = change {
            change.snapshot.forget();
            if let Store::Nss(database) = &change.store {
                database.remove_made();
            }
        }
        record::tidy(self.data);
        Ok(())
    }

    fn take_out(&self, store: &Store, name: &str) -> Result<(), String> {
        match (store, &self.person) {
            (Store::System(store), _) => store.remove(name),
            (Store::Nss(database), Some(person)) => database.remove(person, name),
            (Store::Nss(_), None) => Err("no home folder".to_owned()),
        }
    }

    fn has(&self, store: &Store, name: &str) -> bool {
        match (store, &self.person) {
            (Store::System(store), _) => store.has(name),
            (Store::Nss(database), Some(person)) => database.has(person, name),
            (Store::Nss(_), None) => false,
        }
    }

    fn fail(&mut self, what: &str) {
        eprintln!("{what}");
        self.failed = true;
    }
}

impl Store {
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

    fn files(&self) -> std::io::Result<Vec<PathBuf>> {
        match self {
            Self::System(store) => store.bundles(),
            Self::Nss(database) => Ok(database.files()),
        }
    }
}
