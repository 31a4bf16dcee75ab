//! What the allocator does with memory that a batch has freed: the next batches have it, and after a spike the system.
//!
//! One of three places with `unsafe`: calls into the C library that have no preconditions.

use std::hint::black_box;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A piece of memory that glibc takes as a measure of what to keep while batches are small: what lies free at the end of the heap of a
/// thread stays in any case, up to twice as much.
const PIECE: usize = 16 << 20;

/// The memory of the batches of one engine.
pub(crate) struct Heap {
    /// Whether batches are so large that all of what they free is kept.
    keeps_all: bool,
    /// The records of batches.
    batches: Spike,
    /// The bytes of windows and states.
    held: Spike,
}

/// What was much and is little now.
#[derive(Default)]
struct Spike {
    /// The largest number since memory was given back.
    largest: u64,
    /// How many numbers one after the other were much smaller.
    small: u32,
}

/// A spike has so many times the records of the batches after it.
const TIMES: u64 = 4;
/// So many of them.
const BATCHES: u32 = 4;
/// Fewer records are no spike.
const LEAST: u64 = 1 << 16;
/// Windows and states that hold less need not be looked after. Otherwise memory goes back when they have held a quarter for so many
/// looks, which come once a second: a window that is emptied now and then has its memory again.
const LEAST_HELD: u64 = 64 << 20;
const LOOKS: u32 = 60;

impl Heap {
    /// Has freed memory kept for the next batch.
    ///
    /// glibc's allocator gives memory back to the system as soon as 128 KiB at the end of a heap are free, and has a larger piece
    /// mapped for itself and unmapped again. A batch would then take a page fault for every 4 KiB that it writes: a quarter of the
    /// time of a window over batches of 100,000 records. But the allocator learns: once a mapped piece is freed, it keeps pieces
    /// up to that size in its heaps, and twice as much at the end of each heap (mallopt(3), on `M_MMAP_THRESHOLD`), unless it was
    /// configured. So one is freed here that was never written to. Where the allocator is another one, nothing comes of this.
    pub fn new() -> Self {
        drop(black_box(Vec::<u8>::with_capacity(PIECE)));
        Heap { keeps_all: false, batches: Spike::default(), held: Spike::default() }
    }

    /// Notes a batch with so many records, and gives memory back to the system when a spike is over.
    pub fn batch_completed(&mut self, records: u64) {
        if self.batches.is_over(records, LEAST, BATCHES) {
            self.keep_all(false);
            give_back();
        } else if records >= LEAST {
            self.keep_all(true);
        }
    }

    /// Large batches keep what they free, however much that is. Where batches are small, more than lies free at the end of a heap in
    /// any case goes back with the next piece that is freed there.
    fn keep_all(&mut self, keeps_all: bool) {
        /// The engines of this process whose batches are large.
        static LARGE: AtomicUsize = AtomicUsize::new(0);
        if self.keeps_all == keeps_all || *IS_CONFIGURED {
            return;
        }
        self.keeps_all = keeps_all;
        if keeps_all && LARGE.fetch_add(1, Ordering::Relaxed) == 0 {
            keep(Kept::All);
        } else if !keeps_all && LARGE.fetch_sub(1, Ordering::Relaxed) == 1 {
            keep(Kept::Pieces);
        }
    }

    /// Notes how many bytes windows and states hold, and gives memory back when much of it has left them: that comes long after the
    /// batches that had filled them.
    pub fn states_hold(&mut self, bytes: u64) {
        if self.held.is_over(bytes, LEAST_HELD, LOOKS) {
            self.keep_all(false); // until the next large batch is done
            give_back();
        }
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        self.keep_all(false);
    }
}

impl Spike {
    /// Notes a number, and tells whether `numbers` one after the other were much smaller than a larger one, of `least` or more.
    fn is_over(&mut self, number: u64, least: u64, numbers: u32) -> bool {
        if self.largest < least || number > self.largest / TIMES {
            self.largest = self.largest.max(number);
            self.small = 0;
            return false;
        }
        self.small += 1;
        if self.small < numbers {
            return false;
        }
        *self = Spike::default();
        true
    }
}

