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

/// Begins to bring all elements near, a line of the cache after the other.
#[inline]
pub fn prefetch_all<T>(elements: &[T]) {
    const LINE: usize = 64;
    for index in (0..elements.len()).step_by((LINE / size_of::<T>().max(1)).max(1)) {
        prefetch(elements, index);
    }
}
