use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use crate::server::{PAGE, serve};
use crate::world::{World, changes, have, tree};

#[test]
fn curl_trusts_the_server_after_install_and_not_after_uninstall_on_debian() {
    let Some(world) = debian() else { return };
    let before = tree(&world.root());
    assert!(world.system("install").contains("installed"));
    assert_eq!(curl(&world, "localhost").unwrap(), PAGE);
    assert_eq!(curl(&world, "127.0.0.1").unwrap(), PAGE);
    assert!(world.system("uninstall").contains("removed"));
    assert_eq!(curl(&world, "localhost").unwrap_err(), 60);
    let after = tree(&world.root());
    assert!(before == after, "{:?}", changes(&before, &after));
}

#[test]
fn a_debian_store_that_changed_since_keeps_the_change() {
    let Some(world) = debian() else { return };
    world.system("install");
    add_another(&world, "later");
    update(&world);
    assert!(world.system("uninstall").contains("has changed since"));
    let bundle = fs::read_to_string(world.root().join(BUNDLE)).unwrap();
    let later = fs::read_to_string(world.top.join("later.pem")).unwrap();
    assert!(bundle.contains(later.trim()));
    assert_eq!(bundle.matches("BEGIN").count(), 2);
    let ours = |path: &PathBuf| {
        path.file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("magpie"))
    };
    assert!(!tree(&world.root()).keys().any(ours));
}

#[test]
fn a_second_install_changes_nothing() {
    let Some(world) = debian() else { return };
    let before = tree(&world.root());
    world.system("install");
    let once = tree(&world.root());
    assert!(world.system("install").contains("it is there already"));
    assert!(tree(&world.root()) == once);
    world.system("uninstall");
    assert!(tree(&world.root()) == before);
}

#[test]
fn what_was_never_installed_is_not_uninstalled() {
    let Some(world) = debian() else { return };
    assert!(world.system("uninstall").contains("there is no CA"));
    world.ca_does(&["export"]);
    let before = tree(&world.root());
    assert!(world.system("uninstall").contains("it is not there"));
    assert!(tree(&world.root()) == before);
}

#[test]
fn fedoras_layout_gets_its_anchor_and_its_bytes_back() {
    let world = World::new();
    let anchors = world.root().join("etc/pki/ca-trust/source/anchors");
    let extracted = world.root().join("etc/pki/ca-trust/extracted/pem");
    fs::create_dir_all(&anchors).unwrap();
    fs::create_dir_all(&extracted).unwrap();
    fs::write(extracted.join("tls-ca-bundle.pem"), "made by hand, once\n").unwrap();
    let tool = "#!/bin/sh\n[ \"$1 $2\" = 'extract -o' ] && cat \"$3\"/../source/anchors/* > \"$3\"/pem/tls-ca-bundle.pem 2>/dev/null || :\n";
    let place = world.path().join("update-ca-trust");
    fs::write(&place, tool).unwrap();
    fs::set_permissions(place, PermissionsExt::from_mode(0o755)).unwrap();
    let before = tree(&world.root());
    world.system("install");
    let bundle = fs::read_to_string(extracted.join("tls-ca-bundle.pem")).unwrap();
    assert_eq!(
        bundle,
        fs::read_to_string(world.data().join("ca.pem")).unwrap()
    );
    world.system("uninstall");
    let after = tree(&world.root());
    assert!(before == after, "{:?}", changes(&before, &after));
}

#[test]
fn a_system_of_no_known_layout_is_named_and_export_advised() {
    let world = World::new();
    let output = world.ca(&[
        "install",
        "--only",
        "system",
        "--root",
        world.root().to_str().unwrap(),
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("magpie ca export"));
}

#[test]
fn a_tool_that_fails_leaves_nothing_behind() {
    let Some(world) = debian() else { return };
    let place = world.path().join("update-ca-certificates");
    fs::write(&place, "#!/bin/sh\necho no room left >&2\nexit 1\n").unwrap();
    fs::set_permissions(place, PermissionsExt::from_mode(0o755)).unwrap();
    let before = tree(&world.root());
    let output = world.ca(&[
        "install",
        "--only",
        "system",
        "--root",
        world.root().to_str().unwrap(),
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no room left"));
    assert!(tree(&world.root()) == before);
}

/// A Debian root with one CA in it.
fn debian() -> Option<World> {
    if !have(&["update-ca-certificates", "openssl", "curl"]) {
        return None;
    }
    let world = World::new();
    for folder in [
        "etc/ssl/certs",
        "usr/local/share/ca-certificates",
        "usr/share/ca-certificates",
    ] {
        fs::create_dir_all(world.root().join(folder)).unwrap();
    }
    fs::write(world.root().join("etc/ca-certificates.conf"), "# none\n").unwrap();
    add_another(&world, "another");
    update(&world);
    Some(world)
}

fn add_another(world: &World, name: &str) {
    let pem = world.other_ca(name);
    let place = world
        .root()
        .join(format!("usr/local/share/ca-certificates/{name}.crt"));
    fs::copy(world.top.join(pem), place).unwrap();
}

fn update(world: &World) {
    let place = |path: &str| world.root().join(path).to_str().unwrap().to_owned();
    world.run(
        "/usr/sbin/update-ca-certificates",
        &[
            "--certsconf",
            &place("etc/ca-certificates.conf"),
            "--certsdir",
            &place("usr/share/ca-certificates"),
            "--localcertsdir",
            &place("usr/local/share/ca-certificates"),
            "--etccertsdir",
            &place("etc/ssl/certs"),
            "--hooksdir",
            &place("etc/ca-certificates/update.d"),
        ],
    );
}

/// The page, or curl's exit code.
fn curl(world: &World, host: &str) -> Result<String, i32> {
    let url = format!("https://{host}:{}/", serve(&world.data()));
    let bundle = world.root().join(BUNDLE);
    let output = std::process::Command::new("curl")
        .args([
            "-sS",
            "--noproxy",
            "*",
            "--capath",
            "/nonexistent",
            "--cacert",
        ])
        .arg(bundle)
        .arg(url)
        .output()
        .unwrap();
    match output.status.code() {
        Some(0) => Ok(String::from_utf8(output.stdout).unwrap()),
        code => Err(code.unwrap_or(-1)),
    }
}

const BUNDLE: &str = "etc/ssl/certs/ca-certificates.crt";
