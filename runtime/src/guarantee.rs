//! What `require = exactly_once` asks of a context. What it asks of the outputs, the compiler has seen to.

use crate::error::{Error, Result};
use crate::policy::OnFailure;

/// The settings of a context that runs such a pipeline.
///
/// # Errors
/// When a batch could be written twice or not at all with them.
pub(crate) fn check_settings(pipeline: &str, has_directory: bool, on_failure: OnFailure) -> Result<()> {
    let cannot = |what: &str, remedy: &str| {
        Err(Error::config(format!("pipeline `{pipeline}` requires exactly once, {what}"), remedy))
    };
    if !has_directory {
        return cannot(
            "and its context has no checkpoint directory",
            "write `checkpoint_dir(\"…\")`; in a test, a temporary directory will do",
        );
    }
    if on_failure == OnFailure::Skip {
        return cannot(
            "and a batch that fails is to be given up",
            "choose `on_failure(OnFailure::Retry(n))` or `OnFailure::Stop`",
        );
    }
    Ok(())
}

/// A crash could lose what this source has received.
pub(crate) fn cannot_be_read_again(stream: &str) -> Error {
    Error::Source {
        stream: stream.to_owned(),
        what: "the pipeline requires exactly once, and these records cannot be read again after a crash".to_owned(),
        remedy: "for a socket, standard input or a receiver set `write_ahead_log(true)`; a source of your own must be \
                 replayable (`Source::is_replayable`)"
            .to_owned(),
        cause: None,
    }
}
