use std::fs;

use crate::world::{World, have};

#[test]
fn every_form_holds_the_same_certificate() {
    if !have(&["openssl"]) {
        return;
    }
    let world = World::new();
    let pem = world.ca_does(&["export"]);
    assert_eq!(
        pem,
        fs::read_to_string(world.data().join("ca.pem")).unwrap()
    );
    world.ca_does(&["export", "--format", "der", "--out", "ca.crt"]);
    assert_eq!(
        world.run("openssl", &["x509", "-inform", "der", "-in", "ca.crt"]),
        pem
    );
    world.ca_does(&[
        "export",
        "--format",
        "p12",
        "--out",
        "ca.p12",
        "--password",
        "secret",
    ]);
    let unpacked = world.run(
        "openssl",
        &[
            "pkcs12",
            "-in",
            "ca.p12",
            "-nokeys",
            "-passin",
            "pass:secret",
        ],
    );
    assert!(unpacked.contains(&pem), "{unpacked}");
    world.ca_does(&[
        "export",
        "--format",
        "mobileconfig",
        "--out",
        "ca.mobileconfig",
    ]);
    let profile = fs::read_to_string(world.top.join("ca.mobileconfig")).unwrap();
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    assert!(profile.contains(&body));
}

#[test]
fn a_key_is_never_exported() {
    let world = World::new();
    for format in ["pem", "mobileconfig"] {
        assert!(
            !world
                .ca_does(&["export", "--format", format])
                .contains("PRIVATE KEY")
        );
    }
}

#[test]
fn a_damaged_ca_is_a_sentence_and_exit_code_2() {
    let world = World::new();
    fs::create_dir(world.data()).unwrap();
    fs::write(world.data().join("ca.pem"), "x").unwrap();
    fs::write(world.data().join("ca-key.pem"), "x").unwrap();
    let output = world.ca(&["export"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.starts_with("magpie: ") && said.lines().count() == 1,
        "{said}"
    );
}

#[test]
fn a_data_folder_that_cannot_be_made_is_a_sentence_and_exit_code_2() {
    let world = World::new();
    fs::write(world.data(), "a file").unwrap();
    let output = world.ca(&["export"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(String::from_utf8(output.stderr).unwrap().lines().count(), 1);
}
