//! Files that are not read because of the time that they bear, which somebody should hear of.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::selection::Found;
use crate::source::report::Reporter;
use crate::time::Time;

/// A file that is this far ahead of the clock was not just written.
const AHEAD: Duration = Duration::from_secs(60);

/// Files by their paths, as long as they are there. There may be many, and hardly any come or go in a batch.
#[derive(Default)]
struct Known {
    /// With the `mark` of the batch in which each was last there. It changes with each batch, so what still has the old one is gone.
    files: HashMap<PathBuf, bool>,
    mark: bool,
}

impl Known {
    fn of<'a>(files: impl Iterator<Item = &'a Found>) -> Self {
        let mut known = Known::default();
        known.follow(files);
        known
    }

    /// From now on these files are known, and no others. Returns those that were not before.
    fn follow<'a>(&mut self, files: impl Iterator<Item = &'a Found>) -> Vec<&'a PathBuf> {
        let (mark, mut new) = (!self.mark, Vec::new());
        for file in files {
            match self.files.get_mut(&file.path) {
                Some(last) => *last = mark,
                None => new.push(&file.path),
            }
        }
        self.files.retain(|_, last| *last == mark);
        self.files.extend(new.iter().map(|path| (PathBuf::clone(path), mark)));
        // Each batch goes over all room that there is.
        if self.files.capacity() > 8 * self.files.len() {
            self.files.shrink_to(2 * self.files.len());
        }
        self.mark = mark;
        new
    }
}

/// The files of which nobody need hear (any more).
#[derive(Default)]
pub(super) struct Overlooked {
    /// Those that are too old; `None` until the first batch, unless it is known what was there before: what is too old then was.
    old: Option<Known>,
    ahead: Known,
    /// An earlier run is gone on with, and this one has had no batch yet.
    is_resumed: bool,
}

impl Overlooked {
    /// An earlier run is gone on with, and these files are `there`. Of some it is `in_doubt` whether that run has read them.
    pub fn resume(&mut self, there: &[Found], in_doubt: &HashSet<PathBuf>, reporter: &Reporter) {
        self.old = Some(Known::of(there.iter()));
        self.is_resumed = true;
        if let Some(files) = words(in_doubt.iter()) {
            reporter.error(format!(
                "{files} not read: the last batch of the run before lies ahead of the clock, so that it may have read what bears this time and does not remember it; what it has not read, copy to another name there"
            ));
        }
    }

    /// Nobody has heard of the files that came after the `last` batch of the earlier run, whatever times they bear. Where the
    /// system does not tell when a file came, all that were there are taken for known.
    fn forget_what_came(&mut self, files: &[Found], (last, now): (Time, Time)) {
        let Some(known) = &mut self.old else { return };
        // By a clock that is not ours, such as one that was set back, or manual time, the times tell nothing.
        let came = |file: &&Found| file.changed.is_some_and(|changed| changed > last && changed <= now + AHEAD);
        for file in files.iter().filter(came) {
            known.files.remove(&file.path);
        }
    }

    /// Tells of those that are left out `now`, when a batch takes what was modified after `threshold`, and that were neither told
    /// of nor `taken`. `start` is from when on files count at all, and `last` the batch before.
    pub fn tell(
        &mut self,
        files: &[Found],
        (last, now): (Time, Time),
        (start, threshold): (Option<Time>, Option<Time>),
        taken: impl Fn(&Path) -> bool,
        reporter: &Reporter,
    ) {
        let is_resumed = std::mem::take(&mut self.is_resumed);
        if is_resumed {
            self.forget_what_came(files, (last, now));
        }
        let is_of_start = threshold == start;
        let threshold = threshold.unwrap_or(Time::ZERO);
        let old = files.iter().filter(|file| file.modified <= threshold);
        let ahead = files.iter().filter(|file| file.modified > now + AHEAD);
        let old = match &mut self.old {
            Some(known) => known.follow(old),
            None => {
                self.old = Some(Known::of(old));
                Vec::new()
            }
        };
        if let Some(files) = words(old.into_iter().filter(|path| !taken(path))) {
            let why = match is_of_start {
                true => "last modified before the program began to take files; set the time of modification to now, or take what is there with `FileOptions::existing_files`".to_owned(),
                false => {
                    let seconds = now.since(threshold).as_secs();
                    format!("last modified more than {seconds} s ago; set the time of modification to now, or let `FileOptions::remember` be longer")
                }
            };
            let but = match is_resumed {
                true => ". If the run before has read it, and only its name or its permissions are new, all is well",
                false => "",
            };
            reporter.error(format!("{files} not read: {why}{but}"));
        }
        if let Some(files) = words(self.ahead.follow(ahead).into_iter().filter(|path| !taken(path))) {
            reporter.error(format!(
                "{files} not read before the batch of its time: modified more than {AHEAD:?} after now; set the time of modification to now, or if the clock was set or the machine slept, start the program again with the same `checkpoint_dir`"
            ));
        }
    }
}

/// Tells of files whose paths others had that were taken.
pub(super) fn tell_of_replaced<'a>(files: impl Iterator<Item = &'a PathBuf>, reporter: &Reporter) {
    if let Some(files) = words(files) {
        reporter.error(format!(
            "{files} not read: a file of the same name was read before and replaced, and files are known by their names; give each file a name of its own"
        ));
    }
}

/// One of the files by its path, and the others by their number.
fn words<'a>(files: impl Iterator<Item = &'a PathBuf>) -> Option<String> {
    let mut files: Vec<&PathBuf> = files.collect();
    files.sort();
    let (first, others) = files.split_first()?;
    Some(match others.len() {
        0 => format!("`{}` is", first.display()),
        others => format!("`{}` and {others} more are", first.display()),
    })
}
