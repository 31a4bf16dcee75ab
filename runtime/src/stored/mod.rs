//! Values in bytes: what a checkpoint holds of keys, states and records.
//!
//! [`Stored`] is a type that can be written and read; every [`Record`](trait@crate::Record) is one. [`Shape`] describes a type as
//! data, so that a checkpoint knows what it holds, and [`dump`] writes stored values as JSON by their shape alone.
//!
//! The format: numbers have a fixed width and are little-endian, `usize` is a `u64`; text and lists begin with their length and
//! enums with the number of the variant, in LEB128; `Option` and `Result` begin with a byte. Nothing is aligned, and nothing
//! says its type. An item of a list that takes no bytes is followed by a zero, so that no list has more items than bytes.

// `bytes.rs` has the parts that all formats share; `numbers.rs`, `text.rs`, `lists.rs`, `maps.rs`, `tuples.rs` and
// `standard.rs` hold one family of types each.
pub(crate) mod bytes;
mod depth;
mod dump;
mod json;
mod lists;
mod maps;
mod numbers;
mod shape;
mod standard;
#[cfg(test)]
mod tests;
mod text;
mod tuples;

use std::fmt::{self, Display, Formatter};

pub(crate) use bytes::{load_length, store_length};
pub use dump::dump;
pub use shape::{Fields, NumberKind, Shape, Shapes};

/// A value that can be written to a checkpoint and read again. `#[derive(Record)]` makes it for a type of yours: field by field,
/// without those that are marked `#[record(skip)]`, which are read as their `Default`.
///
/// ```
/// use microbatch::Stored;
///
/// let mut bytes = Vec::new();
/// ("be".to_string(), 2u64).store(&mut bytes);
/// assert_eq!(bytes, *b"\x02be\x02\0\0\0\0\0\0\0");
/// assert_eq!(<(String, u64)>::load(&mut bytes.as_slice())?, ("be".to_string(), 2));
/// # Ok::<(), microbatch::Malformed>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be written to a checkpoint",
    label = "records are written to checkpoints, and `{Self}` cannot be",
    note = "put `#[derive(Clone, Record)]` on each type of yours in it, or `#[record(skip)]` on a field that a checkpoint can do without"
)]
pub trait Stored: Sized + 'static {
    /// Appends the value.
    ///
    /// # Panics
    /// If lists and boxes are nested more than 1000 deep: it could not be read again.
    fn store(&self, out: &mut Vec<u8>);

    /// Takes a value from the front of the bytes. It allocates no more than they can justify.
    ///
    /// # Errors
    /// If they are not what [`store`](Self::store) has written. Then it is open how many of them were taken.
    fn load(from: &mut &[u8]) -> Result<Self, Malformed>;

    /// Describes the type: types with equal shapes can read each other's bytes.
    fn shape(shapes: &mut Shapes) -> Shape;

    /// Appends the items of a list. Numbers copy them in one go.
    #[doc(hidden)]
    fn store_all(items: &[Self], out: &mut Vec<u8>) {
        lists::store_items(items.iter(), out, Self::store);
    }

    /// Takes the items of a list.
    #[doc(hidden)]
    fn load_all(count: usize, from: &mut &[u8]) -> Result<Vec<Self>, Malformed> {
        lists::load_items(count, from)
    }
}

/// Bytes that are not what a value of the wanted type is stored as: damaged, or written by another version of the type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed(&'static str);

impl Malformed {
    /// Says what is wrong with the bytes.
    pub const fn new(what: &'static str) -> Self {
        Malformed(what)
    }

    const SHORT: Malformed = Malformed("they end in the middle of a value");
}

impl Display for Malformed {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "the bytes are not a stored value: {}", self.0)
    }
}

impl std::error::Error for Malformed {}
