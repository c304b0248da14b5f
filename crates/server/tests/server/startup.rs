//! Starting, refusing to start, and stopping.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::Output;
use std::sync::Arc;

use nix::sys::signal::Signal;

use super::client::{Client, Identity, random_id};
use super::process::{Folder, Server, magpie, outcome};

#[test]
fn ready_is_the_only_line_on_standard_output() {
    let (code, rest) = Server::start().terminate();
    assert_eq!((code, rest.as_str()), (Some(0), ""));
}

#[test]
fn ctrl_c_stops_as_well() {
    let server = Server::start();
    server.signal(Signal::SIGINT);
    assert_eq!(server.terminate().0, Some(0));
}

#[test]
fn ready_names_localhost_for_a_wildcard_address() {
    let folder = Folder::new();
    let mut command = magpie(&folder);
    let mut child = command
        .args(["--listen", "0.0.0.0:0"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(
        &mut std::io::BufReader::new(child.stdout.take().unwrap()),
        &mut line,
    )
    .unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(line.starts_with("ready https://localhost:"), "{line}");
}

#[tokio::test]
async fn ipv6_alone_serves_pages_and_people() {
    let server = Server::start_in(Arc::new(Folder::new()), "[::1]:0", &[]);
    assert!(server.origin().starts_with("https://[::1]:"));
    assert_eq!(server.get("/health/live").status, 200);
    Client::connect(&server, &Identity::new(), &random_id()).await;
}

#[test]
fn a_taken_port_is_one_sentence_and_nothing_is_left_behind() {
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = held.local_addr().unwrap().to_string();
    let folder = Folder::new();
    let said = refusal(&outcome(magpie(&folder).args(["--listen", &address])));
    assert!(
        said.contains(&held.local_addr().unwrap().port().to_string()),
        "{said}"
    );
    assert!(!folder.data().exists());
}

#[test]
fn an_unreadable_certificate_is_one_sentence() {
    let folder = Folder::new();
    let mut command = magpie(&folder);
    command.args([
        "--listen",
        "127.0.0.1:0",
        "--cert",
        "gone.pem",
        "--key",
        "gone.key",
    ]);
    assert!(refusal(&outcome(&mut command)).contains("gone.pem"));
    assert!(!folder.data().exists());
}

#[test]
fn broken_toml_is_an_error() {
    let folder = Folder::new();
    let file = folder.0.join("magpie.toml");
    fs::write(&file, "listen = [").unwrap();
    let out = outcome(magpie(&folder).arg("--config").arg(&file));
    assert_eq!(out.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&out.stderr).contains("magpie.toml"));
}

#[test]
fn a_data_folder_that_cannot_be_made_is_one_sentence() {
    let folder = Folder::new();
    fs::write(folder.data(), "a file is in the way").unwrap();
    let said = refusal(&outcome(magpie(&folder).args(["--listen", "127.0.0.1:0"])));
    assert!(said.contains(folder.data().to_str().unwrap()), "{said}");
    assert!(
        said.contains("data folder") && said.contains("--data"),
        "{said}"
    );
}

#[test]
fn two_servers_do_not_share_a_data_folder() {
    let server = Server::start();
    let files = || {
        let entries = fs::read_dir(server.folder.data()).unwrap();
        BTreeSet::from_iter(entries.map(|entry| entry.unwrap().file_name()))
    };
    let before = files();
    // An address outside the CA would be given a certificate, if the second got as far as that.
    let second = ["--listen", "127.0.0.1:0", "--public-ip", "203.0.113.77"];
    let said = refusal(&outcome(magpie(&server.folder).args(second)));
    assert!(said.contains("another magpie"), "{said}");
    assert_eq!(files(), before);
}

#[test]
fn secrets_and_the_store_are_for_their_owner_only() {
    let server = Server::start();
    let open: Vec<String> = fs::read_dir(server.folder.data())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.metadata().unwrap().permissions().mode() & 0o077 != 0)
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    assert!(
        open.iter()
            .all(|name| name.ends_with(".pem") && !name.contains("key")),
        "{open:?}"
    );
}

#[test]
fn a_damaged_store_is_moved_aside_and_said_so() {
    let folder = Arc::new(Folder::new());
    fs::create_dir(folder.data()).unwrap();
    fs::write(
        folder.data().join("store.sqlite"),
        "no database ".repeat(1000),
    )
    .unwrap();
    let server = Server::start_in(Arc::clone(&folder), "127.0.0.1:0", &[]);
    let kept = fs::read_dir(folder.data())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let kept: Vec<String> = kept
        .filter(|name| name.starts_with("store.sqlite.damaged-"))
        .collect();
    assert_eq!(kept.len(), 1);
    assert!(server.stderr().contains(&kept[0]), "{}", server.stderr());
}

#[tokio::test]
async fn a_stopping_server_tells_its_clients_when_to_come_back() {
    let server = Server::start();
    let mut client = Client::connect(&server, &Identity::new(), &random_id()).await;
    server.signal(Signal::SIGTERM);
    assert!(client.receive_a("drain").await["retryAfter"].is_u64());
    assert_eq!(client.close_code().await, 1012);
}

/// What a server said that would not start.
fn refusal(out: &Output) -> String {
    assert_eq!(out.status.code(), Some(2), "{out:?}");
    assert_eq!(out.stdout, b"");
    let said = String::from_utf8(out.stderr.clone()).unwrap();
    assert_eq!(said.trim_end().lines().count(), 1, "{said}");
    said
}
