//! What holds values of other types: tuples, options, results, boxes.

use std::sync::Arc;

use super::bytes::take_byte;
use super::depth::Level;
use super::{Malformed, Shape, Shapes, Stored};
use crate::tuples::for_tuples;

#[diagnostic::do_not_recommend]
impl Stored for () {
    fn store(&self, _: &mut Vec<u8>) {}
    fn load(_: &mut &[u8]) -> Result<Self, Malformed> {
        Ok(())
    }
    fn shape(_: &mut Shapes) -> Shape {
        Shape::Unit
    }
}

#[diagnostic::do_not_recommend]
impl<T: Stored> Stored for Option<T> {
    #[inline]
    fn store(&self, out: &mut Vec<u8>) {
        out.push(u8::from(self.is_some()));
        if let Some(value) = self {
            value.store(out);
        }
    }
    #[inline]
    fn load(from: &mut &[u8]) -> Result<Self, Malformed> {
        match take_byte(from)? {
            0 => Ok(None),
            1 => T::load(from).map(Some),
            _ => Err(Malformed::new("an option is neither there nor missing")),
        }
    }
    fn shape(shapes: &mut Shapes) -> Shape {
        Shape::Optional(Box::new(T::shape(shapes)))
    }
}

#[diagnostic::do_not_recommend]
impl<T: Stored, E: Stored> Stored for Result<T, E> {
    #[inline]
    fn store(&self, out: &mut Vec<u8>) {
        out.push(u8::from(self.is_err()));
        match self {
            Ok(value) => value.store(out),
            Err(error) => error.store(out),
        }
    }
    #[inline]
    fn load(from: &mut &[u8]) -> Result<Self, Malformed> {
        match take_byte(from)? {
            0 => T::load(from).map(Ok),
            1 => E::load(from).map(Err),
            _ => Err(Malformed::new("a result is neither right nor wrong")),
        }
    }
    fn shape(shapes: &mut Shapes) -> Shape {
        let value = T::shape(shapes);
        Shape::Outcome(Box::new(value), Box::new(E::shape(shapes)))
    }
}

/// What points to a value is stored as the value.
macro_rules! pointers {
    ($($type:ident),*) => {$(
        #[diagnostic::do_not_recommend]
        impl<T: Stored> Stored for $type<T> {
            fn store(&self, out: &mut Vec<u8>) {
                let _level = Level::of_store();
                T::store(self, out);
            }
            fn load(from: &mut &[u8]) -> Result<Self, Malformed> {
                let _level = Level::of_load()?;
                T::load(from).map($type::new)
            }
            fn shape(shapes: &mut Shapes) -> Shape {
                T::shape(shapes)
            }
        }
    )*};
}

pointers!(Box, Arc);

macro_rules! tuples {
    ($(($($name:ident $index:tt),+))*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($name: Stored),+> Stored for ($($name,)+) {
            #[inline]
            fn store(&self, out: &mut Vec<u8>) {
                $(self.$index.store(out);)+
            }
            #[inline]
            fn load(from: &mut &[u8]) -> Result<Self, Malformed> {
                Ok(($($name::load(from)?,)+))
            }
            fn shape(shapes: &mut Shapes) -> Shape {
                Shape::Tuple(vec![$($name::shape(shapes)),+])
            }
        }
    )*};
}

for_tuples!(tuples);
