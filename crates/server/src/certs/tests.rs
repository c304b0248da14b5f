//! The certificates as clients see them.

mod fixture;
mod kept;
mod operator;

use std::collections::BTreeSet;
use std::fs;

use rcgen::KeyPair;
use rustls::ClientConnection;
use rustls::pki_types::ServerName;

use super::leaf::{Signer, issue};
use super::*;
use crate::config::{PublicIp, defaults};
use fixture::{Fixture, folder, handshake, serial};

#[test]
fn the_leaf_covers_every_name_and_address_of_the_machine() {
    let fixture = Fixture::new(&[
        "192.168.1.7",
        "10.0.0.3",
        "fd00::7",
        "203.0.113.9",
        "fe80::1",
    ]);
    for name in [
        "localhost",
        "nest",
        "nest.local",
        "nest.lan",
        "127.0.0.1",
        "::1",
    ] {
        fixture.accepts("127.0.0.1", name).unwrap();
    }
    for address in &fixture.machine.addresses {
        fixture
            .accepts(&address.to_string(), &address.to_string())
            .unwrap();
    }
}

#[test]
fn openssl_verifies_the_leaf_under_the_ca() {
    let fixture = Fixture::new(&["192.168.1.7", "fd00::7", "203.0.113.9"]);
    for check in [
        "-verify_hostname nest.local",
        "-verify_ip 192.168.1.7",
        "-verify_ip fd00::7",
        "-verify_ip 203.0.113.9",
    ] {
        let Some(verdict) = fixture.openssl("leaf.pem", check) else {
            return;
        };
        assert!(verdict.ends_with(": OK"), "{check}: {verdict}");
    }
}

#[test]
fn a_stolen_ca_key_signs_nothing_else() {
    let fixture = Fixture::new(&["192.168.1.7"]);
    let wrong = [
        ("bank.example", None),
        ("localhost.example", None),
        ("", Some("198.51.100.1")),
        ("", Some("2001:db8::1")),
    ];
    for (name, address) in wrong {
        let names = Some(name.to_owned()).filter(|name| !name.is_empty());
        let addresses = address.map(|text| text.parse().unwrap());
        let subjects = Subjects {
            names: names.into_iter().collect(),
            addresses: addresses.into_iter().collect(),
        };
        let key = KeyPair::generate().unwrap();
        let pem = issue(
            &key,
            &subjects,
            Signer::Authority(fixture.certificates.authority()),
        )
        .unwrap();
        fs::write(fixture.data().join("forged.pem"), pem).unwrap();
        let Some(verdict) = fixture.openssl("forged.pem", "") else {
            return;
        };
        assert!(
            verdict.contains("permitted subtree violation"),
            "{name}: {verdict}"
        );
    }
}

#[test]
fn a_restart_finds_the_same_ca_and_leaf() {
    let fixture = Fixture::new(&["192.168.1.7"]);
    let before = (fixture.read("ca.pem"), fixture.read("leaf.pem"));
    let again = Certificates::open_for(&fixture.settings, &fixture.machine).unwrap();
    assert_eq!(again.fingerprint(), fixture.certificates.fingerprint());
    assert_eq!((fixture.read("ca.pem"), fixture.read("leaf.pem")), before);
}

#[test]
fn a_new_address_gets_a_new_leaf_under_the_same_ca_without_a_restart() {
    let mut fixture = Fixture::new(&["192.168.1.7"]);
    let ca = fixture.read("ca.pem");
    assert!(!fixture.certificates.refresh(&fixture.machine).unwrap());
    fixture
        .machine
        .addresses
        .insert("10.9.8.7".parse().unwrap());
    assert!(fixture.certificates.refresh(&fixture.machine).unwrap());
    fixture.accepts("10.9.8.7", "10.9.8.7").unwrap();
    fixture.accepts("192.168.1.7", "192.168.1.7").unwrap();
    assert_eq!(fixture.read("ca.pem"), ca);
}

#[test]
fn two_leaves_of_one_key_have_different_serial_numbers() {
    let mut fixture = Fixture::new(&[]);
    let first = serial(&fixture.read("leaf.pem"));
    fixture
        .machine
        .addresses
        .insert("10.9.8.7".parse().unwrap());
    fixture.certificates.refresh(&fixture.machine).unwrap();
    assert_ne!(serial(&fixture.read("leaf.pem")), first);
}

