//! Any bytes as a state file.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| microbatch::fuzzing::pieces(bytes));
