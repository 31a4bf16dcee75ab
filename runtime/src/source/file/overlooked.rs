//! Files that are not read because of the time that they bear, which somebody should hear of.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::selection::Found;
use crate::source::report::Reporter;
use crate::time::Time;

/// A file that is this far ahead of the clock was not just written.
const AHEAD: Duration = Duration::from_secs(60);

/// The files of which nobody need hear (any more).
#[derive(Default)]
pub(super) struct Overlooked {
    /// Those that are too old; `None` until the first batch, unless it is known what was there before: what is too old then was.
    old: Option<HashSet<PathBuf>>,
    ahead: HashSet<PathBuf>,
    /// An earlier run is gone on with, and this one has had no batch yet.
    is_resumed: bool,
}

impl Overlooked {
    /// An earlier run is gone on with, and these files are `there`. Of some it is `in_doubt` whether that run has read them.
    pub fn resume(&mut self, there: &[Found], in_doubt: &HashSet<PathBuf>, reporter: &Reporter) {
        self.old = Some(there.iter().map(|file| file.path.clone()).collect());
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
            known.remove(&file.path);
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
        let of = |belongs: &dyn Fn(&Found) -> bool| -> HashSet<PathBuf> {
            files.iter().filter(|file| belongs(file)).map(|file| file.path.clone()).collect()
        };
        let (old, ahead) = (of(&|file| file.modified <= threshold), of(&|file| file.modified > now + AHEAD));
        if let Some(known) = &self.old
            && let Some(files) = words(old.difference(known).filter(|path| !taken(path)))
        {
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
        if let Some(files) = words(ahead.difference(&self.ahead).filter(|path| !taken(path))) {
            reporter.error(format!(
                "{files} not read before the batch of its time: modified more than {AHEAD:?} after now; set the time of modification to now, or if the clock was set or the machine slept, start the program again with the same `checkpoint_dir`"
            ));
        }
        (self.old, self.ahead) = (Some(old), ahead);
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
