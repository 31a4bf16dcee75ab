//! Damaged, cut and missing files: a whole commit is recovered, or the error is clear.

use std::fs;
use std::path::{Path, PathBuf};

use super::sim::{Model, Plan, Seen, root, run};
use crate::checkpoint::Disk;
use crate::checkpoint::crash::{CrashPoints, Fault};
use crate::error::Error;

type Files = Vec<(PathBuf, Vec<u8>)>;

/// The files of a directory with two checkpoints and batches after them, and with the last one begun and not committed if it is
/// asked for; how many are committed; and the directory, in which the outputs are.
fn small_store(begun: bool) -> (Files, u64, tempfile::TempDir) {
    let (dir, plan) = (root(), Plan { batches: 8, ..Plan::default() });
    run(dir.path(), Disk::quick(), plan, &mut Seen::default()).unwrap();
    if begun {
        // Operations at the start: the journal is synced.
        let points = CrashPoints::at(3, Fault::Before);
        let again = run(
            dir.path(),
            Disk::with_failpoints(points),
            Plan { batches: 9, ..plan },
            &mut Seen { committed: 8, ..Seen::default() },
        );
        assert!(again.is_err());
    }
    (read(dir.path()), 8, dir)
}

fn read(root: &Path) -> Files {
    let of = |dir: &str| fs::read_dir(root.join(dir)).unwrap().map(|entry| entry.unwrap().path());
    let files = of("deep/state").chain(of("out")).filter(|path| path.file_name().unwrap() != "LOCK");
    let relative = |path: PathBuf| (path.strip_prefix(root).unwrap().to_owned(), fs::read(&path).unwrap());
    let mut files: Files = files.map(relative).collect();
    files.sort();
    files
}

fn write(files: &Files) -> tempfile::TempDir {
    let dir = root();
    for (path, bytes) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    dir
}

/// Goes on with these files. Whether it can; what it then finds is right.
fn goes_on(files: &Files, committed: u64, context: &str) -> Option<Seen> {
    let (dir, plan) = (write(files), Plan { batches: 12, ..Plan::default() });
    let mut seen = Seen { committed, forgetful: true, ..Seen::default() };
    match run(dir.path(), Disk::quick(), plan, &mut seen) {
        Ok(model) => {
            assert_eq!(model, Model::after(12), "{context}");
            Some(seen)
        }
        Err(Error::Checkpoint { path, what, remedy, .. }) => {
            assert!(path.starts_with(dir.path()) && !what.is_empty() && !remedy.is_empty(), "{context}");
            // It must not begin anew beside what is there, nor change it.
            assert_eq!(read(dir.path()), *files, "{context}");
            None
        }
        Err(error) => panic!("{context}: {error}"),
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

fn of_checkpoints(files: &Files) -> impl Iterator<Item = usize> + use<> {
    let ours: Vec<usize> = (0..files.len()).filter(|at| files[*at].0.starts_with("deep")).collect();
    ours.into_iter()
}

#[test]
fn any_flipped_bit_is_survived_or_told() {
    for begun in [false, true] {
        let (files, committed, _dir) = small_store(begun);
        for file in of_checkpoints(&files) {
            let (mut well, mut told) = (0, 0);
            for at in 0..files[file].1.len() {
                let mut damaged = files.clone();
                damaged[file].1[at] ^= 1 << (at % 8);
                let context = format!("{} at {at}", name(&files[file].0));
                match goes_on(&damaged, committed, &context) {
                    Some(_) => well += 1,
                    None => told += 1,
                }
            }
            match name(&files[file].0).as_str() {
                // The newest checkpoint is not needed as long as the one before is whole, nor the one before.
                "state-0000000000" | "journal-0000000002" => assert!(well > 0 && told > 0),
                other => assert_eq!(told, 0, "{other}"),
            }
        }
    }
}

#[test]
fn any_cut_is_survived_or_told() {
    let (files, committed, _dir) = small_store(true);
    for file in of_checkpoints(&files) {
        let name = name(&files[file].0);
        let length = files[file].1.len();
        // Of the last journal the last record alone: with more, nothing says that it was ever there.
        let least = if name == "journal-0000000002" { length - 20 } else { 0 };
        for cut in least..length {
            let mut damaged = files.clone();
            damaged[file].1.truncate(cut);
            goes_on(&damaged, committed, &format!("{name} cut at {cut}"));
        }
        for more in [1, 7, 8, 100] {
            let mut damaged = files.clone();
            damaged[file].1.extend(vec![0; more]);
            goes_on(&damaged, committed, &format!("{name} and {more} zeros"));
        }
    }
}

#[test]
fn missing_files_are_survived_or_told() {
    let (files, committed, _dir) = small_store(false);
    for file in of_checkpoints(&files) {
        let name = name(&files[file].0);
        let mut damaged = files.clone();
        damaged.remove(file);
        let seen = goes_on(&damaged, committed, &format!("without {name}"));
        match name.as_str() {
            "journal-0000000001" | "manifest-0000000001" => assert!(seen.is_some_and(|seen| seen.warnings.is_empty())),
            "journal-0000000002" | "state-0000000000" => assert!(seen.is_none(), "{name}"),
            // The checkpoint before, and its journals.
            "manifest-0000000002" => assert!(seen.is_some_and(|seen| seen.warnings.is_empty())),
            "state-0000000001" => assert!(seen.is_some_and(|seen| seen.warnings.len() == 1)),
            _ => panic!("{name}"),
        }
    }
    let without = |kind: &str| {
        let left = files.iter().filter(|(path, _)| !name(path).starts_with(kind));
        left.cloned().collect::<Files>()
    };
    for kind in ["manifest", "journal", "state"] {
        assert!(goes_on(&without(kind), committed, kind).is_none(), "without any {kind}");
    }
}

#[test]
fn damage_names_file_and_byte() {
    let (mut files, _, _dir) = small_store(false);
    let file = of_checkpoints(&files).find(|at| name(&files[*at].0) == "journal-0000000002").unwrap();
    files[file].1[60] ^= 1;
    let dir = write(&files);
    let error = run(dir.path(), Disk::quick(), Plan::default(), &mut Seen::default()).unwrap_err().to_string();
    assert!(error.contains("journal-0000000002") && error.contains("damaged at byte "), "{error}");
}
