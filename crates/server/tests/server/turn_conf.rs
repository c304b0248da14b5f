//! A server that takes the place of coturn, met by coturn's own test client.

use std::fs;
use std::net::{TcpListener, UdpSocket};
use std::process::Command;
use std::sync::Arc;

use super::process::{Folder, Server, magpie, outcome};

#[test]
fn the_user_of_a_turnserver_conf_is_served_on_its_port() {
    let port = free_port();
    let server = server(&format!(
        "listening-ip=127.0.0.1\nlistening-port={port}\nlt-cred-mech\nuser=anna:kiwi-and-plum\nrealm=home.example\nmobility\n"
    ));
    exchange(port, &["-u", "anna", "-w", "kiwi-and-plum"]);
    let said = server.stderr();
    assert!(said.contains("turnserver.conf:6: mobility: "), "{said}");
}

#[test]
fn the_secret_of_a_turnserver_conf_opens_the_relay_on_its_tls_port() {
    let port = free_port();
    let _server = server(&format!(
        "listening-ip=127.0.0.1\nlistening-port={}\ntls-listening-port={port}\nuse-auth-secret\nstatic-auth-secret=north\n",
        free_port()
    ));
    exchange(port, &["-t", "-S", "-u", "carol", "-W", "north"]);
}

/// The key is what `turnadmin -k -u anna -r home.example -p kiwi-and-plum` prints.
#[test]
fn a_user_whose_key_stands_in_place_of_the_password_is_served() {
    let port = free_port();
    let _server = server(&format!(
        "listening-ip=127.0.0.1\nlistening-port={port}\nuser=anna:0xc462d8e2b0050183f3148802edab56e2\nrealm=home.example\n"
    ));
    exchange(port, &["-u", "anna", "-w", "kiwi-and-plum"]);
}

#[test]
fn a_turnserver_conf_may_name_the_shared_port() {
    let port = free_port();
    let folder = Arc::new(Folder::new());
    let text = format!("listening-ip=127.0.0.1\nlistening-port={port}\nuser=a:bcd\n");
    fs::write(folder.0.join("turnserver.conf"), text).unwrap();
    let shared = format!("127.0.0.1:{port}");
    let server = Server::start_in(folder, &shared, &["--turn-conf", "turnserver.conf"]);
    assert_eq!(server.get("/health/live").status, 200);
    exchange(port, &["-u", "a", "-w", "bcd"]);
}

#[test]
fn a_line_that_cannot_be_meant_stops_the_start() {
    let folder = Folder::new();
    fs::write(folder.0.join("f.conf"), "\ndenied-peer-ip=here\n").unwrap();
    let out = outcome(magpie(&folder).args(["--turn-conf", "f.conf"]));
    assert_eq!(out.status.code(), Some(2));
    assert_eq!(
        String::from_utf8_lossy(&out.stderr),
        "f.conf:2: denied-peer-ip: expected an IP address or FIRST-LAST\n"
    );
}

fn server(text: &str) -> Server {
    let folder = Arc::new(Folder::new());
    fs::write(folder.0.join("turnserver.conf"), text).unwrap();
    Server::start_in(folder, "127.0.0.1:0", &["--turn-conf", "turnserver.conf"])
}

/// A client that relays to itself; nothing may be lost.
fn exchange(port: u16, arguments: &[&str]) {
    let mut client = Command::new("turnutils_uclient");
    client.args(["-n", "20", "-m", "1", "-z", "5", "-c", "-y"]);
    client.args(arguments);
    client.args(["-p", &port.to_string(), "127.0.0.1"]);
    let Ok(output) = client.output() else {
        println!("skipped: turnutils_uclient (Debian package coturn) is not here");
        return;
    };
    let printed = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(printed.contains("tot_recv_msgs=40"), "{printed}");
}

/// A port that nobody had a moment ago.
fn free_port() -> u16 {
    loop {
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = tcp.local_addr().unwrap();
        if UdpSocket::bind(address).is_ok() {
            return address.port();
        }
    }
}
