//! `remember`: the last batches, for other parts of the program.

use std::time::Duration;

use crate::commit::Commit;
use crate::error::BoxError;
use crate::ops::output::Output;
use crate::record::Keep;
use crate::remembered::Remembered;
use crate::time::Time;

/// See [`DStream::remember`](crate::DStream::remember).
pub fn remember<R>(remembered: &Remembered<R>, duration: Duration) -> Remember<R> {
    Remember { remembered: remembered.clone(), duration }
}

/// See [`remember`].
pub struct Remember<R> {
    remembered: Remembered<R>,
    duration: Duration,
}

impl<T, R> Output<T> for Remember<R>
where
    T: Keep<Owned = R>,
    R: Send + Sync + 'static,
{
    const IS_MEMORY: bool = true;

    type Part = Vec<R>;

    #[inline]
    fn take(&self, batch: impl Iterator<Item = T>, part: &mut Vec<R>) {
        part.extend(batch.map(T::keep));
    }

    fn write(&mut self, time: Time, parts: Vec<Vec<R>>, commit: &mut Commit) -> Result<(), BoxError> {
        let (remembered, duration) = (self.remembered.clone(), self.duration);
        commit.then(move || {
            remembered.push(time, parts.into_iter().flatten().collect(), duration);
            Ok(())
        });
        Ok(())
    }
}
