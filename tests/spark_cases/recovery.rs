//! Runs that end, and others that go on where they were.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use microbatch::prelude::*;
use microbatch::{Error, ManualContext};
use serde_json::{Value, json};

use crate::case::{Case, Check, int, manual, same_batches, text};

pub const CHECKS: &[(&str, Check)] = &[
    ("K.rbk", |case, workers| {
        recovers(case, workers, |_, outside| {
            let (every, input) = (case.every(), case.input(text));
            stream!(every = every, name = "sums", |ssc| {
                let sums = ssc.queue_stream(input).map(|x| (x, 1i64)).reduce_by_key(|a, b| a + b);
                sums.foreach_batch(move |sums, time| outside.write(time, json!(sums)));
            })
        });
    }),
    ("K.inv", |case, workers| {
        recovers(case, workers, |_, outside| {
            let ((length, slide), every, input) = (case.window(), case.every(), case.input(text));
            let interval = case.span("checkpoint");
            stream!(every = every, name = "window", |ssc| {
                let pairs = ssc.queue_stream(input).map(|x| (x, 1i64));
                let sums = pairs.reduce_by_key_and_window(|a, b| a + b, |sum, left| sum - left, length, slide);
                sums.checkpoint_interval(interval).foreach_batch(move |sums, time| outside.write(time, json!(sums)));
            })
        });
    }),
    ("M.recovery", |case, workers| {
        recovers(case, workers, |_, outside| {
            let (every, interval, input) = (case.every(), case.span("checkpoint"), case.input(text));
            stream!(every = every, name = "states", |ssc| {
                let pairs = ssc.queue_stream(input).map(|x| (x, 1i64));
                let sums = pairs.map_with_state(|_, _, value: Option<i64>, state: &mut State<i64>| {
                    state.update(state.get_option().unwrap_or(&0) + value.unwrap_or(0));
                });
                let states = sums.checkpoint_interval(interval).state_snapshots();
                states.foreach_batch(move |states, time| outside.write(time, json!(states)));
            })
        });
    }),
    ("K.sNewAPIHadoopFiles", |case, workers| {
        let folders = recovers(case, workers, |folder, outside| {
            let (every, input, prefix) = (case.every(), case.input(text), folder.join("sums"));
            stream!(every = every, name = "files", |ssc| {
                let sums = ssc.queue_stream(input).map(|x| (x, 1i64)).reduce_by_key(|a, b| a + b);
                sums.save_as_text_files(prefix, "result");
                sums.foreach_batch(move |sums, time| outside.write(time, json!(sums)));
            })
        });
        // Also the batch that ran again has its files, once.
        for folder in folders {
            let saved: Vec<Vec<String>> =
                (1..=case.batches()).map(|number| saved(folder.path(), time_of(case, number))).collect();
            let line = |pair: &Value| format!("({},{})", pair[0].as_str().unwrap(), pair[1]);
            let mut expected = crate::case::batches(case.field("expected"), line);
            expected.iter_mut().for_each(|batch| batch.sort());
            assert_eq!(saved, expected);
        }
    }),
    ("K.basic", states_are_saved_and_restored),
    // Also where nothing but the journal of batches tells what was before.
    ("K.file", |case, workers| {
        files_of_the_downtime(case, workers, None);
        files_of_the_downtime(case, workers, Some(case.every()));
    }),
    ("S.getOrCreate", |case, workers| {
        let folder = tempfile::tempdir().unwrap();
        let begin = || match begins(folder.path(), workers) {
            Ok(1) => "creating function called",
            Ok(_) => "old states recovered",
            Err(_) => "exception",
        };
        let mut steps = vec![begin()];
        make_unreadable(folder.path());
        steps.push(begin());
        // To begin anew is for somebody to decide: by another directory, or an empty one.
        fs::remove_dir_all(folder.path()).unwrap();
        steps.extend([begin(), begin()]);
        assert_eq!(json!(steps), case.expected());
    }),
    ("Q.err.corrupt_checkpoint", |_, workers| {
        let folder = tempfile::tempdir().unwrap();
        begins(folder.path(), workers).unwrap();
        make_unreadable(folder.path());
        let Err(Error::Checkpoint { path, remedy, .. }) = begins(folder.path(), workers) else {
            panic!("it must not begin anew")
        };
        assert!(path.starts_with(folder.path()) && !remedy.is_empty());
    }),
    ("Q.cpdef", |case, workers| {
        let batches = case.field("params")["batch_ms"].as_array().unwrap().iter();
        let intervals: Vec<u64> = batches.map(|ms| default_interval(ms.as_u64().unwrap(), workers)).collect();
        assert_eq!(json!({ "checkpoint_ms": intervals }), case.expected());
    }),
    ("M.cp.100.None", |case, workers| {
        let interval = default_interval(case.param("batch_ms") as u64, workers);
        assert_eq!(json!(interval), case.expected()["state_stream_checkpoint_ms"]);
    }),
    ("Q.err.checkpoint_interval_not_a_multiple_of_slide", |_, workers| {
        let error = state_with_interval(1000, 1500, workers).err().unwrap().to_string();
        assert!(error.contains("is 1.5s, which does not go with a batch every 1s"), "{error}");
        assert!(error.contains("make the checkpoint interval a multiple of the batch interval"), "{error}");
    }),
    ("Q.err.checkpoint_interval_lower_than_slide", |case, workers| {
        windows_with_interval(1000, workers);
        assert_eq!(case.expected(), "runs");
        // An interval that is lower than that of the batches is refused.
        let error = state_with_interval(2000, 1000, workers).err().unwrap().to_string();
        assert!(error.contains("is 1s, which does not go with a batch every 2s"), "{error}");
    }),
    ("Q.err.checkpoint_on_a_windowed_stream", |case, workers| {
        windows_with_interval(4000, workers);
        assert_eq!(case.expected(), "runs");
    }),
    ("Q.err.countByWindow_without_checkpoint_dir", |case, workers| {
        let pipeline = stream!(every = 1s, |ssc| {
            ssc.queue_stream([vec![1]]).count_by_window(2s, 1s).foreach_batch(|_, _| {});
        });
        manual(pipeline, workers).advance(1).unwrap();
        assert_eq!(case.expected(), "runs");
    }),
    ("Q.err.updateStateByKey_without_checkpoint_dir", |case, workers| {
        let pipeline = stream!(every = 1s, |ssc| {
            let pairs = ssc.queue_stream([vec![(1, 2)]]);
            pairs.update_state_by_key(|values, _| values.last().copied()).foreach_batch(|_, _| {});
        });
        manual(pipeline, workers).advance(1).unwrap();
        assert_eq!(case.expected(), "runs");
    }),
    ("Q.err.mapWithState_without_checkpoint_dir", |case, workers| {
        let pipeline = stream!(every = 1s, |ssc| {
            let pairs = ssc.queue_stream([vec![(1, 2)]]);
            pairs.map_with_state(|_, key, _, state: &mut State<i32>| state.update(key)).foreach_batch(|_, _| {});
        });
        manual(pipeline, workers).advance(1).unwrap();
        assert_eq!(case.expected(), "runs");
    }),
];

