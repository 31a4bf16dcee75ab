//! Output operations, one a file.
//!
//! Those that take plain values implement [`Output`]; `foreach_batch` takes a closure and is a function of the whole batch.

mod collect_into;
mod foreach_batch;
mod foreach_batch_once;
mod print;
#[cfg(feature = "table")]
mod print_table;
mod remember;
mod save_as_text_files;

use std::io::{self, Write};
use std::marker::PhantomData;

pub use collect_into::{CollectInto, collect_into};
pub use foreach_batch::{BatchOutcome, foreach_batch, foreach_batch_with_replay};
pub use foreach_batch_once::{BatchId, ForeachBatchOnce, TransactionalSink, foreach_batch_once};
pub use print::{Print, print};
#[cfg(feature = "table")]
pub use print_table::{PrintTable, print_table};
pub use remember::{Remember, remember};
pub use save_as_text_files::{SaveAsTextFiles, save_as_text_files};

use crate::commit::Commit;
use crate::error::BoxError;
use crate::show::Show;
use crate::stage::Part;
use crate::time::Time;

/// An output operation on a stream of records `T`.
///
/// In the stage it takes what it needs of each worker's records; after all stages of the batch it writes.
pub trait Output<T> {
    /// What must hold of the records, beyond their traits; it panics at compile time where it does not.
    const CHECKED: () = ();

    /// Whether it writes to the memory of the program, by the time of the batch, so that it must be done again by a later run
    /// of the program, and never harms.
    const IS_MEMORY: bool = false;

    /// A worker's part.
    type Part: Part;

    /// Takes what this output needs of some of a worker's records.
    fn take(&self, batch: impl Iterator<Item = T>, part: &mut Self::Part);

    /// Writes a batch, given the workers' parts in the order of their records. What must not be seen before the batch is
    /// committed is handed to `commit`.
    fn write(&mut self, time: Time, parts: Vec<Self::Part>, commit: &mut Commit) -> Result<(), BoxError>;
}

/// A worker's part of an output of records `T`.
pub struct Outlet<T, O: Output<T>> {
    pub(crate) part: O::Part,
    records: PhantomData<fn() -> T>,
}

impl<T, O: Output<T>> Default for Outlet<T, O> {
    fn default() -> Self {
        Outlet { part: O::Part::default(), records: PhantomData }
    }
}

impl<T, O: Output<T>> Part for Outlet<T, O> {
    fn size(&self) -> usize {
        self.part.size()
    }
    fn reserve(&mut self, size: usize) {
        self.part.reserve(size);
    }
}

/// Sends the records at the end of a chain to an output operation.
#[inline]
pub fn output<I, T, O>(batch: I, outlet: &mut Outlet<T, O>, output: &O)
where
    I: Iterator<Item = T>,
    O: Output<T>,
{
    // Here and not in `take`, because this is what the user's own code instantiates: rustc then shows the place.
    const { O::CHECKED };
    output.take(batch, &mut outlet.part);
}

/// Adds a record to a text, as a line of its own.
fn show_line(record: impl Show, text: &mut String) {
    // A text always takes what is written. A record that will not be shown is the user's mistake, so it fails the batch.
    if record.show_behind(text).is_err() {
        panic!("the `Show` of a record returned an error");
    }
    text.push('\n');
}

/// Writes a whole text to standard output, so that nothing comes in between.
fn to_stdout(text: &str) -> Result<(), BoxError> {
    write_whole(&mut io::stdout().lock(), text)
}

fn write_whole(to: &mut impl Write, text: &str) -> Result<(), BoxError> {
    let written = to.write_all(text.as_bytes()).and_then(|()| to.flush());
    written.map_err(|error| io::Error::new(error.kind(), format!("cannot write to standard output: {error}")).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Closed;

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_broken_pipe_is_an_error() {
        let error = write_whole(&mut Closed, "text\n").map_err(|error| error.to_string());
        assert_eq!(error, Err("cannot write to standard output: broken pipe".to_owned()));
    }
}
