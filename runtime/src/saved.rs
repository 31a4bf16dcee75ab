//! What outlives the process: how a window or a state is described in a checkpoint, and how it comes back.

use std::fmt;
use std::time::Duration;

use crate::Record;
use crate::checkpoint::{Piece, PieceKind, SavedState};
use crate::error::{Error, Result};
use crate::stored::{Malformed, Shape, Shapes, Stored};
use crate::time::Time;

/// What a capture gives to a checkpoint.
pub struct Captured {
    /// How many keys, or records, there are in all.
    pub entries: u64,
    /// Panes that ended before this are not needed any more.
    pub cutoff: Option<Time>,
    pub(crate) pieces: Vec<Piece>,
}

/// A piece whose bytes are there already.
pub(crate) fn encoded(kind: PieceKind, mut bytes: Vec<u8>) -> Piece {
    Piece { kind, write: Box::new(move |out| out.append(&mut bytes)) }
}

/// What kind of thing outlives a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Record)]
#[non_exhaustive]
pub enum SavedKind {
    /// The states of keys.
    Keyed,
    /// The panes of a window by key.
    Panes,
    /// The blocks of a window over records.
    Blocks,
}

impl fmt::Display for SavedKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SavedKind::Keyed => "state",
            SavedKind::Panes => "window by key",
            SavedKind::Blocks => "window",
        })
    }
}

/// What a checkpoint knows of a window or a state without reading it: its fingerprint.
#[derive(Clone, Debug, PartialEq, Record)]
pub struct Description {
    pub kind: SavedKind,
    /// The pair of key and value; of a window of records, the block.
    pub shape: Shape,
    /// How long the panes of a window are.
    pub pane: Option<Duration>,
}

/// Describes a type of values.
pub type DescribeValue = fn(&mut Shapes) -> Shape;

impl Description {
    /// Of something that keeps a `V` for each `K`; or, in place of `V`, values of another type.
    pub fn of<K: Stored, V: Stored>(kind: SavedKind, other: Option<DescribeValue>) -> Self {
        let mut shapes = Shapes::default();
        let key = K::shape(&mut shapes);
        let value = other.unwrap_or(V::shape)(&mut shapes);
        Description { kind, shape: Shape::Tuple(vec![key, value]), pane: None }
    }

    /// Whether what one describes can be read as the other, if panes are left out of account.
    pub fn fits(&self, other: &Description) -> bool {
        self.kind == other.kind && self.shape == other.shape
    }
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Description { kind, shape, pane: _ } = self;
        write!(f, "{kind} of {shape}")
    }
}

/// Turns the bytes of an old value into those of a new one.
pub type Migrate = dyn Fn(&mut &[u8], &mut Vec<u8>) -> Result<(), Malformed> + Send + Sync;

/// What an earlier run has saved of a window or a state.
pub struct Saved<'a> {
    state: &'a SavedState,
    /// The batch as of which it was saved.
    pub time: Time,
    /// What is to be done with its values.
    pub migrate: Option<&'a Migrate>,
}

/// A piece as it was written.
pub struct SavedPiece {
    pub(crate) kind: PieceKind,
    /// Its lane, then its bytes.
    written: Vec<u8>,
}

impl SavedPiece {
    /// What was written behind the lane.
    pub fn bytes(&self) -> &[u8] {
        self.written.get(1..).unwrap_or_default()
    }
}

impl<'a> Saved<'a> {
    pub(crate) fn new(state: &'a SavedState, time: Time, migrate: Option<&'a Migrate>) -> Self {
        Saved { state, time, migrate }
    }

    /// Hands the pieces over, in groups, sorted by the lane that each has in its first byte. Of one lane they come in the order
    /// in which they were written. `take` gets the bytes in the group, too.
    ///
    /// # Errors
    /// When a file cannot be read, or `take` finds that its contents make no sense.
    pub fn read(
        &self,
        lanes: usize,
        take: &mut dyn FnMut(usize, Vec<Vec<SavedPiece>>) -> Result<(), Malformed>,
    ) -> Result<()> {
        const GROUP: usize = 64 << 20;
        let empty = || std::iter::repeat_with(Vec::new).take(lanes).collect::<Vec<Vec<SavedPiece>>>();
        let (mut group, mut bytes) = (empty(), 0);
        let mut give = |group, bytes| take(bytes, group).map_err(|malformed| self.malformed(&malformed));
        for piece in self.state.pieces()? {
            let (kind, written) = piece?;
            let Some(lane) = written.first() else {
                continue; // marks that nothing before it counts
            };
            let Some(lane) = group.get_mut(usize::from(*lane)) else {
                return Err(self.malformed(&Malformed::new("a piece belongs to a shard that there is not")));
            };
            bytes += written.len();
            lane.push(SavedPiece { kind, written });
            if bytes >= GROUP {
                give(std::mem::replace(&mut group, empty()), bytes)?;
                bytes = 0;
            }
        }
        give(group, bytes)
    }

    fn malformed(&self, malformed: &Malformed) -> Error {
        Error::config(
            format!("`{}` cannot be read from its checkpoint: {malformed}", self.state.name),
            "if the program was built from other sources than it seems, build it from the right ones; otherwise restore a copy of the directory",
        )
    }
}

/// A value, changed by a migration if there is one.
#[inline]
pub fn load_value<V: Stored>(from: &mut &[u8], migrate: Option<&Migrate>) -> Result<V, Malformed> {
    let Some(migrate) = migrate else { return V::load(from) };
    let mut bytes = Vec::new();
    migrate(from, &mut bytes)?;
    V::load(&mut bytes.as_slice())
}

/// Stands behind the entries of a piece, so that there are never more entries than bytes behind their number.
pub const END: u8 = 0;

/// Checks that there is nothing more than the entries.
pub fn end_of_piece(from: &[u8]) -> Result<(), Malformed> {
    if from == [END] { Ok(()) } else { Err(Malformed::new("a piece does not end behind its entries")) }
}
