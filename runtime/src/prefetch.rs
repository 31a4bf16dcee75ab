//! Has the processor fetch what is about to be needed.

/// Begins to bring an element into the nearest cache, without waiting for it. Where there is none, or no such instruction,
/// nothing happens.
#[inline(always)]
pub fn prefetch<T>(elements: &[T], index: usize) {
    #[cfg(all(target_arch = "x86_64", target_feature = "sse"))]
    if let Some(element) = elements.get(index) {
        safe_arch::prefetch_t0(element);
    }
    #[cfg(not(all(target_arch = "x86_64", target_feature = "sse")))]
    let _ = (elements, index);
}
