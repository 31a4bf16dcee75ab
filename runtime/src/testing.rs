//! For tests of pipelines: does a pipeline lose anything when it is killed, and can it read what an earlier version of it has saved?
//! Needs the feature `testing`.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::checkpoint::crash::{CrashPoints, Fault};
use crate::checkpoint::{Disk, inspect};
use crate::context::StreamingContext;
use crate::error::{BoxError, Error, Result};
use crate::export::export;
use crate::lock_file::LockFile;
use crate::pipeline::Pipeline;
use crate::time::Time;

/// The variable that has [`check_lock`] write the lock file.
const LOCK: &str = "MICROBATCH_LOCK";

/// Compares the windows and states of a pipeline with its [lock file](crate::cli#the-lock-file): an error names every one whose
/// type has changed, that has gone or that is new, and says what to do about it. So a test fails, and not the start of a program
/// that cannot read its checkpoint. In a test of Cargo `path` is relative to the package.
///
/// With `MICROBATCH_LOCK=write` in the environment the file is written. The setup statements of the pipeline run, but no source
/// and no batch.
///
/// ```
/// use microbatch::prelude::*;
/// use microbatch::testing;
///
/// fn clicks() -> impl Pipeline {
///     stream!(every = 1s, name = "clicks", |ssc| {
///         let clicks = ssc.socket_text_stream("localhost", 9999).map(|page| (page, 1u64));
///         let counts = clicks.update_state_by_key(|ones, sum: Option<u64>| Some(sum.unwrap_or(0) + ones.len() as u64));
///         counts.print();
///     })
/// }
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("stream.lock");
/// # std::fs::write(&path, "pipeline \"clicks\"\nevery 1s\n\"counts\": state of (String, u64)\n")?;
/// # let path = path.as_path();
/// # /*
/// let path = "stream.lock";
/// # */
/// testing::check_lock(clicks(), path)?;
/// # std::fs::write(&path, "pipeline \"clicks\"\nevery 1s\n\"counts\": state of (String, u32)\n")?;
/// # let error = testing::check_lock(clicks(), path).unwrap_err().to_string();
/// # assert!(error.contains("\"counts\" was a state of (String, u32), and is a state of (String, u64)"), "{error}");
/// # Ok::<(), microbatch::Error>(())
/// ```
///
/// # Errors
/// When file and pipeline differ, when there is no file, when a setup statement fails, and when a checkpoint could not tell the
/// pipeline's windows, states and sources by their names.
pub fn check_lock(pipeline: impl Pipeline, path: impl AsRef<Path>) -> Result<()> {
    let (name, every) = (pipeline.name().to_owned(), pipeline.every());
    let lock = LockFile::of(&name, every, StreamingContext::new(pipeline))?;
    match std::env::var_os(LOCK) {
        Some(wish) if wish == "write" => lock.write(path.as_ref()),
        _ => lock.check(path.as_ref(), &format!("{LOCK}=write cargo test")),
    }
}

/// Runs a pipeline with checkpoints to the end of its input; then again and again, killed before, in the middle of, and after
/// every single write, sync, rename and removal, and started again. Each time the states and the files that the pipeline has
/// published must be those of the run that nobody has killed.
///
/// `pipeline` makes the pipeline from a folder for whatever it writes and from its input, a batch an item. See [`CrashTest`]
/// for pipelines that write something else than files.
///
/// ```
/// use microbatch::prelude::*;
/// use microbatch::testing;
/// use std::path::Path;
///
/// fn totals(folder: &Path, input: Vec<Vec<(char, u64)>>) -> impl Pipeline + use<> {
///     let prefix = folder.join("totals");
///     stream!(every = 1s, name = "totals", |ssc| {
///         let sales = ssc.queue_stream(input);
///         let totals = sales.update_state_by_key(|sold, total: Option<u64>| Some(total.unwrap_or(0) + sold.iter().sum::<u64>()));
///         totals.save_as_text_files(prefix);
///     })
/// }
///
/// let input = vec![vec![('a', 1), ('b', 2)], vec![('a', 3)], vec![]];
/// let report = testing::crash_points(totals, input)?;
/// println!("{report}");
/// assert!(report.crashes > 50);
/// # Ok::<(), microbatch::Error>(())
/// ```
///
/// # Errors
/// When a run loses, invents or repeats anything: the error says where it was killed, and what differs.
pub fn crash_points<T: Clone, P: Pipeline + Send + 'static>(
    pipeline: impl Fn(&Path, Vec<Vec<T>>) -> P,
    input: Vec<Vec<T>>,
) -> Result<CrashReport> {
    CrashTest::new(pipeline, input).run()
}

