//! What the generated code calls: one function for each operator, with the operator's name.
//!
//! - [`narrow`]: a record at a time, inside a stage, as iterator adaptors.
//! - [`shuffle`]: the end of a stage in which records meet by key or as a whole. The function folds the stage's records into a
//!   worker's part, a `Gather`, which also remembers the user's closure for merging the parts.
//! - [`batch`]: operators that take a whole batch, on one thread: `transform`, sorting, joins.
//! - [`output`]: output operations.

pub mod batch;
pub mod narrow;
pub mod output;
pub mod shuffle;
pub mod sources;

pub use batch::*;
pub use narrow::*;
pub use shuffle::*;

pub use crate::dataset::union;