/// What is outside of the process: what was written there cannot be taken back.
#[derive(Clone, Default)]
struct Outside {
    written: Arc<Mutex<Vec<(Time, Value)>>>,
    /// The batch that fails, after it was written.
    fails_at: Option<Time>,
}

impl Outside {
    fn write(&self, time: Time, records: Value) -> microbatch::Result<()> {
        self.written.lock().unwrap().push((time, records));
        match self.fails_at == Some(time) {
            true => Err("written, and not committed".into()),
            false => Ok(()),
        }
    }

    fn take(&self) -> Vec<(Time, Value)> {
        std::mem::take(&mut *self.written.lock().unwrap())
    }
}

/// How the first run ends.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    /// All its batches are committed.
    Stopped,
    /// The last one has written its outputs, and was not committed.
    Failed,
}

fn time_of(case: &Case, batch: u64) -> Time {
    Time::ZERO + case.every() * u32::try_from(batch).unwrap()
}

/// On manual time, with states in the folder.
fn context<P: Pipeline + Send + 'static>(pipeline: P, folder: &Path, workers: usize) -> StreamingContext<P> {
    StreamingContext::new(pipeline).workers(workers).parallel_grain(1).checkpoint_dir(folder.join("state"))
}

/// A run that ends in each of the ways, and one that goes on. What is committed is not output again, what is not committed is.
/// Gives the folders of the runs.
fn recovers<P: Pipeline + Send + 'static>(
    case: &Case,
    workers: usize,
    pipeline: impl Fn(&Path, Outside) -> P,
) -> [tempfile::TempDir; 2] {
    [End::Stopped, End::Failed].map(|end| {
        let folder = tempfile::tempdir().unwrap();
        let (all, before) = (case.batches(), case.param("batches_before_restart") as u64);
        let fails_at = (end == End::Failed).then(|| time_of(case, before));
        let first = Outside { fails_at, ..Outside::default() };
        let mut run = context(pipeline(folder.path(), first.clone()), folder.path(), workers).manual().unwrap();
        assert_eq!(run.advance(before).is_err(), end == End::Failed, "{}", case.id);
        drop(run);
        let second = Outside::default();
        let mut run = context(pipeline(folder.path(), second.clone()), folder.path(), workers).manual().unwrap();
        run.advance(all - before).unwrap();
        drop(run);
        // Spark outputs the last batch again in either case.
        let expected = if end == End::Failed { case.spark() } else { case.expected() };
        for (written, of, last) in [(first, "before", before), (second, "after", all)] {
            let (times, batches): (Vec<Time>, Vec<Value>) = written.take().into_iter().unzip();
            same_batches(case, &json!(batches), &expected[of], workers);
            let begin = last - times.len() as u64 + 1;
            assert!(times.into_iter().eq((begin..=last).map(|batch| time_of(case, batch))), "{} {end:?}", case.id);
        }
        folder
    })
}

