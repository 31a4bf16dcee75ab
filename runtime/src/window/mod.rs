//! Windows over keyed streams: what is kept between batches, and how it follows the change.
//!
//! At each batch of its parent a window takes the batch's values, combined by key. They are folded into *panes*, the longest
//! spans of which both the window's length and its slide are multiples. The panes are the truth; what is read, one value a key,
//! is derived from them by an [`Algorithm`] in time proportional to what enters and leaves.
//!
//! A batch may fail. What left is dropped and numbers of keys are given back only at a commit. A rollback cuts the panes back to
//! the last commit and has the values derived anew, so that the usual path needs no log of what it overwrites.

mod algorithm;
mod arrivals;
mod by_number;
mod concat;
mod keyed;
mod monotonic;
mod panes;
mod pool;
mod recompute;
mod saved;
mod selecting;
mod shape;
mod shard;
mod subtract;
#[cfg(test)]
mod subtract_tests;
#[cfg(test)]
mod tests;
mod two_stacks;
mod views;

pub use algorithm::{Algorithm, Merge, Select, Unmerge};
pub use arrivals::Arrivals;
pub use concat::Concat;
pub use keyed::KeyedWindow;
#[cfg(test)]
pub use monotonic::Monotonic;
pub use recompute::Recompute;
pub use selecting::Selecting;
pub use shape::Shape;
pub use subtract::Subtract;
pub use two_stacks::TwoStacks;
