//! A queue of ready-made batches.

use std::sync::Arc;

use crate::error::Result;
use crate::record::Keep;
use crate::source::{Interval, Source, loaded, stored};

/// One item of an iterator a batch, then empty batches: for tests and examples.
///
/// Its position is the number of items taken: a later run that makes the same queue again goes on behind them.
pub struct QueueSource<I> {
    batches: I,
    taken: u64,
}

impl<I> QueueSource<I> {
    pub(crate) fn new(batches: I) -> Self {
        QueueSource { batches, taken: 0 }
    }
}

impl<T: Keep + Send + Sync + 'static, I: Iterator<Item = Vec<T>> + Send> Source for QueueSource<I> {
    type Block = Vec<T>;

    fn batch(&mut self, _: &Interval) -> Result<Vec<Arc<Vec<T>>>> {
        let batch = self.batches.next();
        self.taken += u64::from(batch.is_some());
        Ok(batch.map(Arc::new).into_iter().collect())
    }

    fn is_replayable(&self) -> bool {
        true
    }

    fn position(&self) -> Vec<u8> {
        stored(&self.taken)
    }

    fn seek(&mut self, position: &[u8]) -> Result<()> {
        let taken: u64 = loaded("queue_stream", position)?;
        while self.taken < taken && self.batches.next().is_some() {
            self.taken += 1;
        }
        Ok(())
    }

    fn extent(&self) -> Vec<u8> {
        stored(&self.taken)
    }

    fn batch_again(&mut self, interval: &Interval, extent: &[u8]) -> Result<Vec<Arc<Vec<T>>>> {
        // The queue had come to its end if the number had not grown.
        if loaded::<u64>("queue_stream", extent)? > self.taken { self.batch(interval) } else { Ok(Vec::new()) }
    }
}
