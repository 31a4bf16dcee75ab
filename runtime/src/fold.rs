//! One of three places with `unsafe` (the others are `heap.rs` and `utf8.rs`): giving a closure the value that it replaces, without a copy and without an `Option`.

/// Replaces the part `field` of `items[index]` by what `fold` makes of it.
///
/// If `fold` panics, the vector is empty afterwards: the caller's batch has failed, and a table with a hole in it must not be read.
/// What the item held beside the value is leaked then, such as the key of an entry; the others are dropped.
///
/// # Panics
/// When `index` is out of bounds, and when `fold` or `field` does.
#[inline(always)]
#[allow(unsafe_code)]
pub fn fold_in_place<T, V>(
    items: &mut Vec<T>,
    index: usize,
    field: impl FnOnce(&mut T) -> &mut V,
    fold: impl FnOnce(V) -> V,
) {
    let value: *mut V = field(&mut items[index]);
    let hole = Hole { items, index };
    // SAFETY: `value` points into the vector's allocation, which nothing else touches until this function ends: `items` is
    // borrowed exclusively and `fold` has no access to it. While the value is moved out, `hole` sees to it that an unwinding
    // `fold` leaves a vector without the item (no double drop). It is forgotten only after the value is back.
    unsafe {
        let old = std::ptr::read(value);
        std::ptr::write(value, fold(old));
    }
    std::mem::forget(hole);
}

/// Stands for a vector of which one item lacks a part.
struct Hole<'a, T> {
    items: &'a mut Vec<T>,
    index: usize,
}

/// Empties the vector, and drops all items but that one.
impl<T> Drop for Hole<'_, T> {
    #[cold]
    #[inline(never)]
    #[allow(unsafe_code)]
    fn drop(&mut self) {
        let items: *mut [T] = &mut **self.items;
        // SAFETY: `index` is within the items, of which each but that one is whole. The vector has none of them any more when the
        // first one is dropped, so that none is dropped twice, whatever their `drop` does.
        unsafe {
            self.items.set_len(0);
            let first = items.cast::<T>();
            std::ptr::drop_in_place(std::ptr::slice_from_raw_parts_mut(first, self.index));
            let behind = items.len() - self.index - 1;
            std::ptr::drop_in_place(std::ptr::slice_from_raw_parts_mut(first.add(self.index + 1), behind));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Arc;

    #[test]
    fn a_value_is_replaced_in_place() {
        let mut items = vec![(1, String::from("a")), (2, String::from("b"))];
        fold_in_place(&mut items, 1, |item| &mut item.1, |text| text + "c");
        assert_eq!(items, [(1, "a".into()), (2, "bc".into())]);
    }

    #[test]
    fn a_panic_leaves_an_empty_vector_and_drops_the_other_items() {
        for index in 0..3 {
            let owned = [(); 6].map(|()| Arc::new(()));
            let mut items: Vec<_> = owned.chunks(2).map(|pair| (Arc::clone(&pair[0]), Arc::clone(&pair[1]))).collect();
            let folded = catch_unwind(AssertUnwindSafe(|| {
                fold_in_place(&mut items, index, |item| &mut item.1, |_| panic!("no"));
            }));
            assert!(folded.is_err());
            assert!(items.is_empty());
            let left: Vec<_> = owned.iter().map(Arc::strong_count).collect();
            let expected: Vec<_> = (0..6).map(|at| if at == 2 * index { 2 } else { 1 }).collect();
            assert_eq!(left, expected, "only what that item held beside the value is leaked");
        }
    }
}
