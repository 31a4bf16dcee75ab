//! Batch times.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The time of a batch: the end of its interval, counted from the Unix epoch (on manual time, from the start of the test).
///
/// ```
/// use microbatch::{Duration, Time};
///
/// let time = Time::from_millis(2_500);
/// assert_eq!(time.floor(Duration::from_secs(1)).as_millis(), 2_000);
/// assert_eq!((time + Duration::from_millis(500)).to_string(), "3000 ms");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time {
    nanos: u64,
}

impl Time {
    /// The epoch.
    pub const ZERO: Time = Time { nanos: 0 };

    /// A time given in milliseconds since the epoch; at most the latest time that there is, in the year 2554.
    pub const fn from_millis(millis: u64) -> Self {
        Time { nanos: millis.saturating_mul(1_000_000) }
    }

    /// A time given in nanoseconds since the epoch.
    pub const fn from_nanos(nanos: u64) -> Self {
        Time { nanos }
    }

    /// A time given as the span since the epoch.
    pub const fn since_epoch(span: Duration) -> Self {
        Time { nanos: nanos_of(span) }
    }

    /// Milliseconds since the epoch, rounded down.
    pub const fn as_millis(self) -> u64 {
        self.nanos / 1_000_000
    }

    /// Nanoseconds since the epoch.
    pub const fn as_nanos(self) -> u64 {
        self.nanos
    }

    /// The latest multiple of `interval` that is not after this time. A zero `interval` gives the time itself.
    pub const fn floor(self, interval: Duration) -> Time {
        let interval = nanos_of(interval);
        if interval == 0 {
            return self;
        }
        Time { nanos: self.nanos / interval * interval }
    }

    /// Whether this time is a multiple of `interval`.
    pub fn is_multiple_of(self, interval: Duration) -> bool {
        self.floor(interval) == self
    }

    /// The span from `earlier` to this time; zero if `earlier` is later.
    pub const fn since(self, earlier: Time) -> Duration {
        Duration::from_nanos(self.nanos.saturating_sub(earlier.nanos))
    }

    /// The times from this one up to and without `end`, a `step` apart; a step of zero is a nanosecond.
    pub fn until(self, end: Time, step: Duration) -> impl Iterator<Item = Time> {
        (self.nanos..end.nanos).step_by((nanos_of(step) as usize).max(1)).map(|nanos| Time { nanos })
    }

    /// The times from this one up to and including `end`, a `step` apart; a step of zero is a nanosecond.
    pub fn to(self, end: Time, step: Duration) -> impl Iterator<Item = Time> {
        (self.nanos..=end.nanos).step_by((nanos_of(step) as usize).max(1)).map(|nanos| Time { nanos })
    }
}

/// What is longer than can be counted, 584 years, is that long.
const fn nanos_of(span: Duration) -> u64 {
    let nanos = span.as_nanos();
    if nanos > u64::MAX as u128 { u64::MAX } else { nanos as u64 }
}

impl Add<Duration> for Time {
    type Output = Time;
    /// What would be later than the latest time that there is, in the year 2554, is that.
    fn add(self, span: Duration) -> Time {
        Time { nanos: self.nanos.saturating_add(nanos_of(span)) }
    }
}

impl Sub<Duration> for Time {
    type Output = Time;
    /// Times before the epoch are the epoch.
    fn sub(self, span: Duration) -> Time {
        Time { nanos: self.nanos.saturating_sub(nanos_of(span)) }
    }
}

impl From<SystemTime> for Time {
    fn from(time: SystemTime) -> Time {
        Time::since_epoch(time.duration_since(UNIX_EPOCH).unwrap_or_default())
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.as_millis())
    }
}
