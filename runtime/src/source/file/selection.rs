//! Which files belong to a batch.

use std::collections::{HashMap, HashSet};
use std::fs::{DirEntry, Metadata};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use super::FileOptions;
use super::overlooked::{self, Overlooked};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::source::report::Reporter;
use crate::source::{Input, SourceContext, glob};
use crate::time::Time;

/// After a restart a batch takes the files of so many batches, or of so many bytes if that is more, until it has caught up: memory
/// is not to grow with the time that the program was down.
const CATCH_UP: u32 = 4;
const CATCH_UP_BYTES: u64 = 16 << 20;

/// File systems stamp files by a clock that lags behind by up to a tick of the kernel.
const COARSE: Duration = Duration::from_millis(20);

/// See [`Selection::position`].
pub(super) type Position = (Option<Time>, Time, Vec<(PathBuf, Time)>);

/// Decides which files belong to a batch.
pub(super) struct Selection {
    directory: PathBuf,
    options: FileOptions,
    every: Duration,
    /// Files that were modified at this time or before are too old; `None` takes the files of any age.
    oldest: Option<Time>,
    /// The remembered files, by their paths.
    taken: HashMap<PathBuf, Taken>,
    overlooked: Overlooked,
    /// When this run began.
    start: Time,
    /// The last batch.
    last: Time,
    /// Up to here an earlier run has taken files, or this one has caught up; `None` if nothing is left of that time. Files that
    /// came since are not too old. Not after `start`, even if the earlier run's batches were ahead of the clock.
    resumed: Option<Time>,
    /// The batch that was asked for last, until it is delivered.
    asked: Option<Asked>,
    input: Arc<Input>,
    clock: Arc<Clock>,
    /// Whether the listeners know that there is no such directory.
    missing: bool,
}

/// A batch that was asked for.
struct Asked {
    time: Time,
    /// All files up to here are taken then.
    until: Time,
    files: Vec<(PathBuf, Option<Identity>)>,
    bytes: u64,
    /// What is left for later batches.
    left: u64,
}

/// A remembered file.
struct Taken {
    /// When it was taken, or was last seen to grow.
    time: Time,
    /// What has its path now, as far as somebody was told.
    identity: Option<Identity>,
}

impl Taken {
    fn at(time: Time) -> Self {
        Taken { time, identity: None }
    }
}

/// What tells two files of one path apart: device, number and time of creation. A number may be given again.
type Identity = (u64, u64, Option<SystemTime>);

/// A file that may belong to a batch.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    pub modified: Time,
    pub path: PathBuf,
    bytes: u64,
    /// When it was last put there, written to or changed otherwise, on systems that tell: nobody can set this time.
    pub changed: Option<Time>,
    /// If the system tells.
    identity: Option<Identity>,
}

impl Selection {
    pub fn new(directory: PathBuf, options: FileOptions, context: &SourceContext) -> Result<Self> {
        let start = context.clock.now();
        let every = context.every;
        let mut selection = Selection {
            directory,
            options,
            every,
            oldest: None,
            taken: HashMap::new(),
            overlooked: Overlooked::default(),
            start,
            last: Time::ZERO,
            resumed: None,
            asked: None,
            input: Arc::clone(&context.input),
            clock: Arc::clone(&context.clock),
            missing: false,
        };
        if selection.options.existing {
            return Ok(selection);
        }
        selection.oldest = Some(start);
        if let Clock::Wall { .. } = *context.clock {
            // A file that is written from now on may bear a time a little before now.
            let coarse = start - COARSE;
            selection.oldest = Some(coarse);
            let there = selection.list()?.into_iter().flatten().filter(|file| file.modified > coarse);
            selection.taken = there.map(|file| (file.path, Taken::at(start))).collect();
        }
        Ok(selection)
    }

