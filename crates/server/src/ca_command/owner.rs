//! Who owns the data folder: what root writes into it under sudo must stay readable by the server that runs from it.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, lchown};
use std::path::Path;

use nix::unistd::geteuid;

/// A user and group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    uid: u32,
    gid: u32,
}

impl Owner {
    /// Whose `data` is: its owner's, or where it does not exist yet, that of the person who called sudo. `None` if files
    /// come out right by themselves.
    pub(super) fn of(data: &Path) -> Option<Self> {
        if !geteuid().is_root() {
            return None;
        }
        let owner = match fs::metadata(data) {
            Ok(found) => Some(Self {
                uid: found.uid(),
                gid: found.gid(),
            }),
            Err(_) => Self::caller(),
        };
        owner.filter(|owner| owner.uid != 0)
    }

    /// The person who called sudo.
    pub(super) fn caller() -> Option<Self> {
        let number = |name: &str| std::env::var(name).ok()?.parse().ok();
        let caller = Self {
            uid: number("SUDO_UID")?,
            gid: number("SUDO_GID")?,
        };
        (geteuid().is_root() && caller.uid != 0).then_some(caller)
    }

    /// Hands over what root made in `data`. A file with a second name elsewhere is none of ours.
    pub(super) fn give(self, data: &Path) {
        let entries = fs::read_dir(data)
            .into_iter()
            .flatten()
            .filter_map(Result::ok);
        for path in entries.map(|entry| entry.path()).chain([data.to_owned()]) {
            let Ok(found) = fs::symlink_metadata(&path) else {
                continue;
            };
            if found.is_dir() && path != data {
                self.give(&path);
            } else if found.uid() == 0 && (found.is_dir() || found.nlink() == 1) {
                _ = lchown(&path, Some(self.uid), Some(self.gid));
            }
        }
    }

    /// As `Command` and `chown` take it.
    pub(super) const fn identity(self) -> (u32, u32) {
        (self.uid, self.gid)
    }
}
