//! States that are there before the first batch.

/// A key and its state. A key that is text may be written as a literal.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a key and its state",
    label = "initial states are pairs `(key, state)`"
)]
pub trait InitialState<K, S> {
    /// Takes the pair apart.
    fn into_pair(self) -> (K, S);
}

#[diagnostic::do_not_recommend]
impl<K, S> InitialState<K, S> for (K, S) {
    fn into_pair(self) -> (K, S) {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<S> InitialState<String, S> for (&str, S) {
    fn into_pair(self) -> (String, S) {
        (self.0.to_owned(), self.1)
    }
}
