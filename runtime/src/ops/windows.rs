//! What each window operator keeps from batch to batch, before its first one: a function for each, with its name.
//!
//! Here it is decided by which algorithm a window follows the change: what leaves is subtracted where there is an inverse;
//! otherwise two stacks hold results of parts, or a queue what may still be selected. See `crate::window`.

use std::hash::Hash;

use crate::aggregate::{Aggregate, Algebra, Lifted};
use crate::ops::aggregated::Aggregated;
use crate::ops::by_key::{Counter, Reducer};
use crate::ops::single_window::{AggregatedSingle, CountWindow, Single};
use crate::ops::window::BlockWindow;
use crate::ops::windowed::{NoFunctions, Reversible};
use crate::record::Record;
use crate::window::{Algorithm, Concat, KeyedWindow, Recompute, Subtract, TwoStacks};
use crate::window_shape::WindowShape;

/// See [`DStream::window`](crate::DStream::window).
pub fn window<B>(shape: &WindowShape) -> BlockWindow<B> {
    BlockWindow::new(*shape)
}

/// See [`DStream::count_by_window`](crate::DStream::count_by_window).
pub fn count_by_window(shape: &WindowShape) -> CountWindow {
    CountWindow(Single::new(shape))
}

/// See [`DStream::reduce_by_window`](crate::DStream::reduce_by_window).
pub fn reduce_by_window<V: Record, F: Fn(V, V) -> V + Send + Sync>(
    shape: &WindowShape,
) -> Single<V, Reducer<F>, TwoStacks> {
    Single::new(shape)
}

/// See [`DStream::reduce_by_window_with_inverse`](crate::DStream::reduce_by_window_with_inverse).
pub fn reduce_by_window_with_inverse<V, F, G>(shape: &WindowShape) -> Single<V, Reversible<F, G>, Subtract>
where
    V: Record,
    F: Fn(V, V) -> V + Send + Sync,
    G: Fn(V, V) -> V + Send + Sync,
{
    Single::new(shape)
}

/// See [`DStream::aggregate_by_window`](crate::DStream::aggregate_by_window).
pub fn aggregate_by_window<A: Aggregate>(shape: &WindowShape) -> AggregatedSingle<A>
where
    <A::Algebra as Algebra>::Algorithm: Algorithm<A::Partial, Lifted<A>, Arriving = A::Partial>,
{
    AggregatedSingle::new(shape)
}

/// See [`DStream::count_by_value_and_window`](crate::DStream::count_by_value_and_window).
pub fn count_by_value_and_window<K: Record + Hash + Eq>(shape: &WindowShape) -> KeyedWindow<K, u64, Counter, Subtract> {
    KeyedWindow::new(shape.panes())
}

/// See [`DStream::group_by_key_and_window`](crate::DStream::group_by_key_and_window).
pub fn group_by_key_and_window<K: Record + Hash + Eq, V: Record>(
    shape: &WindowShape,
) -> KeyedWindow<K, Vec<V>, NoFunctions, Concat> {
    KeyedWindow::new(shape.panes())
}

/// See [`DStream::reduce_by_key_and_window`](crate::DStream::reduce_by_key_and_window).
pub fn reduce_by_key_and_window<K, V, F>(shape: &WindowShape) -> KeyedWindow<K, V, Reducer<F>, TwoStacks>
where
    K: Record + Hash + Eq,
    V: Record,
    F: Fn(V, V) -> V + Send + Sync,
{
    KeyedWindow::new(shape.panes())
}

pub use reduce_by_key_and_window as reduce_by_key_and_window_with_filter;

/// See [`DStream::reduce_by_key_and_window_with_inverse`](crate::DStream::reduce_by_key_and_window_with_inverse).
pub fn reduce_by_key_and_window_with_inverse<K, V, F, G>(
    shape: &WindowShape,
) -> KeyedWindow<K, V, Reversible<F, G>, Subtract>
where
    K: Record + Hash + Eq,
    V: Record,
    F: Fn(V, V) -> V + Send + Sync,
    G: Fn(V, V) -> V + Send + Sync,
{
    KeyedWindow::new(shape.panes())
}

pub use reduce_by_key_and_window_with_inverse as reduce_by_key_and_window_with_inverse_and_filter;

/// See [`DStream::aggregate_by_key_and_window`](crate::DStream::aggregate_by_key_and_window).
pub fn aggregate_by_key_and_window<K: Record + Hash + Eq, A: Aggregate>(shape: &WindowShape) -> Aggregated<K, A>
where
    <A::Algebra as Algebra>::Algorithm: Algorithm<A::Partial, Lifted<A>, Arriving = A::Partial>,
{
    Aggregated::new(shape)
}

/// Windows of so few panes that merging these anew costs less than keeping results of parts.
pub mod few_panes {
    use super::*;

    /// See [`DStream::reduce_by_window`](crate::DStream::reduce_by_window).
    pub fn reduce_by_window<V: Record, F: Fn(V, V) -> V + Send + Sync>(
        shape: &WindowShape,
    ) -> Single<V, Reducer<F>, Recompute> {
        Single::new(shape)
    }

    /// See [`DStream::reduce_by_key_and_window`](crate::DStream::reduce_by_key_and_window).
    pub fn reduce_by_key_and_window<K, V, F>(shape: &WindowShape) -> KeyedWindow<K, V, Reducer<F>, Recompute>
    where
        K: Record + Hash + Eq,
        V: Record,
        F: Fn(V, V) -> V + Send + Sync,
    {
        KeyedWindow::new(shape.panes())
    }

    pub use reduce_by_key_and_window as reduce_by_key_and_window_with_filter;
}
