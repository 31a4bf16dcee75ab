//! What fails when batches of an earlier run run again, and what a failed batch is to a later run.

use std::path::Path;

use super::*;

/// The number of each batch's second, which can be read again unless it is away.
struct Seconds {
    is_away: Mended,
    end: Time,
}

impl Source for Seconds {
    type Block = Vec<u64>;

    fn batch(&mut self, interval: &Interval) -> microbatch::Result<Vec<Arc<Vec<u64>>>> {
        self.end = interval.end;
        Ok(vec![Arc::new(vec![interval.end.as_millis() / 1000])])
    }
    fn is_replayable(&self) -> bool {
        true
    }
    fn batch_again(&mut self, interval: &Interval, _: &[u8]) -> microbatch::Result<Vec<Arc<Vec<u64>>>> {
        if self.is_away.is_mended() { Err("it is away".into()) } else { self.batch(interval) }
    }
}

/// A running sum of seconds, whose output fails in the fourth batch until it is mended. Batches before that are committed, and
/// in no checkpoint.
fn sums(is_away: &Mended, mended: &Mended, out: &Collector<(u8, u64)>) -> impl Pipeline + Send + 'static + use<> {
    let (source, mended, out) = (Seconds { is_away: is_away.clone(), end: Time::ZERO }, mended.clone(), out.clone());
    stream!(every = 1s, name = "sums", |ssc| {
        let seconds = ssc.source(source).map(|second| (0u8, second));
        let sums =
            seconds.update_state_by_key(|new, sum: Option<u64>| Some(sum.unwrap_or(0) + new.iter().sum::<u64>()));
        sums.foreach_batch(|_, time| match time.as_millis() {
            4000 if !mended.is_mended() => Err("not yet"),
            _ => Ok(()),
        });
        sums.collect_into(&out);
    })
}

fn started<P: Pipeline + Send + 'static>(pipeline: P, dir: &Path, policy: OnFailure) -> microbatch::ManualContext {
    let context = StreamingContext::new(pipeline).checkpoint_dir(dir).checkpoint_interval(Duration::from_secs(100));
    context.on_failure(policy).manual().unwrap()
}

/// Three batches are committed and a fourth one is decided; then the process is gone.
fn first_run(dir: &Path) {
    let (never, out) = (Mended::default(), Collector::default());
    let mut context = started(sums(&never, &never, &out), dir, OnFailure::Stop);
    context.advance(3).unwrap();
    context.advance(1).unwrap_err();
}

#[test]
fn what_is_committed_is_not_given_up() {
    let (dir, is_away, mended, out) =
        (tempfile::tempdir().unwrap(), Mended::default(), Mended::default(), Collector::default());
    first_run(dir.path());
    is_away.mend();
    mended.mend();
    let mut context = started(sums(&is_away, &mended, &out), dir.path(), OnFailure::Skip);
    let error = context.advance(1).unwrap_err();
    assert!(error.to_string().contains("it is away"), "{error}");
    assert_eq!(context.progress().skipped, 0);
    drop(context);

    let mut context = started(sums(&Mended::default(), &mended, &out), dir.path(), OnFailure::Skip);
    context.advance(1).unwrap();
    assert_eq!(out.batches().pop().unwrap().1, [(0, 1 + 2 + 3 + 4 + 5)]);
}

#[test]
fn a_call_of_advance_hears_of_its_own_attempt() {
    let (dir, never, mended, out) =
        (tempfile::tempdir().unwrap(), Mended::default(), Mended::default(), Collector::default());
    first_run(dir.path());
    // The fourth batch fails before anybody has asked for a batch.
    let mut context = started(sums(&never, &mended, &out), dir.path(), OnFailure::Stop);
    for failures in 1..=2 {
        context.advance(1).unwrap_err();
        assert_eq!(context.progress().failures, failures);
    }
    mended.mend();
    context.advance(2).unwrap();
    assert_eq!(context.time(), Time::from_millis(5000));
    assert_eq!(out.batches().last().unwrap().1, [(0, 1 + 2 + 3 + 4 + 5)]);
    context.advance(1).unwrap();
    assert_eq!(context.time(), Time::from_millis(6000));
}

#[test]
fn a_batch_that_has_failed_has_the_same_files_in_the_next_run() {
    let (dir, files, mended) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), Mended::default());
    let out = Collector::default();
    let run = |start: Time| {
        let (files, mended, out) = (files.path().to_owned(), mended.clone(), out.clone());
        let pipeline = stream!(every = 1s, name = "files", |ssc| {
            let lines = ssc.text_file_stream(files).map(|line| line.to_owned());
            lines.inspect(|_| assert!(mended.is_mended(), "not yet")).collect_into(&out);
        });
        StreamingContext::new(pipeline).checkpoint_dir(dir.path()).manual_from(start).unwrap()
    };
    let mut context = run(Time::from_millis(100_000));
    std::fs::write(files.path().join("a"), "one\n").unwrap();
    let file = std::fs::File::options().write(true).open(files.path().join("a")).unwrap();
    file.set_modified(std::time::UNIX_EPOCH + Duration::from_millis(100_500)).unwrap();
    context.advance(1).unwrap_err();
    drop(context);
    mended.mend();
    // So late that it would not look at such old files.
    run(Time::from_millis(1_000_000)).advance(1).unwrap();
    assert_eq!(
        out.take(),
        [(Time::from_millis(101_000), vec!["one".to_owned()]), (Time::from_millis(1_001_000), vec![])]
    );
}