/// What was saved of a batch.
fn saved(folder: &Path, time: Time) -> Vec<String> {
    let path = folder.join(format!("sums-{}.result", time.as_millis()));
    assert!(path.join("_SUCCESS").exists());
    let mut lines: Vec<String> =
        fs::read_to_string(path.join("part-00000")).unwrap().lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder.join("state")).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.file_name().unwrap() != "LOCK").collect()
}

fn are_states(files: &[PathBuf]) -> bool {
    files.iter().any(|path| path.file_name().unwrap().to_string_lossy().starts_with("state-"))
}

fn states_are_saved_and_restored(case: &Case, workers: usize) {
    let folder = tempfile::tempdir().unwrap();
    let (every, interval) = (case.every(), case.span("checkpoint"));
    let (first, second) = (case.param("batches_first_run") as u64, case.param("batches_second_run") as u64);
    let out = Collector::default();
    let start = |at: u64| -> ManualContext {
        let (input, out) = (case.input(text), out.clone());
        let pipeline = stream!(every = every, name = "basic", |ssc| {
            let pairs = ssc.queue_stream(input).map(|x| (x, 1i64));
            let sums = pairs
                .update_state_by_key(|values, sum: Option<i64>| Some(sum.unwrap_or(0) + values.iter().sum::<i64>()));
            sums.checkpoint_interval(interval).map(|pair| pair).collect_into(&out);
        });
        context(pipeline, folder.path(), workers).manual_from(time_of(case, at)).unwrap()
    };
    let state = |run: &ManualContext| run.state::<String, i64>("sums").unwrap().get("a").copied();
    let mut run = start(0);
    run.advance(first).unwrap();
    drop(run);
    let seen = files(folder.path());
    assert!(are_states(&seen), "after the first run: {seen:?}");

    let mut run = start(first);
    assert_eq!(state(&run), Some(first as i64), "the state is restored");
    run.advance(1).unwrap();
    assert!(are_states(&files(folder.path())), "after one more batch");
    run.advance(second - 1).unwrap();
    drop(run);
    assert!(seen.iter().all(|path| !path.exists()), "after the second run: {seen:?}");

    // The clock jumps: there are no batches for the time in between.
    let mut run = start(first + second + 7);
    assert_eq!(state(&run), Some((first + second) as i64), "the state is restored again");
    run.advance(4).unwrap();
    let batches: Vec<(Time, i64)> = out.batches().into_iter().map(|(time, sums)| (time, sums[0].1)).collect();
    let numbers = (1..=first + second).chain(first + second + 8..=first + second + 11);
    let all = case.batches() as i64;
    let expected: Vec<(Time, i64)> =
        numbers.zip(1i64..).map(|(number, sum)| (time_of(case, number), sum.min(all))).collect();
    assert_eq!(batches, expected);
}

