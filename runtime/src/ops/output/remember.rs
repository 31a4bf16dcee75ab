//! `remember`: the last batches, for other parts of the program.

use std::time::Duration;

use crate::commit::Commit;
use crate::dataset::joined;
use crate::error::{BoxError, Error, Result};
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

impl<R> Remember<R> {
    /// Whether the duration can be one, which only a literal tells before the pipeline starts.
    pub fn check(&self, label: &str) -> Result<()> {
        match self.duration.is_zero() {
            true => Err(Error::config(
                format!("`{label}` would remember nothing: its duration is zero"),
                "write a duration above zero, for example `1min`",
            )),
            false => Ok(()),
        }
    }
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
            remembered.push(time, joined(parts), duration);
            Ok(())
        });
        Ok(())
    }
}
