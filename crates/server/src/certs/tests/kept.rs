//! What lies in the folder, and when it is made anew.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use rcgen::KeyPair;

use super::super::*;
use super::fixture::Fixture;

#[test]
fn keys_are_for_their_owner_only() {
    let fixture = Fixture::new(&[]);
    for name in ["ca-key.pem", "leaf-key.pem"] {
        let mode = fs::metadata(fixture.data().join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    assert_eq!(
        fs::metadata(fixture.data()).unwrap().permissions().mode() & 0o777,
        0o700
    );
}

#[test]
fn a_damaged_ca_is_named_and_left_alone() {
    let fixture = Fixture::new(&[]);
    fs::write(fixture.data().join("ca.pem"), "nonsense").unwrap();
    let error = Certificates::open_for(&fixture.settings, &fixture.machine)
        .err()
        .unwrap()
        .to_string();
    assert!(
        error.ends_with("ca.pem: is not a certificate in PEM"),
        "{error}"
    );
    assert_eq!(fixture.read("ca.pem"), "nonsense");
}

#[test]
fn a_key_of_another_ca_is_noticed() {
    let (one, other) = (Fixture::new(&[]), Fixture::new(&[]));
    fs::copy(
        other.data().join("ca-key.pem"),
        one.data().join("ca-key.pem"),
    )
    .unwrap();
    let error = Certificates::open_for(&one.settings, &one.machine)
        .err()
        .unwrap()
        .to_string();
    assert!(
        error.ends_with("ca.pem: ca-key.pem is not its key"),
        "{error}"
    );
}

#[test]
fn a_damaged_leaf_is_made_anew() {
    let mut fixture = Fixture::new(&["192.168.1.7"]);
    for name in ["leaf.pem", "leaf-key.pem"] {
        fs::write(fixture.data().join(name), "nonsense").unwrap();
    }
    fixture.reopen();
    fixture.accepts("192.168.1.7", "192.168.1.7").unwrap();
}

#[test]
fn a_leaf_that_runs_out_within_a_month_is_made_anew() {
    let mut fixture = Fixture::new(&[]);
    let key = KeyPair::from_pem(&fixture.read("leaf-key.pem")).unwrap();
    let wanted = wanted(&fixture.machine, &[]);
    for (days, kept) in [(40, true), (20, false)] {
        let mut params = rcgen::CertificateParams::default();
        params.subject_alt_names = wanted.alternative_names().unwrap();
        params.not_before = time::OffsetDateTime::now_utc();
        params.not_after = params.not_before + time::Duration::days(days);
        let leaf = params
            .signed_by(&key, fixture.certificates.authority().issuer())
            .unwrap()
            .pem();
        fs::write(fixture.data().join("leaf.pem"), &leaf).unwrap();
        fixture.reopen();
        assert_eq!(fixture.read("leaf.pem") == leaf, kept, "{days} days left");
    }
}

#[test]
fn a_leaf_lasts_at_most_397_days_and_begins_a_day_ago() {
    let fixture = Fixture::new(&[]);
    let pem = fixture.read("leaf.pem");
    let (_, block) = x509_parser::pem::parse_x509_pem(pem.as_bytes()).unwrap();
    let parsed = block.parse_x509().unwrap();
    let (from, to) = (
        parsed.validity().not_before.to_datetime(),
        parsed.validity().not_after.to_datetime(),
    );
    assert!(to - from <= time::Duration::days(397));
    assert_eq!((time::OffsetDateTime::now_utc() - from).whole_hours(), 24);
}

#[test]
fn a_ca_that_ran_out_is_moved_aside_for_a_new_one() {
    let mut fixture = Fixture::new(&[]);
    let key = KeyPair::from_pem(&fixture.read("ca-key.pem")).unwrap();
    let mut params = rcgen::CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Constrained(0));
    params.not_after = time::OffsetDateTime::now_utc();
    let expired = params.self_signed(&key).unwrap().pem();
    fs::write(fixture.data().join("ca.pem"), &expired).unwrap();
    fixture.reopen();
    fixture.accepts("127.0.0.1", "localhost").unwrap();
    assert_eq!(fixture.read("expired-ca.pem"), expired);
}

#[test]
fn a_leaf_that_ends_with_its_ca_is_not_made_anew_at_every_look() {
    let mut fixture = Fixture::new(&[]);
    let key = KeyPair::from_pem(&fixture.read("ca-key.pem")).unwrap();
    let mut params = rcgen::CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Constrained(0));
    let constraints = Constraints::for_machine(&fixture.machine, &[]);
    params.name_constraints = Some(constraints.extension());
    params.not_after = time::OffsetDateTime::now_utc() + time::Duration::days(20);
    let ending = params.self_signed(&key).unwrap().pem();
    fs::write(fixture.data().join("ca.pem"), ending).unwrap();
    fs::remove_file(fixture.data().join("leaf.pem")).unwrap();
    fixture.reopen();
    assert!(!fixture.certificates.refresh(&fixture.machine).unwrap());
    fixture.accepts("127.0.0.1", "localhost").unwrap();
}

#[test]
fn a_leaf_of_another_ca_is_made_anew() {
    let (mut one, other) = (Fixture::new(&[]), Fixture::new(&[]));
    for name in ["ca.pem", "ca-key.pem"] {
        fs::copy(other.data().join(name), one.data().join(name)).unwrap();
    }
    one.reopen();
    one.accepts("127.0.0.1", "localhost").unwrap();
}
