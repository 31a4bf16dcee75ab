//! `foreach_batch_once`: into a sink that has transactions.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::commit::Commit;
use crate::dataset::joined;
use crate::error::BoxError;
use crate::ops::output::Output;
use crate::time::Time;

/// A batch of one output operation: what a [`TransactionalSink`] keeps beside the records.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BatchId {
    /// The output operation: its stream and its name, such as `counts.foreach_batch_once`; a stream's second one is
    /// `counts.foreach_batch_once_2`. It stays what it is as long as the stream keeps its name, and its outputs their order.
    pub output: Arc<str>,
    /// The time of the batch. Those of one output operation rise.
    pub time: Time,
}

impl fmt::Display for BatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} @ {}", self.output, self.time)
    }
}

/// A place outside of the program that takes a batch as a whole or not at all, such as a table of a database. See
/// [`foreach_batch_once`](crate::DStream::foreach_batch_once).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `TransactionalSink` of `{T}`",
    label = "this must be a sink of the stream's records",
    note = "write `impl TransactionalSink<{T}> for …`: its `write_batch` stores the records and the batch's identifier in one transaction"
)]
pub trait TransactionalSink<T> {
    /// The last batch of the output operation of this name that the sink has; `None` if it has none. Asked before the first
    /// write of a run.
    ///
    /// # Errors
    /// What keeps the sink from saying so; the batch fails.
    fn last_batch(&mut self, output: &str) -> Result<Option<BatchId>, BoxError>;

    /// Stores the records and the identifier, in one transaction: both or none.
    ///
    /// # Errors
    /// What keeps the sink from doing it; then it has stored nothing, and the batch fails.
    fn write_batch(&mut self, batch: &BatchId, records: Vec<T>) -> Result<(), BoxError>;
}

/// See [`DStream::foreach_batch_once`](crate::DStream::foreach_batch_once).
pub fn foreach_batch_once<S>(sink: S) -> ForeachBatchOnce<S> {
    ForeachBatchOnce { sink: Mutex::new(sink), last: None }
}

/// See [`foreach_batch_once`].
pub struct ForeachBatchOnce<S> {
    /// Never locked: workers see the output operation, though not the sink, which many a client of a database must not be.
    sink: Mutex<S>,
    /// The last batch that the sink has, once it was asked.
    last: Option<Option<Time>>,
}

impl<T: Send, S: TransactionalSink<T>> Output<T> for ForeachBatchOnce<S> {
    type Part = Vec<T>;

    #[inline]
    fn take(&self, batch: impl Iterator<Item = T>, part: &mut Vec<T>) {
        part.extend(batch);
    }

    fn write(&mut self, time: Time, parts: Vec<Vec<T>>, commit: &mut Commit) -> Result<(), BoxError> {
        let sink = self.sink.get_mut().unwrap_or_else(PoisonError::into_inner);
        let batch = BatchId { output: commit.label(), time };
        let last = match self.last {
            Some(last) => last,
            None => sink.last_batch(&batch.output)?.map(|batch| batch.time),
        };
        if last.is_none_or(|last| last < time) {
            // After an error nobody knows whether the sink has it.
            self.last = None;
            sink.write_batch(&batch, joined(parts))?;
        }
        self.last = Some(last.max(Some(time)));
        Ok(())
    }
}
