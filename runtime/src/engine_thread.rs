//! The thread of an engine: how it begins, and how it ends.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::as_of::Joined;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::notices::Notices;
use crate::pipeline::Pipeline;
use crate::running::join;
use crate::shared::{Ends, Shared, Status};
use crate::stage::{Panicked, caught};

/// The live line, if there is one.
#[cfg(feature = "progress")]
pub(crate) type Line = Option<crate::live::LiveLine>;
#[cfg(not(feature = "progress"))]
pub(crate) type Line = Option<()>;

/// Runs a pipeline on a thread of its own.
pub(crate) fn spawn<P: Pipeline + Send + 'static>(
    pipeline: P,
    mut engine: Engine,
    shared: &Arc<Shared>,
    line: Line,
    notices: Option<Arc<Notices>>,
) -> Result<JoinHandle<Result<()>>> {
    let shared = Arc::clone(shared);
    let run = move || {
        let _line = line;
        let ended = drive(pipeline, &mut engine, &shared);
        notices.iter().for_each(|notices| notices.tell());
        ended
    };
    thread::Builder::new().name("microbatch".to_owned()).spawn(run).map_err(|error| {
        Error::config(format!("the engine's thread cannot be started: {error}"), "raise the limit of threads")
    })
}

/// Waits until the setup is through. If it does not come to that, the engine's thread has ended and returns why.
pub(crate) fn set_up(thread: JoinHandle<Result<()>>, shared: &Shared) -> Result<Option<JoinHandle<Result<()>>>> {
    const LOOK: Duration = Duration::from_millis(50);
    loop {
        match shared.setup.wait(LOOK) {
            Some(true) => return Ok(Some(thread)),
            None if !thread.is_finished() => {}
            _ => return join(thread).map(|()| None),
        }
    }
}

/// Runs a pipeline to its end, and stops what it has started however it ends.
pub(crate) fn drive<P: Pipeline>(pipeline: P, engine: &mut Engine, shared: &Shared) -> Result<()> {
    let name = pipeline.name().to_owned();
    let _ends = Ends(&shared.failure); // when all else is done
    let _joined = Joined::new(engine.workers().batch());
    let ended = engine_caught(&name, shared, || pipeline.run(engine));
    shared.stop.request();
    shared.status.set(Status::Stopped);
    shared.setup.ends(false);
    ended
}

/// A panic outside of stages and outputs comes from a setup statement, or else from what runs between the batches.
fn engine_caught(name: &str, shared: &Shared, work: impl FnOnce() -> Result<()>) -> Result<()> {
    caught(work).unwrap_or_else(|Panicked { place, message }| {
        Err(match shared.setup.ends(false) {
            false => Error::Setup { pipeline: name.to_owned(), place, message },
            true => Error::Panic { time: shared.clock.now(), stage: name.to_owned(), place, message },
        })
    })
}
