//! Declaring what outlives a batch.

use std::any::{Any, type_name};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::durable::check_interval;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::progress::StateProgress;
use crate::record::Record;
use crate::state::{StateHandle, StateView};
use crate::transaction::Transaction;

/// A window or a state before its first batch, with what is said about it.
pub struct Declaration<'a, S> {
    engine: &'a mut Engine,
    progress: StateProgress,
    state: S,
}

impl Engine {
    /// Declares something that outlives a batch, under the name of its stream.
    pub fn remember<S>(&mut self, label: &str, state: S) -> Declaration<'_, S> {
        let progress = StateProgress { name: label.into(), ..StateProgress::default() };
        Declaration { engine: self, progress, state }
    }
}

impl<S> Declaration<'_, S> {
    /// See [`name`](crate::dstream::StateDStream::name).
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.progress.name = name.into().into();
        self
    }

    /// See [`checkpoint_interval`](crate::dstream::StateDStream::checkpoint_interval).
    pub fn checkpoint_interval(mut self, interval: Duration) -> Self {
        self.progress.checkpoint_interval = Some(interval);
        self
    }

    /// Makes it known to the context.
    pub fn begin(self) -> Result<S>
    where
        S: Transaction,
    {
        let Declaration { engine, progress, mut state } = self;
        let (name, every) = (Arc::clone(&progress.name), engine.every());
        let interval = progress.checkpoint_interval;
        check_interval(&format!("the checkpoint interval of `{name}`"), interval, every)?;
        if !engine.shared().progress.add_state(progress) {
            return Err(Error::config(
                format!("two windows or states have the name `{name}`"),
                "give one of them another one with `.name(\"…\")`",
            ));
        }
        engine.declare(&name, interval, &mut state)?;
        if let Some(queries) = state.queries() {
            engine.shared().states.add(&name, queries);
        }
        Ok(state)
    }
}

/// What other threads can ask for, by name.
#[derive(Default)]
pub(crate) struct States(Mutex<HashMap<Arc<str>, Arc<dyn Any + Send + Sync>>>);

impl States {
    fn add(&self, name: &Arc<str>, queries: Arc<dyn Any + Send + Sync>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(Arc::clone(name), queries);
    }

    /// The contents of the state of a name, as of the last commit.
    pub fn view<K: Record, S: Record>(&self, name: &str) -> Result<StateView<K, S>> {
        let states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(queries) = states.get(name) else {
            let mut names: Vec<String> = states.keys().map(|name| format!("`{name}`")).collect();
            names.sort_unstable();
            let remedy = match names.is_empty() {
                true => "no stateful operator has begun".to_owned(),
                false => format!("there are {}", names.join(", ")),
            };
            return Err(Error::config(format!("no state has the name `{name}`"), remedy));
        };
        let Some(handle) = queries.downcast_ref::<StateHandle<K, S>>() else {
            let (key, state) = (type_name::<K>(), type_name::<S>());
            return Err(Error::config(
                format!("the state `{name}` has other types than `{key}` and `{state}`"),
                "ask for those that its closure keeps, for example `context.state::<String, u64>(…)`",
            ));
        };
        let view = handle.view();
        view.ok_or_else(|| Error::from(format!("the state `{name}` was lost when its batch was committed")))
    }
}
