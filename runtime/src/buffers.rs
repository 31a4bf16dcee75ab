//! Memory for blocks of text that is used again.
//!
//! What a receiver reads lies in new memory otherwise, which the system fills with zeros and hands out page by page: this
//! takes longer than to copy the bytes there.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Buffers of equal length that nobody uses now. A block gives its buffer back when it is dropped.
///
/// There are at most `most` of them. Of those that nobody has asked for since the last call of `trim`, it lets half go: after
/// a spike the memory is given back within some batches.
#[derive(Debug)]
pub(crate) struct Buffers {
    length: usize,
    most: usize,
    free: Mutex<Free>,
}

#[derive(Debug, Default)]
struct Free {
    buffers: Vec<Vec<u8>>,
    /// The fewest that there were since the last trim.
    fewest: usize,
}

impl Buffers {
    pub fn new(length: usize, most: usize) -> Arc<Self> {
        Arc::new(Buffers { length, most, free: Mutex::default() })
    }

    fn lock(&self) -> MutexGuard<'_, Free> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A buffer of the common length, with any contents.
    pub fn take(&self) -> Vec<u8> {
        let mut free = self.lock();
        let buffer = free.buffers.pop();
        free.fewest = free.fewest.min(free.buffers.len());
        drop(free);
        match buffer {
            Some(mut buffer) => {
                buffer.resize(self.length, 0);
                buffer
            }
            None => vec![0; self.length],
        }
    }

    /// Takes a buffer back, if it has room for the common length and not much more.
    pub fn give_back(&self, buffer: Vec<u8>) {
        if (self.length..2 * self.length).contains(&buffer.capacity()) {
            let mut free = self.lock();
            if free.buffers.len() < self.most {
                free.buffers.push(buffer);
            }
        }
    }

    /// Lets go of what is not needed. To be called once a batch.
    pub fn trim(&self) {
        let mut free = self.lock();
        let keep = free.buffers.len() - free.fewest.div_ceil(2);
        let surplus = free.buffers.split_off(keep);
        free.fewest = keep;
        drop(free);
        drop(surplus); // gives memory to the system, which takes its time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Buffers {
        fn count(&self) -> usize {
            self.lock().buffers.len()
        }
    }

    #[test]
    fn a_buffer_is_used_again_with_its_whole_length() {
        let buffers = Buffers::new(100, 8);
        let mut buffer = buffers.take();
        buffer.truncate(60);
        let address = buffer.as_ptr();
        buffers.give_back(buffer);
        let again = buffers.take();
        assert_eq!((again.as_ptr(), again.len()), (address, 100));
        assert_eq!(buffers.count(), 0);
    }

    #[test]
    fn other_memory_and_too_much_of_it_is_not_kept() {
        let buffers = Buffers::new(100, 2);
        buffers.give_back(Vec::with_capacity(50));
        buffers.give_back(Vec::with_capacity(1000));
        assert_eq!(buffers.count(), 0);
        (0..3).for_each(|_| buffers.give_back(Vec::with_capacity(100)));
        assert_eq!(buffers.count(), 2);
    }

    #[test]
    fn what_nobody_needs_goes_and_what_is_needed_stays() {
        let buffers = Buffers::new(10, 100);
        let batch = |blocks: usize| {
            let taken: Vec<_> = (0..blocks).map(|_| buffers.take()).collect();
            buffers.trim();
            taken.into_iter().for_each(|buffer| buffers.give_back(buffer));
            buffers.count()
        };
        assert_eq!(batch(64), 64);
        let steady: Vec<usize> = (0..4).map(|_| batch(60)).collect();
        assert_eq!(steady[3], 60, "as many as a batch needs: {steady:?}");
        let after: Vec<usize> = (0..8).map(|_| batch(0)).collect();
        assert_eq!(after[6..], [0, 0], "{after:?}");
    }
}