    /// The files of the batch of `time`, in the order of their times and names.
    pub fn select(&mut self, time: Time, reporter: &Reporter) -> Result<Vec<PathBuf>> {
        if self.asked.as_ref().is_some_and(|asked| asked.time != time) {
            self.delivered(&[]); // given up, or else it would not be asked for another batch
        }
        let found = self.list()?;
        if found.is_none() && !self.missing {
            let directory = self.directory.display();
            reporter.error(format!("there is no directory `{directory}`; files are taken when it appears"));
        }
        self.missing = found.is_none();
        let threshold = self.oldest.map(|oldest| oldest.max(self.since(time) - self.window()));
        let mut files = found.unwrap_or_default();
        // A batch may come late.
        let now = time.max(self.clock.now());
        let replaced = files.iter().filter(|file| is_replaced(&mut self.taken, file));
        overlooked::tell_of_replaced(replaced.map(|file| &file.path), reporter);
        let taken = |path: &Path| self.taken.contains_key(path);
        self.overlooked.tell(&files, (self.last, now), (self.oldest, threshold), taken, reporter);
        files.retain(|file| threshold.is_none_or(|threshold| file.modified > threshold));
        files.retain(|file| match self.taken.get_mut(&file.path) {
            // As long as it grows it is remembered, so that it does not come again.
            Some(taken) => {
                taken.time = time;
                false
            }
            None => file.modified <= time,
        });
        files.sort();
        let until = self.until(time, &files);
        let rest = files.split_off(files.partition_point(|file| file.modified <= until));
        let bytes = |files: &[Found]| files.iter().map(|file| file.bytes).sum();
        let (bytes, left) = (bytes(&files), bytes(&rest));
        let paths = files.iter().map(|file| file.path.clone()).collect();
        let files = files.into_iter().map(|file| (file.path, file.identity)).collect();
        self.asked = Some(Asked { time, until, files, bytes, left });
        Ok(paths)
    }

    /// Up to when the batch of `time` takes the files, which are in the order of their times.
    fn until(&self, time: Time, files: &[Found]) -> Time {
        let (Some(resumed), Some(first)) = (self.resumed, files.first()) else { return time };
        let mut until = (resumed + self.every.saturating_mul(CATCH_UP))
            .max(first.modified + self.every.saturating_mul(CATCH_UP - 1));
        let mut bytes = 0;
        for file in files {
            bytes += file.bytes;
            if bytes > CATCH_UP_BYTES && file.modified > until {
                return until.min(time);
            }
            until = until.max(file.modified);
        }
        time
    }

    /// Remembers the files of the batch that was asked for last, but for those that were `gone`.
    pub fn delivered(&mut self, gone: &[PathBuf]) {
        let Some(Asked { time, until, files, bytes, left }) = self.asked.take() else { return };
        self.remember(time, files.into_iter().filter(|(path, _)| !gone.contains(path)));
        if self.resumed.is_some() {
            self.resumed = (until < time).then_some(until);
            self.input.backlog.note(if left > 0 || self.was_behind() { bytes } else { 0 }, left);
        }
    }

    /// Remembers the files of a batch of an earlier run.
    pub fn took(&mut self, time: Time, files: impl Iterator<Item = PathBuf>) {
        self.remember(time, files.map(|path| (path, None)));
    }

    /// Remembers the files of a batch, and forgets those that are too old to be taken again.
    fn remember(&mut self, time: Time, files: impl Iterator<Item = (PathBuf, Option<Identity>)>) {
        self.oldest.get_or_insert(Time::ZERO);
        let (remember, every, since) = (self.window(), self.every, self.since(time));
        self.taken.retain(|_, taken| taken.time + remember + every >= since);
        self.taken.extend(files.map(|(path, identity)| (path, Taken { time, identity })));
        self.last = time;
    }

    /// The time by which the age of files goes.
    fn since(&self, time: Time) -> Time {
        self.resumed.map_or(time, |resumed| resumed.min(time))
    }

    fn was_behind(&self) -> bool {
        self.input.backlog.left.load(Ordering::Relaxed) > 0
    }

    /// What a later run must know: from when on files count, and which were taken.
    pub fn position(&self) -> Position {
        let mut taken: Vec<(PathBuf, Time)> =
            self.taken.iter().map(|(path, taken)| (path.clone(), taken.time)).collect();
        taken.sort();
        (self.oldest, self.since(self.last), taken)
    }

    /// Goes on where an earlier run was.
    pub fn seek(&mut self, (oldest, last, taken): Position, reporter: &Reporter) -> Result<()> {
        (self.oldest, self.last, self.resumed) = (oldest, last, Some(last.min(self.start)));
        self.taken = taken.into_iter().map(|(path, time)| (path, Taken::at(time))).collect();
        let there = self.list()?.unwrap_or_default();
        let in_doubt: HashSet<PathBuf> = self.in_doubt(&there).map(|file| file.path.clone()).collect();
        self.overlooked.resume(&there, &in_doubt, reporter);
        self.taken.extend(in_doubt.into_iter().map(|path| (path, Taken::at(last))));
        Ok(())
    }

