//! Files that are not read because of the time that they bear, which somebody should hear of.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::selection::Found;
use crate::source::report::Reporter;
use crate::time::Time;

/// A file that is this far ahead of its batch was not just written.
const AHEAD: Duration = Duration::from_secs(60);

/// The files of which nobody need hear (any more).
#[derive(Default)]
pub(super) struct Overlooked {
    /// Those that are too old; `None` until the first batch: what is too old then was there before.
    old: Option<HashSet<PathBuf>>,
    ahead: HashSet<PathBuf>,
}

impl Overlooked {
    /// Tells of those that the batch of `time`, which takes what was modified after `threshold`, leaves out and that were neither
    /// told of nor `taken`.
    pub fn tell(
        &mut self,
        files: &[Found],
        time: Time,
        threshold: Option<Time>,
        taken: impl Fn(&Path) -> bool,
        reporter: &Reporter,
    ) {
        let threshold = threshold.unwrap_or(Time::ZERO);
        let of = |belongs: &dyn Fn(&Found) -> bool| -> HashSet<PathBuf> {
            files.iter().filter(|file| belongs(file)).map(|file| file.path.clone()).collect()
        };
        let (old, ahead) = (of(&|file| file.modified <= threshold), of(&|file| file.modified > time + AHEAD));
        if let Some(known) = &self.old
            && let Some(files) = words(old.difference(known).filter(|path| !taken(path)))
        {
            let span = time.since(threshold);
            reporter.error(format!(
                "{files} not read: a batch takes what was modified in the last {span:?}; set the time of modification to now, or ask for more with `FileOptions::remember`"
            ));
        }
        if let Some(files) = words(ahead.difference(&self.ahead)) {
            reporter.error(format!(
                "{files} not read yet: modified more than {AHEAD:?} after the time of the batch, {time}; if the system's clock was set or the machine slept, start the program again"
            ));
        }
        (self.old, self.ahead) = (Some(old), ahead);
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
