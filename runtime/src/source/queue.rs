//! A queue of ready-made batches.

use std::sync::Arc;

use crate::error::Result;
use crate::record::Keep;
use crate::source::{Interval, Source};

/// One item of an iterator a batch, then empty batches: for tests and examples.
pub struct QueueSource<I> {
    batches: I,
}

impl<I> QueueSource<I> {
    pub(crate) fn new(batches: I) -> Self {
        QueueSource { batches }
    }
}

impl<T: Keep + Send + Sync + 'static, I: Iterator<Item = Vec<T>> + Send> Source for QueueSource<I> {
    type Block = Vec<T>;

    fn batch(&mut self, _: &Interval) -> Result<Vec<Arc<Vec<T>>>> {
        Ok(self.batches.next().map(Arc::new).into_iter().collect())
    }
}
