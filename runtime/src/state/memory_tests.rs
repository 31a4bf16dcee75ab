//! What a state keeps of the memory that its batches take.
#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicIsize, Ordering};

use super::*;
use crate::ops::exchange::{Exchanged, Side, exchange};
use crate::stage::Gather;

fn workers() -> Workers {
    Workers::new(1, Some(1)).unwrap()
}

fn seconds(seconds: u64) -> Time {
    Time::from_millis(seconds * 1000)
}

fn side(keys: impl Iterator<Item = u64>, workers: &Workers) -> Side<u64, u64> {
    let mut part = Exchanged::default();
    exchange(keys.map(|key| (key, 1u64)), &mut part);
    Gather::gather(vec![part], workers)
}

/// Counts these keys in a batch; one that times out leaves.
fn count(state: &mut KeyedState<u64, u64>, second: u64, keys: impl Iterator<Item = u64>, workers: &Workers) {
    state.map(workers, seconds(second), side(keys, workers), |_, _, value, state: &mut State<u64>| {
        if let Some(value) = value {
            state.update(state.get_option().unwrap_or(&0) + value);
        }
    });
    state.commit(workers);
}

#[test]
fn a_batch_has_the_room_that_the_one_before_took() {
    let (workers, mut state) = (workers(), KeyedState::default());
    for second in 1..4 {
        count(&mut state, second, 0..50_000, &workers);
    }
    let before = state.bytes();
    state.begin(seconds(4));
    assert_eq!(state.bytes(), before);
}

#[test]
fn keys_on_their_way_to_a_timeout_are_not_kept_several_times() {
    let (workers, mut state) = (workers(), KeyedState::default().timeout(Duration::from_secs(200)));
    for second in 1..600 {
        count(&mut state, second, 0..20_000, &workers);
    }
    let with_room = state.bytes();
    assert!(with_room < 20_000 * 95, "{} bytes a key", with_room / 20_000);
}

/// Between two checkpoints, each batch has other keys than the one before.
#[test]
fn of_keys_that_leave_no_more_is_noted_than_of_all() {
    let (workers, mut state) = (workers(), KeyedState::default().timeout(Duration::from_secs(1)));
    state.track();
    state.capture(true, &workers);
    let mut most = 0;
    for second in 1..200 {
        count(&mut state, second, second * 5_000..(second + 1) * 5_000, &workers);
        if second > 20 {
            most = most.max(state.bytes());
        }
    }
    assert!(most < 5_000 * 600, "{} bytes a key", most / 5_000);
    assert_eq!(state.capture(false, &workers).pieces.len(), SHARDS, "everything");
}

/// Of these there are so many.
static SESSIONS: AtomicIsize = AtomicIsize::new(0);

/// Something that has memory elsewhere.
#[derive(crate::Record)]
struct Session(u64);

impl Session {
    fn new(number: u64) -> Self {
        SESSIONS.fetch_add(1, Ordering::Relaxed);
        Session(number)
    }
}

impl Clone for Session {
    fn clone(&self) -> Self {
        Session::new(self.0)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        SESSIONS.fetch_sub(1, Ordering::Relaxed);
    }
}

#[test]
fn sessions_that_have_ended_are_not_kept() {
    let (workers, mut state) = (workers(), KeyedState::default());
    let mut batch = |second, keys: std::ops::Range<u64>| {
        state.map(&workers, seconds(second), side(keys, &workers), |_, key, _, state: &mut State<Session>| match state
            .exists()
        {
            true => drop(state.remove()),
            false => state.update(Session::new(key)),
        });
        state.commit(&workers);
        SESSIONS.load(Ordering::Relaxed)
    };
    assert_eq!(batch(1, 0..10_000), 10_000);
    let left = batch(2, 0..6_000);
    assert!(left < 5_000, "{left} of 4000");
    let left = batch(3, 6_000..10_000);
    assert!(left < 64 * 8, "{left} of none");
}
