//! The language of `stream!`: [`DStream`] and its operators, and the sources of `ssc`.

mod output;

use std::marker::PhantomData;
use std::time::Duration;

use crate::engine::Engine;
use crate::error::Result;
use crate::pipeline::Pipeline;
use crate::plan::Plan;

/// A stream of batches of records.
pub struct DStream<T> {
    records: PhantomData<fn() -> T>,
}

/// The sources: what `ssc.` offers inside `stream!`.
pub struct Sources(());

/// A pipeline that did not compile: it has the right type, so that the mistake is all that is reported.
#[doc(hidden)]
pub struct Broken(());

#[doc(hidden)]
pub fn broken() -> Broken {
    Broken(())
}

/// What an editor sees in place of a compiled pipeline.
#[doc(hidden)]
pub fn reference<T>(_: impl FnOnce(&Sources) -> T) -> Broken {
    Broken(())
}

impl Pipeline for Broken {
    fn name(&self) -> &str {
        "broken"
    }
    fn every(&self) -> Duration {
        Duration::ZERO
    }
    fn plan(&self) -> Plan {
        Plan::new(Vec::new(), Vec::new())
    }
    fn run(self, _: &mut Engine) -> Result<()> {
        Ok(())
    }
}
