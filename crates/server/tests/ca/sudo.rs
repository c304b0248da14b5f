use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown};

use crate::world::{World, text};

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

fn is_root() -> bool {
    let root = fs::metadata("/proc/self").unwrap().uid() == 0;
    if !root {
        eprintln!("skipped: only root can give files away");
    }
    root
}
