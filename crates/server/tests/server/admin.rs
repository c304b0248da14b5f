//! The admin address as an operator, a monitoring program and a hostile page meet it.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;

use super::process::{Response, Server};
use super::turn_client::Client;
use serde_json::json;

#[test]
fn figures_are_told_on_loopback_without_a_token() {
    let server = Server::start_with(&["--admin", "127.0.0.1:0"]);
    let overview = get(&server, "/admin");
    assert_eq!(overview.status, 200);
    assert_eq!(overview.json()["relay"]["allocations"], 0);
    assert_eq!(overview.json()["hub"]["calls"]["active"], 0);
    let metrics = get(&server, "/metrics");
    assert_eq!(
        metrics.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    assert!(metrics.body.contains("\nmagpie_relay_allocations 0\n"));
    assert!(!server.folder.data().join("admin-token").exists());
}

#[test]
fn allocations_packets_and_refusals_are_counted() {
    let server = Server::start_with(&["--admin", "127.0.0.1:0", "--turn-user", "alice:wonderland"]);
    let mut client = Client::new(server.address, "alice", "wonderland");
    client.allocate().unwrap();
    assert_eq!(client.permit("127.0.0.1:9".parse().unwrap()), Err(403));
    let relay = get(&server, "/admin/relay").json();
    assert_eq!(relay["allocations"], 1);
    assert_eq!(relay["refused_peers"]["by_rule"]["loopback (RFC 1122)"], 1);
    assert_eq!(relay["errors"]["403"], 1);
    assert!(relay["challenges"]["sent"].as_u64().unwrap() >= 1);
}

#[test]
fn a_revoked_credential_loses_its_allocation_and_opens_no_other() {
    let secret = "a secret of tests";
    let server = Server::start_with(&["--admin", "127.0.0.1:0", "--turn-secret", secret]);
    let minted = magpie_relay::credentials::mint(secret, "carol", [7; 9], soon());
    let mut client = Client::new(server.address, &minted.username, &minted.password);
    client.allocate().unwrap();
    let id = minted.username.split_once(':').unwrap().1;
    let answer = post(&server, &json!({ "id": id }).to_string());
    assert_eq!(
        answer.json(),
        json!({ "revoked": id, "allocations_ended": 1 })
    );
    assert_eq!(client.refresh(&[]), Err(401));
    let mut again = Client::new(server.address, &minted.username, &minted.password);
    assert_eq!(again.allocate(), Err(401));
    assert_eq!(
        get(&server, "/admin/relay").json()["revoked_allocations"],
        1
    );
}

#[test]
fn a_revocation_that_names_nobody_is_refused() {
    let server = Server::start_with(&["--admin", "127.0.0.1:0"]);
    for body in [
        "",
        "{}",
        r#"{"id":""}"#,
        r#"{"id":7}"#,
        r#"{"id":"a","more":1}"#,
    ] {
        let answer = post(&server, body);
        assert!((400..500).contains(&answer.status), "{body}: {answer:?}");
        assert!(answer.json()["detail"].is_string());
    }
    let form = ask(
        &server,
        "POST",
        "/admin/revoke",
        "Content-Type: text/plain\r\n",
        r#"{"id":"a"}"#,
    );
    assert_eq!(form.status, 415);
}

#[test]
fn a_page_of_another_origin_is_refused_and_so_is_a_foreign_host_name() {
    let server = Server::start_with(&["--admin", "127.0.0.1:0"]);
    let page = ask(
        &server,
        "GET",
        "/admin",
        "Origin: https://evil.example\r\n",
        "",
    );
    assert_eq!(
        (page.status, page.header("access-control-allow-origin")),
        (403, None)
    );
    let address = address(&server);
    let request = "GET /metrics HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    assert_eq!(exchange(connect(address), request).status, 403);
    let preflight = ask(
        &server,
        "OPTIONS",
        "/admin/revoke",
        "Origin: https://evil.example\r\n",
        "",
    );
    assert_eq!(preflight.status, 403);
}

#[test]
fn beyond_loopback_the_token_of_the_data_folder_is_asked_for() {
    let server = Server::start_with(&["--admin", "0.0.0.0:0"]);
    let file = server.folder.data().join("admin-token");
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let token = fs::read_to_string(file).unwrap();
    let bare = get(&server, "/metrics");
    assert_eq!(
        (bare.status, bare.header("www-authenticate")),
        (401, Some("Bearer"))
    );
    let bearer = format!("Authorization: Bearer {}\r\n", token.trim());
    assert_eq!(ask(&server, "GET", "/metrics", &bearer, "").status, 200);
    let wrong = "Authorization: Bearer guessed\r\n";
    assert_eq!(
        ask(&server, "POST", "/admin/revoke", wrong, "{}").status,
        401
    );
}

#[test]
fn the_admin_address_speaks_tls_too() {
    let server = Server::start_with(&["--admin", "127.0.0.1:0"]);
    let name = "127.0.0.1".try_into().unwrap();
    let tls = rustls::ClientConnection::new(server.trust(), name).unwrap();
    let stream = rustls::StreamOwned::new(tls, connect(address(&server)));
    let request = "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    assert_eq!(exchange(stream, request).status, 200);
}

#[test]
fn the_shared_port_tells_no_figures() {
    let server = Server::start_with(&["--admin", "127.0.0.1:0"]);
    assert!(!server.get("/metrics").body.contains("magpie_relay"));
    assert!(!server.get("/admin/relay").body.contains("allocations"));
}

#[test]
fn a_taken_admin_address_that_was_asked_for_stops_the_start() {
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = super::process::Folder::new();
    let mut command = super::process::magpie(&folder);
    command.args([
        "--listen",
        "127.0.0.1:0",
        "--admin",
        &held.local_addr().unwrap().to_string(),
    ]);
    let out = super::process::outcome(&mut command);
    assert_eq!(out.status.code(), Some(2));
}

#[test]
fn off_opens_no_admin_address() {
    let server = Server::start_with(&["--admin", "off"]);
    assert_eq!(server.get("/health/live").status, 200);
    assert!(!server.stderr().contains("/admin"));
}

fn soon() -> u64 {
    let now = std::time::SystemTime::now();
    now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() + 60
}

/// Where the banner says it is, which is printed before the first request is answered.
fn address(server: &Server) -> SocketAddr {
    assert_eq!(server.get("/health/live").status, 200);
    let said = server.stderr();
    let url = said
        .split_whitespace()
        .find(|word| word.ends_with("/admin"));
    let address: SocketAddr = url
        .and_then(|url| {
            url.strip_prefix("http://")?
                .strip_suffix("/admin")?
                .parse()
                .ok()
        })
        .unwrap_or_else(|| panic!("{said}"));
    SocketAddr::new([127, 0, 0, 1].into(), address.port())
}

fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).unwrap()
}

fn get(server: &Server, path: &str) -> Response {
    ask(server, "GET", path, "", "")
}

fn post(server: &Server, body: &str) -> Response {
    let json = "Content-Type: application/json\r\n";
    ask(server, "POST", "/admin/revoke", json, body)
}

fn ask(server: &Server, method: &str, path: &str, headers: &str, body: &str) -> Response {
    let address = address(server);
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    );
    exchange(connect(address), &request)
}

fn exchange(mut stream: impl Read + Write, request: &str) -> Response {
    stream.write_all(request.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    drop(stream.read_to_end(&mut bytes));
    Response::parse(&String::from_utf8_lossy(&bytes))
}
