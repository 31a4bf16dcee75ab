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

#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_a_file_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let error = open(&path).unwrap_err();
    assert!(error.to_string().contains("taken the place of the file"), "{error}");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(open(&path).is_err());
    fs::remove_dir(&path).unwrap();
    assert_eq!(open(&path).unwrap_err().kind(), ErrorKind::NotFound);
    fs::write(&path, "four").unwrap();
    assert_eq!(open(&path).unwrap().0, 4);
}
