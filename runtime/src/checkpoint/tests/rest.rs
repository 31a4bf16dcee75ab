//! States: what is restored, what is carried along, and what goes.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::sim::{SECOND, at, piece, root, state};
use crate::checkpoint::crash::{CrashPoints, Fault};
use crate::checkpoint::merge::Limits;
use crate::checkpoint::{Capture, Commit, Disk, Piece, PieceKind, Store};
use crate::error::Result;

fn open(dir: &Path) -> Store {
    Store::open(dir, "p", Disk::quick()).unwrap().store
}

/// A capture of one state.
fn capture(time: u64, name: &str, cutoff: Option<u64>, pieces: Vec<Piece>) -> Capture {
    let states = vec![state(name, cutoff.map(at), pieces)];
    Capture { time: at(time), every: SECOND, positions: vec![], states, dropped: vec![] }
}

fn saved(dir: &Path, name: &str) -> Option<Vec<(PieceKind, Vec<u8>)>> {
    let recovered = Store::open(dir, "p", Disk::quick()).unwrap().recovered?;
    let state = recovered.states.iter().find(|state| state.name == name)?;
    Some(state.pieces().unwrap().collect::<Result<_>>().unwrap())
}

fn state_files(dir: &Path) -> BTreeSet<String> {
    let names = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with("state-")).collect()
}

#[test]
fn pieces_come_back_in_order() {
    use PieceKind::{Delta, Full};
    let dir = root();
    let mut store = open(dir.path());
    let big = vec![7; 3 << 20];
    let old = vec![piece(Full, b"old".to_vec()), piece(PieceKind::Pane(at(9)), b"old".to_vec())];
    store.checkpoint(capture(1, "s", None, old), true).unwrap();
    let full = vec![piece(Full, b"a".to_vec()), piece(Full, big.clone()), piece(Full, vec![])];
    store.checkpoint(capture(2, "s", None, full), true).unwrap();
    store.checkpoint(capture(3, "s", None, vec![piece(Delta, b"b".to_vec())]), true).unwrap();
    store.checkpoint(capture(4, "s", None, vec![]), true).unwrap();
    store.checkpoint(capture(5, "s", None, vec![piece(Delta, b"c".to_vec())]), true).unwrap();
    store.close().unwrap();
    let expected = [(Full, b"a".to_vec()), (Full, big), (Full, vec![]), (Delta, b"b".to_vec()), (Delta, b"c".to_vec())];
    assert_eq!(saved(dir.path(), "s").unwrap(), expected);
}

#[test]
fn panes_come_back_in_their_last_version_and_old_files_go() {
    let dir = root();
    let mut store = open(dir.path());
    let pane = |end, bytes: &str| piece(PieceKind::Pane(at(end)), bytes.as_bytes().to_vec());
    store.checkpoint(capture(1, "w", None, vec![pane(1, "a"), pane(1, "b"), pane(2, "c")]), true).unwrap();
    store.checkpoint(capture(2, "w", None, vec![pane(2, "d"), pane(3, "e"), pane(2, "f")]), true).unwrap();
    store.checkpoint(capture(3, "w", Some(2), vec![pane(4, "g")]), true).unwrap();
    store.checkpoint(capture(4, "w", Some(2), vec![]), true).unwrap();
    // The file of the first capture holds only dead panes, and no kept checkpoint needs it.
    assert_eq!(state_files(dir.path()), ["state-0000000001", "state-0000000002"].map(str::to_owned).into());
    store.close().unwrap();
    let panes: Vec<_> = saved(dir.path(), "w").unwrap();
    let panes: Vec<_> = panes.iter().map(|(kind, bytes)| (*kind, std::str::from_utf8(bytes).unwrap())).collect();
    let kind = |end| PieceKind::Pane(at(end));
    assert_eq!(panes, [(kind(2), "d"), (kind(3), "e"), (kind(2), "f"), (kind(4), "g")]);
    let mut store = open(dir.path());
    for time in 5..8 {
        store.checkpoint(capture(time, "w", Some(5), vec![]), true).unwrap();
    }
    assert_eq!(state_files(dir.path()), BTreeSet::new());
}

