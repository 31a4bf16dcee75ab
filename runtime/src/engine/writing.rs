//! Output operations of a batch.

use std::sync::Arc;

use super::Engine;
use crate::commit::Commit;
use crate::error::{BoxError, Error, Result};
use crate::listener::OutputOperationInfo;
use crate::ops::output::{Outlet, Output};
use crate::stage;
use crate::time::Time;

impl Engine {
    /// Runs an output operation, unless an earlier attempt at this batch has.
    pub fn output<T, O: Output<T>>(&mut self, label: &str, output: &mut O, outlets: Vec<Outlet<T, O>>) -> Result<()> {
        let mut parts = Vec::with_capacity(outlets.len());
        for outlet in outlets {
            parts.push(outlet.part);
        }
        self.write(label, O::IS_MEMORY, &mut |time, commit| output.write(time, std::mem::take(&mut parts), commit))
    }

    /// Runs an output operation: `write` is called at most once.
    pub(crate) fn write(
        &mut self,
        label: &str,
        is_memory: bool,
        write: &mut dyn FnMut(Time, &mut Commit) -> Result<(), BoxError>,
    ) -> Result<()> {
        let id = self.batch.outputs_met;
        self.batch.outputs_met += 1;
        if !self.is_due() || self.batch.outputs_done.contains(&id) {
            return Ok(());
        }
        let time = self.time();
        if let Some(durable) = &mut self.durable {
            // What other processes have seen of the batch they see once. Memory has forgotten it.
            if durable.is_given_up() || durable.is_done() && !is_memory {
                return Ok(());
            }
            durable.decide(time)?;
        }
        self.batch.info.output_operations.retain(|earlier| earlier.id != id);
        let clock = Arc::clone(&self.shared.clock);
        let mut info = OutputOperationInfo {
            batch_time: time,
            id,
            name: label.into(),
            start_time: clock.now(),
            end_time: None,
            failure: None,
        };
        self.shared.listeners.tell(|listener| listener.on_output_operation_started(&info));
        let commit = &mut self.batch.commit;
        (commit.output, commit.label) = (id, Arc::clone(&info.name));
        let actions = commit.actions.len();
        let written = match stage::caught(|| write(time, commit)) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(cause)) => Err(self.readable(label, Error::Output { time, output: label.to_owned(), cause })),
            Err(panicked) => Err(self.panicked(label, panicked)),
        };
        info.end_time = Some(clock.now());
        info.failure = written.as_ref().err().map(ToString::to_string);
        self.shared.listeners.tell(|listener| listener.on_output_operation_completed(&info));
        self.batch.info.output_operations.push(info);
        match &written {
            Ok(()) => {
                self.batch.outputs_done.insert(id);
            }
            // The next attempt hands in its own.
            Err(_) => self.batch.commit.actions.truncate(actions),
        }
        written
    }
}
