//! One of three places with `unsafe` (the others are `heap.rs` and `utf8.rs`): giving a closure the value that it replaces, without a copy and without an `Option`.

/// Replaces the part `field` of `items[index]` by what `fold` makes of it.
///
/// If `fold` panics, the vector is empty afterwards and what it held is leaked: the caller's batch has failed, and a table
/// with a hole in it must not be read or dropped.
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
    let length = items.len();
    // SAFETY: `value` points into the vector's allocation, which nothing else touches until this function ends: `items` is
    // borrowed exclusively and `fold` has no access to it. While the value is moved out, the length is 0, so that an unwinding
    // `fold` leaves a vector that drops nothing (no double drop). The length is restored only after the value is back.
    unsafe {
        items.set_len(0);
        let old = std::ptr::read(value);
        std::ptr::write(value, fold(old));
        items.set_len(length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    #[test]
    fn a_value_is_replaced_in_place() {
        let mut items = vec![(1, String::from("a")), (2, String::from("b"))];
        fold_in_place(&mut items, 1, |item| &mut item.1, |text| text + "c");
        assert_eq!(items, [(1, "a".into()), (2, "bc".into())]);
    }

    #[test]
    fn a_panic_leaves_an_empty_vector() {
        let mut items = vec![String::from("a")];
        let folded = catch_unwind(AssertUnwindSafe(|| {
            fold_in_place(&mut items, 0, |item| item, |_| panic!("no"));
        }));
        assert!(folded.is_err());
        assert!(items.is_empty());
    }
}
