//! Values that all closures read, and that can be replaced while the pipeline runs.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::as_of::{self, Needed, Versioned};
use crate::striped::Striped;

/// A value that closures on all workers read, and that any thread may replace at any time: block lists, prices, models.
///
/// A batch sees one version from its beginning to its end, on every worker, in every operator and output, and also when it is
/// tried again: a new value is seen from the next batch on. Code that does not run for a pipeline sees the newest value, and
/// so do threads that a closure starts itself: read the value first and hand it to them.
///
/// Clones share the value. Versions are dropped when no running batch can see them any more.
///
/// ```
/// use microbatch::prelude::*;
///
/// let blocked = Broadcast::new(vec!["or"]);
/// let list = blocked.clone();
/// let out = Collector::default();
/// let batch = || vec!["to".to_string(), "or".to_string()];
/// let pipeline = stream!(every = 1s, |ssc| {
///     ssc.queue_stream([batch(), batch()]).filter(|word| !list.value().contains(word)).collect_into(&out);
/// });
/// let mut context = StreamingContext::new(pipeline).manual()?;
/// context.advance(1)?;
/// blocked.replace(vec!["to"]);
/// context.advance(1)?;
/// let words: Vec<_> = out.take().into_iter().map(|(_, words)| words).collect();
/// assert_eq!(words, [["to"], ["or"]]);
/// # Ok::<(), microbatch::Error>(())
/// ```
pub struct Broadcast<T: Send + Sync + 'static> {
    versions: Arc<Versions<T>>,
}

/// The versions, oldest first, at least one; the same in every stripe.
struct Versions<T> {
    stripes: Striped<Vec<Version<T>>>,
}

struct Version<T> {
    /// When it became the newest.
    number: u64,
    value: Arc<Handle<T>>,
}

/// One for each stripe, so that the workers do not count their uses of a value in the same place.
struct Handle<T>(Arc<T>);

/// A version of a [`Broadcast`] value, seen through `*`. It stays as it is, also when the value is replaced.
pub struct BroadcastValue<T>(Arc<Handle<T>>);

impl<T: Send + Sync + 'static> Broadcast<T> {
    /// Shares a value.
    pub fn new(value: T) -> Self {
        let value = Arc::new(value);
        let stripes = Striped::new(|| vec![Version { number: 0, value: Arc::new(Handle(Arc::clone(&value))) }]);
        Broadcast { versions: Arc::new(Versions { stripes }) }
    }

    /// The value, as the running batch sees it. Costs about as much as an uncontended lock, and copies nothing.
    #[inline]
    pub fn value(&self) -> BroadcastValue<T> {
        let now = as_of::now();
        let versions = self.versions.stripes.mine();
        // The first one is never younger than a running batch.
        let seen = versions.iter().rev().find(|version| version.number <= now).unwrap_or(&versions[0]);
        BroadcastValue(Arc::clone(&seen.value))
    }

    /// Replaces the value, from the next batch on. If it is replaced several times in between, the last one counts.
    pub fn replace(&self, value: T) {
        let value = Arc::new(value);
        as_of::replace(Arc::<Versions<T>>::clone(&self.versions), |number| {
            for mut versions in self.versions.stripes.all() {
                versions.push(Version { number, value: Arc::new(Handle(Arc::clone(&value))) });
            }
        });
    }
}

impl<T: Send + Sync> Versioned for Versions<T> {
    fn forget(&self, needed: &Needed) {
        // The last handle to a value is dropped when this is, and that is after all locks.
        let mut forgotten = Vec::new();
        for mut versions in self.stripes.all() {
            let numbers: Vec<u64> = versions.iter().map(|version| version.number).collect();
            let mut nexts = numbers.into_iter().skip(1).chain([u64::MAX]);
            let is_seen = |version: &Version<T>| nexts.next().is_none_or(|next| needed.includes(version.number, next));
            let (seen, unseen) = std::mem::take(&mut *versions).into_iter().partition::<Vec<_>, _>(is_seen);
            *versions = seen;
            forgotten.push(unseen);
        }
    }

    fn is_superseded(&self) -> bool {
        self.stripes.all().any(|versions| versions.len() > 1)
    }
}

impl<T: Send + Sync + 'static> Clone for Broadcast<T> {
    fn clone(&self) -> Self {
        Broadcast { versions: Arc::clone(&self.versions) }
    }
}

impl<T: fmt::Debug + Send + Sync + 'static> fmt::Debug for Broadcast<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Broadcast").field(&*self.value()).finish()
    }
}

impl<T> Deref for BroadcastValue<T> {
    type Target = T;
    #[inline]
    fn deref(&self) -> &T {
        &self.0.0
    }
}

impl<T> Clone for BroadcastValue<T> {
    fn clone(&self) -> Self {
        BroadcastValue(Arc::clone(&self.0))
    }
}

impl<T: fmt::Debug> fmt::Debug for BroadcastValue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
