//! `save_as_text_files`: a directory for each batch.
//!
//! The directory is written under a hidden name beside its place and takes its place when the batch is committed, so that a
//! reader never sees half of it. Its layout is the same for every number of workers.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use crate::checkpoint::{Disk, parent};
use crate::commit::Commit;
use crate::error::{BoxError, Error, Result};
use crate::ops::output::{Output, show_line};
use crate::show::Show;
use crate::stage::Part;
use crate::staged::Staged;
use crate::time::Time;

/// See [`DStream::save_as_text_files`](crate::DStream::save_as_text_files).
pub fn save_as_text_files(prefix: impl AsRef<Path>, suffix: impl AsRef<str>) -> SaveAsTextFiles {
    SaveAsTextFiles { prefix: prefix.as_ref().to_owned(), suffix: suffix.as_ref().to_owned() }
}

/// See [`save_as_text_files`].
pub struct SaveAsTextFiles {
    prefix: PathBuf,
    suffix: String,
}

/// The lines of a worker, in pieces, because one text would be copied whenever it has outgrown its place.
#[derive(Default)]
pub struct Pieces {
    pieces: Vec<String>,
    latest: String,
}

/// A piece ends with the line that makes it so long.
const PIECE: usize = 1 << 20;

impl Pieces {
    fn push(&mut self, record: impl Show) {
        show_line(record, &mut self.latest);
        if self.latest.len() >= PIECE {
            // A little more, so that the last line need not be the one that makes it grow.
            let next = String::with_capacity(PIECE + PIECE / 16);
            self.pieces.push(std::mem::replace(&mut self.latest, next));
        }
    }

    fn iter(&self) -> impl Iterator<Item = &String> {
        self.pieces.iter().chain([&self.latest])
    }
}

impl Part for Pieces {}

impl<T: Show> Output<T> for SaveAsTextFiles {
    type Part = Pieces;

    fn take(&self, batch: impl Iterator<Item = T>, part: &mut Pieces) {
        batch.for_each(|record| part.push(record));
    }

    fn write(&mut self, time: Time, parts: Vec<Pieces>, commit: &mut Commit) -> Result<(), BoxError> {
        let target = directory(&self.prefix, &self.suffix, time);
        if commit.has_staged_for(&target) {
            return Err(is_taken(&target).into());
        }
        commit.publish(stage(&commit.disk(), target, &parts)?);
        Ok(())
    }
}

/// `prefix-<ms>[.suffix]`; without a prefix `<ms>[.suffix]`.
fn directory(prefix: &Path, suffix: &str, time: Time) -> PathBuf {
    let mut name = OsString::from(prefix);
    if !name.is_empty() {
        name.push("-");
    }
    name.push(time.as_millis().to_string());
    // Intervals below a millisecond must not write over each other.
    let nanos = time.as_nanos() % 1_000_000;
    if nanos > 0 {
        name.push(format!("_{nanos:06}"));
    }
    if !suffix.is_empty() {
        name.push(".");
        name.push(suffix);
    }
    name.into()
}

/// Another output of the batch that writes to the same place would replace this one's records.
fn is_taken(target: &Path) -> Error {
    Error::config(
        format!("two outputs write to `{}`", target.display()),
        "give each `save_as_text_files` a prefix or a suffix of its own",
    )
}

/// Writes the directory of a batch beside its place.
fn stage(disk: &Disk, target: PathBuf, parts: &[Pieces]) -> Result<Staged> {
    let parent = parent(&target);
    disk.create_dir_all(parent).map_err(file_error("cannot make the directory", parent))?;
    let hidden = beside(&target, "tmp");
    disk.remove(&hidden).map_err(file_error("cannot remove", &hidden))?; // left by a run that was killed
    disk.create_dir(&hidden).map_err(file_error("cannot make the directory", &hidden))?;
    let staged = Staged::new(disk.clone(), hidden, target.clone());
    write_file(disk, &staged.path().join("part-00000"), parts)?;
    write_file(disk, &staged.path().join("_SUCCESS"), &[])?;
    // Its contents, and its own name: once the batch is committed, what is not there is taken for published.
    for dir in [staged.path(), parent] {
        disk.sync_dir(dir).map_err(file_error("cannot sync the directory", dir))?;
    }
    Ok(staged)
}

/// `.name.ending` in the same directory.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".");
    name.push(ending);
    path.with_file_name(name)
}

fn write_file(disk: &Disk, path: &Path, parts: &[Pieces]) -> Result<()> {
    let write = || {
        let mut file = disk.create(path)?;
        parts.iter().flat_map(Pieces::iter).try_for_each(|piece| file.append(piece.as_bytes()))?;
        file.sync()
    };
    write().map_err(file_error("cannot write", path))
}

fn file_error(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    move |cause| Error::File { what, path: path.to_owned(), cause }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs;
    use std::sync::Arc;

    use super::*;
    use crate::checkpoint::crash::{CrashPoints, Loss};

    #[test]
    fn what_is_staged_outlasts_a_loss_of_power() {
        for loss in [Loss::Contents, Loss::Names, Loss::Both] {
            let folder = tempfile::tempdir().unwrap();
            let points = CrashPoints::none();
            let disk = Disk::with_failpoints(Arc::clone(&points));
            let mut staged = stage(&disk, folder.path().join("out/counts-1"), &[lines(1..=1)]).unwrap();
            let (hidden, _) = staged.promise();
            points.lose(loss);
            assert_eq!(fs::read_to_string(hidden.join("part-00000")).unwrap(), "1\n", "{loss:?}");
            assert!(hidden.join("_SUCCESS").exists(), "{loss:?}");
        }
    }

    fn lines(numbers: std::ops::RangeInclusive<u32>) -> Pieces {
        let mut lines = Pieces::default();
        numbers.for_each(|n| lines.push(n));
        lines
    }

    #[test]
    fn many_lines_come_in_pieces() {
        let folder = tempfile::tempdir().unwrap();
        let (file, all) = (folder.path().join("part-00000"), 1..=500_000);
        let parts = [lines(1..=400_000), Pieces::default(), lines(400_001..=500_000)];
        assert_eq!(parts.each_ref().map(|part| part.pieces.len()), [2, 0, 0]);
        write_file(&Disk::default(), &file, &parts).unwrap();
        assert!(fs::read_to_string(file).unwrap().lines().eq(all.map(|n| n.to_string())));
    }

    #[test]
    fn directories_are_named_as_sparks() {
        let named = |prefix: &str, suffix, millis| directory(Path::new(prefix), suffix, Time::from_millis(millis));
        assert_eq!(named("p", "s", 1000), Path::new("p-1000.s"));
        assert_eq!(named("p", "", 1000), Path::new("p-1000"));
        assert_eq!(named("", "s", 1000), Path::new("1000.s"));
        assert_eq!(named("", "", 1000), Path::new("1000"));
        assert_eq!(named("out/p.q", "txt", 5), Path::new("out/p.q-5.txt"));
    }

    #[test]
    fn batches_of_one_millisecond_have_names_of_their_own() {
        let named = |nanos| directory(Path::new("p"), "s", Time::from_nanos(nanos));
        assert_eq!(named(1_500_000), Path::new("p-1_500000.s"));
        assert_eq!(named(2_000_000), Path::new("p-2.s"));
    }
}