/// As [`crash_points`], with more to say.
#[must_use = "a test does nothing before `run`"]
pub struct CrashTest<F, T> {
    pipeline: F,
    input: Vec<Vec<T>>,
    interval: Option<Duration>,
    observe: Option<Box<Observe>>,
}

type Observe = dyn Fn(&Path) -> Result<String, BoxError>;

/// How often a pipeline was killed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CrashReport {
    /// The operations on the disk at which it was killed.
    pub operations: usize,
    /// How often: before, after, and, if it is a write, in the middle of each.
    pub crashes: usize,
}

impl fmt::Display for CrashReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "killed {} times at {} operations, and nothing was lost or repeated", self.crashes, self.operations)
    }
}

/// What is left of a run: states and files, each as lines in some order, because a batch by key has none.
type Left = BTreeMap<String, Vec<String>>;

impl<T: Clone, P: Pipeline + Send + 'static, F: Fn(&Path, Vec<Vec<T>>) -> P> CrashTest<F, T> {
    /// See [`crash_points`].
    pub fn new(pipeline: F, input: Vec<Vec<T>>) -> Self {
        CrashTest { pipeline, input, interval: None, observe: None }
    }

    /// How often the pipeline makes checkpoints. The default is every second batch.
    pub fn checkpoint_interval(mut self, interval: Duration) -> Self {
        self.interval = Some(interval);
        self
    }

    /// What to compare in place of the files in the folder: text that `observe` makes of it, line by line.
    pub fn observe(mut self, observe: impl Fn(&Path) -> Result<String, BoxError> + 'static) -> Self {
        self.observe = Some(Box::new(observe));
        self
    }

    /// Runs it.
    ///
    /// # Errors
    /// As [`crash_points`].
    pub fn run(self) -> Result<CrashReport> {
        let points = CrashPoints::none();
        let uninterrupted = Folders::new()?;
        self.start(&uninterrupted, Disk::with_failpoints(Arc::clone(&points)))?;
        let expected = self.left(&uninterrupted)?;
        let operations = points.seen();
        let mut crashes = 0;
        for (number, (operation, file)) in operations.iter().enumerate() {
            for fault in faults(operation) {
                let place = format!("killed {} {operation} of `{file}` (operation {number})", words(*fault));
                let left = self.crash(number, *fault).map_err(|error| Error::from(format!("{place}: {error}")))?;
                crashes += 1;
                compare(&expected, &left).map_err(|what| Error::from(format!("{place}: {what}")))?;
            }
        }
        Ok(CrashReport { operations: operations.len(), crashes })
    }

    /// Lets a run crash, goes on with another, and gives what is left.
    fn crash(&self, number: usize, fault: Fault) -> Result<Left> {
        let folders = Folders::new()?;
        let points = CrashPoints::at(number, fault);
        // It fails where it crashes, and otherwise it has come to its end before.
        let _ = self.start(&folders, Disk::with_failpoints(points));
        self.start(&folders, Disk::with_failpoints(CrashPoints::none()))?;
        let left = self.left(&folders)?;
        // What is left can be started from, too.
        self.start(&folders, Disk::with_failpoints(CrashPoints::none()))?;
        Ok(left)
    }

    /// Runs from wherever an earlier run has come to until the end of the input.
    fn start(&self, folders: &Folders, disk: Disk) -> Result<()> {
        let pipeline = (self.pipeline)(&folders.output(), self.input.clone());
        let every = pipeline.every();
        let end = Time::ZERO + every * self.input.len() as u32;
        let done = last_batch(&folders.state())?;
        let mut context = StreamingContext::new(pipeline).checkpoint_dir(folders.state()).workers(1);
        context = context.checkpoint_interval(self.interval.unwrap_or(every * 2)).with_disk(disk);
        let mut context = context.manual()?;
        context.advance(end.since(done).as_nanos().div_ceil(every.as_nanos().max(1)) as u64)?;
        context.stop()
    }

    fn left(&self, folders: &Folders) -> Result<Left> {
        let mut left = Left::new();
        match &self.observe {
            Some(observe) => {
                let text = observe(&folders.output()).map_err(Error::User)?;
                left.insert("what was observed".to_owned(), lines(&text));
            }
            None => files(&folders.output(), &folders.output(), &mut left)?,
        }
        let recovered = inspect(&folders.state())?.recovered;
        for state in recovered.iter().flat_map(|recovered| &recovered.states) {
            let mut entries = Vec::new();
            export(state, &mut |line| {
                entries.push(line.to_owned());
                Ok(())
            })?;
            entries.sort();
            left.insert(format!("the state `{}`", state.name), entries);
        }
        Ok(left)
    }
}

