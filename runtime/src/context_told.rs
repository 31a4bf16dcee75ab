//! What a context tells while it runs, and whom.

use std::sync::Arc;

use crate::context::StreamingContext;
use crate::engine_thread::Line;
use crate::error::Result;
use crate::listener::StreamingListener;
use crate::notices::Notices;
use crate::pipeline::Pipeline;
use crate::shared::Shared;

impl<P: Pipeline> StreamingContext<P> {
    /// Tells `listener` what happens. Without any, what goes wrong with sources and checkpoints while batches go on is said on
    /// standard error, each thing once; on manual time it is not.
    pub fn listener(mut self, listener: Arc<dyn StreamingListener>) -> Self {
        self.is_listened_to = true;
        self.listeners.add(listener);
        self
    }

    #[cfg(feature = "progress")]
    pub(crate) fn live_line(&self, shared: &Arc<Shared>) -> Result<Line> {
        if !self.show_progress {
            return Ok(None);
        }
        let goal = crate::live::Goal::new(self.max_batches, self.duration);
        crate::live::LiveLine::on_stderr(shared, goal)
    }

    #[cfg(not(feature = "progress"))]
    pub(crate) fn live_line(&self, _: &Arc<Shared>) -> Result<Line> {
        Ok(None)
    }

    /// What goes wrong is said on standard error, whoever listens.
    #[cfg(feature = "cli")]
    pub(crate) fn heard(mut self) -> Self {
        self.is_listened_to = false;
        self
    }

    /// Says on standard error what goes wrong with sources and checkpoints, if nobody else is there to hear it.
    pub(crate) fn notices(&self, shared: &Shared) -> Option<Arc<Notices>> {
        (!self.is_listened_to).then(|| Notices::listen(shared))
    }
}
