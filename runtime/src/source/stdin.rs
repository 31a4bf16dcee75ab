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
            if let Err(error) = pump(&feed, io::stdin().lock()) {
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

/// Reads a stream to its end, chunk by chunk.
fn pump(feed: &Feed<TextFill>, mut input: impl Read) -> io::Result<()> {
    let mut chunk = vec![0; 64 << 10];
    loop {
        match input.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => {
                let mut chunk = &chunk[..read];
                while !chunk.is_empty() {
                    match feed.put(|fill| fill.read_from(&mut chunk)) {
                        Ok(read) => {
                            read?;
                        }
                        Err(_) => return Ok(()), // the context has ended
                    }
                }
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => {
                let _ = feed.put(TextFill::finish);
                return Err(error);
            }
        }
    }
    let _ = feed.put(TextFill::finish);
    Ok(())
}
