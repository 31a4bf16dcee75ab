//! Lines of standard input.

use std::io::{self, ErrorKind, Read};
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::block::TextBlock;
use crate::error::{Error, Result};
use crate::source::inbox::{Feed, logged_by_inbox};
use crate::source::report::Reporter;
use crate::source::socket::spawn;
use crate::source::text::{LONGEST, TextFill, TextInbox, text_inbox};
use crate::source::{Input, Interval, Source, SourceContext};

/// How long to wait for input that does not make us wait itself: whoever has given it to us may have set it so.
const LOOK_UP: Duration = Duration::from_millis(20);

/// Reads lines of standard input: see [`stdin_text_stream`](crate::dstream::Sources::stdin_text_stream).
#[derive(Default)]
pub struct StdinSource {
    inbox: Option<TextInbox>,
    failure: Failure,
}

/// Why nothing more can be read, and the stream that misses it.
#[derive(Default)]
struct Failure {
    stream: Arc<str>,
    input: Arc<Input>,
    words: Arc<OnceLock<String>>,
}

impl Failure {
    /// Nothing is left of what came before.
    fn is_next(&self) -> bool {
        // In this order: who reads puts its last lines before it fails.
        self.words.get().is_some()
            && self.input.pending.load(Ordering::Acquire) == 0
            && !self.input.unread.load(Ordering::Acquire)
    }

    fn error(&self) -> Error {
        let words = self.words.get().map_or("", String::as_str);
        Error::Source {
            stream: self.stream.to_string(),
            what: format!(
                "standard input cannot be read any more: {words}; all that came before is in earlier batches"
            ),
            remedy: "start the program again, with a standard input that can be read, such as a pipe or a file"
                .to_owned(),
            cause: None,
        }
    }
}

impl StdinSource {
    fn start_with(&mut self, context: &SourceContext, from: impl Read + Send + 'static) -> Result<()> {
        let (reporter, input) = (Arc::new(Reporter::new(context)), Arc::clone(&context.input));
        let (feed, inbox) = text_inbox(context, &reporter, "standard input", LONGEST)?;
        let words = Arc::<OnceLock<String>>::default();
        self.inbox = Some(inbox);
        self.failure =
            Failure { stream: Arc::clone(&context.stream), input: Arc::clone(&input), words: Arc::clone(&words) };
        let stop = Arc::clone(&context.stop);
        // A read of standard input cannot be interrupted, so that a graceful stop does not wait for this thread.
        spawn(context, move || {
            reporter.started();
            let too_long = |error: io::Error| {
                input.bad.fetch_add(1, Ordering::AcqRel);
                reporter.error(format!("standard input: {error}"));
            };
            let is_over = || feed.is_closed() || stop.wait(LOOK_UP);
            let read = pump(&feed, from, too_long, is_over);
            if let Err(error) = &read {
                reporter.error(format!("standard input cannot be read: {error}"));
            }
            reporter.stopped(None);
            match read {
                Ok(()) => input.ended.store(true, Ordering::Release),
                // This is not its end: the batch that comes to it fails.
                Err(error) => drop(words.set(error.to_string())),
            }
        })
    }
}

impl Source for StdinSource {
    type Block = TextBlock;

    fn start(&mut self, context: &SourceContext) -> Result<()> {
        self.start_with(context, io::stdin())
    }

    fn batch(&mut self, interval: &Interval) -> Result<Vec<Arc<TextBlock>>> {
        let has_failed = self.failure.is_next();
        let blocks = self.inbox.as_mut().map_or_else(|| Ok(Vec::new()), |inbox| inbox.batch(interval))?;
        if has_failed && blocks.is_empty() { Err(self.failure.error()) } else { Ok(blocks) }
    }

    fn batch_again(&mut self, interval: &Interval, extent: &[u8]) -> Result<Vec<Arc<TextBlock>>> {
        self.inbox.as_mut().map_or_else(|| Ok(Vec::new()), |inbox| inbox.batch_again(interval, extent))
    }

    logged_by_inbox!();
}

