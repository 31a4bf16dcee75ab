//! A value in many copies, so that threads which use it at the same time do not meet.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Enough for the workers of most machines; with more threads, some share a stripe.
const STRIPES: usize = 32;

/// One copy for every few threads.
pub(crate) struct Striped<T> {
    stripes: Box<[Stripe<T>]>,
}

/// On cache lines of its own. Processors fetch lines in pairs, hence two.
#[repr(align(128))]
struct Stripe<T>(Mutex<T>);

impl<T> Striped<T> {
    pub fn new(mut copy: impl FnMut() -> T) -> Self {
        Striped { stripes: (0..STRIPES).map(|_| Stripe(Mutex::new(copy()))).collect() }
    }

    /// The copy of this thread.
    #[inline]
    pub fn mine(&self) -> MutexGuard<'_, T> {
        lock(&self.stripes[number_of_thread() % STRIPES])
    }

    /// All copies, one after the other.
    pub fn all(&self) -> impl Iterator<Item = MutexGuard<'_, T>> {
        self.stripes.iter().map(lock)
    }
}

fn lock<T>(stripe: &Stripe<T>) -> MutexGuard<'_, T> {
    stripe.0.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Threads are counted in the order in which they first ask, so that the workers of a pipeline have different numbers.
#[inline]
fn number_of_thread() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static NUMBER: Cell<usize> = const { Cell::new(usize::MAX) };
    }
    let number = NUMBER.get();
    if number != usize::MAX {
        return number;
    }
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    NUMBER.set(number);
    number
}
