//! What the fuzzers have been given and have found, replayed (see `fuzz/`).
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails here")]

#[path = "../../../fuzz/harness/datagram.rs"]
mod datagram;
#[path = "../../../fuzz/harness/stream.rs"]
mod stream;

use std::fs;
use std::path::Path;

#[test]
fn no_datagrams_of_the_corpus_break_the_relay() {
    replay("datagram", datagram::run);
}

#[test]
fn no_stream_of_the_corpus_is_read_in_two_ways() {
    replay("stream", stream::run);
}

fn replay(name: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(name);
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        run(&fs::read(entry.unwrap().path()).unwrap());
        count += 1;
    }
    assert!(count > 0);
}