/// Reads a stream to its end, chunk by chunk. A line that is too long is left out, and `too_long` told why. While nothing is there,
/// `is_over` waits a little, and tells whether to give up.
fn pump(
    feed: &Feed<TextFill>,
    mut input: impl Read,
    too_long: impl Fn(io::Error),
    is_over: impl Fn() -> bool,
) -> io::Result<()> {
    let (mut chunk, mut is_leaving_out) = (vec![0; 64 << 10], false);
    loop {
        let mut chunk = match input.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => &chunk[..read],
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                if is_over() {
                    break;
                }
                continue;
            }
            Err(error) => {
                let _ = feed.put(TextFill::finish);
                return Err(error);
            }
        };
        while !chunk.is_empty() {
            if is_leaving_out {
                let end = memchr::memchr(b'\n', chunk);
                chunk = &chunk[end.map_or(chunk.len(), |end| end + 1)..];
                is_leaving_out = end.is_none();
                continue;
            }
            match feed.put(|fill| fill.read_from(&mut chunk)) {
                Ok(Ok(_)) => {}
                Ok(Err(error)) => {
                    too_long(error);
                    is_leaving_out = true;
                }
                Err(_) => return Ok(()), // the context has ended
            }
        }
    }
    let _ = feed.put(TextFill::finish);
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::block::Block;
    use crate::source::testing::context;
    use crate::time::Time;

    /// The lines of a batch, or the words of its error.
    fn lines(blocks: Result<Vec<Arc<TextBlock>>>) -> Result<Vec<String>, String> {
        let line = |line: &str| line.to_owned();
        let of = |block: &Arc<TextBlock>| block.views(0..block.weight()).map(line).collect::<Vec<_>>();
        blocks.map(|blocks| blocks.iter().flat_map(of).collect()).map_err(|error| error.to_string())
    }

    /// Standard input as it may be: some of it, nothing for now, a failure.
    struct Script(std::vec::IntoIter<Result<&'static str, ErrorKind>>);

    impl Read for Script {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.next() {
                Some(Ok(text)) => text.as_bytes().read(buffer),
                Some(Err(kind)) => Err(kind.into()),
                None => Ok(0),
            }
        }
    }

    fn script<const N: usize>(reads: [Result<&'static str, ErrorKind>; N]) -> Script {
        Script(Vec::from(reads).into_iter())
    }

    fn second(number: u64) -> Interval {
        Interval { start: Time::from_millis(number * 1000), end: Time::from_millis((number + 1) * 1000) }
    }

    #[test]
    fn a_failure_is_no_end_and_comes_behind_what_was_read() {
        let (context, mut source) = (context(Time::ZERO), StdinSource::default());
        source.start_with(&context, script([Ok("one\ntw"), Err(ErrorKind::IsADirectory)])).unwrap();
        source.failure.words.wait();
        assert_eq!(lines(source.batch(&second(0))), Ok(vec!["one".to_owned(), "tw".to_owned()]));
        // However often it is asked for.
        for number in [1, 1, 2] {
            let words = lines(source.batch(&second(number))).unwrap_err();
            for part in ["source `numbers`", "standard input cannot be read any more", "directory", "help: start"] {
                assert!(words.contains(part), "`{part}` is not in: {words}");
            }
        }
        assert!(!context.input.is_drained());
    }

    #[test]
    fn nothing_for_now_is_waited_for() {
        let (context, waited) = (context(Time::ZERO), Cell::new(0));
        let (feed, mut inbox) = text_inbox(&context, &Arc::new(Reporter::new(&context)), "here", LONGEST).unwrap();
        let nothing = Err(ErrorKind::WouldBlock);
        let is_over = |last| {
            waited.set(waited.get() + 1);
            waited.get() == last
        };
        pump(&feed, script([nothing, Ok("on"), nothing, nothing, Ok("e\n")]), drop, || is_over(9)).unwrap();
        assert_eq!((lines(inbox.batch(&second(0))), waited.get()), (Ok(vec!["one".to_owned()]), 3));
        // A stop ends the waiting, and the line.
        pump(&feed, script([Ok("two"), nothing, Ok("three")]), drop, || is_over(4)).unwrap();
        assert_eq!(lines(inbox.batch(&second(1))), Ok(vec!["two".to_owned()]));
    }

    #[test]
    fn lines_that_are_too_long_are_left_out_and_no_others() {
        let (context, told) = (context(Time::ZERO), Cell::new(0));
        let (feed, mut inbox) = text_inbox(&context, &Arc::new(Reporter::new(&context)), "here", 100_000).unwrap();
        let long = "x".repeat(300_000);
        let text = format!("a\n{long}\nb\nc\n{long}\n{long}");
        pump(&feed, text.as_bytes(), |_| told.set(told.get() + 1), || false).unwrap();
        let second = Time::from_millis(1000);
        let blocks = inbox.batch(&Interval { start: Time::ZERO, end: second }).unwrap();
        let lines: Vec<&str> = blocks.iter().flat_map(|block| block.views(0..block.weight())).collect();
        assert_eq!((lines, told.get()), (vec!["a", "b", "c"], 3));
    }
}
