//! What a closure of `map_with_state` holds in its hands: the state of one key.

/// The state of the key at hand, as the closure of `map_with_state` sees it.
///
/// A key has no state at first, and it has one once [`update`](State::update) has set it. What the closure sets is there when
/// the key's next record comes, in this batch or in a later one. If the batch fails, all of it is taken back.
///
/// ```
/// use microbatch::prelude::*;
///
/// // A running sum of each key.
/// let out = Collector::default();
/// let pipeline = stream!(every = 1s, |ssc| {
///     let pairs = ssc.queue_stream([vec![('a', 1u64)], vec![('a', 2)]]);
///     let sums = pairs.map_with_state(|_time, key, value, sum: &mut State<u64>| {
///         let total = sum.get_option().unwrap_or(&0) + value.unwrap_or(0);
///         sum.update(total);
///         (key, total)
///     });
///     sums.collect_into(&out);
/// });
/// StreamingContext::new(pipeline).manual()?.advance(2)?;
/// assert_eq!(out.batches()[1].1, [('a', 3)]);
/// # Ok::<(), microbatch::Error>(())
/// ```
///
/// With a timeout, the closure is called a last time for a key that had no data for longer, with the value `None`.
/// [`is_timing_out`](State::is_timing_out) tells that call from others; afterwards the key is gone, so its state can be read
/// and taken apart, but neither updated nor removed.
#[derive(Clone, Debug)]
pub struct State<S> {
    value: Option<S>,
    call: Call,
}

/// What is special about the call of the closure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    /// A record of the key.
    Record,
    /// A record of the key, and the closure has removed the state.
    Removed,
    /// The key had no data for too long.
    TimingOut,
}

impl<S> State<S> {
    pub(super) fn new(value: Option<S>) -> Self {
        State { value, call: Call::Record }
    }

    pub(super) fn timing_out(value: S) -> Self {
        State { value: Some(value), call: Call::TimingOut }
    }

    /// The closure is called for a further record.
    #[inline(always)]
    pub(super) fn begin(&mut self) {
        self.call = Call::Record;
    }

    pub(super) fn as_mut(&mut self) -> Option<&mut S> {
        self.value.as_mut()
    }

    pub(super) fn into_value(self) -> Option<S> {
        self.value
    }

    /// Whether the key has a state.
    #[inline]
    pub fn exists(&self) -> bool {
        self.value.is_some()
    }

    /// The state.
    ///
    /// # Panics
    /// When the key has none; [`get_option`](State::get_option) does not.
    #[inline]
    #[track_caller]
    pub fn get(&self) -> &S {
        match &self.value {
            Some(value) => value,
            None => not_set(),
        }
    }

    /// The state, if the key has one.
    #[inline]
    pub fn get_option(&self) -> Option<&S> {
        self.value.as_ref()
    }

    /// The state, if the key has one, to be changed in place. In the call of a timeout it can be taken apart; what is left of
    /// it then goes with the key.
    #[inline]
    pub fn get_mut(&mut self) -> Option<&mut S> {
        self.value.as_mut()
    }

    /// The state, to be changed in place. A key without one gets what `create` makes.
    ///
    /// # Panics
    /// As [`update`](State::update).
    #[inline]
    #[track_caller]
    pub fn get_or_insert_with(&mut self, create: impl FnOnce() -> S) -> &mut S {
        self.check("set");
        self.value.get_or_insert_with(create)
    }

    /// Sets the state.
    ///
    /// # Panics
    /// When the closure has removed the state in the same call, and when the key is timing out.
    #[inline]
    #[track_caller]
    pub fn update(&mut self, state: S) {
        self.check("updated");
        self.value = Some(state);
    }

    /// Removes the state, and the key with it, unless a later record of the batch sets it again. Returns what it was. A key
    /// without a state may be removed too.
    ///
    /// # Panics
    /// When the closure has removed the state in the same call already, and when the key is timing out: then it is removed
    /// anyway.
    #[inline]
    #[track_caller]
    pub fn remove(&mut self) -> Option<S> {
        self.check("removed");
        self.call = Call::Removed;
        self.value.take()
    }

    /// Whether this is the last call for a key that had no data for longer than the timeout.
    #[inline]
    pub fn is_timing_out(&self) -> bool {
        self.call == Call::TimingOut
    }

    #[inline(always)]
    #[track_caller]
    fn check(&self, what: &str) {
        if self.call != Call::Record {
            refuse(self.call, what);
        }
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn not_set() -> ! {
    panic!(
        "State is not set: `get` was called for a key that has no state yet; ask `exists()` first, or use `get_option()`"
    )
}

#[cold]
#[inline(never)]
#[track_caller]
fn refuse(call: Call, what: &str) -> ! {
    match call {
        Call::TimingOut => panic!(
            "The state cannot be {what}: its key is timing out and goes after this call; ask `is_timing_out()` first"
        ),
        _ => panic!("The state cannot be {what}: this call of the closure has removed it already"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    fn words(misuse: impl FnOnce()) -> String {
        let payload = catch_unwind(AssertUnwindSafe(misuse)).unwrap_err();
        match payload.downcast::<String>() {
            Ok(words) => *words,
            Err(payload) => payload.downcast::<&str>().unwrap().to_string(),
        }
    }

    #[test]
    fn a_state_is_set_read_changed_and_removed() {
        let mut state = State::new(None);
        assert!(!state.exists() && state.get_option().is_none() && state.get_mut().is_none());
        state.update(1);
        assert!(state.exists() && !state.is_timing_out());
        *state.get_mut().unwrap() += 1;
        *state.get_or_insert_with(|| 9) += 1;
        assert_eq!((*state.get(), state.get_option()), (3, Some(&3)));
        assert_eq!(state.remove(), Some(3));
        assert!(!state.exists());
        state.begin();
        assert_eq!(*state.get_or_insert_with(|| 9), 9);
        assert_eq!(state.into_value(), Some(9));
    }

    #[test]
    fn a_key_without_a_state_may_be_removed() {
        assert_eq!(State::<u64>::new(None).remove(), None);
    }

    #[test]
    fn misuse_is_named() {
        assert!(words(|| drop(State::<u64>::new(None).get().to_string())).starts_with("State is not set"));
        let mut removed = State::new(Some(1));
        removed.remove();
        assert!(words(|| removed.update(2)).contains("cannot be updated: this call"));
        assert!(words(|| assert_eq!(removed.remove(), None)).contains("cannot be removed: this call"));
        let mut late = State::timing_out(1);
        assert!(late.is_timing_out() && *late.get() == 1 && late.get_mut().is_some());
        assert!(words(|| late.update(2)).contains("cannot be updated: its key is timing out"));
        assert!(words(|| assert_eq!(late.remove(), None)).contains("cannot be removed: its key is timing out"));
        assert!(words(|| *late.get_or_insert_with(|| 2) += 1).contains("cannot be set: its key is timing out"));
    }
}
