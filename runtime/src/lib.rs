//! Spark Streaming's DStream model, compiled.
#![warn(missing_docs)]
#![deny(unsafe_code)]

mod accumulator;
mod as_of;
mod block;
mod broadcast;
mod clock;
mod collector;
mod context;
mod dataset;
mod driver;
mod engine;
mod error;
mod fold;
mod listener;
mod panics;
mod pipeline;
mod plan;
mod policy;
mod progress;
mod record;
mod shared;
mod show;
mod signal;
mod stage;
mod striped;
mod table;
pub mod text;
mod time;

pub mod dstream;
pub mod source;

#[doc(hidden)]
pub mod ops;

pub use accumulator::Accumulator;
pub use block::{Block, TextBlock};
pub use broadcast::{Broadcast, BroadcastValue};
pub use clock::Clock;
pub use collector::Collector;
pub use context::{ManualContext, RunningContext, StreamingContext};
pub use dstream::DStream;
pub use error::{BoxError, Error, Result};
pub use listener::{BatchInfo, InputInfo, OutputOperationInfo, ReceiverInfo, StreamingListener};
pub use microbatch_macros::{Record, stream};
pub use ops::output::BatchOutcome;
pub use pipeline::Pipeline;
pub use plan::Plan;
pub use policy::{BadRecord, BadRecords, OnFailure, RejectFn};
pub use progress::{Progress, StreamProgress};
pub use record::{Keep, Key, Pair, Record};
pub use show::{Show, Shown};
pub use signal::StopSignal;
pub use std::time::Duration;
pub use time::Time;

/// What almost every program needs.
pub mod prelude {
    pub use crate::{
        Accumulator, Broadcast, Collector, DStream, Duration, Pipeline, Record, Show, StreamingContext, Time, stream,
    };
}

/// For generated code alone: it may change with every version.
#[doc(hidden)]
pub mod __private {
    pub use crate::dstream::{Sources, broken, reference};
    pub use crate::engine::Engine;
    pub use crate::error::Result;
    pub use crate::ops;
    pub use crate::pipeline::Job;
    pub use crate::plan::{Plan, Stage, Step, StepKind};
    pub use crate::show::show_fields;
}

// Generated code says `::microbatch`, also in the documentation's examples of this crate itself.
extern crate self as microbatch;
