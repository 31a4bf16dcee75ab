//! Errors of checkpoints, with what to do about them.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::error::Error;

/// What is wrong with a file.
#[derive(Debug)]
pub(super) enum Problem {
    /// It is not what was written, or not there: an older checkpoint may do.
    Damaged { path: PathBuf, what: String },
    /// No other checkpoint helps.
    Other(Error),
}

impl Problem {
    pub fn damaged(path: &Path, what: impl Into<String>) -> Self {
        Problem::Damaged { path: path.to_owned(), what: what.into() }
    }

    pub fn at(path: &Path, offset: u64, what: &str) -> Self {
        Problem::damaged(path, format!("damaged at byte {offset}: {what}"))
    }

    pub fn reading(path: &Path, error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound => Problem::damaged(path, "the file is missing"),
            ErrorKind::UnexpectedEof => Problem::damaged(path, "the file is too short"),
            _ => Problem::Other(failed("cannot read the file", path, error)),
        }
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Error {
        match problem {
            Problem::Damaged { path, what } => refused(&path, what, RESTORE),
            Problem::Other(error) => error,
        }
    }
}

pub(super) const RESTORE: &str =
    "restore the directory from a copy, or start anew with another `checkpoint_dir`; this one is left as it is";

/// A checkpoint that cannot be used, or must not be.
pub(crate) fn refused(path: &Path, what: impl Into<String>, remedy: impl Into<String>) -> Error {
    Error::Checkpoint { path: path.to_owned(), what: what.into(), remedy: remedy.into(), cause: None }
}

/// The file system has said no.
pub(crate) fn failed(what: &str, path: &Path, cause: io::Error) -> Error {
    let remedy = match cause.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "make room on the disk, then go on",
        ErrorKind::PermissionDenied => "let this user read and write the directory, or choose another `checkpoint_dir`",
        ErrorKind::ReadOnlyFilesystem => "choose a `checkpoint_dir` that can be written to",
        ErrorKind::AlreadyExists | ErrorKind::NotADirectory => {
            "a file stands where the directory should be: choose another `checkpoint_dir`"
        }
        _ => "look after the disk, then start again: what was committed is safe",
    };
    Error::Checkpoint {
        path: path.to_owned(),
        what: format!("{what}: {cause}"),
        remedy: remedy.into(),
        cause: Some(cause.into()),
    }
}

/// For `map_err`.
pub(crate) fn failing<'a>(what: &'a str, path: &'a Path) -> impl FnOnce(io::Error) -> Error + 'a {
    move |cause| failed(what, path, cause)
}
