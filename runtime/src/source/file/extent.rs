//! What the journal keeps of a batch's files, so that the same bytes run again.

use std::io;
use std::path::{Path, PathBuf};

use super::selection::Position;
use crate::Record;
use crate::error::Error;
use crate::time::Time;

/// The files of the batch that was given last. The first batch has also where the source began: until there is a checkpoint,
/// nothing else tells a later run which files are new.
pub(super) type Extent = (Vec<Portion>, Option<Position>);

/// What a batch has had of a file: its first bytes.
///
/// They are known by their checksum and not by the file that they were in. So a file may grow, and may be brought back from a copy;
/// and a new one in its place is seen also if the system has given it the old one's number, as is one that was written over.
#[derive(Clone, Debug, PartialEq, Eq, Record)]
pub(super) struct Portion {
    pub path: PathBuf,
    pub length: u64,
    /// CRC-32 of these bytes.
    pub checksum: u32,
}

impl Portion {
    /// What is wrong if the file is so long now.
    pub fn is_shorter(&self, length: u64) -> Option<String> {
        (length < self.length).then(|| format!("has become shorter: it had {} bytes and has {length}", self.length))
    }

    /// What is wrong if this is what the same number of bytes is now.
    pub fn is_other(&self, now: &Portion) -> Option<String> {
        (self != now).then(|| {
            format!("has other contents than when it was read: its first {} bytes are not the same", self.length)
        })
    }
}

/// A batch cannot run again with the same records, for the file is not what it was.
pub(super) fn cannot_run_again(stream: &str, time: Time, path: &Path, why: &str, cause: Option<io::Error>) -> Error {
    Error::Source {
        stream: stream.to_owned(),
        what: format!("the batch of {time} of the run before is to run again, and its file `{}` {why}", path.display()),
        remedy: format!(
            "bring back the file as it was, under the same name; or if the batch was not committed, give it up: start once with `OnFailure::Skip`, which reads the file as a new one; or if it is lost, go on without these records: give the stream another name, and let go of this one, `.drop_state(\"{stream}\")`. Better than to replace a file is to write a new one under a new name"
        ),
        cause: cause.map(Into::into),
    }
}