/// What the allocator keeps of what is freed at the end of a heap.
#[derive(Clone, Copy)]
enum Kept {
    /// As after [`Heap::new`].
    Pieces,
    All,
}

/// Whether the user has told the allocator what to keep (mallopt(3)), which it reads when the process starts.
static IS_CONFIGURED: LazyLock<bool> = LazyLock::new(|| {
    let variables =
        ["GLIBC_TUNABLES", "MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_MMAP_MAX_"];
    variables.iter().any(|name| std::env::var_os(name).is_some())
});

/// The heap of a thread consists of parts of 64 MiB, and a part that is free goes back unless so much is to be added to a heap at a time.
/// That is room, and no memory before it is written to.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code)]
fn keep(kept: Kept) {
    const PART: i32 = 64 << 20;
    let piece = PIECE as i32;
    let (mapped_from, free_at_end, added) = match kept {
        Kept::Pieces => (piece, 2 * piece, 128 << 10),
        Kept::All => (PART / 2, i32::MAX, PART),
    };
    for (option, bytes) in
        [(libc::M_MMAP_THRESHOLD, mapped_from), (libc::M_TRIM_THRESHOLD, free_at_end), (libc::M_TOP_PAD, added)]
    {
        // SAFETY: any thread may call it at any time; it takes no pointers, and does nothing with a number that makes no sense.
        unsafe {
            libc::mallopt(option, bytes);
        }
    }
}

/// Other allocators have other ways.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn keep(_: Kept) {}

/// Gives back all whole pages that nobody uses, at the price of a look at each free piece.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code)]
fn give_back() {
    // SAFETY: any thread may call it at any time, with any number.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Other allocators have other ways.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn give_back() {}

#[cfg(test)]
mod tests {
    use super::*;

    /// After which of these numbers memory is given back.
    fn over(numbers: impl IntoIterator<Item = u64>, least: u64, patience: u32) -> Vec<usize> {
        let mut spike = Spike::default();
        let over = numbers.into_iter().map(|number| spike.is_over(number, least, patience));
        over.enumerate().filter_map(|(at, is_over)| is_over.then_some(at)).collect()
    }

    fn given_back(batches: impl IntoIterator<Item = u64>) -> Vec<usize> {
        over(batches, LEAST, BATCHES)
    }

    #[test]
    fn memory_is_given_back_once_after_a_spike() {
        assert_eq!(given_back([1000, 1_000_000, 1000, 1000, 250_000, 1000, 1000, 1000, 1000, 1000]), [5]);
        assert_eq!(given_back([1_000_000, 0, 0, 0, 0, 2_000_000, 0, 0, 0, 0]), [4, 9]);
    }

    #[test]
    fn all_is_kept_while_batches_are_large() {
        let mut heap = Heap::new();
        let mut keeps_all = |batch| {
            heap.batch_completed(batch);
            heap.keeps_all
        };
        let kept = [1000, 100_000, 90_000, 1000, 1000, 1000, 1000, 1000, 100_000].map(&mut keeps_all);
        let expected = [false, true, true, true, true, true, false, false, true];
        assert_eq!(kept, expected.map(|kept| kept && !*IS_CONFIGURED));
    }

    fn given_back_of_states(looks: impl IntoIterator<Item = u64>) -> Vec<usize> {
        over(looks.into_iter().map(|megabytes| megabytes << 20), LEAST_HELD, LOOKS)
    }

    #[test]
    fn memory_of_states_is_given_back_once_they_have_held_less_for_a_while() {
        let bulk_that_times_out = [100, 1000].into_iter().chain([200; 200]);
        assert_eq!(given_back_of_states(bulk_that_times_out), [61]);
        let emptied_every_half_minute = (0..600).map(|second| second % 30 * 100);
        assert_eq!(given_back_of_states(emptied_every_half_minute), []);
        assert_eq!(given_back_of_states([60].into_iter().chain([0; 200])), []);
    }

    #[test]
    fn batches_that_differ_keep_their_memory() {
        assert_eq!(given_back([1_000_000, 0, 0, 0].repeat(10)), []);
        assert_eq!(given_back((0..40).map(|n| 1_000_000 - 20_000 * n)), []);
        assert_eq!(given_back([60_000].into_iter().chain([0; 10])), []);
    }
}
