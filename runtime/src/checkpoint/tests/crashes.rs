//! A crash, a loss of power, or a failure at each operation.

use std::io::ErrorKind;
use std::time::Duration;

use super::sim::{Model, Plan, Seen, root, run};
use crate::checkpoint::crash::{CrashPoints, Fault, Loss};
use crate::checkpoint::merge::Limits;
use crate::checkpoint::{Disk, SyncPolicy};

fn operations(plan: Plan) -> usize {
    let root = root();
    let points = CrashPoints::none();
    run(root.path(), Disk::with_failpoints(points.clone()), plan, &mut Seen::default()).unwrap();
    points.seen().len()
}

/// Crashes at each operation in turn; then a second run goes on to the end, and a third one finds it there.
fn crash_everywhere(plan: Plan, loss: Option<Loss>) {
    for at in 0..operations(plan) {
        for fault in [Fault::Before, Fault::Half, Fault::After] {
            let root = root();
            let (points, mut seen) = (CrashPoints::at(at, fault), Seen::default());
            let first = run(root.path(), Disk::with_failpoints(points.clone()), plan, &mut seen);
            // With a thread beside, the last operations may not be reached, and what goes wrong may show late.
            let told = first.is_err() || !seen.failures.is_empty();
            assert!(told || !points.crashed() || !plan.wait, "{at} {fault:?}");
            if let Some(loss) = loss {
                points.lose(loss);
                seen.is_powerless = plan.sync == SyncPolicy::Never;
            }
            let context = format!("{at} {fault:?} {loss:?}: {:?}", points.seen().last());
            let second = Plan { batches: plan.batches + 4, ..plan };
            let model = run(root.path(), Disk::quick(), second, &mut seen).unwrap_or_else(|e| panic!("{context}: {e}"));
            assert_eq!(model, Model::after(plan.batches + 4), "{context}");
            assert_eq!(seen.warnings, [] as [&str; 0], "{context}");
            // No output ran again after its commit, and one at most ran twice; but for what a loss of power may take.
            let again = if seen.is_powerless { plan.every } else { 1 };
            assert!(seen.ran.len() as u64 <= plan.batches + 4 + again, "{context}");
            assert!(seen.ran.is_sorted() || again > 1, "{context}");
            let model = run(root.path(), Disk::quick(), second, &mut seen).unwrap();
            assert_eq!(model, Model::after(plan.batches + 4));
        }
    }
}

#[test]
fn a_crash_anywhere_loses_nothing() {
    crash_everywhere(Plan::default(), None);
}

#[test]
fn a_crash_anywhere_loses_nothing_while_a_thread_writes() {
    crash_everywhere(Plan { wait: false, ..Plan::default() }, None);
}

#[test]
fn a_crash_anywhere_loses_nothing_without_syncs() {
    crash_everywhere(Plan { sync: SyncPolicy::Never, ..Plan::default() }, None);
}

#[test]
fn a_crash_anywhere_loses_nothing_where_checkpoints_commit() {
    crash_everywhere(Plan { by_checkpoint: true, batches: 4, ..Plan::default() }, None);
}

#[test]
fn a_crash_anywhere_loses_nothing_while_files_are_merged() {
    let limits = Limits { files: 2, slack: 0 };
    crash_everywhere(Plan { every: 1, batches: 7, limits, ..Plan::default() }, None);
}

#[test]
fn a_loss_of_power_anywhere_loses_nothing() {
    for loss in [Loss::Contents, Loss::Names, Loss::Both] {
        crash_everywhere(Plan::default(), Some(loss));
        crash_everywhere(Plan { by_checkpoint: true, batches: 3, ..Plan::default() }, Some(loss));
    }
}

#[test]
fn a_loss_of_power_takes_what_the_policy_lets_it_take() {
    for loss in [Loss::Contents, Loss::Names, Loss::Both] {
        // No more than the batches since the last checkpoint.
        crash_everywhere(Plan { sync: SyncPolicy::Never, ..Plan::default() }, Some(loss));
        // Every batch is so long ago that it is synced.
        crash_everywhere(Plan { sync: SyncPolicy::Interval(Duration::ZERO), ..Plan::default() }, Some(loss));
    }
}

#[test]
fn a_failure_anywhere_is_told_and_the_store_goes_on() {
    for (wait, by_checkpoint) in [(true, false), (false, false), (true, true)] {
        let plan = Plan { retry: true, wait, by_checkpoint, batches: 11, ..Plan::default() };
        for at in 0..operations(plan) {
            for kind in [ErrorKind::StorageFull, ErrorKind::Other] {
                let root = root();
                let (points, mut seen) = (CrashPoints::at(at, Fault::Fails(kind)), Seen::default());
                let model = run(root.path(), Disk::with_failpoints(points.clone()), plan, &mut seen);
                let context = format!("{at} {kind:?}: {:?}", points.seen().get(at));
                assert_eq!(model.unwrap_or_else(|e| panic!("{context}: {e}")), Model::after(11), "{context}");
                assert!(seen.failures.len() <= 2, "{context}: {:?}", seen.failures);
                let model = run(root.path(), Disk::quick(), Plan { batches: 13, ..plan }, &mut seen).unwrap();
                assert_eq!(model, Model::after(13), "{context}");
                assert_eq!(seen.warnings, [] as [&str; 0], "{context}");
            }
        }
    }
}
