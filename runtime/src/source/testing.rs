//! What tests of sources need.

use std::sync::Arc;
use std::time::Duration;

use super::{Input, SourceContext, SourceOptions};
use crate::clock::Clock;
use crate::listener::Listeners;
use crate::time::Time;

/// A context on manual time, with a batch every second and without a log.
pub(crate) fn context(start: Time) -> SourceContext {
    SourceContext {
        stream: "numbers".into(),
        clock: Arc::new(Clock::manual(start)),
        every: Duration::from_secs(1),
        stop: Arc::default(),
        input: Arc::<Input>::default(),
        options: SourceOptions {
            workers: 1,
            buffered_blocks: 4,
            on_bad_record: crate::BadRecords::default(),
            max_rate: None,
            backpressure: None,
            log: None,
        },
        listeners: Listeners::default(),
    }
}
