//! `magpie bench` as a script uses it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::process::{Command, Output};

#[test]
fn the_plain_loop_is_measured_in_a_process_of_its_own() {
    let output = bench(&["relay", "--floor", "--json", "--seconds", "1"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(report["packets"].as_u64().unwrap() > 100, "{report} {said}");
    assert!(report["cpu_us_per_packet"].as_f64().unwrap() > 0.1);
}

#[test]
fn a_burst_reaches_the_receiver_one_by_one_through_the_plain_loop() {
    let burst = ["--burst", "8", "--payload", "200", "--rate", "2000"];
    let down = ["--direction", "down", "--seconds", "1", "--json"];
    let output = bench(&[&["relay", "--floor"], &burst[..], &down].concat());
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
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

fn bench(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_magpie"))
        .arg("bench")
        .args(arguments)
        .output()
        .unwrap()
}
