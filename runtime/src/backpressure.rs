//! Backpressure: how many records a second a receiver may take in follows how many the batches get done.

use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::listener::BatchInfo;
use crate::source::Input;

/// Has the rates of receivers follow the speed of the batches: see
/// [`StreamingContext::backpressure`](crate::StreamingContext::backpressure). The defaults are Spark's.
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use = "it does nothing before `StreamingContext::backpressure` is given it"]
pub struct Backpressure {
    proportional: f64,
    integral: f64,
    derivative: f64,
    min_rate: f64,
    initial_rate: Option<u64>,
}

impl Default for Backpressure {
    fn default() -> Self {
        Backpressure { proportional: 1.0, integral: 0.2, derivative: 0.0, min_rate: 100.0, initial_rate: None }
    }
}

impl Backpressure {
    /// How much of the difference between the last rate and the speed of the last batch is made up for. The default is 1.
    pub fn proportional(mut self, gain: f64) -> Self {
        self.proportional = gain;
        self
    }

    /// How much of what waits for its batch, the scheduling delay, is made up for in a batch. The default is 0.2.
    pub fn integral(mut self, gain: f64) -> Self {
        self.integral = gain;
        self
    }

    /// How much the trend counts. The default is 0: it makes the rate follow noise.
    pub fn derivative(mut self, gain: f64) -> Self {
        self.derivative = gain;
        self
    }

    /// The least rate in records a second; the default is 100.
    pub fn min_rate(mut self, records_per_second: f64) -> Self {
        self.min_rate = records_per_second;
        self
    }

    /// The rate until the first batches have shown how fast they are; without it, whatever comes is taken in. 0 is an error when
    /// the context starts.
    pub fn initial_rate(mut self, records_per_second: u64) -> Self {
        self.initial_rate = Some(records_per_second);
        self
    }

    /// The estimator of one stream.
    ///
    /// # Errors
    /// When a gain is negative, or the least rate not above zero.
    fn estimator(&self, every: Duration) -> Result<PidRateEstimator> {
        PidRateEstimator::new(every, self.proportional, self.integral, self.derivative, self.min_rate)
    }
}

/// The controllers of all streams of a context.
#[derive(Default)]
pub(crate) struct Controllers {
    controllers: Vec<(Arc<str>, PidRateEstimator, Arc<Input>)>,
}

impl Controllers {
    /// Limits a stream from now on: to `max_rate`, and below that as the batches of `every` show.
    pub fn add(
        &mut self,
        stream: &Arc<str>,
        input: &Arc<Input>,
        every: Duration,
        max_rate: Option<u64>,
        backpressure: Option<&Backpressure>,
    ) -> Result<()> {
        let initial_rate = backpressure.and_then(|backpressure| backpressure.initial_rate);
        for (setting, rate) in [("max_rate", max_rate), ("initial_rate", initial_rate)] {
            if rate == Some(0) {
                return Err(Error::config(
                    "a receiver cannot take in 0 records a second",
                    format!("give `{setting}` 1 or more"),
                ));
            }
        }
        input.limit.start(max_rate, initial_rate);
        if let Some(backpressure) = backpressure {
            self.controllers.push((Arc::clone(stream), backpressure.estimator(every)?, Arc::clone(input)));
        }
        Ok(())
    }

    /// A batch has ended: what it shows sets the rates.
    pub fn batch_completed(&mut self, batch: &BatchInfo) {
        let millis = |delay: Option<Duration>| delay.unwrap_or_default().as_secs_f64() * 1000.0;
        let Some(end) = batch.processing_end_time else { return };
        for (stream, estimator, input) in &mut self.controllers {
            let records = batch.inputs.iter().find(|input| input.stream == *stream).map_or(0, |input| input.records);
            let (processing, scheduling) = (millis(batch.processing_delay()), millis(batch.scheduling_delay()));
            let rate = estimator.compute(end.as_nanos() as f64 / 1e6, records as f64, processing, scheduling);
            rate.into_iter().for_each(|rate| input.limit.update(rate));
        }
    }
}

/// Spark's PID rate estimator: from how long a batch took and waited, the rate at which records may come so that the next ones
/// are done in time.
///
/// ```
/// use microbatch::{Duration, PidRateEstimator};
///
/// let mut estimator = PidRateEstimator::new(Duration::from_secs(1), 1.0, 0.2, 0.0, 100.0)?;
/// assert_eq!(estimator.compute(1000.0, 1000.0, 500.0, 0.0), None, "the first batch is the measure of the next ones");
/// assert_eq!(estimator.compute(2000.0, 1000.0, 800.0, 200.0), Some(1200.0));
/// # Ok::<(), microbatch::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct PidRateEstimator {
    every_millis: f64,
    proportional: f64,
    integral: f64,
    derivative: f64,
    min_rate: f64,
    latest: Option<Latest>,
}

/// What the estimator remembers of the batch before.
#[derive(Clone, Copy, Debug)]
struct Latest {
    time: f64,
    rate: f64,
    error: f64,
}

impl PidRateEstimator {
    /// For batches every `every`, with the gains of the proportional, the integral and the derivative term, and the least
    /// rate in records a second.
    ///
    /// # Errors
    /// When the interval or the least rate is not above zero, or a gain is below.
    pub fn new(every: Duration, proportional: f64, integral: f64, derivative: f64, min_rate: f64) -> Result<Self> {
        let gains = [("proportional", proportional), ("integral", integral), ("derivative", derivative)];
        if let Some((name, gain)) = gains.into_iter().find(|(_, gain)| gain.is_nan() || *gain < 0.0) {
            return Err(Error::config(format!("the {name} gain is {gain}"), "make it zero or more"));
        }
        if every.is_zero() || min_rate.is_nan() || min_rate <= 0.0 {
            let what = if every.is_zero() {
                "the batch interval is zero".to_owned()
            } else {
                format!("the least rate is {min_rate}")
            };
            return Err(Error::config(what, "make it more than zero"));
        }
        let every_millis = every.as_secs_f64() * 1000.0;
        Ok(PidRateEstimator { every_millis, proportional, integral, derivative, min_rate, latest: None })
    }

    /// The new rate in records a second, after a batch of `records` that ended at `time`, took `processing_delay` and had
    /// waited for `scheduling_delay`, all in milliseconds. `None` if the batch shows nothing: it is the first, had no records,
    /// took no time, or did not end after the one before.
    pub fn compute(&mut self, time: f64, records: f64, processing_delay: f64, scheduling_delay: f64) -> Option<f64> {
        let is_later = self.latest.is_none_or(|latest| time > latest.time);
        if !is_later || records <= 0.0 || processing_delay <= 0.0 {
            return None;
        }
        let processing_rate = records / processing_delay * 1000.0;
        let Some(latest) = self.latest else {
            self.latest = Some(Latest { time, rate: processing_rate, error: 0.0 });
            return None;
        };
        let seconds = (time - latest.time) / 1000.0;
        let error = latest.rate - processing_rate;
        let waiting = scheduling_delay * processing_rate / self.every_millis;
        let trend = (error - latest.error) / seconds;
        let change = self.proportional * error + self.integral * waiting + self.derivative * trend;
        let rate = (latest.rate - change).max(self.min_rate);
        self.latest = Some(Latest { time, rate, error });
        Some(rate)
    }
}
