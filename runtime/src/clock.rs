//! Wall time and manual time behind one face.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime};

use crate::time::Time;

/// Tells the time that receivers and batches go by: [`SourceContext::clock`](crate::source::SourceContext::clock).
#[derive(Debug)]
#[non_exhaustive]
pub enum Clock {
    #[doc(hidden)]
    Wall(Wall),
    #[doc(hidden)]
    Manual(Manual),
}

/// The system's clock, read once and then advanced by a monotonic one: setting the system's clock moves no batch.
#[derive(Debug)]
pub struct Wall {
    /// The system's time at `origin`.
    start: Time,
    /// When `start` was read.
    origin: Instant,
}

/// The nanoseconds of a clock that a test advances.
#[derive(Debug)]
pub struct Manual(AtomicU64);

impl Clock {
    /// The system's clock.
    pub(crate) fn wall() -> Self {
        Clock::Wall(Wall { start: Time::from(SystemTime::now()), origin: Instant::now() })
    }

    /// A clock that stands at `start` until it is set.
    pub(crate) fn manual(start: Time) -> Self {
        Clock::Manual(Manual(AtomicU64::new(start.as_nanos())))
    }

    /// The current time.
    pub fn now(&self) -> Time {
        match self {
            Clock::Wall(wall) => wall.start + wall.origin.elapsed(),
            Clock::Manual(Manual(nanos)) => Time::from_nanos(nanos.load(Ordering::Acquire)),
        }
    }

    /// Sets a manual clock; a wall clock goes on by itself.
    pub(crate) fn set(&self, time: Time) {
        if let Clock::Manual(Manual(nanos)) = self {
            nanos.store(time.as_nanos(), Ordering::Release);
        }
    }
}
