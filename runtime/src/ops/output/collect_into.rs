//! `collect_into`: records in memory.

use crate::collector::Collector;
use crate::commit::Commit;
use crate::dataset::joined;
use crate::error::BoxError;
use crate::ops::output::Output;
use crate::record::Keep;
use crate::time::Time;

/// See [`DStream::collect_into`](crate::DStream::collect_into).
pub fn collect_into<R>(collector: &Collector<R>) -> CollectInto<R> {
    CollectInto(collector.clone())
}

/// See [`collect_into`].
pub struct CollectInto<R>(Collector<R>);

impl<T, R> Output<T> for CollectInto<R>
where
    T: Keep<Owned = R>,
    R: Send + 'static,
{
    const IS_MEMORY: bool = true;

    type Part = Vec<R>;

    #[inline]
    fn take(&self, batch: impl Iterator<Item = T>, part: &mut Vec<R>) {
        part.extend(batch.map(T::keep));
    }

    fn write(&mut self, time: Time, parts: Vec<Vec<R>>, commit: &mut Commit) -> Result<(), BoxError> {
        let (collector, is_replay) = (self.0.clone(), commit.is_replay());
        commit.then(move || {
            collector.push(time, joined(parts), is_replay);
            Ok(())
        });
        Ok(())
    }
}
