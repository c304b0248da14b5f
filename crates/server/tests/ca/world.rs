//! A home, a data folder and a root of their own for each test.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

pub(crate) struct World {
    pub(crate) top: PathBuf,
}

impl World {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let top =
            std::env::temp_dir().join(format!("magpie-ca-test-{}-{number}", std::process::id()));
        let world = Self { top };
        for folder in [world.home(), world.root(), world.path()] {
            fs::create_dir_all(folder).unwrap();
        }
        world
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.top.join("home")
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.top.join("root")
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.top.join("data")
    }

    /// A folder at the front of `PATH`.
    pub(crate) fn path(&self) -> PathBuf {
        self.top.join("bin")
    }

    /// Runs `magpie ca ARGUMENTS`.
    pub(crate) fn ca(&self, arguments: &[&str]) -> Output {
        self.ca_command(arguments).output().unwrap()
    }

    /// `magpie ca ARGUMENTS`, not run yet.
    pub(crate) fn ca_command(&self, arguments: &[&str]) -> Command {
        let path = format!(
            "{}:{}",
            self.path().display(),
            std::env::var("PATH").unwrap()
        );
        let mut command = Command::new(env!("CARGO_BIN_EXE_magpie"));
        command
            .arg("ca")
            .args(arguments)
            .arg("--data")
            .arg(self.data());
        command
            .current_dir(&self.top)
            .env("HOME", self.home())
            .env("PATH", path);
        command.env_remove("SUDO_UID");
        command
    }

    /// As [`ca`](Self::ca), and it must do what it was asked; what it printed.
    pub(crate) fn ca_does(&self, arguments: &[&str]) -> String {
        let output = self.ca(arguments);
        let said = text(&output);
        assert!(output.status.success(), "magpie ca {arguments:?}: {said}");
        said
    }

    /// The system commands below the test's root, the browsers left alone.
    pub(crate) fn system(&self, command: &str) -> String {
        self.ca_does(&[
            command,
            "--only",
            "system",
            "--root",
            self.root().to_str().unwrap(),
        ])
    }

    /// Makes another CA, `NAME.pem` with its key, and gives the file's name.
    pub(crate) fn other_ca(&self, name: &str) -> String {
        let (pem, key) = (format!("{name}.pem"), format!("{name}.key"));
        let curve = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
        let subject = format!("/CN={name}");
        let mut arguments: Vec<_> = curve.split(' ').collect();
        arguments.extend(["-subj", &subject, "-keyout", &key, "-out", &pem]);
        self.run("openssl", &arguments);
        pem
    }

    /// Runs another program and gives what it printed.
    pub(crate) fn run(&self, program: &str, arguments: &[&str]) -> String {
        let output = Command::new(program)
            .args(arguments)
            .current_dir(&self.top)
            .env("HOME", self.home())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{program} {arguments:?}: {}",
            text(&output)
        );
        text(&output)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.top);
    }
}

/// Whether all of `programs` are here; says which is missing.
pub(crate) fn have(programs: &[&str]) -> bool {
    let folders = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap());
    let found = |program: &&&str| {
        std::env::split_paths(&folders).any(|folder| folder.join(program).is_file())
    };
    match programs.iter().find(|program| !found(program)) {
        Some(missing) => {
            eprintln!("skipped: {missing} is not installed");
            false
        }
        None => true,
    }
}

/// Whether a namespace of the kind `flag` names may be made here.
pub(crate) fn may_unshare(flag: &str) -> bool {
    let may = Command::new("unshare")
        .args([flag, "true"])
        .output()
        .unwrap()
        .status
        .success();
    if !may {
        eprintln!("skipped: `unshare {flag}` is not permitted here");
    }
    may
}

/// Every file and link below `folder` with its content or target.
pub(crate) fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_symlink() {
            let target = fs::read_link(&path).unwrap();
            found.insert(path, target.to_str().unwrap().as_bytes().to_vec());
        } else if path.is_dir() {
            found.extend(tree(&path));
            found.insert(path, Vec::new());
        } else {
            let content = fs::read(&path).unwrap();
            found.insert(path, content);
        }
    }
    found
}

/// Names only, for messages.
pub(crate) fn changes(
    before: &BTreeMap<PathBuf, Vec<u8>>,
    after: &BTreeMap<PathBuf, Vec<u8>>,
) -> Vec<String> {
    let all = before
        .keys()
        .chain(after.keys().filter(|path| !before.contains_key(*path)));
    let changed = all.filter(|path| before.get(*path) != after.get(*path));
    changed.map(|path| path.display().to_string()).collect()
}

pub(crate) fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}
