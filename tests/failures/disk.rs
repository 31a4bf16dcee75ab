//! The directory of the checkpoints is away for a while, as a disk is that is full or not mounted.
#![cfg(unix)] // what is open stays open there, though its directory is elsewhere

use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use microbatch::StreamingListener;

/// A record a batch, which cannot be had again.
struct Ticks;

impl Source for Ticks {
    type Block = Vec<u64>;

    fn batch(&mut self, _: &Interval) -> microbatch::Result<Vec<Arc<Vec<u64>>>> {
        Ok(vec![Arc::new(vec![1])])
    }
}

fn ticks(out: &Collector<(u8, u64)>, files: &Path) -> impl Pipeline + Send + 'static + use<> {
    let (out, files) = (out.clone(), files.join("counts"));
    stream!(every = 1s, name = "ticks", |ssc| {
        let ticks = ssc.source(Ticks).map(|tick| (0u8, tick));
        let counts = ticks.update_state_by_key(|new, count: Option<u64>| Some(count.unwrap_or(0) + new.len() as u64));
        counts.save_as_text_files(&files, "txt");
        counts.collect_into(&out);
    })
}

fn counts(out: &Collector<(u8, u64)>) -> Vec<u64> {
    out.batches().into_iter().flat_map(|(_, counts)| counts).map(|(_, count)| count).collect()
}

struct Folders {
    root: tempfile::TempDir,
}

impl Folders {
    fn new() -> Self {
        Folders { root: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn is_away(&self, name: &str) {
        fs::rename(self.path(name), self.path("elsewhere")).unwrap();
    }

    fn is_back(&self, name: &str) {
        fs::rename(self.path("elsewhere"), self.path(name)).unwrap();
    }

    fn start(&self, out: &Collector<(u8, u64)>, policy: OnFailure) -> microbatch::ManualContext {
        let context = StreamingContext::new(ticks(out, self.root.path())).checkpoint_dir(self.path("state"));
        context.on_failure(policy).manual().unwrap()
    }
}

/// Its sources cannot be read again, so that a batch and its checkpoint are one: what it has made of the states is kept, and only
/// the writing is done again.
#[test]
fn a_batch_whose_checkpoint_cannot_be_written_is_kept() {
    for policy in [OnFailure::Stop, OnFailure::Retry(2), OnFailure::Skip] {
        let (folders, out) = (Folders::new(), Collector::default());
        let mut context = folders.start(&out, policy);
        context.advance(2).unwrap();
        folders.is_away("state");
        for _ in 0..2 {
            let error = context.advance(1).unwrap_err().to_string();
            assert!(error.contains("state"), "{policy:?}: {error}");
        }
        assert_eq!(counts(&out), [1, 2], "{policy:?}");
        folders.is_back("state");
        context.advance(2).unwrap();
        assert_eq!(counts(&out), [1, 2, 3, 4], "{policy:?}");
        context.stop().unwrap();
        let mut context = folders.start(&out, policy);
        context.advance(1).unwrap();
        assert_eq!(counts(&out), [1, 2, 3, 4, 5], "{policy:?}: a start goes on where the last commit was");
    }
}

/// What a listener hears of checkpoints.
#[derive(Default)]
struct Failures(Mutex<Vec<String>>);

impl StreamingListener for Failures {
    fn on_checkpoint_failed(&self, why: &str) {
        self.0.lock().unwrap().push(why.to_owned());
    }
}

/// Its source can be read again, so that checkpoints are written beside the batches: the end may come before one has failed.
#[test]
fn a_checkpoint_under_way_at_the_end_is_told_and_no_failure_of_the_last_one() {
    let (folder, failures) = (tempfile::tempdir().unwrap(), Arc::new(Failures::default()));
    let in_the_way = folder.path().join("manifest-0000000001.tmp");
    let pipeline = stream!(every = 1ms, name = "numbers", |ssc| {
        let pairs = ssc.queue_stream([vec![(1, 1)], vec![(1, 2)]]);
        let latest = pairs.update_state_by_key(|new, _: Option<i32>| new.last().copied());
        // A file cannot be written where a directory stands.
        latest.foreach_batch(|_, _| fs::create_dir(&in_the_way));
    });
    let context = StreamingContext::new(pipeline).checkpoint_dir(folder.path()).listener(failures.clone());
    let context = context.checkpoint_interval(Duration::from_millis(1)).batches(1).start().unwrap();
    context.await_termination().unwrap();
    let failures = failures.0.lock().unwrap();
    assert!(failures.len() == 1 && failures[0].contains("manifest-0000000001"), "{failures:?}");
    let checkpoint = context.progress().checkpoint.unwrap();
    assert!(checkpoint.time.is_some() && checkpoint.failure.is_none(), "{checkpoint:?}");
}

#[test]
fn a_batch_that_was_not_written_before_the_end_is_the_error_of_the_end() {
    let (folders, out) = (Folders::new(), Collector::default());
    let mut context = folders.start(&out, OnFailure::Stop);
    context.advance(1).unwrap();
    folders.is_away("state");
    context.advance(1).unwrap_err();
    let error = context.stop().unwrap_err().to_string();
    assert!(error.contains("state"), "{error}");
    folders.is_back("state");
    let mut context = folders.start(&out, OnFailure::Stop);
    context.advance(1).unwrap();
    assert_eq!(*counts(&out).last().unwrap(), 2, "the batch of the time after has its own record alone");
}
