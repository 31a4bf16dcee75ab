//! Received bytes as text, and the policy for what is not.

use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::block::TextBlock;
use crate::error::{Error, Result};
use crate::policy::{BadRecord, BadRecords};
use crate::source::{Input, SourceContext};
use crate::time::Time;

/// Applies the policy for records that cannot be decoded.
///
/// While a batch is read, what is bad is put aside. It counts, and is handed to a function that wants it, when the whole batch
/// could be read: else each attempt to read it would count it anew.
pub(crate) struct BadRecordDesk {
    stream: Arc<str>,
    input: Arc<Input>,
    policy: BadRecords,
    /// The batch that is read.
    time: Time,
    aside: Aside,
    /// How many records of it a function has had in earlier attempts, in one of which it has panicked. Another attempt has the same
    /// records first, unless files came meanwhile whose times are older.
    handed: usize,
    /// The batch that failed last for a bad record, so that another attempt does not count the record again.
    failed: Option<Time>,
}

/// The bad records of a batch.
#[derive(Default)]
struct Aside {
    /// For a function that wants them: why each is bad, and its bytes.
    rejected: Vec<(String, Vec<u8>)>,
    /// The others.
    count: u64,
}

impl BadRecordDesk {
    pub fn new(context: &SourceContext) -> Self {
        BadRecordDesk {
            stream: Arc::clone(&context.stream),
            input: Arc::clone(&context.input),
            policy: context.options.on_bad_record.clone(),
            time: Time::ZERO,
            aside: Aside::default(),
            handed: 0,
            failed: None,
        }
    }

    /// The batch of `time` is read from its beginning, perhaps not for the first time.
    pub fn begin(&mut self, time: Time) {
        if self.time != time {
            self.handed = 0;
        }
        (self.time, self.aside) = (time, Aside::default());
    }

    /// The whole batch is read: what is bad in it counts. Calls the user's function, which may panic; then the batch begins again.
    pub fn delivered(&mut self) {
        let Aside { rejected, count } = std::mem::take(&mut self.aside);
        self.count(count);
        let BadRecords::Reject(reject) = &self.policy else { return };
        for (reason, bytes) in rejected.iter().skip(self.handed) {
            reject(&BadRecord { stream: &self.stream, reason, bytes });
            self.handed += 1;
            self.count(1);
        }
    }

    /// Lines of which at least one is not UTF-8, as the policy wants them. `place` says where they come from.
    pub fn text(&mut self, bytes: &[u8], place: &dyn Display) -> Result<TextBlock> {
        let mut text = String::with_capacity(bytes.len());
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            match simdutf8::basic::from_utf8(line) {
                Ok(line) => text.push_str(line),
                Err(_) if matches!(self.policy, BadRecords::Replace) => {
                    self.aside.count += 1;
                    text.push_str(&String::from_utf8_lossy(line));
                }
                Err(_) => {
                    let line = line.strip_suffix(b"\n").unwrap_or(line);
                    self.other(line.strip_suffix(b"\r").unwrap_or(line), "the line is not UTF-8", place)?;
                }
            }
        }
        Ok(TextBlock::new(text))
    }

    /// A record that cannot be mended.
    pub fn other(&mut self, bytes: &[u8], reason: &str, place: &dyn Display) -> Result<()> {
        match &self.policy {
            BadRecords::Replace | BadRecords::Skip => self.aside.count += 1,
            BadRecords::Reject(_) => self.aside.rejected.push((reason.to_owned(), bytes.to_owned())),
            BadRecords::Fail => return Err(self.failed(bytes, reason, place)),
        }
        Ok(())
    }

    fn failed(&mut self, bytes: &[u8], reason: &str, place: &dyn Display) -> Error {
        if self.failed.replace(self.time) != Some(self.time) {
            self.count(1);
        }
        let beginning = &bytes[..bytes.len().min(80)];
        let what = format!("{reason}: \"{}\", from {place}", beginning.escape_ascii());
        Error::BadRecord { stream: self.stream.to_string(), time: self.time, what }
    }

    fn count(&self, records: u64) {
        self.input.bad.fetch_add(records, Ordering::AcqRel);
    }
}
