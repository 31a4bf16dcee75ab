//! Output operations.

use std::marker::PhantomData;

use crate::collector::Collector;
use crate::engine::Commit;
use crate::error::{BoxError, Result};
use crate::record::Keep;
use crate::stage::Part;
use crate::time::Time;

/// An output operation on a stream of records `T`.
///
/// In the stage it takes what it needs of each worker's records; after all stages of the batch it writes.
pub trait Output<T> {
    /// A worker's part.
    type Part: Default + Send;

    /// Takes what this output needs of some of a worker's records.
    fn take(&self, batch: impl Iterator<Item = T>, part: &mut Self::Part);

    /// Writes a batch, given the workers' parts in the order of their records. What must not be seen before the batch is
    /// committed is handed to `commit`.
    fn write(&mut self, time: Time, parts: Vec<Self::Part>, commit: &mut Commit) -> Result<(), BoxError>;
}

/// A worker's part of an output of records `T`.
pub struct Outlet<T, O: Output<T>> {
    pub(crate) part: O::Part,
    records: PhantomData<fn() -> T>,
}

impl<T, O: Output<T>> Default for Outlet<T, O> {
    fn default() -> Self {
        Outlet { part: O::Part::default(), records: PhantomData }
    }
}

impl<T, O: Output<T>> Part for Outlet<T, O> {}

/// Sends the records at the end of a chain to an output operation.
#[inline]
pub fn output<I: Iterator, O: Output<I::Item>>(batch: I, outlet: &mut Outlet<I::Item, O>, output: &O) {
    output.take(batch, &mut outlet.part);
}

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
    type Part = Vec<R>;

    #[inline]
    fn take(&self, batch: impl Iterator<Item = T>, part: &mut Vec<R>) {
        part.extend(batch.map(T::keep));
    }

    fn write(&mut self, time: Time, parts: Vec<Vec<R>>, commit: &mut Commit) -> Result<(), BoxError> {
        let collector = self.0.clone();
        let mut records = parts.into_iter().flatten().collect::<Vec<R>>();
        commit.then(move || {
            collector.push(time, std::mem::take(&mut records));
            Ok(())
        });
        Ok(())
    }
}
