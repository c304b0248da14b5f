#![no_main]

#[path = "../harness/stream.rs"]
mod stream;

libfuzzer_sys::fuzz_target!(|input: &[u8]| stream::run(input));
