//! `foreach_batch`: the user's own way to write a batch.

use crate::engine::Engine;
use crate::error::{BoxError, Result};
use crate::time::Time;

/// See [`DStream::foreach_batch`](crate::DStream::foreach_batch).
pub fn foreach_batch<T, O: BatchOutcome>(
    engine: &mut Engine,
    label: &str,
    rows: Vec<T>,
    mut f: impl FnMut(Vec<T>, Time) -> O,
) -> Result<()> {
    let mut rows = Some(rows);
    engine.write(label, false, &mut |time, _| f(rows.take().unwrap_or_default(), time).into_result())
}

/// See [`DStream::foreach_batch_with_replay`](crate::DStream::foreach_batch_with_replay).
pub fn foreach_batch_with_replay<T, O: BatchOutcome>(
    engine: &mut Engine,
    label: &str,
    rows: Vec<T>,
    mut f: impl FnMut(Vec<T>, Time, bool) -> O,
) -> Result<()> {
    let mut rows = Some(rows);
    engine.write(label, false, &mut |time, commit| {
        f(rows.take().unwrap_or_default(), time, commit.is_replay()).into_result()
    })
}

/// What a closure of `foreach_batch` may return: nothing, or a `Result<(), E>` whose error fails the batch.
#[diagnostic::on_unimplemented(
    message = "the closure of `foreach_batch` returns `{Self}`",
    label = "this closure must return `()` or a `Result<(), E>`",
    note = "end the closure in `;` to return nothing, or in `Ok::<(), microbatch::Error>(())`"
)]
pub trait BatchOutcome {
    /// As a result.
    ///
    /// # Errors
    /// What the closure returned.
    fn into_result(self) -> Result<(), BoxError>;
}

impl BatchOutcome for () {
    fn into_result(self) -> Result<(), BoxError> {
        Ok(())
    }
}

impl<E: Into<BoxError>> BatchOutcome for Result<(), E> {
    fn into_result(self) -> Result<(), BoxError> {
        self.map_err(E::into)
    }
}
