//! The system's own store of CAs, as Debian and Fedora lay it out.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};

use super::snapshot::gone;
use crate::programs;

/// A system store below a root folder, `/` but in tests and image builds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SystemStore {
    root: PathBuf,
    layout: Layout,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Layout {
    /// Also Ubuntu and Alpine: `update-ca-certificates`.
    Debian,
    /// Also Red Hat and its kin: `update-ca-trust`.
    Fedora,
}

impl SystemStore {
    /// The store below `root`, if it is of a kind we know.
    pub(super) fn find(root: &Path) -> Option<Self> {
        let layouts = [Layout::Fedora, Layout::Debian];
        let layout = layouts
            .into_iter()
            .find(|layout| root.join(layout.anchors()).is_dir())?;
        Some(Self {
            root: root.to_owned(),
            layout,
        })
    }

    /// The bundles programs read, which the system makes from the single files.
    pub(super) fn bundles(&self) -> io::Result<Vec<PathBuf>> {
        match self.layout {
            Layout::Debian => Ok(["ca-certificates.crt", "java/cacerts"]
                .map(|name| self.links().join(name))
                .to_vec()),
            Layout::Fedora => files_below(&self.extracted()),
        }
    }

    /// Puts `pem` in and has the system make its bundles.
    pub(super) fn add(&self, name: &str, pem: &str) -> Result<(), String> {
        let path = self.anchor(name);
        fs::write(&path, pem).map_err(|error| advice(&path, &error))?;
        self.update().inspect_err(|_| {
            _ = fs::remove_file(&path);
        })
    }

    /// Takes it out again; the bundles are made anew.
    pub(super) fn remove(&self, name: &str) -> Result<(), String> {
        let path = self.anchor(name);
        gone(fs::remove_file(&path)).map_err(|error| advice(&path, &error))?;
        if self.layout == Layout::Debian {
            // Left to itself, the tool drops the links only when some other file changed too.
            self.remove_links(name)
                .map_err(|error| advice(&self.links(), &error))?;
        }
        self.update()
    }

    /// Whether the CA is in.
    pub(super) fn has(&self, name: &str) -> bool {
        self.anchor(name).exists()
    }

    /// For people.
    pub(super) fn title(&self) -> String {
        format!(
            "system store ({})",
            self.root.join(self.layout.anchors()).display()
        )
    }

    fn anchor(&self, name: &str) -> PathBuf {
        self.root
            .join(self.layout.anchors())
            .join(format!("{}.crt", file_name(name)))
    }

    fn links(&self) -> PathBuf {
        self.root.join("etc/ssl/certs")
    }

    fn extracted(&self) -> PathBuf {
        self.root.join("etc/pki/ca-trust/extracted")
    }

    fn update(&self) -> Result<(), String> {
        let command = match self.layout {
            Layout::Debian => self.debian(),
            Layout::Fedora => self.fedora(),
        };
        programs::run(command).map(drop)
    }

    fn debian(&self) -> Command {
        let mut command = programs::command("update-ca-certificates");
        if self.root != Path::new("/") {
            let options = [
                ("--certsconf", "etc/ca-certificates.conf"),
                ("--certsdir", "usr/share/ca-certificates"),
                ("--localcertsdir", Layout::Debian.anchors()),
                ("--etccertsdir", "etc/ssl/certs"),
                ("--hooksdir", "etc/ca-certificates/update.d"),
            ];
            for (option, place) in options {
                command.arg(option).arg(self.root.join(place));
            }
        }
        command
    }

    fn fedora(&self) -> Command {
        let mut command = programs::command("update-ca-trust");
        command.arg("extract");
        if self.root != Path::new("/") {
            command.arg("-o").arg(self.extracted());
        }
        command
    }

    /// The link to our file, and the link named by its hash to that.
    fn remove_links(&self, name: &str) -> io::Result<()> {
        let link = format!("{}.pem", file_name(name));
        for entry in fs::read_dir(self.links())? {
            let path = entry?.path();
            let ours = path.file_name().is_some_and(|found| found == link.as_str());
            if ours && path.is_symlink()
                || fs::read_link(&path).is_ok_and(|target| target == Path::new(&link))
            {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }
}

impl Layout {
    /// Where an administrator's certificates go.
    const fn anchors(self) -> &'static str {
        match self {
            Self::Debian => "usr/local/share/ca-certificates",
            Self::Fedora => "etc/pki/ca-trust/source/anchors",
        }
    }
}

fn file_name(name: &str) -> String {
    name.to_lowercase()
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '-'
            }
        })
        .collect()
}

fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            files.extend(files_below(&entry.path())?);
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
    Ok(files)
}

fn advice(path: &Path, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => format!(
            "{}: needs root; run the same command with sudo",
            path.display()
        ),
        _ => format!("{}: {error}", path.display()),
    }
}
