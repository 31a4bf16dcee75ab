//! Directories that cannot be used, and the words for it.

use std::fs;
use std::path::Path;

use super::sim::{at, begin, root};
use crate::checkpoint::crash::{CrashPoints, Fault};
use crate::checkpoint::{Commit, Disk, Store};

fn refused(dir: &Path, pipeline: &str) -> String {
    Store::open(dir, pipeline, Disk::quick()).map(drop).unwrap_err().to_string()
}

#[test]
fn two_stores_cannot_share_a_directory() {
    let dir = root();
    let first = Store::open(dir.path(), "p", Disk::quick()).unwrap();
    let error = refused(dir.path(), "p");
    assert!(error.contains(&format!("process {} uses the directory", std::process::id())), "{error}");
    first.store.close().unwrap();
    Store::open(dir.path(), "p", Disk::quick()).unwrap();
}

#[test]
fn a_directory_belongs_to_one_pipeline() {
    let dir = root();
    Store::open(dir.path(), "word-count", Disk::quick()).unwrap();
    let error = refused(dir.path(), "sessions");
    assert!(error.contains("belongs to the pipeline `word-count`, and this is `sessions`"), "{error}");
}

#[test]
fn a_file_in_place_of_the_directory_is_told() {
    let dir = root();
    fs::write(dir.path().join("file"), "").unwrap();
    for place in ["file", "file/below"] {
        let error = refused(&dir.path().join(place), "p");
        assert!(error.contains("choose another `checkpoint_dir`"), "{error}");
    }
}

#[test]
fn a_directory_that_cannot_be_made_is_told() {
    let dir = root();
    let points = CrashPoints::at(0, Fault::Fails(std::io::ErrorKind::PermissionDenied));
    let opened = Store::open(&dir.path().join("state"), "p", Disk::with_failpoints(points));
    let error = opened.map(drop).unwrap_err().to_string();
    assert!(error.contains("cannot create the directory") && error.contains("let this user"), "{error}");
}

#[test]
fn files_of_a_later_version_are_refused() {
    let dir = root();
    Store::open(dir.path(), "p", Disk::quick()).unwrap();
    for file in ["manifest-0000000000", "journal-0000000000"] {
        let path = dir.path().join(file);
        let before = fs::read(&path).unwrap();
        let mut bytes = before.clone();
        bytes[8] = 9;
        let checksum = crc32fast::hash(&bytes[..12]);
        bytes[12..16].copy_from_slice(&checksum.to_le_bytes());
        fs::write(&path, bytes).unwrap();
        let error = refused(dir.path(), "p");
        assert!(error.contains("format version 9") && error.contains(file), "{error}");
        fs::write(&path, before).unwrap();
    }
}

#[test]
fn other_files_are_left_alone() {
    let dir = root();
    for name in ["notes.txt", "journal-0000000007.tmp"] {
        fs::write(dir.path().join(name), "x").unwrap();
    }
    let opened = Store::open(dir.path(), "p", Disk::quick()).unwrap();
    assert!(opened.recovered.is_none());
    assert!(dir.path().join("notes.txt").exists() && !dir.path().join("journal-0000000007.tmp").exists());
}

#[test]
fn a_journal_that_cannot_be_mended_is_not_written_to() {
    let dir = root();
    Store::open(dir.path(), "p", Disk::quick()).unwrap();
    // The append crashes half way, and so does cutting it off.
    let points = CrashPoints::at(2, Fault::Half);
    let mut store = Store::open(dir.path(), "p", Disk::with_failpoints(points)).unwrap().store;
    assert!(store.begin(&begin(1)).unwrap_err().to_string().contains("simulated crash"));
    let error = store.begin(&begin(1)).unwrap_err().to_string();
    assert!(error.contains("an earlier write failed and could not be taken back"), "{error}");
    drop(store);
    let mut store = Store::open(dir.path(), "p", Disk::quick()).unwrap().store;
    store.begin(&begin(1)).unwrap();
    store.commit(&Commit { time: at(1), publish: vec![], skipped: true }).unwrap();
    drop(store);
    let recovered = Store::open(dir.path(), "p", Disk::quick()).unwrap().recovered.unwrap();
    assert!(recovered.batches[0].committed && recovered.batches[0].skipped && recovered.batches.len() == 1);
}
