//! Types as data.

use std::any::TypeId;
use std::fmt::{self, Display, Formatter};

use super::Stored;
use crate::Record;

/// What a type looks like in a checkpoint. Types with equal shapes can read each other's bytes; a field that was renamed, moved
/// or given another type makes another shape. Boxes and shared pointers look like what they hold, sets like lists.
///
/// ```
/// use microbatch::Shape;
/// use microbatch::prelude::*;
///
/// #[derive(Clone, Record)]
/// struct Session { user: u64, pages: Vec<String> }
///
/// assert_eq!(Shape::of::<Session>().to_string(), "Session { user: u64, pages: [String] }");
/// assert_eq!(Shape::of::<(String, Option<f64>)>().to_string(), "(String, Option<f64>)");
/// ```
// No name here is one of the standard library: rustc would write `std::option::Option` in all errors of users.
// Shapes are in checkpoints themselves: new kinds go to the end, so that the numbers of the others stay.
#[derive(Clone, Debug, PartialEq, Eq, Record)]
#[non_exhaustive]
pub enum Shape {
    /// `()`: no bytes.
    Unit,
    /// `bool`: one byte.
    Bool,
    /// `char`: four bytes.
    Char,
    /// A number.
    Numeric(NumberKind),
    /// A number that is not zero.
    WithoutZero(NumberKind),
    /// Text.
    Text,
    /// A path of a file.
    FilePath,
    /// A span of time: seconds and nanoseconds.
    Span,
    /// The time of a batch: nanoseconds since the epoch.
    BatchTime,
    /// A time of the system's clock.
    ClockTime,
    /// An IPv4 address.
    Ipv4,
    /// An IPv6 address.
    Ipv6,
    /// An address of either kind.
    Ip,
    /// An address with its port.
    Socket,
    /// A value that may be missing.
    Optional(Box<Shape>),
    /// A value or an error.
    Outcome(Box<Shape>, Box<Shape>),
    /// Any number of values.
    List(Box<Shape>),
    /// This number of values.
    Array(u64, Box<Shape>),
    /// Keys and values.
    Entries(Box<Shape>, Box<Shape>),
    /// Values of different types.
    Tuple(Vec<Shape>),
    /// A type with fields.
    Struct(String, Fields),
    /// A type with variants.
    Enum(String, Vec<(String, Fields)>),
    /// The type with fields or variants of this number: one that was described before, or is being described. They are counted
    /// from zero, in the order in which their names come in the description.
    Seen(u32),
}

/// The fields of a struct or a variant.
#[derive(Clone, Debug, PartialEq, Eq, Record)]
pub enum Fields {
    /// None, and no parentheses.
    Unit,
    /// In parentheses.
    Unnamed(Vec<Shape>),
    /// In braces.
    Named(Vec<(String, Shape)>),
}

/// A kind of number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Record)]
#[non_exhaustive]
pub enum NumberKind {
    /// `u8`
    U8,
    /// `u16`
    U16,
    /// `u32`
    U32,
    /// `u64` and `usize`
    U64,
    /// `u128`
    U128,
    /// `i8`
    I8,
    /// `i16`
    I16,
    /// `i32`
    I32,
    /// `i64` and `isize`
    I64,
    /// `i128`
    I128,
    /// `f32`
    F32,
    /// `f64`
    F64,
}

impl Shape {
    /// Describes a type.
    pub fn of<T: Stored>() -> Shape {
        T::shape(&mut Shapes::default())
    }
}

/// The types with names that a description holds so far.
#[derive(Debug, Default)]
pub struct Shapes {
    seen: Vec<TypeId>,
}

impl Shapes {
    /// Describes a struct, or refers to it if it is known.
    pub fn fields<T: 'static>(&mut self, name: &str, fields: impl FnOnce(&mut Self) -> Fields) -> Shape {
        self.once::<T>(|shapes| Shape::Struct(name.to_owned(), fields(shapes)))
    }

    /// Describes an enum, or refers to it if it is known.
    pub fn variants<T: 'static>(
        &mut self,
        name: &str,
        variants: impl FnOnce(&mut Self) -> Vec<(String, Fields)>,
    ) -> Shape {
        self.once::<T>(|shapes| Shape::Enum(name.to_owned(), variants(shapes)))
    }

    fn once<T: 'static>(&mut self, describe: impl FnOnce(&mut Self) -> Shape) -> Shape {
        let id = TypeId::of::<T>();
        if let Some(number) = self.seen.iter().position(|seen| *seen == id) {
            return Shape::Seen(number as u32);
        }
        self.seen.push(id);
        describe(self)
    }
}

