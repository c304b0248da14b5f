//! Interoperation with coturn's test programs (Debian package `coturn`).

use std::net::UdpSocket;
use std::process::{Child, Command, Stdio};

use magpie_server::config::RelaySettings;

use crate::server::{PASSWORD, SECRET, Server, USER, settings, start};

#[test]
fn stunclient_sees_its_address() {
    let Some(mut stun) = program("turnutils_stunclient") else {
        return;
    };
    let server = start(&settings(), "127.0.0.1");
    stun.args(["-p", &server.address.port().to_string(), "127.0.0.1"]);
    let printed = run(stun);
    assert!(
        printed.contains("UDP reflexive addr: 127.0.0.1:"),
        "{printed}"
    );
}

#[test]
fn uclient_relays_to_itself_over_udp_without_any_allowed_peer() {
    exchange(&settings(), &["-y"], Port::Shared);
}

#[test]
fn uclient_relays_to_itself_with_send_indications() {
    exchange(&settings(), &["-y", "-s"], Port::Shared);
}

#[test]
fn uclient_relays_to_itself_over_tcp() {
    exchange(&settings(), &["-y", "-t"], Port::Shared);
}

#[test]
fn uclient_relays_to_itself_over_tls() {
    exchange(&settings(), &["-y", "-t", "-S"], Port::Tls);
}

#[test]
fn uclient_reaches_an_allowed_peer_over_udp() {
    exchange_with_peer(&[], Port::Shared);
}

#[test]
fn uclient_reaches_an_allowed_peer_with_send_indications() {
    exchange_with_peer(&["-s"], Port::Shared);
}

#[test]
fn uclient_reaches_an_allowed_peer_over_tcp() {
    exchange_with_peer(&["-t"], Port::Shared);
}

#[test]
fn uclient_reaches_an_allowed_peer_over_tls() {
    exchange_with_peer(&["-t", "-S"], Port::Tls);
}

#[test]
fn uclient_reaches_an_allowed_peer_without_fragmentation() {
    exchange_with_peer(&["-s", "-g"], Port::Shared);
}

/// RFC 6062, the client connecting: `-T` is both sides of it, over TCP.
#[test]
fn uclient_connects_to_itself_by_tcp_allocations() {
    exchange(&settings(), &["-T"], Port::Shared);
}

#[test]
fn uclient_connects_to_itself_by_tcp_allocations_inside_tls() {
    exchange(&settings(), &["-T", "-S"], Port::Tls);
}

/// RFC 6062 with an active peer: the client waits for connections. The program counts half of its messages as lost, against
/// its own server as well, since it never reads at its plain end.
#[test]
fn uclient_is_connected_to_by_peers_of_tcp_allocations() {
    let Some(mut uclient) = uclient(&["-P", "-u", USER, "-w", PASSWORD]) else {
        return;
    };
    let mut settings = settings();
    settings.allow_peers = vec!["127.0.0.0/8".parse().unwrap()];
    let server = start(&settings, "127.0.0.1");
    uclient.args(["-p", &server.address.port().to_string(), "127.0.0.1"]);
    let printed = run(uclient);
    assert!(printed.contains("tot_recv_msgs=50"), "{printed}");
    assert!(
        printed.contains("Total lost packets 50 (50.000000%)"),
        "{printed}"
    );
}

/// EVEN-PORT with a reservation and RESERVATION-TOKEN: without `-c` the client takes a pair of ports per session.
#[test]
fn uclient_takes_pairs_of_ports() {
    let Some(mut uclient) = program("turnutils_uclient") else {
        return;
    };
    let server = start(&settings(), "127.0.0.1");
    uclient.args([
        "-n", "50", "-m", "2", "-z", "5", "-y", "-u", USER, "-w", PASSWORD,
    ]);
    uclient.args(["-p", &server.address.port().to_string(), "127.0.0.1"]);
    let printed = run(uclient);
    assert!(
        printed.contains("Total lost packets 0 (0.000000%)"),
        "{printed}"
    );
}

#[test]
fn uclient_relays_over_ipv6() {
    let arguments = ["-x", "-y", "-u", USER, "-w", PASSWORD];
    let Some(uclient) = uclient(&arguments) else {
        return;
    };
    let server = start(&settings(), "::1");
    assert_nothing_lost(uclient, &server, Port::Shared);
}

#[test]
fn uclient_takes_a_time_limited_credential() {
    let Some(uclient) = uclient(&["-y", "-u", "carol", "-W", SECRET]) else {
        return;
    };
    let server = start(&settings(), "127.0.0.1");
    assert_nothing_lost(uclient, &server, Port::Shared);
}

/// Which of the server's ports.
#[derive(Clone, Copy)]
enum Port {
    Shared,
    Tls,
}

fn exchange(settings: &RelaySettings, arguments: &[&str], port: Port) {
    let Some(uclient) = uclient(&[arguments, &["-u", USER, "-w", PASSWORD]].concat()) else {
        return;
    };
    let server = start(settings, "127.0.0.1");
    assert_nothing_lost(uclient, &server, port);
}

fn exchange_with_peer(arguments: &[&str], port: Port) {
    let Some(peer) = program("turnutils_peer") else {
        return;
    };
    let mut settings = settings();
    settings.allow_peers = vec!["127.0.0.0/8".parse().unwrap()];
    let (_peer, peer_port) = start_peer(peer);
    let peer_port = peer_port.to_string();
    exchange(
        &settings,
        &[arguments, &["-e", "127.0.0.1", "-r", &peer_port]].concat(),
        port,
    );
}

fn uclient(arguments: &[&str]) -> Option<Command> {
    let mut uclient = program("turnutils_uclient")?;
    uclient
        .args(["-n", "50", "-m", "2", "-z", "5", "-c", "-l", "171"])
        .args(arguments);
    Some(uclient)
}

fn assert_nothing_lost(mut uclient: Command, server: &Server, port: Port) {
    let port = match port {
        Port::Shared => server.address.port(),
        Port::Tls => server.tls.port(),
    };
    uclient.args(["-p", &port.to_string(), &server.address.ip().to_string()]);
    let printed = run(uclient);
    assert!(
        printed.contains("Total lost packets 0 (0.000000%)"),
        "{printed}"
    );
    assert!(
        printed.contains("tot_send_msgs=100, tot_recv_msgs=100"),
        "{printed}"
    );
}

fn run(mut command: Command) -> String {
    let output = command.output().unwrap();
    let printed = [output.stdout, output.stderr].concat();
    String::from_utf8_lossy(&printed).into_owned()
}

/// An echo server, ended when dropped.
struct Peer(Child);

impl Drop for Peer {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn start_peer(mut peer: Command) -> (Peer, u16) {
    let port = UdpSocket::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    peer.args(["-L", "127.0.0.1", "-p", &port.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let peer = Peer(peer.spawn().unwrap());
    // It is ready once it answers.
    let probe = UdpSocket::bind("127.0.0.1:0").unwrap();
    probe
        .set_read_timeout(Some(std::time::Duration::from_millis(50)))
        .unwrap();
    while probe.send_to(b"?", ("127.0.0.1", port)).is_err() || probe.recv(&mut [0; 8]).is_err() {}
    (peer, port)
}

fn program(name: &str) -> Option<Command> {
    match Command::new(name)
        .arg("-h")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
    {
        Ok(_) => Some(Command::new(name)),
        Err(error) => {
            println!("skipped: {name} of the package coturn cannot be run: {error}");
            None
        }
    }
}
