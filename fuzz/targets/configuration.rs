#![no_main]

#[path = "../harness/configuration.rs"]
mod configuration;

libfuzzer_sys::fuzz_target!(|input: &[u8]| configuration::run(input));
