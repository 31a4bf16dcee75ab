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

/// What the process would leave if it was killed now.
fn killed(dir: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file()) {
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    copy
}

#[test]
fn what_was_given_up_stays_given_up_without_its_source() {
    let (dir, is_away, out) = (tempfile::tempdir().unwrap(), Mended::default(), Collector::default());
    let run = |dir: &Path| {
        let (source, out) = (Seconds { is_away: is_away.clone(), end: Time::ZERO }, out.clone());
        let pipeline = stream!(every = 1s, name = "seconds", |ssc| {
            let seconds = ssc.source(source);
            seconds.collect_into(&out);
            seconds.foreach_batch(|_, time| if time.as_millis() == 1000 { Err("a bad file") } else { Ok(()) });
        });
        started(pipeline, dir, OnFailure::Skip)
    };
    let mut context = run(dir.path());
    context.advance(1).unwrap();
    let copy = killed(dir.path());
    drop(context);
    out.take();
    is_away.mend();
    run(copy.path()).advance(1).unwrap();
    assert_eq!(out.batches().pop().unwrap(), (Time::from_millis(2000), vec![2]));
}

#[test]
fn initial_states_stay_when_the_first_batch_fails() {
    for policy in [OnFailure::Skip, OnFailure::Retry(1)] {
        let (mended, out) = (Mended::default(), Collector::default());
        let (fails, all) = (mended.clone(), out.clone());
        let pipeline = stream!(every = 1s, |ssc| {
            let ones = ssc.queue_stream([(0..100u64).collect(), vec![5]]).map(|key| (key, 1u64));
            let states = ones.map_with_state(|_, key, one: Option<u64>, state: &mut State<u64>| {
                if !fails.is_mended() {
                    fails.mend();
                    panic!("once");
                }
                one.map_or(Some(key), |one| {
                    state.update(one);
                    None
                })
            });
            states
                .initial_state((0..100u64).map(|key| (key, 0u64)))
                .timeout(10s)
                .flat_map(|gone| gone)
                .collect_into(&all);
        });
        let context = StreamingContext::new(pipeline).on_failure(policy);
        context.manual_from(Time::from_millis(1_000_000)).unwrap().advance(2).unwrap();
        assert!(out.batches().iter().all(|(_, gone)| gone.is_empty()), "{policy:?}: {:?}", out.batches());
    }
}

#[test]
fn what_is_published_may_be_moved_away_after_the_end() {
    /// The number of each batch's second, which nobody can read again.
    struct Once;
    impl Source for Once {
        type Block = Vec<u64>;
        fn batch(&mut self, interval: &Interval) -> microbatch::Result<Vec<Arc<Vec<u64>>>> {
            Ok(vec![Arc::new(vec![interval.end.as_millis() / 1000])])
        }
    }
    let dir = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let prefix = dir.path().join("out/numbers");
        let pipeline = stream!(every = 1s, name = "files", |ssc| {
            ssc.source(Once).save_as_text_files(prefix);
        });
        started(pipeline, &dir.path().join("state"), OnFailure::Stop).advance(1).unwrap();
        std::fs::remove_dir_all(dir.path().join("out")).unwrap();
    }
}
