//! Has the processor fetch what is about to be needed.

/// Begins to bring an element into the nearest cache, without waiting for it. Where there is no such element, or no such
/// instruction, nothing happens.
#[inline(always)]
pub fn prefetch<T>(elements: &[T], index: usize) {
    #[cfg(target_arch = "x86_64")]
    if let Some(element) = elements.get(index) {
        safe_arch::prefetch_t0(element);
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (elements, index);
}

/// Adds an item to one of many vectors that are filled at the same time, and begins to bring the place near that one of its next
/// ones goes to: the processor does not foresee where so many streams of writes go on.
#[inline(always)]
pub fn push_ahead<T>(items: &mut Vec<T>, item: T) {
    const AHEAD: usize = 3 * LINE;
    items.push(item);
    prefetch(items.spare_capacity_mut(), AHEAD / size_of::<T>().max(1));
}

/// The bytes that come into a cache together.
const LINE: usize = 64;

/// Begins to bring all elements near, a line of the cache after the other.
#[inline]
pub fn prefetch_all<T>(elements: &[T]) {
    for index in (0..elements.len()).step_by((LINE / size_of::<T>().max(1)).max(1)) {
        prefetch(elements, index);
    }
}
