//! What each stateful operator remembers, before its first batch: a function for each, with its name.

use crate::record::Record;
use crate::state::{KeyedState, StateRecord};

/// See [`DStream::update_state_by_key`](crate::DStream::update_state_by_key).
pub fn update_state_by_key<K: StateRecord, S: Record>() -> KeyedState<K, S> {
    KeyedState::new()
}

pub use update_state_by_key as update_state_by_key_with_key;

/// See [`DStream::map_with_state`](crate::DStream::map_with_state).
pub fn map_with_state<K: StateRecord, S: Record>() -> KeyedState<K, S> {
    KeyedState::new()
}
