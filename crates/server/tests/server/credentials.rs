//! Time-limited credentials minted beside the server, and the change of the secret behind them.

use std::process::Command;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use magpie_relay::credentials::password;

use super::process::{Folder, Server};
use super::turn_client::Client;

#[test]
fn what_the_command_prints_opens_the_relay() {
    let server = Server::start();
    let mut command = Command::new(env!("CARGO_BIN_EXE_magpie"));
    command.args(["credentials", "--json", "--ttl", "60", "--data"]);
    let printed = command.arg(server.folder.data()).output().unwrap().stdout;
    let printed: serde_json::Value = serde_json::from_slice(&printed).unwrap();
    let text = |key: &str| printed[key].as_str().unwrap().to_owned();
    let mut client = Client::new(server.address, &text("username"), &text("password"));
    client.allocate().unwrap();
}

#[test]
fn while_the_secret_changes_both_are_taken_and_the_first_one_mints() {
    let (new, old) = ("the new secret", "the old secret");
    let server = Server::start_with(&["--turn-secret", new, "--turn-secret", old]);
    for secret in [new, old] {
        assert!(allocates(&server, secret, 60), "{secret}");
    }
    assert!(!allocates(&server, "another secret", 60));
    let servers = server.get("/api/ice-servers").json();
    let turn = servers["iceServers"].as_array().unwrap().last().unwrap();
    let username = turn["username"].as_str().unwrap();
    assert_eq!(turn["credential"], password(new, username));
}

#[test]
fn what_lasts_beyond_the_horizon_or_has_expired_is_refused() {
    let folder = Arc::new(Folder::new());
    let file = folder.0.join("magpie.toml");
    std::fs::write(
        &file,
        "turn_secret = ['a secret of tests']\n[relay]\ncredential_horizon = 100\n",
    )
    .unwrap();
    let arguments = ["--config", file.to_str().unwrap()];
    let server = Server::start_in(Arc::clone(&folder), "127.0.0.1:0", &arguments);
    assert!(allocates(&server, "a secret of tests", 60));
    assert!(!allocates(&server, "a secret of tests", 160));
    assert!(!allocates(&server, "a secret of tests", -5));
}

/// Whether a credential minted with `secret` that expires in so many seconds opens an allocation.
fn allocates(server: &Server, secret: &str, ttl: i64) -> bool {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let username = format!("{}:dora", now.saturating_add_signed(ttl));
    let mut client = Client::new(server.address, &username, &password(secret, &username));
    match client.allocate() {
        Ok(_) => true,
        Err(401) => false,
        Err(code) => panic!("{code}"),
    }
}