    /// If the earlier run's last batch lies ahead of the clock, because that was set back or a log was worked off when the run was
    /// stopped: the files of which nobody knows whether it has taken them. They are so old by its time that it does not remember
    /// them (see `took`), and by the clock they may be new. What comes from now on is.
    fn in_doubt<'a>(&'a self, there: &'a [Found]) -> impl Iterator<Item = &'a Found> {
        let remembered = self.last - self.window() - self.every;
        let old = self.since(self.last) - self.window();
        let old = self.oldest.map_or(old, |oldest| oldest.max(old));
        let in_doubt = there.iter().filter(move |file| file.modified > old && file.modified < remembered);
        in_doubt.filter(|file| !self.taken.contains_key(&file.path))
    }

    /// The span to remember, in whole batches.
    fn window(&self) -> Duration {
        let every = self.every.as_nanos().max(1);
        let batches = self.options.remember.as_nanos().div_ceil(every);
        Duration::from_nanos(u64::try_from(batches * every).unwrap_or(u64::MAX))
    }

    /// All files that pass the filters; `None` without a directory.
    fn list(&self) -> Result<Option<Vec<Found>>> {
        let failed = |path: &Path| {
            let path = path.to_path_buf();
            move |cause| Error::File { what: "cannot list", path, cause }
        };
        let mut found = None;
        for directory in glob::directories(&self.directory).map_err(|(path, cause)| failed(&path)(cause))? {
            let entries = match directory.read_dir() {
                Ok(entries) => entries,
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(failed(&directory)(error)),
            };
            let files = found.get_or_insert_with(Vec::new);
            for entry in entries {
                let entry = entry.map_err(failed(&directory))?;
                if entry.file_name().as_encoded_bytes().starts_with(b".") {
                    continue;
                }
                let path = entry.path();
                match metadata(&entry, &path) {
                    Ok(metadata) if metadata.is_file() && self.passes(&path) => {
                        let modified = modified(&metadata).map_err(failed(&path))?;
                        let (changed, identity) = (changed(&metadata), identity(&metadata));
                        files.push(Found { modified, path, bytes: metadata.len(), changed, identity });
                    }
                    Ok(_) => {}
                    // Removed since, or what nobody wants.
                    Err(error) if glob::leads_nowhere(&error) || !self.passes(&path) => {}
                    Err(error) => return Err(failed(&path)(error)),
                }
            }
        }
        Ok(found)
    }

    fn passes(&self, path: &Path) -> bool {
        self.options.filter.as_ref().is_none_or(|filter| filter(path))
    }
}

/// Whether another file has the path of one that was taken, and nobody knows.
fn is_replaced(taken: &mut HashMap<PathBuf, Taken>, file: &Found) -> bool {
    let Some(taken) = taken.get_mut(&file.path) else { return false };
    let before = std::mem::replace(&mut taken.identity, file.identity);
    before.is_some() && before != file.identity
}

/// What a path leads to. The system finds an entry's faster in its directory than from the root.
#[cfg(unix)]
fn metadata(entry: &DirEntry, path: &Path) -> io::Result<Metadata> {
    entry.metadata().and_then(|own| if own.is_symlink() { path.metadata() } else { Ok(own) })
}

/// An entry may lag behind the file.
#[cfg(not(unix))]
fn metadata(_: &DirEntry, path: &Path) -> io::Result<Metadata> {
    path.metadata()
}

fn modified(metadata: &Metadata) -> io::Result<Time> {
    metadata.modified().map(Time::from)
}

#[cfg(unix)]
fn changed(metadata: &Metadata) -> Option<Time> {
    use std::os::unix::fs::MetadataExt;

    let (seconds, nanos) = (u64::try_from(metadata.ctime()).ok()?, u32::try_from(metadata.ctime_nsec()).ok()?);
    Some(Time::since_epoch(Duration::new(seconds, nanos)))
}

#[cfg(not(unix))]
fn changed(_: &Metadata) -> Option<Time> {
    None
}

#[cfg(unix)]
fn identity(metadata: &Metadata) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;

    Some((metadata.dev(), metadata.ino(), metadata.created().ok()))
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Option<Identity> {
    None
}
