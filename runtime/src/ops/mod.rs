//! What the generated code calls: one function for each operator, with the operator's name.
//!
//! - [`narrow`]: a record at a time, inside a stage, as iterator adaptors.
//! - [`shuffle`]: the end of a stage in which records meet by key or as a whole. The function folds the stage's records into a
//!   worker's part, a `Gather`, which also remembers the user's closure for merging the parts.
//! - [`batch`]: operators that take a whole batch, on one thread: `transform`, sorting, joins.
//! - [`window`]: the last batches of a stream: declared once in [`windows`], and moved on with each batch.
//! - [`state`]: what is remembered of each key: declared once in [`states`], and met by each batch.
//! - [`output`]: output operations.

pub mod aggregated;
pub mod batch;
pub mod entering;
pub mod narrow;
pub mod output;
pub mod shuffle;
pub mod single_window;
pub mod sources;
pub mod state;
pub mod states;
pub mod window;
pub mod windowed;
pub mod windows;

pub use batch::*;
pub use narrow::*;
pub use shuffle::*;
pub use state::*;
pub use window::*;
pub use windowed::*;

pub use crate::dataset::union;