/// Files that come before the end, while nothing runs, and afterwards.
fn files_of_the_downtime(case: &Case, workers: usize, interval: Option<Duration>) {
    let ((length, slide), every) = (case.window(), case.every());
    let folder = tempfile::tempdir().unwrap();
    let incoming = folder.path().join("incoming");
    fs::create_dir(&incoming).unwrap();
    let put = |number: u64| {
        let modified = SystemTime::UNIX_EPOCH + every * u32::try_from(number).unwrap() - Duration::from_secs(1);
        let hidden = incoming.join(".hidden");
        fs::write(&hidden, format!("{number}\n")).unwrap();
        fs::File::options().append(true).open(&hidden).unwrap().set_modified(modified).unwrap();
        fs::rename(hidden, incoming.join(number.to_string())).unwrap();
    };
    let read = Collector::default();
    let start = |at: u64, outside: Outside| -> ManualContext {
        let (incoming, read) = (incoming.clone(), read.clone());
        let pipeline = stream!(every = every, name = "files", |ssc| {
            let numbers = ssc.text_file_stream(incoming).flat_map(|line| line.parse::<i64>());
            numbers.collect_into(&read);
            let sums = numbers.reduce_by_window(|a, b| a + b, length, slide);
            sums.foreach_batch(move |sums, time| outside.write(time, json!(sums)));
        });
        let context = context(pipeline, folder.path(), workers);
        let context = interval.into_iter().fold(context, StreamingContext::checkpoint_interval);
        context.manual_from(time_of(case, at)).unwrap()
    };
    let sums = |outside: &Outside| -> Vec<i64> { outside.take().iter().map(|(_, sums)| int(&sums[0])).collect() };
    let files_read = || read.batches().into_iter().flat_map(|(_, numbers)| numbers).collect::<Vec<i64>>();

    let first = Outside { fails_at: Some(time_of(case, 3)), ..Outside::default() };
    let mut run = start(0, first.clone());
    for number in 1..=3 {
        put(number);
        assert_eq!(run.advance(1).is_err(), number == 3);
    }
    drop(run);
    let mut outputs = sums(&first);
    assert_eq!(outputs.pop(), Some(6), "the batch that was not committed");
    let before_stop = outputs.clone();

    (4..=6).for_each(put);
    let second = Outside::default();
    let mut run = start(6, second.clone());
    run.advance(1).unwrap();
    let on_restart = sums(&second);
    let again: Vec<i64> = read
        .batches()
        .into_iter()
        .filter(|(time, _)| *time <= time_of(case, 3))
        .flat_map(|(_, numbers)| numbers)
        .collect();
    for number in 7..=9 {
        put(number);
        run.advance(1).unwrap();
    }
    outputs.extend(&on_restart);
    outputs.extend(sums(&second));
    let found = json!({
        "outputs_before_stop": before_stop,
        "remembered_files_after_restart": again,
        "completed_batches_on_restart": on_restart.len(),
        "remembered_files_at_end": files_read(),
        "union_of_all_outputs_set": outputs,
    });
    assert_eq!(found, case.expected());
}

