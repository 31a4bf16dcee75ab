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
pub(crate) struct BadRecordDesk {
    stream: Arc<str>,
    input: Arc<Input>,
    policy: BadRecords,
    /// The batch that failed last for a bad record, so that another attempt does not count the record again.
    failed: Option<Time>,
}

impl BadRecordDesk {
    pub fn new(context: &SourceContext) -> Self {
        BadRecordDesk {
            stream: Arc::clone(&context.stream),
            input: Arc::clone(&context.input),
            policy: context.options.on_bad_record.clone(),
            failed: None,
        }
    }

    /// Lines of which at least one is not UTF-8, as the policy wants them. `place` says where they come from.
    pub fn text(&mut self, bytes: &[u8], time: Time, place: &dyn Display) -> Result<TextBlock> {
        let mut text = String::with_capacity(bytes.len());
        let mut bad = 0;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            match simdutf8::basic::from_utf8(line) {
                Ok(line) => text.push_str(line),
                Err(_) if matches!(self.policy, BadRecords::Replace) => {
                    bad += 1;
                    text.push_str(&String::from_utf8_lossy(line));
                }
                Err(_) => {
                    let line = line.strip_suffix(b"\n").unwrap_or(line);
                    self.leave_out(line.strip_suffix(b"\r").unwrap_or(line), "the line is not UTF-8", time, place)?;
                    bad += 1;
                }
            }
        }
        self.count(bad);
        Ok(TextBlock::new(text))
    }

    /// A record that is no text and cannot be mended.
    pub fn other(&mut self, bytes: &[u8], reason: &str, time: Time, place: &dyn Display) -> Result<()> {
        self.leave_out(bytes, reason, time, place)?;
        self.count(1);
        Ok(())
    }

    fn leave_out(&mut self, bytes: &[u8], reason: &str, time: Time, place: &dyn Display) -> Result<()> {
        match &self.policy {
            BadRecords::Replace | BadRecords::Skip => {}
            BadRecords::Reject(reject) => reject(&BadRecord { stream: &self.stream, reason, bytes }),
            BadRecords::Fail => {
                if self.failed.replace(time) != Some(time) {
                    self.count(1);
                }
                let beginning = &bytes[..bytes.len().min(80)];
                let what = format!("{reason}: \"{}\", from {place}", beginning.escape_ascii());
                return Err(Error::BadRecord { stream: self.stream.to_string(), time, what });
            }
        }
        Ok(())
    }

    fn count(&self, records: u64) {
        self.input.bad.fetch_add(records, Ordering::AcqRel);
    }
}
