//! Values that closures add to, and that can be read while the pipeline runs.

use std::fmt;
use std::ops::AddAssign;
use std::sync::Arc;

use crate::striped::Striped;

/// A named value that closures on any worker add to, and that any thread can read at any time: counters, sums, maxima.
///
/// Clones share the value; a pipeline takes its closures' clones with it. Workers add to copies of their own, which
/// [`value`](Self::value) brings together, so that adding costs about as much as an uncontended lock.
///
/// As with Spark's, what is added in a closure counts what was *done*: a batch that is tried again counts again, and of a
/// stream that is only printed, records beyond the printed ones may never reach the closure. If a figure must be exact, compute
/// it as a stream.
///
/// ```
/// use microbatch::prelude::*;
///
/// let dropped: Accumulator<u64> = Accumulator::new("dropped words");
/// let counter = dropped.clone();
/// let out = Collector::default();
/// let pipeline = stream!(every = 1s, |ssc| {
///     let words = ssc.queue_stream([vec!["to".to_string(), "be".to_string(), "or".to_string()]]);
///     let kept = words.filter(|word| {
///         let keep = *word != "or";
///         if !keep {
///             counter.add(1);
///         }
///         keep
///     });
///     kept.collect_into(&out);
/// });
/// StreamingContext::new(pipeline).manual()?.advance(1)?;
/// assert_eq!(dropped.value(), 1);
/// assert_eq!(dropped.to_string(), "1");
/// # Ok::<(), microbatch::Error>(())
/// ```
pub struct Accumulator<T> {
    inner: Arc<Inner<T>>,
}

struct Inner<T> {
    name: Box<str>,
    zero: T,
    merge: Merge<T>,
    sums: Striped<T>,
}

type Merge<T> = Box<dyn Fn(&mut T, T) + Send + Sync>;

impl<T: Clone + Send> Accumulator<T> {
    /// An accumulator that starts at `T::default()` and adds with `+=`.
    pub fn new(name: impl Into<String>) -> Self
    where
        T: Default + AddAssign,
    {
        Self::with_merge(name, T::default(), |sum, value| *sum += value)
    }

    /// An accumulator that starts at `zero` and takes in values by `merge`.
    ///
    /// Values are merged in any order and grouping, each group beginning at `zero`. So the order must not matter to `merge`, and
    /// `merge` of `zero` and a value must be the value. `merge` must not use the same accumulator: it would wait for itself.
    ///
    /// ```
    /// use microbatch::Accumulator;
    ///
    /// let longest = Accumulator::with_merge("longest line", 0, |most: &mut usize, length| *most = length.max(*most));
    /// longest.add(80);
    /// longest.add(72);
    /// assert_eq!(longest.value(), 80);
    /// ```
    pub fn with_merge(name: impl Into<String>, zero: T, merge: impl Fn(&mut T, T) + Send + Sync + 'static) -> Self {
        let sums = Striped::new(|| zero.clone());
        Accumulator { inner: Arc::new(Inner { name: name.into().into(), zero, merge: Box::new(merge), sums }) }
    }

    /// Adds a value. Never waits for a reader longer than it takes to copy a value.
    #[inline]
    pub fn add(&self, value: T) {
        (self.inner.merge)(&mut self.inner.sums.mine(), value);
    }

    /// What was added so far. While closures add, it lies between what was there when this was called and what is there when
    /// it returns.
    pub fn value(&self) -> T {
        let mut total = self.inner.zero.clone();
        for sum in self.inner.sums.all() {
            let copy = sum.clone();
            drop(sum); // `merge` is the user's code, and others add meanwhile
            (self.inner.merge)(&mut total, copy);
        }
        total
    }
}

impl<T> Accumulator<T> {
    /// The name it was given.
    pub fn name(&self) -> &str {
        &self.inner.name
    }
}

impl<T> Clone for Accumulator<T> {
    fn clone(&self) -> Self {
        Accumulator { inner: Arc::clone(&self.inner) }
    }
}

/// The value alone.
impl<T: Clone + Send + fmt::Display> fmt::Display for Accumulator<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value().fmt(f)
    }
}

/// Name and value.
impl<T: Clone + Send + fmt::Debug> fmt::Debug for Accumulator<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accumulator").field("name", &self.name()).field("value", &self.value()).finish()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{OnceLock, mpsc};
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[test]
    fn nothing_is_locked_while_sums_are_brought_together() {
        let (itself, is_read) = (Arc::new(OnceLock::<Accumulator<u64>>::new()), Arc::new(AtomicBool::new(false)));
        let sum = {
            let (itself, is_read) = (Arc::clone(&itself), Arc::clone(&is_read));
            Accumulator::with_merge("sum", 0, move |sum: &mut u64, value| {
                *sum += value;
                // As somebody else may at this moment.
                if is_read.swap(false, Ordering::AcqRel) {
                    itself.get().unwrap().add(1);
                    is_read.store(true, Ordering::Release);
                }
            })
        };
        assert!(itself.set(sum.clone()).is_ok());
        let (sender, done) = mpsc::channel();
        thread::spawn(move || {
            sum.add(5);
            is_read.store(true, Ordering::Release);
            sender.send(sum.value()).unwrap();
        });
        assert!(done.recv_timeout(Duration::from_secs(60)).is_ok_and(|sum| sum >= 5));
    }
}
