//! Maps: a length, then a key and a value in turn.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};

use super::bytes::{load_length, store_length};
use super::depth::Level;
use super::lists::{load_item, room, store_items};
use super::{Malformed, Shape, Shapes, Stored};

fn store_entries<'a, K: Stored, V: Stored>(entries: impl ExactSizeIterator<Item = (&'a K, &'a V)>, out: &mut Vec<u8>) {
    store_length(entries.len(), out);
    store_items(entries, out, |(key, value), out| {
        key.store(out);
        value.store(out);
    });
}

fn load_entries<K: Stored, V: Stored>(
    count: usize,
    from: &mut &[u8],
    mut insert: impl FnMut(K, V),
) -> Result<(), Malformed> {
    let _level = Level::of_load()?;
    for _ in 0..count {
        let (key, value) = load_item(from, <(K, V)>::load)?;
        insert(key, value);
    }
    Ok(())
}

fn shape_of_map<K: Stored, V: Stored>(shapes: &mut Shapes) -> Shape {
    let key = K::shape(shapes);
    Shape::Entries(Box::new(key), Box::new(V::shape(shapes)))
}

#[diagnostic::do_not_recommend]
impl<K: Stored + Ord, V: Stored> Stored for BTreeMap<K, V> {
    fn store(&self, out: &mut Vec<u8>) {
        store_entries(self.iter(), out);
    }
    fn load(from: &mut &[u8]) -> Result<Self, Malformed> {
        let mut map = BTreeMap::new();
        load_entries(load_length(from)?, from, |key, value| {
            map.insert(key, value);
        })?;
        Ok(map)
    }
    fn shape(shapes: &mut Shapes) -> Shape {
        shape_of_map::<K, V>(shapes)
    }
}

#[diagnostic::do_not_recommend]
impl<K: Stored + Hash + Eq, V: Stored, S: BuildHasher + Default + 'static> Stored for HashMap<K, V, S> {
    fn store(&self, out: &mut Vec<u8>) {
        store_entries(self.iter(), out);
    }
    fn load(from: &mut &[u8]) -> Result<Self, Malformed> {
        let count = load_length(from)?;
        let mut map = HashMap::with_capacity_and_hasher(room::<(K, V)>(count, from), S::default());
        load_entries(count, from, |key, value| {
            map.insert(key, value);
        })?;
        Ok(map)
    }
    fn shape(shapes: &mut Shapes) -> Shape {
        shape_of_map::<K, V>(shapes)
    }
}
