//! Configurations that the fuzzer has been given and has found, replayed (see `fuzz/`).

#[path = "../../../fuzz/harness/configuration.rs"]
mod configuration;

use std::fs;
use std::path::Path;

#[test]
fn every_configuration_of_the_corpus_is_taken_or_its_mistakes_are_told() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/configuration");
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        configuration::run(&fs::read(entry.unwrap().path()).unwrap());
        count += 1;
    }
    assert!(count > 0);
}
