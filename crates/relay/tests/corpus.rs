//! What the fuzzers have been given and have found, replayed (see `fuzz/`).
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails here")]

#[path = "../../../fuzz/harness/datagram.rs"]
mod datagram;
#[path = "../../../fuzz/harness/stream.rs"]
mod stream;

use std::fs;
use std::path::Path;

use magpie_relay::Snapshot;

/// A corpus that ends at the first 401 would fuzz little: each way through the relay has to be taken.
#[test]
fn no_datagrams_of_the_corpus_break_the_relay_and_they_reach_all_of_it() {
    let mut sum = Snapshot::default();
    for input in corpus("datagram") {
        sum.add(&datagram::run(&input));
    }
    assert!(sum.to_peers > 0 && sum.to_clients > 0 && sum.connections > 0);
    assert!(sum.refused_peers > 0 && sum.refused_allocations > 0);
    let codes: Vec<_> = sum.errors.keys().copied().collect();
    for code in [
        400, 401, 403, 420, 437, 438, 440, 442, 443, 446, 447, 500, 508,
    ] {
        assert!(codes.contains(&code), "{code} is not among {codes:?}");
    }
}

#[test]
fn no_stream_of_the_corpus_is_read_in_two_ways() {
    for input in corpus("stream") {
        stream::run(&input);
    }
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(name);
    let inputs = fs::read_dir(folder).unwrap();
    let inputs: Vec<_> = inputs
        .map(|e| fs::read(e.unwrap().path()).unwrap())
        .collect();
    assert!(!inputs.is_empty());
    inputs
}