#[test]
fn many_state_files_are_merged() {
    let dir = root();
    let limits = Limits { files: 8, slack: 1 << 20 };
    let mut store = Store::open_with(dir.path(), "p", Disk::quick(), limits).unwrap().store;
    store.checkpoint(capture(1, "s", None, vec![piece(PieceKind::Full, vec![0; 1000])]), true).unwrap();
    for time in 2..=100 {
        store.checkpoint(capture(time, "s", None, vec![piece(PieceKind::Delta, vec![time as u8])]), true).unwrap();
        // With those that the checkpoint before needs.
        assert!(state_files(dir.path()).len() <= 8 + 1 + 5);
    }
    // The big file was not copied.
    assert!(state_files(dir.path()).contains("state-0000000000"));
    store.close().unwrap();
    let pieces = saved(dir.path(), "s").unwrap();
    assert_eq!(pieces.len(), 100);
    assert!(pieces.iter().skip(1).map(|(_, bytes)| bytes[0]).eq(2..=100));
}

#[test]
fn the_disk_is_not_filled_with_what_is_dead() {
    let dir = root();
    let mut store = Store::open_with(dir.path(), "p", Disk::quick(), Limits { files: 64, slack: 100 }).unwrap().store;
    for time in 1..50 {
        // A small state that never changes beside big ones that always do.
        let mut capture = capture(time, "big", None, vec![piece(PieceKind::Full, vec![1; 10_000])]);
        capture.states.push(state(&format!("small {time}"), None, vec![piece(PieceKind::Full, vec![2; 10])]));
        store.checkpoint(capture, true).unwrap();
        assert!(store.last().unwrap().disk < 2 * (10_100 + 100 * time) + 200, "{:?}", store.last());
    }
    store.close().unwrap();
    assert_eq!(saved(dir.path(), "small 1").unwrap(), [(PieceKind::Full, vec![2; 10])]);
}

#[test]
fn states_that_nobody_captures_stay_until_they_are_dropped() {
    let dir = root();
    let mut store = open(dir.path());
    store.checkpoint(capture(1, "old", None, vec![piece(PieceKind::Full, b"x".to_vec())]), true).unwrap();
    for time in 2..6 {
        store.checkpoint(capture(time, "new", None, vec![piece(PieceKind::Full, b"y".to_vec())]), true).unwrap();
    }
    store.close().unwrap();
    assert_eq!(saved(dir.path(), "old").unwrap(), [(PieceKind::Full, b"x".to_vec())]);
    let full = |time| capture(time, "new", None, vec![piece(PieceKind::Full, b"z".to_vec())]);
    // The checkpoint that is to drop it fails, in the background or before: the next one drops it.
    // The first two operations are of the start.
    for fails in 2..21 {
        let points = CrashPoints::at(fails, Fault::Fails(std::io::ErrorKind::StorageFull));
        let mut store = Store::open(dir.path(), "p", Disk::with_failpoints(points)).unwrap().store;
        let old = state("old", None, vec![piece(PieceKind::Full, b"x".to_vec())]);
        let time = 10 + 3 * fails as u64;
        let mut with_old = full(time);
        with_old.states.push(old);
        let _ = store.checkpoint(with_old, true);
        let _ = store.checkpoint(Capture { dropped: vec!["old".to_owned()], ..full(time + 1) }, true);
        store.checkpoint(full(time + 2), true).unwrap();
        drop(store);
        assert_eq!(saved(dir.path(), "old"), None, "{fails}");
    }
}