#[test]
fn an_address_outside_the_constraints_gets_a_leaf_of_its_own_and_spoils_no_other() {
    let mut fixture = Fixture::new(&["192.168.1.7"]);
    fixture
        .machine
        .addresses
        .insert("203.0.113.9".parse().unwrap());
    fixture.certificates.refresh(&fixture.machine).unwrap();
    assert_eq!(fixture.certificates.outside(), ["203.0.113.9"]);
    fixture.accepts("192.168.1.7", "192.168.1.7").unwrap();
    fixture.accepts("203.0.113.9", "localhost").unwrap();
    let refused = fixture.accepts("203.0.113.9", "203.0.113.9").unwrap_err();
    assert!(
        refused.contains("UnknownIssuer") || refused.contains("CaUsedAsEndEntity"),
        "{refused}"
    );
    let (_, block) = x509_parser::pem::parse_x509_pem(fixture.read("outside.pem").as_bytes())
        .map(|(a, b)| (a.len(), b))
        .unwrap();
    let outside = Subjects::of(&block.parse_x509().unwrap());
    assert_eq!(
        outside.addresses,
        BTreeSet::from(["203.0.113.9".parse().unwrap()])
    );
    assert!(outside.names.is_empty());
}

#[test]
fn a_configured_public_address_is_permitted_when_the_ca_is_made() {
    let folder = folder();
    let mut settings = defaults(&folder);
    settings.relay.public_ips = vec![PublicIp {
        public: "198.51.100.4".parse().unwrap(),
        local: None,
    }];
    let fixture = Fixture::with(settings, &["192.168.1.7"]);
    assert!(fixture.certificates.outside().is_empty());
    fixture.accepts("192.168.1.7", "nest.local").unwrap();
    assert!(
        fixture
            .certificates
            .authority()
            .constraints()
            .permits_address("198.51.100.4".parse().unwrap())
    );
}

#[test]
fn a_local_name_nobody_foresaw_is_answered_under_the_ca() {
    let fixture = Fixture::new(&[]);
    fixture.accepts("127.0.0.1", "calls.lan").unwrap();
    fixture
        .accepts("127.0.0.1", "calls.example.org")
        .unwrap_err();
}

#[test]
fn made_up_names_are_signed_for_only_so_often() {
    let fixture = Fixture::new(&[]);
    let accepted = (0..100)
        .filter(|n| fixture.accepts("127.0.0.1", &format!("n{n}.lan")).is_ok())
        .count();
    assert_eq!(accepted, 64);
    fixture.accepts("127.0.0.1", "localhost").unwrap();
}

#[test]
fn browsers_and_turn_clients_agree_on_a_protocol() {
    let fixture = Fixture::new(&[]);
    for (offered, chosen) in [
        (&["h2", "http/1.1"][..], Some("http/1.1")),
        (&["stun.turn"], Some("stun.turn")),
        (&["stun.nat-discovery"], Some("stun.nat-discovery")),
        (&[], None),
    ] {
        let mut config = fixture.trusting();
        config.alpn_protocols = offered
            .iter()
            .map(|name| name.as_bytes().to_vec())
            .collect();
        let name = ServerName::try_from("localhost").unwrap();
        let mut client = ClientConnection::new(Arc::new(config), name).unwrap();
        handshake(&mut client, fixture.server("127.0.0.1")).unwrap();
        assert_eq!(client.alpn_protocol(), chosen.map(str::as_bytes));
    }
}

#[test]
fn the_profile_for_apple_devices_holds_the_certificate() {
    let fixture = Fixture::new(&[]);
    let text = String::from_utf8(fixture.certificates.mobileconfig()).unwrap();
    let data = text
        .split("<data>")
        .nth(1)
        .and_then(|rest| rest.split("</data>").next())
        .unwrap();
    assert_eq!(
        data_encoding::BASE64.decode(data.as_bytes()).unwrap(),
        fixture.certificates.ca_der()
    );
}
