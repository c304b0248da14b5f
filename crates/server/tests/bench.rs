//! `magpie bench` as a script uses it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

#[test]
fn the_plain_loop_is_measured_in_a_process_of_its_own() {
    let output = bench(&["relay", "--floor", "--json", "--seconds", "1"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(report["packets"].as_u64().unwrap() > 100, "{report} {said}");
    assert!(report["cpu_us_per_packet"].as_f64().unwrap() > 0.1);
}

#[test]
fn a_burst_reaches_the_receiver_one_by_one_through_the_plain_loop() {
    let burst = ["--burst", "8", "--payload", "200", "--rate", "2000"];
    let down = ["--direction", "down", "--seconds", "1", "--json"];
    let output = bench(&[&["relay", "--floor"], &burst[..], &down].concat());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["segments_per_send"], 8.0);
    assert_eq!(report["segments_per_receive"], 1.0);
}

#[test]
fn a_load_that_contradicts_itself_is_refused_in_words() {
    let output = bench(&["relay", "127.0.0.1:1", "--payload", "3"]);
    assert!(!output.status.success() && output.stdout.is_empty());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("16 bytes"), "{said}");
}

#[test]
fn packets_are_relayed_over_each_transport() {
    let server = Server::start("transports");
    for transport in ["udp", "tcp", "tls"] {
        let report = server.relay(&["--transport", transport]);
        assert!(report["packets"].as_u64().unwrap() > 100, "{report}");
        assert!(report["cpu_us_per_packet"].as_f64().unwrap() > 0.1);
    }
}

#[test]
fn packets_are_relayed_each_way() {
    let server = Server::start("ways");
    for direction in ["down", "pair"] {
        let report = server.relay(&["--direction", direction, "--burst", "4"]);
        assert!(report["packets"].as_u64().unwrap() > 100, "{report}");
    }
}

#[test]
fn requests_are_answered_and_allocations_held() {
    let server = Server::start("requests");
    for mode in ["allocate", "binding"] {
        let report = server.relay(&["--mode", mode]);
        assert!(report["done"].as_u64().unwrap() > 10, "{report}");
        assert_eq!(report["lost"], 0);
    }
    let report = server.relay(&["--mode", "memory", "--clients", "20"]);
    assert_eq!(report["allocations"], 20);
}

#[test]
fn a_thousand_broken_packets_are_survived() {
    let server = Server::start("broken");
    let output = bench(&["mutate", &server.address(), "--packets", "1000", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["packets"], 1024);
    assert!(report["signed"].as_u64().unwrap() > 400, "{report}");
}

#[test]
fn signals_are_relayed_through_each_door() {
    let server = Server::start("doors");
    for door in ["native", "peerjs", "socketio"] {
        let load = ["--connections", "8", "--pairs", "2", "--seconds", "1"];
        let flags = ["signal", &server.address(), "--door", door, "--json"];
        let output = bench(&[&flags, &load[..]].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{door}: {said}");
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(report["messages"].as_u64().unwrap() > 10, "{report}");
    }
}

/// A whole server, ended when dropped.
struct Server {
    child: Child,
    port: u16,
    data: PathBuf,
}

impl Server {
    fn start(name: &str) -> Self {
        let data = std::env::temp_dir().join(format!("magpie-bench-{name}-{}", std::process::id()));
        let mut child = Command::new(env!("CARGO_BIN_EXE_magpie"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(&data)
            .args(["--turn-user", "bench:bench", "--allow-peer", "127.0.0.0/8"])
            .args(["--user-quota", "100000"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let port = line.trim().rsplit(':').next().unwrap().parse().unwrap();
        Self { child, port, data }
    }

    fn address(&self) -> String {
        SocketAddr::from(([127, 0, 0, 1], self.port)).to_string()
    }

    fn relay(&self, flags: &[&str]) -> Value {
        let pid = self.child.id().to_string();
        let fixed = [
            "--pid",
            &pid,
            "--seconds",
            "1",
            "--payload",
            "200",
            "--json",
        ];
        let output = bench(&[&["relay", &self.address()], &fixed[..], flags].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{flags:?}: {said}");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        std::fs::remove_dir_all(&self.data).unwrap();
    }
}

fn bench(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_magpie"))
        .arg("bench")
        .args(arguments)
        .output()
        .unwrap()
}
