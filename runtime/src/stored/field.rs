//! What the derive asks of a field.

use std::fmt::Display;

use super::{Malformed, Shape, Shapes, Stored};
use crate::show::{Show, Shown};

/// A field of a type with `#[derive(Record)]`. One trait for all that a field must be able to do, so that a field that cannot is
/// one error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of a `Record`",
    label = "a record is written to checkpoints and shown, and `{Self}` cannot be",
    note = "put `#[derive(Clone, Record)]` on each type of yours in it, or `#[record(skip)]` on the field, which is then left out"
)]
pub trait Field: Sized {
    /// Appends the field.
    fn store(&self, out: &mut Vec<u8>);
    /// Takes the field.
    fn load(from: &mut &[u8]) -> Result<Self, Malformed>;
    /// Describes the field.
    fn shape(shapes: &mut Shapes) -> Shape;
    /// The field as text.
    fn shown(&self) -> impl Display;
}

#[diagnostic::do_not_recommend]
impl<T: Stored + Show> Field for T {
    #[inline(always)]
    fn store(&self, out: &mut Vec<u8>) {
        Stored::store(self, out);
    }
    #[inline(always)]
    fn load(from: &mut &[u8]) -> Result<Self, Malformed> {
        Stored::load(from)
    }
    fn shape(shapes: &mut Shapes) -> Shape {
        <T as Stored>::shape(shapes)
    }
    fn shown(&self) -> impl Display {
        Shown(self)
    }
}
