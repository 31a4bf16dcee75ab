//! What a pipeline remembers, asked of it without running it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::context::StreamingContext;
use crate::error::Result;
use crate::pipeline::Pipeline;
use crate::saved::{Description, SavedKind};
use crate::stored::Shape;

/// What stands between the types of a window and its panes.
pub(crate) const PANES: &str = ", in panes of ";

/// A window or a state of a pipeline: what [`StreamingContext::states`] returns.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct StateDescription {
    /// The name of its stream, or the one that it was given.
    pub name: Arc<str>,
    /// What kind of thing it is.
    pub kind: SavedKind,
    /// The pair of key and value; of a window over records, its blocks.
    pub shape: Shape,
    /// Of a window by key, the greatest span that divides its length and its slide: what it has of each such span is kept
    /// together.
    pub pane: Option<Duration>,
}

impl StateDescription {
    pub(crate) fn new(name: &Arc<str>, description: Description) -> Self {
        let Description { kind, shape, pane } = description;
        StateDescription { name: Arc::clone(name), kind, shape, pane }
    }

    /// Kind and type in words, and the panes.
    pub(crate) fn words(&self) -> String {
        let panes = self.pane.map(|pane| format!("{PANES}{pane:?}")).unwrap_or_default();
        format!("{} of {}{panes}", self.kind, self.shape)
    }
}

/// One line: the name in quotes, then what it is.
impl fmt::Display for StateDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.name, self.words())
    }
}

impl<P: Pipeline> StreamingContext<P> {
    /// The windows and states of the pipeline, in the order in which they are declared: what its checkpoints hold.
    ///
    /// The setup statements run, and the arguments of sources and operators are computed; but no source is started, no batch
    /// runs, and nothing is read from or written to a checkpoint directory.
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// let pipeline = stream!(every = 1s, |ssc| {
    ///     let words = ssc.socket_text_stream("localhost", 9999).flat_map(|line| line.split(' '));
    ///     let counts = words.map(|word| (word, 1u64)).update_state_by_key(|ones, count: Option<u64>| {
    ///         Some(count.unwrap_or(0) + ones.len() as u64)
    ///     });
    ///     counts.print();
    /// });
    /// let states = StreamingContext::new(pipeline).states()?;
    /// assert_eq!(states[0].to_string(), "\"counts\": state of (String, u64)");
    /// # Ok::<(), microbatch::Error>(())
    /// ```
    ///
    /// # Errors
    /// When a setup statement fails or panics, when two states have the same name, or when settings cannot work.
    pub fn states(self) -> Result<Vec<StateDescription>> {
        self.describe()
    }
}
