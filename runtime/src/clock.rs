//! Wall time and manual time behind one face.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime};

use crate::time::Time;

/// Tells the time that receivers and batches go by.
#[derive(Debug)]
pub enum Clock {
    /// The system's clock, read once and then advanced by a monotonic one: setting the system's clock moves no batch.
    Wall {
        /// The system's time at `origin`.
        start: Time,
        /// When `start` was read.
        origin: Instant,
    },
    /// A clock that a test advances.
    Manual(AtomicU64),
}

impl Clock {
    /// The system's clock.
    pub fn wall() -> Self {
        Clock::Wall { start: Time::from(SystemTime::now()), origin: Instant::now() }
    }

    /// A clock that stands at `start` until it is set.
    pub fn manual(start: Time) -> Self {
        Clock::Manual(AtomicU64::new(start.as_nanos()))
    }

    /// The current time.
    pub fn now(&self) -> Time {
        match self {
            Clock::Wall { start, origin } => *start + origin.elapsed(),
            Clock::Manual(nanos) => Time::from_nanos(nanos.load(Ordering::Acquire)),
        }
    }

    /// Sets a manual clock; a wall clock goes on by itself.
    pub(crate) fn set(&self, time: Time) {
        if let Clock::Manual(nanos) = self {
            nanos.store(time.as_nanos(), Ordering::Release);
        }
    }
}
