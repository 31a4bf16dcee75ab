//! Lists and sets: a length, then the items. Arrays: the items.

use std::array;
use std::collections::{BTreeSet, HashSet, VecDeque};
use std::hash::{BuildHasher, Hash};
use std::sync::Arc;

use super::bytes::{load_length, store_length, take_byte};
use super::depth::Level;
use super::{Malformed, Shape, Shapes, Stored};

/// Appends items, each of which takes a byte at least.
#[inline]
pub(super) fn store_items<T>(items: impl Iterator<Item = T>, out: &mut Vec<u8>, store: impl Fn(T, &mut Vec<u8>)) {
    let _level = Level::of_store();
    for item in items {
        let before = out.len();
        store(item, out);
        if out.len() == before {
            out.push(0);
        }
    }
}

/// Takes an item of a list, and the byte behind one that takes none itself.
#[inline]
pub(super) fn load_item<T>(
    from: &mut &[u8],
    load: impl Fn(&mut &[u8]) -> Result<T, Malformed>,
) -> Result<T, Malformed> {
    let before = from.len();
    let item = load(from)?;
    if from.len() == before {
        take_byte(from)?;
    }
    Ok(item)
}

/// Room for `count` items, but not for more bytes than are left: a length may be damaged.
pub(super) fn room<T>(count: usize, from: &[u8]) -> usize {
    count.min(from.len() / size_of::<T>().max(1))
}

#[inline]
pub(super) fn load_items<T: Stored>(count: usize, from: &mut &[u8]) -> Result<Vec<T>, Malformed> {
    let _level = Level::of_load()?;
    let mut items = Vec::with_capacity(room::<T>(count, from));
    for _ in 0..count {
        items.push(load_item(from, T::load)?);
    }
    Ok(items)
}

fn store_list<T: Stored>(items: &[T], out: &mut Vec<u8>) {
    store_length(items.len(), out);
    T::store_all(items, out);
}

fn load_list<T: Stored>(from: &mut &[u8]) -> Result<Vec<T>, Malformed> {
    let count = load_length(from)?;
    T::load_all(count, from)
}

fn shape_of_list<T: Stored>(shapes: &mut Shapes) -> Shape {
    Shape::List(Box::new(T::shape(shapes)))
}

macro_rules! slices {
    ($($type:ident),*) => {$(
        #[diagnostic::do_not_recommend]
        impl<T: Stored> Stored for $type<[T]> {
            fn store(&self, out: &mut Vec<u8>) {
                store_list(self, out);
            }
            fn load(from: &mut &[u8]) -> Result<Self, Malformed> {
                load_list(from).map($type::from)
            }
            fn shape(shapes: &mut Shapes) -> Shape {
                shape_of_list::<T>(shapes)
            }
        }
    )*};
}

slices!(Box, Arc);

#[diagnostic::do_not_recommend]
impl<T: Stored> Stored for Vec<T> {
    fn store(&self, out: &mut Vec<u8>) {
        store_list(self, out);
    }
    fn load(from: &mut &[u8]) -> Result<Self, Malformed> {
        load_list(from)
    }
    fn shape(shapes: &mut Shapes) -> Shape {
        shape_of_list::<T>(shapes)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Stored> Stored for VecDeque<T> {
    fn store(&self, out: &mut Vec<u8>) {
        store_length(self.len(), out);
        let (front, back) = self.as_slices();
        T::store_all(front, out);
        T::store_all(back, out);
    }
    fn load(from: &mut &[u8]) -> Result<Self, Malformed> {
        load_list(from).map(VecDeque::from)
    }
    fn shape(shapes: &mut Shapes) -> Shape {
        shape_of_list::<T>(shapes)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Stored + Ord> Stored for BTreeSet<T> {
    fn store(&self, out: &mut Vec<u8>) {
        store_length(self.len(), out);
        store_items(self.iter(), out, T::store);
    }
    fn load(from: &mut &[u8]) -> Result<Self, Malformed> {
        load_list(from).map(BTreeSet::from_iter)
    }
    fn shape(shapes: &mut Shapes) -> Shape {
        shape_of_list::<T>(shapes)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Stored + Hash + Eq, S: BuildHasher + Default + 'static> Stored for HashSet<T, S> {
    fn store(&self, out: &mut Vec<u8>) {
        store_length(self.len(), out);
        store_items(self.iter(), out, T::store);
    }
    fn load(from: &mut &[u8]) -> Result<Self, Malformed> {
        load_list(from).map(HashSet::from_iter)
    }
    fn shape(shapes: &mut Shapes) -> Shape {
        shape_of_list::<T>(shapes)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Stored, const N: usize> Stored for [T; N] {
    #[inline]
    fn store(&self, out: &mut Vec<u8>) {
        T::store_all(self, out);
    }
    #[inline]
    fn load(from: &mut &[u8]) -> Result<Self, Malformed> {
        // Into its place, without a list aside. Behind an item that fails, all others are left out.
        let mut failed = None;
        let items = array::from_fn(|_| {
            if failed.is_some() {
                return None;
            }
            load_item(from, T::load).map_err(|error| failed = Some(error)).ok()
        });
        if let Some(error) = failed {
            return Err(error);
        }
        Ok(items.map(|item: Option<T>| match item {
            Some(item) => item,
            None => unreachable!("an item is missing only if it has failed"),
        }))
    }
    fn shape(shapes: &mut Shapes) -> Shape {
        Shape::Array(N as u64, Box::new(T::shape(shapes)))
    }
}
