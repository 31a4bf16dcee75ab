//! How deep values are nested. A recursive type is written and read by recursion, and the stack of a thread has an end, which
//! must be an error and not the end of the process.

use std::cell::Cell;

use super::Malformed;

/// So many lists and boxes may be within each other. Debug builds get by with the 2 MiB of a thread.
pub(super) const DEEPEST: u32 = 1000;

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// One level, until it is dropped.
pub(super) struct Level(());

impl Level {
    fn enter() -> Option<Level> {
        let depth = DEPTH.get();
        (depth < DEEPEST).then(|| {
            DEPTH.set(depth + 1);
            Level(())
        })
    }

    /// A level of a value that is written.
    ///
    /// # Panics
    /// If it is too deep.
    #[inline]
    pub fn of_store() -> Level {
        match Level::enter() {
            Some(level) => level,
            None => panic!("a value is nested more than {DEEPEST} levels deep, so a checkpoint cannot hold it"),
        }
    }

    /// A level of a value that is read.
    #[inline]
    pub fn of_load() -> Result<Level, Malformed> {
        Level::enter().ok_or(Malformed::new("a value is nested more than 1000 levels deep"))
    }
}

impl Drop for Level {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get().saturating_sub(1));
    }
}
