//! Which version of a shared value a batch sees: the newest one that is not younger than the batch.
//!
//! Every replacement takes the next number of one sequence, and every batch notes the number at which it began. The threads
//! of an engine know its current batch; on all other threads, and between batches, the newest version counts.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// Outside of a batch.
const NEWEST: u64 = u64::MAX;

/// What all engines of the process share.
struct Calendar {
    /// The number of the last replacement.
    sequence: u64,
    /// Where the running batches began, and how many began there.
    running: BTreeMap<u64, usize>,
    /// Values with versions that a running batch may still need.
    superseded: Vec<Weak<dyn Versioned>>,
}

static CALENDAR: Mutex<Calendar> =
    Mutex::new(Calendar { sequence: 0, running: BTreeMap::new(), superseded: Vec::new() });

fn calendar() -> MutexGuard<'static, Calendar> {
    CALENDAR.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Calendar {
    fn needed(&self) -> Needed {
        Needed { batches: self.running.keys().copied().collect(), sequence: self.sequence }
    }

    fn add_superseded(&mut self, value: Weak<dyn Versioned>) {
        if !self.superseded.iter().any(|other| other.ptr_eq(&value)) {
            self.superseded.push(value);
        }
    }
}

/// Where batches began that need old versions.
pub(crate) struct Needed {
    batches: Vec<u64>,
    /// All later batches begin here or later.
    sequence: u64,
}

impl Needed {
    /// Whether anyone can see the version that was the newest from one number on until just before the next one.
    pub fn includes(&self, number: u64, next: u64) -> bool {
        let sees = |began: &u64| (number..next).contains(began);
        next > self.sequence || self.batches.iter().any(sees)
    }
}

/// A value with versions.
pub(crate) trait Versioned: Send + Sync {
    /// Drops the versions that nobody can see.
    fn forget(&self, needed: &Needed);
    /// Whether there are versions besides the newest.
    fn is_superseded(&self) -> bool;
}

/// Runs `push` with the number of a new version. No batch begins meanwhile, so that a batch sees the version everywhere or
/// nowhere.
pub(crate) fn replace(value: Arc<dyn Versioned>, push: impl FnOnce(u64)) {
    let mut now = calendar();
    now.sequence += 1;
    push(now.sequence);
    let needed = now.needed();
    drop(now);
    // A version may hold much, and dropping it may run anything: not under the lock.
    value.forget(&needed);
    if value.is_superseded() {
        calendar().add_superseded(Arc::downgrade(&value));
    }
}

/// The batch that an engine is running.
pub(crate) struct CurrentBatch {
    began: AtomicU64,
}

impl CurrentBatch {
    pub fn none() -> Self {
        CurrentBatch { began: AtomicU64::new(NEWEST) }
    }

    /// A new batch begins. Another attempt at a batch is the same batch.
    pub fn begin(&self) {
        self.end();
        let mut now = calendar();
        let began = now.sequence;
        *now.running.entry(began).or_default() += 1;
        self.began.store(began, Ordering::Release);
    }

    /// The batch is over, for good.
    pub fn end(&self) {
        let began = self.began.swap(NEWEST, Ordering::AcqRel);
        if began == NEWEST {
            return;
        }
        let mut now = calendar();
        if let Some(batches) = now.running.get_mut(&began) {
            *batches -= 1;
            if *batches == 0 {
                now.running.remove(&began);
            }
        }
        if now.superseded.is_empty() {
            return;
        }
        let needed = now.needed();
        let mut values: Vec<_> = now.superseded.iter().filter_map(Weak::upgrade).collect();
        drop(now);
        values.iter().for_each(|value| value.forget(&needed));
        calendar().superseded.retain(|value| {
            let value = value.upgrade();
            let remains = value.as_ref().is_some_and(|value| value.is_superseded());
            values.extend(value); // perhaps the last handle: it is dropped without the lock
            remains
        });
    }
}

impl Drop for CurrentBatch {
    fn drop(&mut self) {
        self.end();
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<CurrentBatch>>> = const { RefCell::new(None) };
}

/// The number up to which versions can be seen on this thread, now.
#[inline]
pub(crate) fn now() -> u64 {
    CURRENT.with_borrow(|current| current.as_ref().map_or(NEWEST, |batch| batch.began.load(Ordering::Acquire)))
}

/// Whether this thread works for the engine of this batch.
pub(crate) fn works_for(batch: &Arc<CurrentBatch>) -> bool {
    CURRENT.with_borrow(|current| current.as_ref().is_some_and(|current| Arc::ptr_eq(current, batch)))
}

/// From now on this thread works for an engine.
pub(crate) fn join(batch: &Arc<CurrentBatch>) {
    CURRENT.set(Some(Arc::clone(batch)));
}

/// While this lives, the thread works for an engine; afterwards for whom it did before.
pub(crate) struct Joined {
    batch: Arc<CurrentBatch>,
    before: Option<Arc<CurrentBatch>>,
}

impl Joined {
    pub fn new(batch: &Arc<CurrentBatch>) -> Self {
        Joined { batch: Arc::clone(batch), before: CURRENT.replace(Some(Arc::clone(batch))) }
    }
}

impl Drop for Joined {
    fn drop(&mut self) {
        CURRENT.set(self.before.take());
        self.batch.end();
    }
}
