//! What happens when a batch or a record fails.

use std::fmt;
use std::sync::Arc;

/// What to do with a batch that fails: because a closure panics, an output returns an error, or a source cannot deliver.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnFailure {
    /// Stop, with the batch intact: no later batch runs, and what was received stays. The default.
    #[default]
    Stop,
    /// Run the batch again, with the same records, up to this many times; then stop. It waits a tenth of a second before the first of
    /// them, and each time twice as long, but no more than ten seconds; on manual time it does not wait. It also stops when the
    /// context is to stop, and this has gone on for longer than its `stop_timeout`.
    Retry(u32),
    /// Give the batch up, count it, and go on with the next one. A batch that an earlier run has committed is not given up: the
    /// context stops.
    Skip,
}

/// What to do with a record that cannot be decoded, such as a line that is not UTF-8. Every one of them is counted.
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum BadRecords {
    /// Take the record, with `\u{FFFD}` in place of what is not UTF-8, as Spark does. A record that is not text is skipped.
    #[default]
    Replace,
    /// Leave the record out.
    Skip,
    /// Leave the record out and hand it to a function, which may keep it elsewhere. It is called when the whole batch is read.
    Reject(RejectFn),
    /// Fail the batch that the record belongs to.
    Fail,
}

/// Called with a record that could not be decoded.
pub type RejectFn = Arc<dyn Fn(&BadRecord<'_>) + Send + Sync>;

/// A record that could not be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BadRecord<'a> {
    /// The stream that it would have belonged to.
    pub stream: &'a str,
    /// What is wrong with it.
    pub reason: &'a str,
    /// Its bytes, as received.
    pub bytes: &'a [u8],
}

impl fmt::Debug for BadRecords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BadRecords::Replace => "Replace",
            BadRecords::Skip => "Skip",
            BadRecords::Reject(_) => "Reject",
            BadRecords::Fail => "Fail",
        })
    }
}
