use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::server::{PAGE, Server, start};
use crate::world::{World, changes, have, tree};

#[test]
fn chromium_trusts_the_server_after_install_and_not_after_uninstall() {
    if !have(&["certutil", "chromium"]) {
        return;
    }
    let world = World::new();
    let before = tree(&world.home());
    assert!(
        world
            .ca_does(&["install", "--only", "browsers"])
            .contains("installed")
    );
    for host in ["localhost", "127.0.0.1"] {
        let page = chromium(&world, host, &start(&world.data()));
        assert!(page.contains(PAGE), "{host}: {page}");
    }
    assert!(
        world
            .ca_does(&["uninstall", "--only", "browsers"])
            .contains("removed")
    );
    let after = tree(&world.home());
    assert!(before == after, "{:?}", changes(&before, &after));
    let server = start(&world.data());
    let page = chromium(&world, "localhost", &server);
    assert!(!page.contains(PAGE), "{page}");
    assert!(
        server.refusals.load(Ordering::SeqCst) > 0,
        "Chromium never came"
    );
}

#[test]
fn firefox_trusts_the_server_after_install_and_not_after_uninstall() {
    if !have(&["certutil", "openssl", "firefox"]) {
        return;
    }
    let world = World::new();
    let profile = world.home().join(DATABASES[1]);
    database(&world, &profile);
    world.ca_does(&["export"]);
    let server = start(&world.data());
    assert!(!firefox_trusts(&world, &profile, &server));
    world.ca_does(&["install", "--only", "browsers"]);
    assert!(firefox_trusts(&world, &profile, &server));
    world.ca_does(&["uninstall", "--only", "browsers"]);
    assert!(!firefox_trusts(&world, &profile, &server));
}

#[test]
fn databases_are_byte_identical_after_uninstall() {
    if !have(&["certutil", "openssl"]) {
        return;
    }
    let world = World::new();
    for folder in DATABASES {
        database(&world, &world.home().join(folder));
    }
    let before = tree(&world.home());
    world.ca_does(&["install", "--only", "browsers"]);
    for folder in DATABASES {
        assert!(list(&world, folder).contains("Magpie CA"), "{folder}");
    }
    assert!(
        world
            .ca_does(&["uninstall", "--only", "browsers"])
            .contains("byte for byte")
    );
    let after = tree(&world.home());
    assert!(before == after, "{:?}", changes(&before, &after));
    assert!(!world.data().join("installed").exists());
}

#[test]
fn a_database_made_for_the_ca_goes_with_it() {
    if !have(&["certutil", "chromium"]) {
        return;
    }
    let world = World::new();
    world.ca_does(&["install", "--only", "browsers"]);
    assert!(world.home().join(".pki/nssdb/cert9.db").exists());
    world.ca_does(&["uninstall", "--only", "browsers"]);
    assert!(!world.home().join(".pki").exists());
}

#[test]
fn a_database_that_changed_since_keeps_the_change() {
    if !have(&["certutil", "openssl"]) {
        return;
    }
    let world = World::new();
    let folder = world.home().join(DATABASES[1]);
    database(&world, &folder);
    world.ca_does(&["install", "--only", "browsers"]);
    another(&world, &folder, "later");
    assert!(
        world
            .ca_does(&["uninstall", "--only", "browsers"])
            .contains("has changed since")
    );
    let names = list(&world, DATABASES[1]);
    assert!(
        names.contains("later") && names.contains("before") && !names.contains("Magpie CA"),
        "{names}"
    );
}

#[test]
fn installing_again_what_somebody_took_out_leaves_one_record() {
    if !have(&["certutil", "openssl"]) {
        return;
    }
    let world = World::new();
    let folder = world.home().join(DATABASES[1]);
    database(&world, &folder);
    world.ca_does(&["install", "--only", "browsers"]);
    let names = list(&world, DATABASES[1]);
    let name = names
        .lines()
        .find(|line| line.contains("Magpie CA"))
        .and_then(|line| line.split("  ").next())
        .unwrap();
    world.run(
        "certutil",
        &["-d", &format!("sql:{}", folder.display()), "-D", "-n", name],
    );
    world.ca_does(&["install", "--only", "browsers"]);
    world.ca_does(&["uninstall", "--only", "browsers"]);
    assert!(!world.data().join("installed").exists());
}

