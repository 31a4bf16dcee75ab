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
