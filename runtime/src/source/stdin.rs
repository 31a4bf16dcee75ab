//! Lines of standard input.

use std::io::{self, ErrorKind, Read};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::block::TextBlock;
use crate::error::Result;
use crate::source::inbox::{Feed, logged_by_inbox};
use crate::source::report::Reporter;
use crate::source::socket::spawn;
use crate::source::text::{LONGEST, TextFill, TextInbox, text_inbox};
use crate::source::{Interval, Source, SourceContext};

/// Reads lines of standard input: see [`stdin_text_stream`](crate::dstream::Sources::stdin_text_stream).
#[derive(Default)]
pub struct StdinSource {
    inbox: Option<TextInbox>,
}

impl Source for StdinSource {
    type Block = TextBlock;

    fn start(&mut self, context: &SourceContext) -> Result<()> {
        let (reporter, input) = (Arc::new(Reporter::new(context)), Arc::clone(&context.input));
        let (feed, inbox) = text_inbox(context, &reporter, "standard input", LONGEST)?;
        self.inbox = Some(inbox);
        // A read of standard input cannot be interrupted, so that a graceful stop does not wait for this thread.
        spawn(context, move || {
            reporter.started();
            let too_long = |error: io::Error| {
                input.bad.fetch_add(1, Ordering::AcqRel);
                reporter.error(format!("standard input: {error}"));
            };
            if let Err(error) = pump(&feed, io::stdin().lock(), too_long) {
                reporter.error(format!("standard input cannot be read: {error}"));
            }
            reporter.stopped(None);
            input.ended.store(true, Ordering::Release);
        })
    }

    fn batch(&mut self, interval: &Interval) -> Result<Vec<Arc<TextBlock>>> {
        self.inbox.as_mut().map_or_else(|| Ok(Vec::new()), |inbox| inbox.batch(interval))
    }

    fn batch_again(&mut self, interval: &Interval, extent: &[u8]) -> Result<Vec<Arc<TextBlock>>> {
        self.inbox.as_mut().map_or_else(|| Ok(Vec::new()), |inbox| inbox.batch_again(interval, extent))
    }

    logged_by_inbox!();
}

/// Reads a stream to its end, chunk by chunk. A line that is too long is left out, and `too_long` told why.
fn pump(feed: &Feed<TextFill>, mut input: impl Read, too_long: impl Fn(io::Error)) -> io::Result<()> {
    let (mut chunk, mut is_leaving_out) = (vec![0; 64 << 10], false);
    loop {
        let mut chunk = match input.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => &chunk[..read],
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
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

    #[test]
    fn lines_that_are_too_long_are_left_out_and_no_others() {
        let (context, told) = (context(Time::ZERO), Cell::new(0));
        let (feed, mut inbox) = text_inbox(&context, &Arc::new(Reporter::new(&context)), "here", 100_000).unwrap();
        let long = "x".repeat(300_000);
        let text = format!("a\n{long}\nb\nc\n{long}\n{long}");
        pump(&feed, text.as_bytes(), |_| told.set(told.get() + 1)).unwrap();
        let second = Time::from_millis(1000);
        let blocks = inbox.batch(&Interval { start: Time::ZERO, end: second }).unwrap();
        let lines: Vec<&str> = blocks.iter().flat_map(|block| block.views(0..block.weight())).collect();
        assert_eq!((lines, told.get()), (vec!["a", "b", "c"], 3));
    }
}
