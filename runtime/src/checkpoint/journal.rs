//! The journal: which batches were decided, and which are done.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::codec::{Malformed, Reader, put_bytes, put_span, put_text, put_time, put_varint};
use super::disk::{Disk, DiskFile};
use super::frame::{FileKind, begin_frame, end_frame, put_header};
use super::layout;
use super::manifest::{put_list, put_renames, renames};
use super::problem::{failing, refused};
use super::types::{Begin, Commit, Input, SyncPolicy};
use crate::error::Result;

/// A frame of a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// The first frame.
    Opened {
        number: u64,
        pipeline: String,
    },
    Begin(Begin),
    Commit(Commit),
    /// The last frame: the journal of the next number goes on.
    Rolled,
}

/// An entry, and how much of the journal was on disk for sure when it was written. Damage in there is not the torn end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamped {
    pub durable: u64,
    pub entry: Entry,
}

impl Stamped {
    pub fn decode(payload: &[u8]) -> Result<Stamped, Malformed> {
        let reader = &mut Reader::new(payload);
        let tag = reader.u8()?;
        let durable = reader.varint()?;
        let entry = match tag {
            0 => Entry::Opened { number: reader.varint()?, pipeline: reader.text()? },
            1 => Entry::Begin(Begin {
                time: reader.time()?,
                every: reader.span()?,
                inputs: reader.list(|reader| {
                    let (stream, bytes) = (reader.text()?, reader.bytes()?.to_vec());
                    Ok(Input { stream, bytes, records: reader.varint()? })
                })?,
            }),
            2 => Entry::Commit(Commit { time: reader.time()?, skipped: reader.flag()?, publish: renames(reader)? }),
            3 => Entry::Rolled,
            _ => return Err(Malformed),
        };
        reader.end()?;
        Ok(Stamped { durable, entry })
    }

    #[cfg_attr(not(any(test, feature = "fuzzing")), allow(dead_code))]
    pub fn put(&self, out: &mut Vec<u8>) {
        match &self.entry {
            Entry::Opened { number, pipeline } => put_opened(out, *number, pipeline),
            Entry::Begin(begin) => put_begin(out, self.durable, begin),
            Entry::Commit(commit) => put_commit(out, self.durable, commit),
            Entry::Rolled => put_rolled(out, self.durable),
        }
    }
}

fn put_tag(out: &mut Vec<u8>, tag: u8, durable: u64) {
    out.push(tag);
    put_varint(out, durable);
}

fn put_opened(out: &mut Vec<u8>, number: u64, pipeline: &str) {
    put_tag(out, 0, 0);
    put_varint(out, number);
    put_text(out, pipeline);
}

fn put_begin(out: &mut Vec<u8>, durable: u64, begin: &Begin) {
    put_tag(out, 1, durable);
    put_time(out, begin.time);
    put_span(out, begin.every);
    put_list(out, &begin.inputs, |out, input| {
        put_text(out, &input.stream);
        put_bytes(out, &input.bytes);
        put_varint(out, input.records);
    });
}

fn put_commit(out: &mut Vec<u8>, durable: u64, commit: &Commit) {
    put_tag(out, 2, durable);
    put_time(out, commit.time);
    out.push(u8::from(commit.skipped));
    put_renames(out, &commit.publish);
}

fn put_rolled(out: &mut Vec<u8>, durable: u64) {
    put_tag(out, 3, durable);
}

/// A journal, open for appending.
pub(super) struct Journal {
    pub number: u64,
    file: DiskFile,
    policy: SyncPolicy,
    /// The length of its whole frames.
    length: u64,
    /// So much was synced.
    durable: u64,
    synced: Instant,
    /// The file may not be what we think it is: nothing can be appended.
    broken: Option<String>,
    frame: Vec<u8>,
}

