//! The certificate databases of Chromium (one for each user) and Firefox (one for each profile), through `certutil`.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::unistd::{Uid, User};
use serde::{Deserialize, Serialize};

use super::owner::Owner;
use crate::programs;

/// One database folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Database {
    folder: PathBuf,
    /// The first folder made for it, if there was no database: uninstalling removes it again.
    made: Option<PathBuf>,
}

/// Whose databases: the caller's, or under sudo those of the person who called it.
#[derive(Clone, Debug)]
pub(super) struct Person {
    home: PathBuf,
    /// Identity to take on, if it is not ours already.
    identity: Option<(u32, u32)>,
}

impl Person {
    /// From the environment.
    pub(super) fn find() -> Option<Self> {
        if let Some(caller) = Owner::caller() {
            let (uid, gid) = caller.identity();
            let user = User::from_uid(Uid::from_raw(uid)).ok().flatten()?;
            return Some(Self {
                home: user.dir,
                identity: Some((uid, gid)),
            });
        }
        let home = std::env::var_os("HOME").filter(|home| !home.is_empty())?;
        Some(Self {
            home: PathBuf::from(home),
            identity: None,
        })
    }

    /// Every database there is; where Chromium has none yet, the one it would find first.
    pub(super) fn databases(&self) -> Vec<Database> {
        let mut folders: Vec<PathBuf> = PROFILES
            .iter()
            .flat_map(|place| profiles(&self.home.join(place)))
            .collect();
        let places = CHROMIUM.iter().map(|place| self.home.join(place));
        let chromium: Vec<PathBuf> = places.filter(|folder| is_database(folder)).collect();
        if chromium.is_empty() && programs::any_installed(&CHROMIUMS) {
            folders.push(self.home.join(CHROMIUM[0]));
        }
        folders.extend(chromium);
        folders
            .into_iter()
            .map(|folder| Database { folder, made: None })
            .collect()
    }

    fn certutil(&self, database: &Path, arguments: &[&str]) -> Result<String, String> {
        let mut command = programs::command("certutil");
        command
            .arg("-d")
            .arg(format!("sql:{}", database.display()))
            .args(arguments);
        self.become_owner(&mut command);
        programs::run(command).map_err(|error| {
            if error.ends_with("is not installed") {
                format!("{error}: install libnss3-tools (Debian), nss-tools (Fedora) or nss (Arch)")
            } else {
                error
            }
        })
    }

    fn become_owner(&self, command: &mut Command) {
        if let Some((uid, gid)) = self.identity {
            command.uid(uid).gid(gid).env("HOME", &self.home);
        }
    }
}

impl Database {
    /// The files that make it up.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        FILES.iter().map(|name| self.folder.join(name)).collect()
    }

    /// Whether `other` is the same database.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.folder == other.folder
    }

    /// For people.
    pub(super) fn title(&self) -> String {
        format!("browser database {}", self.folder.display())
    }

    /// Whether the CA is in.
    pub(super) fn has(&self, person: &Person, name: &str) -> Result<bool, String> {
        if !is_database(&self.folder) {
            return Ok(false);
        }
        let listed = person.certutil(&self.folder, &["-L"])?;
        Ok(listed
            .lines()
            .any(|line| line.starts_with(&format!("{name} "))))
    }

    /// Makes the database if there is none.
    pub(super) fn prepare(&mut self, person: &Person) -> Result<(), String> {
        if is_database(&self.folder) {
            return Ok(());
        }
        self.made = Some(make_folders(&self.folder, person)?);
        person
            .certutil(&self.folder, &["-N", "--empty-password"])
            .map(drop)
    }

    /// Puts the CA in, trusted for servers.
    pub(super) fn add(&self, person: &Person, name: &str, pem: &str) -> Result<(), String> {
        let file = std::env::temp_dir().join(format!("magpie-ca-{}.pem", std::process::id()));
        let written = fs::File::create_new(&file).and_then(|mut out| out.write_all(pem.as_bytes()));
        let path = file.to_string_lossy();
        let added = match written {
            Ok(()) => person
                .certutil(&self.folder, &["-A", "-t", "C,,", "-n", name, "-i", &path])
                .map(drop),
            Err(error) => Err(format!("{path}: {error}")),
        };
        _ = fs::remove_file(&file);
        added
    }

    /// Takes the CA out, leaving everything else.
    pub(super) fn remove(&self, person: &Person, name: &str) -> Result<(), String> {
        if !self.has(person, name)? {
            return Ok(());
        }
        person.certutil(&self.folder, &["-D", "-n", name]).map(drop)
    }

    /// Removes the folders made for it, as far as nothing else is in them.
    pub(super) fn remove_made(&self) {
        let Some(top) = &self.made else { return };
        for folder in self
            .folder
            .ancestors()
            .take_while(|folder| folder.starts_with(top))
        {
            _ = fs::remove_dir(folder);
        }
    }
}

fn profiles(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(Result::ok);
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| is_database(path))
        .collect();
    found.sort();
    found
}

fn is_database(folder: &Path) -> bool {
    folder.join("cert9.db").is_file()
}

/// Makes `folder`, for its owner only; the topmost of the folders that were missing.
fn make_folders(folder: &Path, person: &Person) -> Result<PathBuf, String> {
    let missing: Vec<&Path> = folder
        .ancestors()
        .take_while(|path| !path.exists())
        .collect();
    for path in missing.iter().rev() {
        let (uid, gid) = person.identity.unzip();
        let made = fs::create_dir(path)
            .and_then(|()| {
                fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o700))
            })
            .and_then(|()| chown(path, uid, gid));
        made.map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(missing.last().copied().unwrap_or(folder).to_owned())
}

const FILES: [&str; 3] = ["cert9.db", "key4.db", "pkcs11.txt"];
/// Folders that hold Firefox's profiles: packages, the layout since version 147, snap, flatpak.
const PROFILES: [&str; 4] = [
    ".mozilla/firefox",
    ".config/mozilla/firefox",
    "snap/firefox/common/.mozilla/firefox",
    ".var/app/org.mozilla.firefox/.mozilla/firefox",
];
/// Chromium looks in the first, then in the second; the third is snap's.
const CHROMIUM: [&str; 3] = [
    ".pki/nssdb",
    ".local/share/pki/nssdb",
    "snap/chromium/current/.pki/nssdb",
];
const CHROMIUMS: [&str; 8] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "brave-browser",
    "microsoft-edge",
    "vivaldi",
    "opera",
];