/// Spark cannot read such a checkpoint either.
fn make_unreadable(folder: &Path) {
    let manifests = files(folder).into_iter().filter(|path| path.to_string_lossy().contains("manifest-"));
    manifests.for_each(|path| fs::write(path, "not a checkpoint").unwrap());
}

/// Runs one batch, and gives in how many batches there was something.
fn begins(folder: &Path, workers: usize) -> microbatch::Result<i64> {
    let pipeline = stream!(every = 1s, name = "begins", |ssc| {
        let ones = ssc.queue_stream((0..).map(|_| vec![('a', 1i64)]));
        let sums = ones.update_state_by_key(|ones, sum: Option<i64>| Some(sum.unwrap_or(0) + ones.len() as i64));
        sums.foreach_batch(|_, _| {});
    });
    let mut context = context(pipeline, folder, workers).manual()?;
    context.advance(1)?;
    Ok(context.state::<char, i64>("sums")?.get('a').copied().unwrap_or(0))
}

/// The interval of checkpoints in milliseconds, where nobody has given one: the first one is there.
fn default_interval(every: u64, workers: usize) -> u64 {
    // Batches up to the first one that ends after ten seconds or later; then one that fails.
    let batches = 10_000u64.div_ceil(every);
    assert_eq!(batches_in_no_checkpoint(every, batches - 1, workers), batches, "no earlier one");
    (batches + 1 - batches_in_no_checkpoint(every, batches, workers)) * every
}

/// What the next start has to run again, after so many committed batches and one that was not.
fn batches_in_no_checkpoint(every: u64, committed: u64, workers: usize) -> u64 {
    let (folder, every) = (tempfile::tempdir().unwrap(), Duration::from_millis(every));
    let run = |fails_at: Option<Time>| {
        let outside = Outside { fails_at, ..Outside::default() };
        let pipeline = stream!(every = every, name = "interval", |ssc| {
            let pairs = ssc.queue_stream([vec![('a', 1i64)]]);
            let states = pairs.map_with_state(|_, _, one: Option<i64>, state: &mut State<i64>| {
                one.into_iter().for_each(|one| state.update(one));
            });
            states.foreach_batch(move |_, time| outside.write(time, Value::Null));
        });
        context(pipeline, folder.path(), workers).sync_policy(microbatch::SyncPolicy::Never)
    };
    let failing = Time::ZERO + every * u32::try_from(committed + 1).unwrap();
    run(Some(failing)).manual().unwrap().advance(committed + 1).unwrap_err();
    let again = run(None).manual().unwrap();
    again.progress().checkpoint.unwrap().replays
}

/// A state with batches and checkpoints every so many milliseconds.
fn state_with_interval(every: u64, interval: u64, workers: usize) -> microbatch::Result<ManualContext> {
    let [every, interval] = [every, interval].map(Duration::from_millis);
    let pipeline = stream!(every = every, |ssc| {
        let pairs = ssc.queue_stream([vec![(1, 2)]]);
        let last = pairs.update_state_by_key(|values, _| values.last().copied()).checkpoint_interval(interval);
        last.foreach_batch(|_, _| {});
    });
    StreamingContext::new(pipeline).workers(workers).manual()
}

/// A window of two batches every two batches, with checkpoints of its own.
fn windows_with_interval(interval: u64, workers: usize) {
    let interval = Duration::from_millis(interval);
    let folder = tempfile::tempdir().unwrap();
    let out = Collector::default();
    for _ in 0..2 {
        let out = out.clone();
        let pipeline = stream!(every = 1s, name = "windows", |ssc| {
            ssc.queue_stream((1..).map(|n| vec![n])).window(2s, 2s).checkpoint_interval(interval).collect_into(&out);
        });
        context(pipeline, folder.path(), workers).manual().unwrap().advance(3).unwrap();
    }
    assert_eq!(records!(out), json!([[1, 2], [3, 4], [5, 6]]));
}