impl Journal {
    /// A new journal. Its name is durable.
    pub fn create(disk: &Disk, dir: &Path, number: u64, pipeline: &str, policy: SyncPolicy) -> Result<Journal> {
        let path = layout::file(dir, FileKind::Journal, number);
        let mut bytes = Vec::new();
        put_header(&mut bytes, FileKind::Journal);
        let payload = begin_frame(&mut bytes);
        put_opened(&mut bytes, number, pipeline);
        end_frame(&mut bytes, payload);
        layout::write_aside(disk, &path, &bytes)?;
        disk.sync_dir(dir).map_err(failing("cannot sync the directory", dir))?;
        let length = bytes.len() as u64;
        Ok(Journal { durable: length, ..Journal::open(disk, path, number, length, policy)? })
    }

    /// A journal of this length, which may not be durable.
    pub fn open(disk: &Disk, path: PathBuf, number: u64, length: u64, policy: SyncPolicy) -> Result<Journal> {
        let file = disk.open(&path).map_err(failing("cannot open the file", &path))?;
        let synced = Instant::now();
        Ok(Journal { number, file, policy, length, durable: 0, synced, broken: None, frame: Vec::new() })
    }

    pub fn sync_policy(&mut self, policy: SyncPolicy) {
        self.policy = policy;
    }

    pub fn policy(&self) -> SyncPolicy {
        self.policy
    }

    pub fn begin(&mut self, begin: &Begin) -> Result<()> {
        let durable = self.durable;
        self.append(|out| put_begin(out, durable, begin), self.is_due())
    }

    pub fn commit(&mut self, commit: &Commit) -> Result<()> {
        let durable = self.durable;
        self.append(|out| put_commit(out, durable, commit), self.is_due())
    }

    /// Ends this journal; the next one is there already.
    pub fn rolled(&mut self) -> Result<()> {
        let durable = self.durable;
        self.append(|out| put_rolled(out, durable), true)
    }

    /// Makes all of it durable.
    pub fn sync(&mut self) -> Result<()> {
        self.check()?;
        if self.durable < self.length {
            if let Err(error) = self.file.sync() {
                // The system may have dropped what it could not write, and would call the next sync a success.
                self.broken = Some(error.to_string());
                return Err(super::problem::failed("cannot sync the file", self.file.path(), error));
            }
            (self.durable, self.synced) = (self.length, Instant::now());
        }
        Ok(())
    }

    /// Refuses to go on with a file that may hold garbage.
    pub fn check(&self) -> Result<()> {
        let Some(cause) = &self.broken else { return Ok(()) };
        let what = format!("an earlier write failed and could not be taken back: {cause}");
        Err(refused(self.file.path(), what, "look after the disk, then start again: what was committed is safe"))
    }

    fn is_due(&self) -> bool {
        match self.policy {
            SyncPolicy::EachBatch => true,
            SyncPolicy::Interval(interval) => self.synced.elapsed() >= interval,
            SyncPolicy::Never => false,
        }
    }

    /// A frame is appended and, if asked, synced, or the journal is as before.
    fn append(&mut self, put: impl FnOnce(&mut Vec<u8>), sync: bool) -> Result<()> {
        self.check()?;
        self.frame.clear();
        let payload = begin_frame(&mut self.frame);
        put(&mut self.frame);
        if !end_frame(&mut self.frame, payload) {
            return Err(refused(self.file.path(), "a batch's inputs are longer than 1 GiB", "take shorter batches"));
        }
        if let Err(error) = self.file.append(&self.frame) {
            self.take_back(&error);
            return Err(super::problem::failed("cannot append to the file", self.file.path(), error));
        }
        let before = self.length;
        self.length += self.frame.len() as u64;
        if !sync {
            return Ok(());
        }
        if let Err(error) = self.file.sync() {
            self.length = before;
            if self.durable < before {
                self.broken = Some(error.to_string()); // see `sync`
            } else {
                self.take_back(&error);
            }
            return Err(super::problem::failed("cannot sync the file", self.file.path(), error));
        }
        (self.durable, self.synced) = (self.length, Instant::now());
        Ok(())
    }

    /// Cuts off a frame that may be there in part, so that later ones are not hidden behind it.
    fn take_back(&mut self, cause: &std::io::Error) {
        let cut = self.file.truncate(self.length).and_then(|()| self.file.sync());
        if let Err(error) = cut {
            self.broken = Some(format!("{cause}, then {error}"));
        }
    }
}
