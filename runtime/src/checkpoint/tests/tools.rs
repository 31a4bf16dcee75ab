//! What a command-line tool does with a directory.

use std::fs;

use super::sim::{Model, Plan, Seen, at, root, run};
use crate::checkpoint::crash::{CrashPoints, Fault};
use crate::checkpoint::{Disk, Store, compact, inspect, verify};

#[test]
fn a_directory_is_inspected_and_verified_while_it_is_open() {
    let dir = root();
    run(dir.path(), Disk::quick(), Plan::default(), &mut Seen::default()).unwrap();
    let state = dir.path().join("deep/state");
    let store = Store::open(&state, "sim", Disk::quick()).unwrap();
    let summary = inspect(&state).unwrap();
    let recovered = summary.recovered.unwrap();
    assert_eq!((summary.pipeline.as_str(), recovered.number, recovered.time), ("sim", 2, at(6)));
    assert_eq!((recovered.batches.len(), recovered.states.len(), summary.state_files), (2, 2, 2));
    assert!(summary.state_bytes < summary.disk);
    let reports = verify(&state).unwrap();
    assert!(reports.iter().all(|report| report.problem.is_none() && report.bytes > 0));
    assert_eq!((reports.len(), reports.iter().filter(|report| report.needed).count()), (6, 4));

    let path = state.join("state-0000000001");
    let mut bytes = fs::read(&path).unwrap();
    bytes[40] ^= 1;
    fs::write(&path, bytes).unwrap();
    let problems: Vec<_> = verify(&state).unwrap().into_iter().filter(|report| report.problem.is_some()).collect();
    assert_eq!(problems.iter().map(|report| &report.path).collect::<Vec<_>>(), [&path]);
    assert_eq!(inspect(&state).unwrap().recovered.unwrap().warnings.len(), 1);
    drop(store);
    assert!(compact(&state, &Disk::quick()).unwrap_err().to_string().contains("compact"));
}

#[test]
fn a_compacted_directory_goes_on() {
    let plan = Plan { batches: 14, ..Plan::default() };
    for fault in [Fault::Before, Fault::Half, Fault::After] {
        for number in 0.. {
            let (dir, mut seen) = (root(), Seen::default());
            run(dir.path(), Disk::quick(), plan, &mut seen).unwrap();
            let state = dir.path().join("deep/state");
            let points = CrashPoints::at(number, fault);
            let compacted = compact(&state, &Disk::with_failpoints(points.clone()));
            let next = Plan { batches: 15, ..plan };
            assert_eq!(run(dir.path(), Disk::quick(), next, &mut seen).unwrap(), Model::after(15));
            assert_eq!(seen.warnings, [] as [&str; 0]);
            if !points.crashed() {
                assert!(compacted.unwrap() > 0);
                break;
            }
        }
    }
}

#[test]
fn what_is_not_there_is_told() {
    let dir = root();
    assert!(inspect(&dir.path().join("none")).unwrap_err().to_string().contains("no such directory"));
    assert!(inspect(dir.path()).unwrap_err().to_string().contains("no checkpoint"));
    assert!(compact(dir.path(), &Disk::quick()).unwrap_err().to_string().contains("no checkpoint"));
}
