//! The operator's own certificate beside ours.

use std::fs;
use std::path::Path;

use rcgen::KeyPair;
use rustls::pki_types::{CertificateDer, pem::PemObject as _};

use super::super::leaf::{Signer, issue};
use super::super::*;
use super::fixture::{Also, Fixture, folder};
use crate::config::{CertificateFiles, defaults};

#[test]
fn the_operators_certificate_serves_its_names_and_no_others() {
    let folder = folder();
    let files = operator_files(&folder, &["calls.example.org"]);
    let fixture = Fixture::with(
        defaults(&folder).also(|settings| settings.certificate = Some(files.clone())),
        &["192.168.1.7"],
    );
    let own = CertificateDer::from_pem_file(&files.certificate).unwrap();
    assert_eq!(fixture.presented("127.0.0.1", "calls.example.org"), own);
    assert_ne!(fixture.presented("127.0.0.1", "localhost"), own);
    fixture.accepts("192.168.1.7", "192.168.1.7").unwrap();
}

#[test]
fn the_operators_certificate_is_read_again_when_its_files_change() {
    let folder = folder();
    let files = operator_files(&folder, &["calls.example.org"]);
    let fixture = Fixture::with(
        defaults(&folder).also(|settings| settings.certificate = Some(files.clone())),
        &[],
    );
    let before = fixture.presented("127.0.0.1", "calls.example.org");
    operator_files(&folder, &["calls.example.org"]);
    assert!(fixture.certificates.refresh(&fixture.machine).unwrap());
    assert_ne!(fixture.presented("127.0.0.1", "calls.example.org"), before);
}

#[test]
fn half_a_change_of_the_operators_files_leaves_the_old_certificate_in_place() {
    let folder = folder();
    let files = operator_files(&folder, &["calls.example.org"]);
    let fixture = Fixture::with(
        defaults(&folder).also(|settings| settings.certificate = Some(files.clone())),
        &[],
    );
    let before = fixture.presented("127.0.0.1", "calls.example.org");
    fs::write(&files.key, KeyPair::generate().unwrap().serialize_pem()).unwrap();
    let error = fixture
        .certificates
        .refresh(&fixture.machine)
        .unwrap_err()
        .to_string();
    assert!(error.contains("is not the key of"), "{error}");
    assert_eq!(fixture.presented("127.0.0.1", "calls.example.org"), before);
}

fn operator_files(folder: &Path, names: &[&str]) -> CertificateFiles {
    let key = KeyPair::generate().unwrap();
    let subjects = Subjects {
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        ..Subjects::default()
    };
    let files = CertificateFiles {
        certificate: folder.join("operator.pem"),
        key: folder.join("operator-key.pem"),
    };
    fs::write(
        &files.certificate,
        issue(&key, &subjects, Signer::Itself).unwrap(),
    )
    .unwrap();
    fs::write(&files.key, key.serialize_pem()).unwrap();
    files
}
