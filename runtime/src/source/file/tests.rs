#![allow(clippy::unwrap_used)]

use std::fs;

use super::*;
use crate::source::testing::context;

#[test]
fn binary_records_of_a_file_that_becomes_shorter_are_not_cut() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples");
    let mut reader = Reader::new(&context(Time::ZERO));
    let mut read = |bytes: &[u8], length| {
        fs::write(&path, bytes).unwrap();
        let mut blocks = Vec::new();
        let file = File::open(&path).unwrap().take(length);
        let read = reader.read(&FixedLength(2), &path, file, &mut blocks);
        read.map(|_| blocks.iter().map(|block| block.records()).sum::<u64>()).map_err(|error| error.to_string())
    };
    assert_eq!(read(&[1, 2, 3, 4], 4), Ok(2));
    assert_eq!(read(&[1, 2, 3, 4, 5, 6], 4), Ok(2), "what is appended meanwhile is left");
    for bytes in [&[1, 2][..], &[1, 2, 3], &[]] {
        let words = read(bytes, 4).unwrap_err();
        assert!(words.contains("samples") && words.contains("became shorter while it was read"), "{words}");
    }
}
