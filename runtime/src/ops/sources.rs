//! The sources that `ssc.` offers, by name.

use crate::record::Record;
use crate::source::{QueueSource, Source};

/// See [`StreamingContext::queue_stream`](crate::dstream::Sources::queue_stream).
pub fn queue_stream<T: Record, Q: IntoIterator<Item = Vec<T>, IntoIter: Send>>(batches: Q) -> QueueSource<Q::IntoIter> {
    QueueSource::new(batches.into_iter())
}

/// Any source of your own.
pub fn source<S: Source>(source: S) -> S {
    source
}
