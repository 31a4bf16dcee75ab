//! What the generated code calls: one function for each operator, with the operator's name.
//!
//! - [`narrow`]: a record at a time, inside a stage, as iterator adaptors.
//! - [`by_key`], [`grouping`], [`whole_batch`], [`exchange`](mod@exchange): the end of a stage, in which records meet. The function folds the
//!   stage's records into a worker's part, a `Gather`, which also remembers the user's closure for merging the parts.
//! - [`batch`]: operators that take a whole batch: `transform`, sorting. [`join`](mod@join) has those that two exchanged streams meet
//!   in.
//! - [`window`]: the last batches of a stream: declared once in [`windows`], and moved on with each batch.
//! - [`state`]: what is remembered of each key: declared once in [`states`], and met by each batch.
//! - [`output`]: output operations.

pub mod aggregated;
pub mod batch;
pub mod by_key;
mod by_number;
pub mod combined;
pub mod entering;
pub mod exchange;
pub mod grouping;
pub mod join;
pub mod narrow;
pub mod output;
mod shortcuts;
pub mod single_window;
pub mod sources;
pub mod state;
pub mod states;
pub mod whole_batch;
pub mod window;
pub mod windowed;
pub mod windows;

pub use batch::*;
pub use by_key::*;
pub use exchange::*;
pub use grouping::*;
pub use join::*;
pub use narrow::*;
pub use state::*;
pub use whole_batch::*;
pub use window::*;
pub use windowed::*;

pub use crate::dataset::union;