/// The last batch that an earlier run has begun.
fn last_batch(directory: &Path) -> Result<Time> {
    if !directory.exists() {
        return Ok(Time::ZERO);
    }
    // A crash at the very beginning leaves nothing to look at.
    let recovered = inspect(directory).ok().and_then(|summary| summary.recovered);
    Ok(recovered
        .map_or(Time::ZERO, |recovered| recovered.batches.last().map_or(recovered.time, |batch| batch.begin.time)))
}

fn faults(operation: &str) -> &'static [Fault] {
    match operation {
        "Append" => &[Fault::Before, Fault::Half, Fault::After],
        _ => &[Fault::Before, Fault::After],
    }
}

fn words(fault: Fault) -> &'static str {
    match fault {
        Fault::Before => "before",
        Fault::Half => "in the middle of",
        Fault::After => "after",
        Fault::Fails(_) => "by a failure of",
    }
}

/// The folders of one run.
struct Folders(tempfile::TempDir);

impl Folders {
    fn new() -> Result<Self> {
        let folders = Folders(tempfile::tempdir()?);
        fs::create_dir(folders.output())?;
        Ok(folders)
    }

    fn output(&self) -> PathBuf {
        self.0.path().join("output")
    }

    fn state(&self) -> PathBuf {
        self.0.path().join("state")
    }
}

/// All files that can be seen.
fn files(root: &Path, folder: &Path, left: &mut Left) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".")) {
            continue;
        }
        if path.is_dir() {
            files(root, &path, left)?;
        } else {
            let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
            left.insert(format!("the file `{name}`"), lines(&String::from_utf8_lossy(&fs::read(&path)?)));
        }
    }
    Ok(())
}

fn lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// Says what differs first.
fn compare(expected: &Left, left: &Left) -> Result<(), String> {
    for (name, lines) in expected {
        match left.get(name) {
            None => return Err(format!("{name} is missing")),
            Some(found) if found != lines => {
                let differs = |(found, expected): &(&String, &String)| found != expected;
                let (found, expected) = (found.as_slice(), lines.as_slice());
                let first = found.iter().zip(expected).find(differs);
                let first =
                    first.map_or(String::new(), |(found, expected)| format!(": `{found}` in place of `{expected}`"));
                return Err(format!("{name} has {} lines, and should have {}{first}", found.len(), expected.len()));
            }
            Some(_) => {}
        }
    }
    match left.keys().find(|name| !expected.contains_key(*name)) {
        Some(name) => Err(format!("{name} should not be there")),
        None => Ok(()),
    }
}
