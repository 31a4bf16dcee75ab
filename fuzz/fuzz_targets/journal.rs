//! Journals: any bytes as a file, as an entry, and as entries in whole frames with a torn end.
#![no_main]

use libfuzzer_sys::fuzz_target;
use microbatch::fuzzing;

fuzz_target!(|bytes: &[u8]| {
    fuzzing::journal(bytes);
    fuzzing::journal_entry(bytes);
    let opened: &[u8] = &[0, 0, 0, 1, b'p'];
    let (whole, torn) = bytes.split_at(bytes.len() / 2);
    let entries = whole.chunks(32);
    let payloads: Vec<&[u8]> = [opened].into_iter().chain(entries).collect();
    fuzzing::journal_of(&payloads, torn);
});
