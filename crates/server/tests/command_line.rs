//! The command line as a script sees it: what it prints, and how it ends.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

#[test]
fn five_mistakes_are_five_lines_and_nothing_is_started() {
    let folder = Folder::new();
    folder.write("magpie.toml", "relm = 'x'\nrelay_ports = '9-1'\nuser_quota = 'many'\nlisten = ['nowhere']\n[relay]\nmax_lifetime = 0\n");
    for command in [&["serve"][..], &["config", "check"], &["config", "show"]] {
        let output =
            folder.magpie(&[command, &["--config", "magpie.toml", "--data", "data"]].concat());
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said.lines().count(), 5, "{said}");
        assert!(
            said.lines().all(|line| line.starts_with("magpie.toml:")),
            "{said}"
        );
        assert!(output.stdout.is_empty() && !folder.path.join("data").exists());
    }
}

#[test]
fn unknown_flags_are_reported_together_with_every_other_mistake() {
    let folder = Folder::new();
    folder.write("magpie.toml", "relm = 'x'\n");
    let flags = ["--colour", "red", "--reaml=x", "--grace", "0", "--config"];
    for command in [&[][..], &["serve"], &["config", "check"]] {
        let line = [command, &flags, &["magpie.toml"]].concat();
        let output = folder.magpie(&line);
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8(output.stderr).unwrap();
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines.len(), 4, "{said}");
        assert!(lines[0].starts_with("magpie.toml:1: relm:"), "{said}");
        assert!(lines[1].starts_with("--grace: grace:"), "{said}");
        assert_eq!(lines[2], "--colour: unknown flag");
        let close = "--reaml: unknown flag; did you mean `--realm`?";
        assert_eq!(lines[3], close);
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn what_is_no_flag_of_the_configuration_is_explained_with_the_usage() {
    let folder = Folder::new();
    for line in [
        &["serve", "everything"][..],
        &["dance"],
        &["ca", "install", "--colour"],
    ] {
        let output = folder.magpie(line);
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("Usage: magpie"), "{said}");
    }
}

#[test]
fn show_prints_each_key_with_its_source() {
    let folder = Folder::new();
    folder.write("data/magpie.toml", "realm = 'example.org'\n");
    let output = folder.magpie(&["config", "show", "--data", "data", "--log", "debug"]);
    let said = String::from_utf8(output.stdout).unwrap();
    let line = |key: &str| {
        said.lines()
            .find(|line| line.starts_with(key))
            .unwrap()
            .split_whitespace()
            .collect::<Vec<_>>()
    };
    assert_eq!(
        line("realm"),
        ["realm", "example.org", "data/magpie.toml:1"]
    );
    assert_eq!(line("log"), ["log", "debug", "--log"]);
    assert_eq!(line("user_quota"), ["user_quota", "64", "default"]);
}

#[test]
fn check_tries_the_certificate_files() {
    let folder = Folder::new();
    folder.write("c.pem", "nothing");
    folder.write("k.pem", "nothing");
    let output = folder.magpie(&["config", "check", "--cert", "c.pem", "--key", "k.pem"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "cert, key: c.pem: holds no certificate in PEM\n"
    );
}

#[test]
fn a_certificate_that_cannot_be_read_stops_the_start_and_nothing_is_written() {
    let folder = Folder::new();
    let arguments = [
        "--listen",
        "127.0.0.1:0",
        "--data",
        "data",
        "--cert",
        "none.pem",
        "--key",
        "none.pem",
    ];
    let output = folder.magpie(&arguments);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.lines().count() == 1 && said.contains("none.pem"),
        "{said}"
    );
    assert!(!folder.path.join("data").exists());
}

#[test]
fn a_credential_is_minted_with_the_configured_secret() {
    let folder = Folder::new();
    let mut command = folder.command(&["credentials", "--json", "--ttl", "60"]);
    let output = command
        .env("MAGPIE_TURN_SECRET", "a secret of tests")
        .output()
        .unwrap();
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let username = found["username"].as_str().unwrap();
    let wanted = magpie_relay::credentials::password("a secret of tests", username);
    assert_eq!(found["credential"].as_str().unwrap(), wanted);
}

#[test]
fn a_credential_in_words_has_its_name_its_password_and_its_time() {
    let output = Folder::new().magpie(&[
        "credentials",
        "--turn-secret",
        "a secret of tests",
        "--id",
        "carol",
        "--ttl",
        "90",
    ]);
    let said = String::from_utf8(output.stdout).unwrap();
    let words: Vec<&str> = said.split_whitespace().collect();
    let [
        "username",
        username,
        "password",
        password,
        "ttl",
        "90",
        "seconds",
    ] = words[..]
    else {
        panic!("{said}");
    };
    assert!(username.ends_with(":carol"), "{username}");
    let wanted = magpie_relay::credentials::password("a secret of tests", username);
    assert_eq!(password, wanted);
}

#[test]
fn a_credential_as_json_is_what_a_browser_takes() {
    let folder = Folder::new();
    folder.write("t.conf", "static-auth-secret=north\nlistening-port=3479\n");
    let output = folder.magpie(&[
        "credentials",
        "--json",
        "--turn-conf",
        "t.conf",
        "--host",
        "turn.example.org",
    ]);
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["ttl"], 600);
    let [stun, turn] = &found["iceServers"].as_array().unwrap()[..] else {
        panic!("{found}");
    };
    assert_eq!(
        stun,
        &serde_json::json!({ "urls": ["stun:turn.example.org:3479"] })
    );
    assert_eq!(
        turn["urls"],
        serde_json::json!([
            "turn:turn.example.org:3479?transport=udp",
            "turn:turn.example.org:3479?transport=tcp",
            "turns:turn.example.org:3479?transport=tcp",
        ])
    );
    let username = turn["username"].as_str().unwrap();
    let wanted = magpie_relay::credentials::password("north", username);
    assert_eq!(turn["credential"], wanted);
}

#[test]
fn a_credential_that_no_relay_would_take_is_not_minted() {
    let folder = Folder::new();
    let long = [
        "credentials",
        "--turn-secret",
        "a secret of tests",
        "--ttl",
        "90001",
    ];
    let output = folder.magpie(&long);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("relay.credential_horizon")
    );
}

#[test]
fn without_any_secret_the_way_to_one_is_named() {
    let output = Folder::new().magpie(&["credentials"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("start the server once")
    );
}

struct Folder {
    path: PathBuf,
}

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!(
            "magpie-command-line-{}-{number}",
            std::process::id()
        ));
        fs::create_dir_all(&path).unwrap();
        Self { path }
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_magpie"));
        command.args(arguments).current_dir(&self.path);
        command
    }

    fn magpie(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.path);
    }
}
