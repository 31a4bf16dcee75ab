//! How many records a second a receiver may take in.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::time::Time;

/// Billionths in a whole.
const NANOS: u128 = 1_000_000_000;

/// No limit.
const NONE: u64 = u64::MAX;

/// The rate of one stream, in records a second. Set by the engine, kept by the receiver.
#[derive(Debug)]
pub(crate) struct RateLimit {
    /// What the rate never exceeds.
    max: AtomicU64,
    rate: AtomicU64,
}

impl Default for RateLimit {
    fn default() -> Self {
        RateLimit { max: AtomicU64::new(NONE), rate: AtomicU64::new(NONE) }
    }
}

impl RateLimit {
    /// The limits before the first batch.
    pub fn start(&self, max: Option<u64>, initial: Option<u64>) {
        let max = max.unwrap_or(NONE);
        self.max.store(max, Ordering::Relaxed);
        self.rate.store(initial.unwrap_or(NONE).min(max), Ordering::Relaxed);
    }

    /// A new rate; one that is not above zero is ignored.
    pub fn update(&self, rate: f64) {
        if rate > 0.0 {
            // Below one record a second is one.
            self.rate.store((rate as u64).clamp(1, self.max.load(Ordering::Relaxed)), Ordering::Relaxed);
        }
    }

    /// The rate, if there is a limit.
    pub fn rate(&self) -> Option<u64> {
        Some(self.rate.load(Ordering::Relaxed)).filter(|rate| *rate != NONE)
    }
}

/// How far a receiver has used up what it may take in: records are paid for after they came, because they come in chunks.
///
/// What is owed is records and not time: a rate that rises again holds nobody up for what came while it was low.
#[derive(Debug, Default)]
pub(crate) struct Allowance {
    /// In billionths of a record, as of `at`.
    owed: u128,
    at: Time,
}

impl Allowance {
    /// Records have come.
    pub fn spend(&mut self, records: u64, limit: &RateLimit, now: impl FnOnce() -> Time) {
        if self.pay(limit, now).is_some() {
            self.owed += u128::from(records) * NANOS;
        }
    }

    /// How long to wait before more may come.
    pub fn wait(&mut self, limit: &RateLimit, now: impl FnOnce() -> Time) -> Option<Duration> {
        let rate = self.pay(limit, now)?;
        let nanos = self.owed.div_ceil(rate);
        Some(Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))).filter(|wait| !wait.is_zero())
    }

    /// Pays off as much as the rate allows by now. Without a limit nothing is owed.
    fn pay(&mut self, limit: &RateLimit, now: impl FnOnce() -> Time) -> Option<u128> {
        let Some(rate) = limit.rate() else {
            self.owed = 0;
            return None;
        };
        let (rate, now) = (u128::from(rate.max(1)), now());
        self.owed = self.owed.saturating_sub(rate * now.since(self.at).as_nanos());
        self.at = now;
        Some(rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cases RL.initializes105None and RL.does0100 of the conformance cases, and RC.2.
    #[test]
    fn a_rate_stays_below_its_maximum_and_above_zero() {
        let limit = RateLimit::default();
        assert_eq!(limit.rate(), None);
        limit.start(None, None);
        limit.update(105.0);
        assert_eq!(limit.rate(), Some(105));
        limit.start(Some(100), None);
        assert_eq!(limit.rate(), Some(100));
        limit.update(0.0);
        limit.update(-1.0);
        limit.update(f64::NAN);
        assert_eq!(limit.rate(), Some(100));
        limit.update(300.0);
        assert_eq!(limit.rate(), Some(100));
        limit.start(Some(100), Some(20));
        assert_eq!(limit.rate(), Some(20));
        for rate in [100, 200, 300] {
            limit.start(None, None);
            limit.update(f64::from(rate));
            assert_eq!(limit.rate(), Some(rate as u64));
        }
    }

    #[test]
    fn what_came_is_paid_for_afterwards() {
        let (limit, mut allowance) = (RateLimit::default(), Allowance::default());
        let second = Time::from_millis(1000);
        allowance.spend(1_000_000, &limit, || second);
        assert_eq!(allowance.wait(&limit, || second), None, "without a limit there is no debt");
        limit.update(100.0);
        allowance.spend(150, &limit, || second);
        assert_eq!(allowance.wait(&limit, || second), Some(Duration::from_millis(1500)));
        assert_eq!(allowance.wait(&limit, || Time::from_millis(2400)), Some(Duration::from_millis(100)));
        assert_eq!(allowance.wait(&limit, || Time::from_millis(2500)), None);
        // A rate that rises again.
        allowance.spend(100_000, &limit, || Time::from_millis(4000));
        assert_eq!(allowance.wait(&limit, || Time::from_millis(4000)), Some(Duration::from_secs(1000)));
        limit.update(1e6);
        assert_eq!(allowance.wait(&limit, || Time::from_millis(4000)), Some(Duration::from_millis(100)));
        assert_eq!(allowance.wait(&limit, || Time::from_millis(4100)), None);
        limit.update(100.0);
        // What was not used is not saved up.
        allowance.spend(100, &limit, || Time::from_millis(9000));
        assert_eq!(allowance.wait(&limit, || Time::from_millis(9000)), Some(Duration::from_secs(1)));
    }
}
