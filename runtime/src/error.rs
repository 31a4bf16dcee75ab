//! Everything that can go wrong, as values.

use std::fmt;
use std::path::PathBuf;

use crate::time::Time;

/// Any error, as closures and setup statements of a pipeline may return it.
pub type BoxError = Box<dyn std::error::Error + Send + Sync + 'static>;

/// The result of everything that can fail here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, where, and what to do about it.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The context or an operator was set up in a way that cannot work.
    #[error("{what}\nhelp: {remedy}")]
    Config {
        /// What cannot work.
        what: String,
        /// What to write instead.
        remedy: String,
    },

    /// A source could not deliver.
    #[error("source `{stream}`: {what}\nhelp: {remedy}")]
    Source {
        /// The stream that the source feeds.
        stream: String,
        /// What happened.
        what: String,
        /// What to do about it.
        remedy: String,
        /// The cause, if there is one.
        #[source]
        cause: Option<BoxError>,
    },

    /// A record could not be decoded, and the policy is to fail.
    #[error(
        "source `{stream}`: bad record in the batch of {time}: {what}\nhelp: choose another policy with `on_bad_record(BadRecords::Replace)`, `Skip` or `Reject(…)`"
    )]
    BadRecord {
        /// The stream that the source feeds.
        stream: String,
        /// The batch that the record belongs to.
        time: Time,
        /// What is wrong with the record, and where it came from.
        what: String,
    },

    /// A closure of the pipeline panicked.
    #[error(
        "batch of {time}: a closure of `{stage}` panicked at {place}: {message}\nhelp: the batch is intact; mend the closure, or choose `on_failure(OnFailure::Retry(n))` or `OnFailure::Skip`"
    )]
    Panic {
        /// The batch in which it happened.
        time: Time,
        /// The stage or output: the streams and operators that ran.
        stage: String,
        /// File, line and column of the panic.
        place: String,
        /// The words of the panic.
        message: String,
    },

    /// A setup statement panicked, or a source did when it was started.
    #[error(
        "the setup of `{pipeline}` panicked at {place}: {message}\nhelp: no batch has run; mend the statement, or have it return an error with `?`"
    )]
    Setup {
        /// The pipeline's name.
        pipeline: String,
        /// File, line and column of the panic.
        place: String,
        /// The words of the panic.
        message: String,
    },

    /// An output operation returned an error.
    #[error("batch of {time}: output `{output}` failed: {cause}")]
    Output {
        /// The batch in which it happened.
        time: Time,
        /// The stream and its output operation.
        output: String,
        /// What the operation returned.
        #[source]
        cause: BoxError,
    },

    /// A file could not be written or read.
    #[error("{what} `{}`: {cause}", path.display())]
    File {
        /// What was attempted.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },

    /// A checkpoint could not be written or read.
    #[error("checkpoint `{}`: {what}\nhelp: {remedy}", path.display())]
    Checkpoint {
        /// The file, or the directory as a whole.
        path: PathBuf,
        /// What happened.
        what: String,
        /// What to do about it.
        remedy: String,
        /// The cause, if there is one.
        #[source]
        cause: Option<BoxError>,
    },

    /// The context has been stopped.
    #[error("the context has been stopped\nhelp: make a new `StreamingContext`")]
    Stopped,

    /// An error of the user's own code: from a setup statement, or from around the pipeline.
    #[error("{0}")]
    User(#[source] BoxError),
}

// `main` prints errors by `Debug`; a user should read the same words there.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words = self.to_string();
        f.write_str(&words)?;
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            let more = error.to_string();
            // Most messages end in the words of their cause.
            if !words.contains(&more) {
                write!(f, "\ncaused by: {more}")?;
                words = more;
            }
            cause = error.source();
        }
        Ok(())
    }
}

impl Error {
    pub(crate) fn config(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Error::Config { what: what.into(), remedy: remedy.into() }
    }
}

impl Error {
    /// The same error for one more reader: causes, which cannot be copied, by their words.
    pub(crate) fn again(&self) -> Self {
        let words = |cause: &BoxError| BoxError::from(cause.to_string());
        match self {
            Error::Config { what, remedy } => Error::Config { what: what.clone(), remedy: remedy.clone() },
            Error::Source { stream, what, remedy, cause } => Error::Source {
                stream: stream.clone(),
                what: what.clone(),
                remedy: remedy.clone(),
                cause: cause.as_ref().map(words),
            },
            Error::BadRecord { stream, time, what } => {
                Error::BadRecord { stream: stream.clone(), time: *time, what: what.clone() }
            }
            Error::Panic { time, stage, place, message } => {
                Error::Panic { time: *time, stage: stage.clone(), place: place.clone(), message: message.clone() }
            }
            Error::Setup { pipeline, place, message } => {
                Error::Setup { pipeline: pipeline.clone(), place: place.clone(), message: message.clone() }
            }
            Error::Output { time, output, cause } => {
                Error::Output { time: *time, output: output.clone(), cause: words(cause) }
            }
            Error::File { what, path, cause } => {
                Error::File { what, path: path.clone(), cause: std::io::Error::new(cause.kind(), cause.to_string()) }
            }
            Error::Checkpoint { path, what, remedy, cause } => Error::Checkpoint {
                path: path.clone(),
                what: what.clone(),
                remedy: remedy.clone(),
                cause: cause.as_ref().map(words),
            },
            Error::Stopped => Error::Stopped,
            Error::User(cause) => Error::User(words(cause)),
        }
    }
}

impl From<BoxError> for Error {
    fn from(error: BoxError) -> Self {
        match error.downcast::<Error>() {
            Ok(ours) => *ours,
            Err(error) => Error::User(error),
        }
    }
}

impl From<String> for Error {
    fn from(message: String) -> Self {
        Error::User(message.into())
    }
}

impl From<&str> for Error {
    fn from(message: &str) -> Self {
        Error::User(message.into())
    }
}

macro_rules! from_user_errors {
    ($($error:ty),* $(,)?) => {$(
        impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Error::User(error.into())
            }
        }
    )*};
}

from_user_errors!(
    std::io::Error,
    fmt::Error,
    std::num::ParseIntError,
    std::num::ParseFloatError,
    std::str::Utf8Error,
    std::string::FromUtf8Error,
    std::env::VarError,
    std::net::AddrParseError,
);