impl Display for NumberKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NumberKind::U8 => "u8",
            NumberKind::U16 => "u16",
            NumberKind::U32 => "u32",
            NumberKind::U64 => "u64",
            NumberKind::U128 => "u128",
            NumberKind::I8 => "i8",
            NumberKind::I16 => "i16",
            NumberKind::I32 => "i32",
            NumberKind::I64 => "i64",
            NumberKind::I128 => "i128",
            NumberKind::F32 => "f32",
            NumberKind::F64 => "f64",
        })
    }
}

impl Display for Shape {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Writer { f, names: Vec::new() }.shape(self)
    }
}

/// Writes a shape, and remembers the names that it has written.
struct Writer<'a, 'f> {
    f: &'a mut Formatter<'f>,
    names: Vec<&'a str>,
}

impl<'a> Writer<'a, '_> {
    fn shape(&mut self, shape: &'a Shape) -> fmt::Result {
        match shape {
            Shape::Unit => self.f.write_str("()"),
            Shape::Bool => self.f.write_str("bool"),
            Shape::Char => self.f.write_str("char"),
            Shape::Numeric(number) => write!(self.f, "{number}"),
            Shape::WithoutZero(number) => write!(self.f, "NonZero<{number}>"),
            Shape::Text => self.f.write_str("String"),
            Shape::FilePath => self.f.write_str("Path"),
            Shape::Span => self.f.write_str("Duration"),
            Shape::BatchTime => self.f.write_str("Time"),
            Shape::ClockTime => self.f.write_str("SystemTime"),
            Shape::Ipv4 => self.f.write_str("Ipv4Addr"),
            Shape::Ipv6 => self.f.write_str("Ipv6Addr"),
            Shape::Ip => self.f.write_str("IpAddr"),
            Shape::Socket => self.f.write_str("SocketAddr"),
            Shape::Optional(value) => self.within("Option<", [&**value], ">"),
            Shape::Outcome(value, error) => self.within("Result<", [&**value, &**error], ">"),
            Shape::List(item) => self.within("[", [&**item], "]"),
            Shape::Array(length, item) => {
                self.within("[", [&**item], "")?;
                write!(self.f, "; {length}]")
            }
            Shape::Entries(key, value) => self.within("Map<", [&**key, &**value], ">"),
            Shape::Tuple(members) => self.within("(", members, if members.len() == 1 { ",)" } else { ")" }),
            Shape::Struct(name, fields) => self.named(name, fields),
            Shape::Enum(name, variants) => self.variants(name, variants),
            Shape::Seen(number) => {
                let name = self.names.get(*number as usize).copied();
                self.f.write_str(name.unwrap_or("?"))
            }
        }
    }

    fn within(&mut self, open: &str, shapes: impl IntoIterator<Item = &'a Shape>, close: &str) -> fmt::Result {
        self.f.write_str(open)?;
        for (number, shape) in shapes.into_iter().enumerate() {
            self.f.write_str(if number == 0 { "" } else { ", " })?;
            self.shape(shape)?;
        }
        self.f.write_str(close)
    }

    fn named(&mut self, name: &'a str, fields: &'a Fields) -> fmt::Result {
        self.names.push(name);
        self.f.write_str(name)?;
        self.fields(fields)
    }

    fn variants(&mut self, name: &'a str, variants: &'a [(String, Fields)]) -> fmt::Result {
        self.names.push(name);
        write!(self.f, "enum {name} {{")?;
        for (number, (variant, fields)) in variants.iter().enumerate() {
            write!(self.f, "{} {variant}", if number == 0 { "" } else { "," })?;
            self.fields(fields)?;
        }
        self.f.write_str(" }")
    }

    fn fields(&mut self, fields: &'a Fields) -> fmt::Result {
        match fields {
            Fields::Unit => Ok(()),
            Fields::Unnamed(fields) => self.within("(", fields, ")"),
            Fields::Named(fields) if fields.is_empty() => self.f.write_str(" {}"),
            Fields::Named(fields) => {
                self.f.write_str(" {")?;
                for (number, (name, shape)) in fields.iter().enumerate() {
                    write!(self.f, "{} {name}: ", if number == 0 { "" } else { "," })?;
                    self.shape(shape)?;
                }
                self.f.write_str(" }")
            }
        }
    }
}
