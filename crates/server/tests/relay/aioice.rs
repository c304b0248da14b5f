//! Interoperation with the ICE agent aioice (Python), which `scripts/prepare.sh` installs where it can.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::server::{PASSWORD, USER, settings, start};

#[test]
fn two_agents_of_aioice_talk_through_the_relay_over_udp() {
    talk("127.0.0.1", "udp");
}

#[test]
fn two_agents_of_aioice_talk_through_the_relay_over_tcp() {
    talk("127.0.0.1", "tcp");
}

/// No peer is allowed: the relayed addresses of one server reach each other anyway.
fn talk(host: &str, transport: &str) {
    let Some(python) = python() else {
        return;
    };
    let server = start(&settings(), host);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/relay/agents.py");
    let output = Command::new(python)
        .arg(script)
        .args([host, &server.address.port().to_string(), transport])
        .args([USER, PASSWORD])
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "candidates: relay\ncandidates: relay\ncallee received: question\ncaller received: answer\n",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A Python that has aioice.
fn python() -> Option<PathBuf> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let python = target.join("aioice/bin/python");
    if python.exists() {
        return Some(python);
    }
    println!(
        "skipped: aioice is not in {}: scripts/prepare.sh says why",
        target.display()
    );
    None
}