#[test]
fn a_database_that_refuses_is_left_as_it_was() {
    if !have(&["certutil"]) {
        return;
    }
    let world = World::new();
    let folder = world.home().join(DATABASES[1]);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("cert9.db"), "no database").unwrap();
    let before = tree(&world.home());
    let output = world.ca(&["install", "--only", "browsers"]);
    assert_eq!(output.status.code(), Some(1));
    let after = tree(&world.home());
    let ours: Vec<_> = changes(&before, &after)
        .into_iter()
        .filter(|path| path.contains("mozilla"))
        .collect();
    assert!(ours.is_empty(), "{ours:?}");
}

#[test]
fn a_lost_record_does_not_keep_the_ca_in() {
    if !have(&["certutil", "openssl"]) {
        return;
    }
    let world = World::new();
    database(&world, &world.home().join(DATABASES[1]));
    world.ca_does(&["install", "--only", "browsers"]);
    fs::remove_dir_all(world.data().join("installed")).unwrap();
    world.ca_does(&["uninstall", "--only", "browsers"]);
    assert!(!list(&world, DATABASES[1]).contains("Magpie CA"));
}

#[test]
fn without_certutil_the_package_is_named() {
    let world = World::new();
    fs::create_dir_all(world.home().join(".pki/nssdb")).unwrap();
    fs::write(world.home().join(".pki/nssdb/cert9.db"), "").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_magpie"));
    command
        .args(["ca", "install", "--only", "browsers", "--data"])
        .arg(world.data());
    let output = command
        .env("HOME", world.home())
        .env("PATH", world.path())
        .env_remove("SUDO_UID")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("libnss3-tools"));
}

#[test]
fn a_database_in_the_newer_place_is_used_and_none_made_in_the_older() {
    if !have(&["certutil", "openssl"]) {
        return;
    }
    let world = World::new();
    let folder = ".local/share/pki/nssdb";
    database(&world, &world.home().join(folder));
    world.ca_does(&["install", "--only", "browsers"]);
    assert!(list(&world, folder).contains("Magpie CA"));
    assert!(!world.home().join(".pki").exists());
}

const DATABASES: [&str; 3] = [
    ".pki/nssdb",
    ".mozilla/firefox/abc.default-release",
    ".config/mozilla/firefox/x.y",
];

fn database(world: &World, folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    world.run(
        "certutil",
        &[
            "-d",
            &format!("sql:{}", folder.display()),
            "-N",
            "--empty-password",
        ],
    );
    another(world, folder, "before");
}

fn another(world: &World, folder: &Path, name: &str) {
    let pem = world.other_ca(name);
    world.run(
        "certutil",
        &[
            "-d",
            &format!("sql:{}", folder.display()),
            "-A",
            "-t",
            "C,,",
            "-n",
            name,
            "-i",
            &pem,
        ],
    );
}

fn list(world: &World, folder: &str) -> String {
    world.run(
        "certutil",
        &[
            "-d",
            &format!("sql:{}", world.home().join(folder).display()),
            "-L",
        ],
    )
}

/// What a headless Chromium with this home sees.
fn chromium(world: &World, host: &str, server: &Server) -> String {
    let url = format!("https://{host}:{}/", server.port);
    let profile = world.top.join(format!("profile-{host}-{}", url.len()));
    let output = Command::new("timeout")
        .args([
            "60",
            "chromium",
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--no-proxy-server",
        ])
        .arg(format!("--user-data-dir={}", profile.display()))
        .args(["--dump-dom", &url])
        .env("HOME", world.home())
        .env("XDG_CONFIG_HOME", world.top.join("config"))
        .env("XDG_CACHE_HOME", world.top.join("cache"))
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Whether a headless Firefox with `profile` sends its request, or ends the handshake.
fn firefox_trusts(world: &World, profile: &Path, server: &Server) -> bool {
    let requests = server.requests.load(Ordering::SeqCst);
    let refusals = server.refusals.load(Ordering::SeqCst);
    let mut firefox = Command::new("firefox")
        .args(["--headless", "--no-remote", "--profile"])
        .arg(profile)
        .arg(format!("https://localhost:{}/", server.port))
        .env("HOME", world.home())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let end = Instant::now() + Duration::from_secs(90);
    let trusts = loop {
        assert!(Instant::now() < end, "Firefox never came");
        sleep(Duration::from_millis(100));
        if server.requests.load(Ordering::SeqCst) > requests {
            break true;
        }
        if server.refusals.load(Ordering::SeqCst) > refusals {
            break false;
        }
    };
    firefox.kill().unwrap();
    firefox.wait().unwrap();
    trusts
}
