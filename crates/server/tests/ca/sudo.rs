use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt, chown};
use std::process::Command;

use crate::world::{World, have, may_unshare, text};

#[test]
fn what_sudo_makes_belongs_to_who_called_it() {
    if !is_root() {
        return;
    }
    let world = World::new();
    let output = world
        .ca_command(&["export"])
        .env("SUDO_UID", "1234")
        .env("SUDO_GID", "1235")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output));
    for path in [
        world.data(),
        world.data().join("ca.pem"),
        world.data().join("ca-key.pem"),
    ] {
        let found = fs::metadata(path).unwrap();
        assert_eq!((found.uid(), found.gid()), (1234, 1235));
    }
}

#[test]
fn what_root_makes_in_a_folder_of_another_belongs_to_that_other() {
    if !is_root() {
        return;
    }
    let world = World::new();
    fs::create_dir(world.data()).unwrap();
    chown(world.data(), Some(1234), Some(1235)).unwrap();
    world.ca_does(&["export"]);
    assert_eq!(
        fs::metadata(world.data().join("ca-key.pem")).unwrap().uid(),
        1234
    );
}

#[test]
fn under_sudo_the_browsers_of_who_called_it_get_the_ca() {
    if !is_root() || !have(&["certutil", "chromium", "unshare"]) || !may_unshare("-m") {
        return;
    }
    let world = World::new();
    chown(world.home(), Some(1234), Some(1235)).unwrap();
    fs::set_permissions(&world.top, PermissionsExt::from_mode(0o755)).unwrap();
    let person = format!(
        "root:x:0:0::/root:/bin/sh\nperson:x:1234:1235::{}:/bin/sh\n",
        world.home().display()
    );
    fs::write(world.top.join("passwd"), person).unwrap();
    let script =
        "mount --bind passwd /etc/passwd && exec \"$0\" ca \"$1\" --only browsers --data data";
    let ca = |command: &str| {
        let mut unshare = Command::new("unshare");
        unshare.args([
            "-m",
            "sh",
            "-c",
            script,
            env!("CARGO_BIN_EXE_magpie"),
            command,
        ]);
        unshare
            .current_dir(&world.top)
            .env("SUDO_UID", "1234")
            .env("SUDO_GID", "1235");
        let output = unshare.output().unwrap();
        assert!(output.status.success(), "{}", text(&output));
    };
    ca("install");
    for name in ["", "cert9.db", "key4.db"] {
        let found = fs::metadata(world.home().join(".pki/nssdb").join(name)).unwrap();
        assert_eq!((found.uid(), found.gid()), (1234, 1235), "{name}");
    }
    assert_eq!(
        fs::metadata(world.data().join("installed/record.json"))
            .unwrap()
            .uid(),
        1234
    );
    ca("uninstall");
    assert!(!world.home().join(".pki").exists());
}

#[test]
fn a_store_that_needs_root_says_so() {
    if !is_root() || !have(&["setpriv"]) {
        return;
    }
    let world = World::new();
    for folder in ["etc/ssl/certs", "usr/local/share/ca-certificates"] {
        fs::create_dir_all(world.root().join(folder)).unwrap();
    }
    fs::create_dir(world.data()).unwrap();
    chown(world.data(), Some(1234), Some(1235)).unwrap();
    let mut command = Command::new("setpriv");
    command.args([
        "--reuid=1234",
        "--regid=1235",
        "--clear-groups",
        env!("CARGO_BIN_EXE_magpie"),
    ]);
    command
        .args(["ca", "install", "--only", "system", "--root"])
        .arg(world.root());
    let output = command.arg("--data").arg(world.data()).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(
        text(&output).contains("needs root; run the same command with sudo"),
        "{}",
        text(&output)
    );
}

fn is_root() -> bool {
    let root = fs::metadata("/proc/self").unwrap().uid() == 0;
    if !root {
        eprintln!("skipped: only root can give files away");
    }
    root
}
