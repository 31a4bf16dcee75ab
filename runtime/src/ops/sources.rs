//! The sources that `ssc.` offers, by name.

use std::path::PathBuf;

use crate::record::Keep;
use crate::source::{
    FileOptions, FileSource, FixedLength, QueueSource, RateSource, Receiver, ReceiverSource, SocketOptions,
    SocketSource, Source, StdinSource, TextLines,
};

/// See [`Sources::queue_stream`](crate::dstream::Sources::queue_stream).
pub fn queue_stream<T: Keep + Send + Sync + 'static, Q: IntoIterator<Item = Vec<T>, IntoIter: Send>>(
    batches: Q,
) -> QueueSource<Q::IntoIter> {
    QueueSource::new(batches.into_iter())
}

/// See [`Sources::socket_text_stream`](crate::dstream::Sources::socket_text_stream).
pub fn socket_text_stream(host: impl Into<String>, port: u16, options: SocketOptions) -> SocketSource {
    SocketSource::new(host.into(), port, options)
}

/// See [`Sources::text_file_stream`](crate::dstream::Sources::text_file_stream).
pub fn text_file_stream(directory: impl Into<PathBuf>, options: FileOptions) -> FileSource<TextLines> {
    FileSource::new(directory.into(), TextLines, options)
}

/// See [`Sources::binary_records_stream`](crate::dstream::Sources::binary_records_stream).
pub fn binary_records_stream(
    directory: impl Into<PathBuf>,
    record_length: usize,
    options: FileOptions,
) -> FileSource<FixedLength> {
    FileSource::new(directory.into(), FixedLength(record_length), options)
}

/// See [`Sources::receiver_stream`](crate::dstream::Sources::receiver_stream).
pub fn receiver_stream<R: Receiver>(receiver: R) -> ReceiverSource<R> {
    ReceiverSource::new(receiver)
}

/// See [`Sources::rate_stream`](crate::dstream::Sources::rate_stream).
pub fn rate_stream(records_per_second: u64) -> RateSource {
    RateSource::new(records_per_second)
}

/// See [`Sources::stdin_text_stream`](crate::dstream::Sources::stdin_text_stream).
pub fn stdin_text_stream() -> StdinSource {
    StdinSource::default()
}

/// See [`Sources::source`](crate::dstream::Sources::source).
pub fn source<S: Source>(source: S) -> S {
    source
}
