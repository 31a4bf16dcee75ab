//! Any bytes as the payload of a manifest.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| microbatch::fuzzing::manifest(bytes));
