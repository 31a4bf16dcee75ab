//! Vectors with one item for each number of a key.

use crate::fold::fold_in_place;
use crate::key_table::Number;

/// Puts an item at a number. Numbers in between, which no key has at present, get copies.
#[inline]
pub(super) fn put<T: Clone>(items: &mut Vec<T>, number: Number, item: T) {
    match items.get_mut(number as usize) {
        Some(place) => *place = item,
        None => lengthen(items, number, item),
    }
}

/// Out of the way of the loops that put items at numbers: few numbers are new.
#[cold]
#[inline(never)]
fn lengthen<T: Clone>(items: &mut Vec<T>, number: Number, item: T) {
    items.resize(number as usize + 1, item);
}

/// Replaces a field of the item at a number by what `fold` makes of it.
#[inline(always)]
pub(super) fn fold<T, V: Clone>(
    items: &mut Vec<T>,
    index: usize,
    field: impl FnOnce(&mut T) -> &mut V,
    fold: impl FnOnce(V) -> V,
) {
    if std::mem::needs_drop::<V>() {
        fold_in_place(items, index, field, fold);
    } else {
        let value = field(&mut items[index]);
        *value = fold(value.clone());
    }
}

/// Moves items to their new numbers and gives the memory of the others back.
pub(super) fn renumber<T>(items: &mut Vec<T>, old: &[Number]) {
    for (new, old) in old.iter().enumerate() {
        if (*old as usize) < items.len() {
            items.swap(new, *old as usize);
        }
    }
    items.truncate(old.len());
    items.shrink_to_fit();
}

pub(super) fn bytes<T>(items: &Vec<T>) -> usize {
    items.capacity() * size_of::<T>()
}
