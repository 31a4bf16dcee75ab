//! Files that are not read because they are too old, which somebody should hear of.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::source::report::Reporter;

/// The files of which nobody need hear that they are too old (any more).
#[derive(Default)]
pub(super) struct Overlooked {
    /// `None` until the first batch: what is too old then was there before.
    known: Option<HashSet<PathBuf>>,
}

impl Overlooked {
    /// Tells of those of the `old` files that have not been told of, and were not `taken`.
    pub fn tell(
        &mut self,
        old: impl Iterator<Item = PathBuf>,
        taken: impl Fn(&Path) -> bool,
        window: Duration,
        reporter: &Reporter,
    ) {
        let mut now = HashSet::new();
        let (mut first, mut others) = (None, 0);
        for path in old {
            if self.known.as_ref().is_some_and(|known| !known.contains(&path)) && !taken(&path) {
                others += usize::from(first.is_some());
                first.get_or_insert_with(|| path.clone());
            }
            now.insert(path);
        }
        self.known = Some(now);
        if let Some(first) = first {
            let files = match others {
                0 => format!("`{}` is", first.display()),
                others => format!("`{}` and {others} more files are", first.display()),
            };
            reporter.error(format!(
                "{files} not read: modified more than {window:?} before the batch; set the time of modification to now, or ask for a longer `FileOptions::remember`"
            ));
        }
    }
}
