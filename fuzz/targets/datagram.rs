#![no_main]

#[path = "../harness/datagram.rs"]
mod datagram;

libfuzzer_sys::fuzz_target!(|input: &[u8]| drop(datagram::run(input)));
