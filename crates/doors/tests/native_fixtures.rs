//! The native door against `fixtures/native`, which the TypeScript tests read too.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::path::PathBuf;

use bytes::Bytes;
use magpie_doors::native::{self, Incoming};
use magpie_hub::Command;
use serde_json::Value;

mod samples;

#[test]
fn every_valid_client_message_is_read() {
    for fixture in fixtures(&["client", "both"]) {
        for message in list(&fixture, "valid") {
            let read = parse(&message);
            assert!(read.is_ok(), "{message}: {read:?}");
        }
    }
}

#[test]
fn every_invalid_client_message_is_refused() {
    for fixture in fixtures(&["client", "both"]) {
        for case in list(&fixture, "invalid") {
            let read = parse(&case["message"]);
            assert!(read.is_err(), "{case}: {read:?}");
        }
    }
}

#[test]
fn a_refused_request_is_quoted_by_its_number() {
    for fixture in fixtures(&["client"]) {
        for case in list(&fixture, "invalid") {
            let n = case["message"]["n"]
                .as_u64()
                .filter(|n| (1..=9_007_199_254_740_991).contains(n));
            let read = parse(&case["message"]).unwrap_err();
            assert_eq!(read.n, n, "{case}");
        }
    }
}

#[test]
fn frames_that_are_no_messages_are_refused() {
    for case in list(&fixture("malformed"), "texts") {
        let text = case["text"].as_str().unwrap();
        assert!(
            native::parse(&Bytes::from(text.to_owned())).is_err(),
            "{case}"
        );
    }
}

#[test]
fn bytes_that_are_not_utf_8_are_refused() {
    assert!(native::parse(&Bytes::from_static(b"{\"t\":\"\xff\"}")).is_err());
}

#[test]
fn what_a_hidden_client_says_is_heard_without_its_addresses() {
    for case in list(&fixture("hidden"), "cases") {
        let said = Bytes::from(case["said"].to_string());
        assert!(parse(&case["said"]).is_ok(), "{case}");
        let heard: Value = serde_json::from_slice(&native::hide(&said)).unwrap();
        assert_eq!(heard, case["heard"], "{case}");
    }
}

#[test]
fn a_signal_is_forwarded_byte_for_byte() {
    let frame = Bytes::from(
        list(&fixture("signal"), "valid")[0]
            .to_string()
            .replace(':', " : "),
    );
    let Ok(Incoming::Command(Command::Signal(signal))) = native::parse(&frame) else {
        panic!("not a signal")
    };
    assert_eq!(signal.frame, frame);
    assert_eq!(
        signal.frame.as_ptr(),
        frame.as_ptr(),
        "the frame was copied"
    );
}

#[test]
fn every_server_message_is_written_as_the_fixtures_have_it() {
    for (name, events) in samples::events() {
        let written: Vec<Value> = events
            .iter()
            .map(|event| serde_json::from_str(&native::encode(event)).unwrap())
            .collect();
        assert_eq!(written, list(&fixture(name), "valid"), "{name}");
    }
}

#[test]
fn every_server_fixture_has_its_sample() {
    let sampled: Vec<&str> = samples::events().iter().map(|(name, _)| *name).collect();
    for fixture in fixtures(&["server"]) {
        let name = fixture["name"].as_str().unwrap();
        assert!(name == "hello" || sampled.contains(&name), "{name}");
    }
}

#[test]
fn hello_is_written_as_the_fixture_has_it() {
    let valid = list(&fixture("hello"), "valid");
    let written: Value =
        serde_json::from_str(&native::hello(valid[0]["nonce"].as_str().unwrap())).unwrap();
    assert_eq!(written, valid[0]);
}

#[test]
fn the_signed_text_binds_nonce_and_origin() {
    assert_eq!(
        native::auth_message("N", "https://a:1"),
        b"magpie-auth-1\nN\nhttps://a:1"
    );
}

fn parse(message: &Value) -> Result<Incoming, native::Malformed> {
    native::parse(&Bytes::from(message.to_string()))
}

fn fixtures(directions: &[&str]) -> Vec<Value> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|path| serde_json::from_str::<Value>(&std::fs::read_to_string(path).unwrap()).unwrap())
        .filter(|fixture| {
            directions.contains(&fixture["direction"].as_str().unwrap())
                && fixture["valid"].is_array()
        })
        .collect()
}

fn fixture(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder().join(format!("{name}.json"))).unwrap())
        .unwrap()
}

fn list(fixture: &Value, name: &str) -> Vec<Value> {
    fixture[name].as_array().unwrap().clone()
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/native")
}