#[test]
fn after_a_failure_states_are_captured_as_a_whole() {
    use PieceKind::{Delta, Full};
    let dir = root();
    let mut store = open(dir.path());
    assert!(store.needs_full("s"));
    store.checkpoint(capture(1, "s", None, vec![piece(Full, vec![1; 100])]), true).unwrap();
    assert!(!store.needs_full("s"));
    store.checkpoint(capture(2, "s", None, vec![piece(Delta, vec![2; 60])]), true).unwrap();
    assert!(!store.needs_full("s"));
    store.checkpoint(capture(3, "s", None, vec![piece(Delta, vec![3; 60])]), true).unwrap();
    assert!(store.needs_full("s"), "the deltas outweigh it");
    store.checkpoint(capture(4, "s", None, vec![piece(Full, vec![4; 100])]), true).unwrap();

    let panics = Piece { kind: Delta, write: Box::new(|_| panic!("cannot be stored")) };
    store.checkpoint(capture(5, "s", None, vec![panics]), false).unwrap();
    // Captured before the failure was known: its delta has no base.
    let error = store.checkpoint(capture(6, "s", None, vec![piece(Delta, vec![6])]), true).unwrap_err();
    assert!(error.to_string().contains("an earlier checkpoint failed"), "{error}");
    let error = store.failure().unwrap().to_string();
    assert!(error.contains("writing the state `s` panicked at") && error.contains("cannot be stored"), "{error}");
    assert!(store.failure().is_none() && store.needs_full("s"));
    assert_eq!(store.last().unwrap().time, at(4));
    // That nothing has changed since then means nothing either.
    let error = store.checkpoint(capture(6, "s", None, vec![]), true).unwrap_err();
    assert!(error.to_string().contains("an earlier checkpoint failed"), "{error}");
    store.checkpoint(capture(7, "s", None, vec![piece(Full, vec![7])]), true).unwrap();
    assert!(!store.needs_full("s"));
    store.close().unwrap();
    assert_eq!(saved(dir.path(), "s").unwrap(), [(Full, vec![7])]);
}

#[test]
fn staged_files_and_directories_are_published_once() {
    let dir = root();
    let path = |name: &str| dir.path().join(name);
    let directory = |name: &str, text: &str| {
        fs::create_dir(path(name)).unwrap();
        fs::write(path(name).join("part"), text).unwrap();
    };
    let commit = |time, names: &[(&str, &str)]| Commit {
        time: at(time),
        publish: names.iter().map(|(from, to)| (path(from), path(to))).collect(),
        skipped: false,
    };
    let state = path("state");
    let mut store = open(&state);
    fs::write(path("file.tmp"), "new").unwrap();
    fs::write(path("file"), "old").unwrap();
    directory("directory.tmp", "new");
    directory("directory", "old");
    store.begin(&super::sim::begin(1)).unwrap();
    store.commit(&commit(1, &[("file.tmp", "file"), ("directory.tmp", "directory"), ("none", "none")])).unwrap();
    assert_eq!(fs::read(path("file")).unwrap(), b"old", "not before it is asked for");
    // A checkpoint does not forget what was not published.
    store.checkpoint(capture(1, "s", None, vec![]), true).unwrap();
    drop(store);
    let mut store = open(&state);
    assert_eq!(fs::read(path("file")).unwrap(), b"new");
    assert_eq!(fs::read(path("directory/part")).unwrap(), b"new");
    assert!(!path("file.tmp").exists() && !path("directory.tmp").exists() && !path(".directory.old").exists());
    assert!(!path("none").exists());
    store.begin(&super::sim::begin(2)).unwrap();
    fs::write(path("file.tmp"), "newer").unwrap();
    store.commit(&commit(2, &[("file.tmp", "file")])).unwrap();
    store.publish().unwrap();
    assert_eq!(fs::read(path("file")).unwrap(), b"newer");
}

/// A disk that is mounted after the process has started.
#[test]
fn what_is_staged_in_a_directory_that_is_away_is_not_forgotten() {
    let dir = root();
    let (state, out, away) = (dir.path().join("state"), dir.path().join("out"), dir.path().join("away"));
    fs::create_dir(&out).unwrap();
    let mut store = open(&state);
    fs::write(out.join("file.tmp"), "new").unwrap();
    store.begin(&super::sim::begin(1)).unwrap();
    let publish = vec![(out.join("file.tmp"), out.join("file"))];
    store.commit(&Commit { time: at(1), publish, skipped: false }).unwrap();
    drop(store);
    fs::rename(&out, &away).unwrap();
    let refused = Store::open(&state, "p", Disk::quick()).map(drop).unwrap_err().to_string();
    assert!(refused.contains("a directory that is gone") && refused.contains("out`"), "{refused}");
    fs::rename(&away, &out).unwrap();
    drop(open(&state));
    assert_eq!(fs::read(out.join("file")).unwrap(), b"new");
}
