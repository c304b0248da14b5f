use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::world::{World, have};

#[test]
fn names_wildcards_and_addresses_verify_under_the_ca() {
    if !have(&["openssl"]) {
        return;
    }
    let world = World::new();
    let said = world.ca_does(&[
        "issue",
        "printer.lan",
        "*.office.internal",
        "10.1.2.3",
        "fd00::9",
    ]);
    assert!(
        said.contains("printer.lan+3.pem") && said.contains("printer.lan+3-key.pem"),
        "{said}"
    );
    for check in [
        ["-verify_hostname", "printer.lan"],
        ["-verify_hostname", "a.office.internal"],
        ["-verify_ip", "10.1.2.3"],
        ["-verify_ip", "fd00::9"],
    ] {
        world.run(
            "openssl",
            &[
                "verify",
                "-x509_strict",
                "-purpose",
                "sslserver",
                check[0],
                check[1],
                "-CAfile",
                "data/ca.pem",
                "printer.lan+3.pem",
            ],
        );
    }
    let mode = fs::metadata(world.top.join("printer.lan+3-key.pem"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_client_certificate_verifies_for_clients_and_opens_with_its_password() {
    if !have(&["openssl"]) {
        return;
    }
    let world = World::new();
    for (name, file) in [("alice", "alice"), ("bob@example.org", "bob@example.org")] {
        world.ca_does(&[
            "issue",
            "--client",
            name,
            "--p12",
            "--password",
            "open sesame",
        ]);
        let pem = format!("{file}.pem");
        world.run(
            "openssl",
            &[
                "verify",
                "-x509_strict",
                "-purpose",
                "sslclient",
                "-CAfile",
                "data/ca.pem",
                &pem,
            ],
        );
        let p12 = format!("{file}.p12");
        let unpacked = world.run(
            "openssl",
            &[
                "pkcs12",
                "-in",
                &p12,
                "-nodes",
                "-passin",
                "pass:open sesame",
            ],
        );
        assert_eq!(unpacked.matches("BEGIN CERTIFICATE").count(), 2);
        assert!(unpacked.contains("BEGIN PRIVATE KEY"));
    }
}

#[test]
fn names_the_ca_may_not_sign_are_all_refused_and_nothing_is_written() {
    let world = World::new();
    let output = world.ca(&[
        "issue",
        "printer.lan",
        "bank.example",
        "8.8.8.8",
        "not a name",
        "--out",
        "made",
    ]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    for name in ["bank.example", "8.8.8.8", "not a name"] {
        assert!(said.contains(&format!("{name}: ")), "{said}");
    }
    assert!(!said.contains("printer.lan"));
    assert!(!world.top.join("made").exists());
}
