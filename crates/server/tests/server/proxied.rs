//! Behind a proxy that passes TCP on and announces its clients by the PROXY protocol.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::{ClientConnection, StreamOwned};

use super::process::{Folder, Response, Server};

#[test]
fn an_announced_client_is_who_the_header_says_over_https() {
    let server = behind_a_proxy();
    for header in [VERSION_1.to_vec(), version_2()] {
        let mut stream = server.connect();
        stream.write_all(&header).unwrap();
        let name = server.address.ip().into();
        let tls = ClientConnection::new(server.trust(), name).unwrap();
        let answer = ask(&server, StreamOwned::new(tls, stream), "/api/ip");
        assert_eq!(answer.json()["ip"], "198.51.100.7");
    }
}

#[test]
fn an_announced_client_is_who_the_header_says_over_turn() {
    let server = behind_a_proxy();
    let mut stream = server.connect();
    stream
        .write_all(&[&version_2()[..], &BINDING_REQUEST].concat())
        .unwrap();
    let mut answer = [0; 20];
    stream.read_exact(&mut answer).unwrap();
    let mut body = vec![0; usize::from(u16::from_be_bytes([answer[2], answer[3]]))];
    stream.read_exact(&mut body).unwrap();
    // 198.51.100.7:51000, each byte under the magic cookie.
    let mapped = [0, 0x20, 0, 8, 0, 1, 0xe6, 0x2a, 0xe7, 0x21, 0xc0, 0x45];
    assert!(
        body.windows(12).any(|attribute| attribute == mapped),
        "{body:x?}"
    );
}

#[test]
fn without_a_header_or_with_a_broken_one_the_proxy_is_not_served() {
    let server = behind_a_proxy();
    let plain = server.request("/api/ip", "");
    for bytes in [
        plain.as_bytes(),
        b"PROXY TCP4 here there 1 2\r\n",
        &version_2()[..15],
    ] {
        let mut stream = server.connect();
        stream.write_all(bytes).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        assert_eq!(rest(stream), b"", "{bytes:?}");
    }
}

#[test]
fn a_header_that_does_not_come_is_not_waited_for_long() {
    let server = configured("proxy_protocol = ['127.0.0.0/8']\n[limits]\nheader_timeout = 1\n");
    let mut stream = server.connect();
    stream.write_all(&VERSION_1[..9]).unwrap();
    assert_eq!(rest(stream), b"");
}

#[test]
fn a_header_of_anybody_else_is_not_believed() {
    let server = configured("proxy_protocol = ['192.0.2.0/24']\n");
    let mut stream = server.connect();
    stream.write_all(VERSION_1).unwrap();
    let request = server.request("/api/ip", "");
    stream.write_all(request.as_bytes()).unwrap();
    let answer = rest(stream);
    assert!(
        answer.starts_with(b"HTTP/1.1 400"),
        "{}",
        String::from_utf8_lossy(&answer)
    );
    assert!(server.get("/api/ip").json()["ip"] == "127.0.0.1");
}

/// Of 198.51.100.7:51000.
const VERSION_1: &[u8] = b"PROXY TCP4 198.51.100.7 192.0.2.1 51000 443\r\n";

fn version_2() -> Vec<u8> {
    let addresses = [198, 51, 100, 7, 192, 0, 2, 1, 0xc7, 0x38, 1, 0xbb];
    [
        &b"\r\n\r\n\0\r\nQUIT\n"[..],
        &[0x21, 0x11, 0, 12],
        &addresses,
    ]
    .concat()
}

const BINDING_REQUEST: [u8; 20] = [
    0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
];

fn behind_a_proxy() -> Server {
    configured("proxy_protocol = ['127.0.0.0/8']\n")
}

fn configured(text: &str) -> Server {
    let folder = Arc::new(Folder::new());
    let file = folder.0.join("magpie.toml");
    fs::write(&file, text).unwrap();
    Server::start_in(folder, "127.0.0.1:0", &["--config", file.to_str().unwrap()])
}

fn ask(server: &Server, mut stream: impl Read + Write, path: &str) -> Response {
    stream
        .write_all(server.request(path, "").as_bytes())
        .unwrap();
    let mut bytes = Vec::new();
    drop(stream.read_to_end(&mut bytes));
    Response::parse(&String::from_utf8_lossy(&bytes))
}

fn rest(mut stream: TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    drop(stream.read_to_end(&mut bytes));
    bytes
}
