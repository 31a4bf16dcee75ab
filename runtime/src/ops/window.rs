//! Windows: the last batches of a stream.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::block::StoredBlock;
use crate::checkpoint::{Piece, PieceKind};
use crate::dataset::Received;
use crate::engine::Engine;
use crate::error::Result;
use crate::ops::whole_batch::collect;
use crate::record::Keep;
use crate::saved::{Captured, DescribeValue, Description, END, Saved, SavedKind, encoded, end_of_piece};
use crate::stage::Workers;
use crate::stored::{Malformed, Shapes, load_length, store_length};
use crate::time::Time;
use crate::transaction::{StateSize, Transaction};
use crate::window_shape::WindowShape;

/// A window that takes in what a stage left for it, part by part.
pub trait Slides<P> {
    /// What is read when the window slides.
    type Batch<'a>
    where
        Self: 'a;
    /// Takes the parts of a batch in.
    fn slide<'a>(&'a mut self, engine: &Engine, label: &str, parts: Vec<P>) -> Result<Self::Batch<'a>>;
}

/// Takes a batch into a window.
pub fn slide<'a, P, S: Slides<P>>(
    engine: &Engine,
    label: &str,
    state: &'a mut S,
    parts: Vec<P>,
) -> Result<S::Batch<'a>> {
    state.slide(engine, label, parts)
}

/// Takes a batch into a window that keeps blocks as they are.
pub fn slide_blocks<B>(engine: &Engine, state: &mut BlockWindow<B>, batch: &Received<B>) -> Received<B> {
    state.slide(engine, batch.blocks())
}

/// The bytes of the blocks that are written in one piece, and the least that is reckoned for a record, which may hold more elsewhere.
const PORTION: u64 = 1 << 26;
const RECORD: u64 = 256;

/// How many records are kept in one block.
const BLOCK: usize = 1 << 16;

/// The blocks of the last batches: they are kept alive, and no record is copied.
pub struct BlockWindow<B> {
    shape: WindowShape,
    /// In the order of their times.
    batches: VecDeque<(Time, Vec<Arc<B>>)>,
    committed: Time,
    /// The last batch that was written to a checkpoint.
    captured: Time,
}

impl<B> BlockWindow<B> {
    pub(crate) fn new(shape: WindowShape) -> Self {
        BlockWindow { shape, batches: VecDeque::new(), committed: Time::ZERO, captured: Time::ZERO }
    }

    /// The next batch. One that runs again may be off today's grid, if the batch interval was another then.
    fn next(&self, time: Time) -> Time {
        time.floor(self.shape.parent) + self.shape.parent
    }

    fn slide(&mut self, engine: &Engine, blocks: &[Arc<B>]) -> Received<B> {
        let now = engine.time();
        if engine.is_due() && !blocks.is_empty() {
            self.batches.push_back((now, blocks.to_vec()));
        }
        if !engine.is_time_of(self.shape.slide) {
            return Received::new(Vec::new());
        }
        let batches = self.batches.iter().filter(|(time, _)| self.shape.holds(now, *time));
        Received::new(batches.flat_map(|(_, blocks)| blocks).cloned().collect())
    }
}

impl<B: StoredBlock> Transaction for BlockWindow<B> {
    fn commit(&mut self, time: Time, _: &Workers) {
        self.committed = time;
        let next = self.next(time);
        while self.batches.front().is_some_and(|(time, _)| !self.shape.holds(next, *time)) {
            self.batches.pop_front();
        }
    }

    fn rollback(&mut self) {
        while self.batches.back().is_some_and(|(time, _)| *time > self.committed) {
            self.batches.pop_back();
        }
    }

    fn size(&self) -> StateSize {
        let blocks = || self.batches.iter().flat_map(|(_, blocks)| blocks);
        StateSize {
            entries: blocks().map(|block| block.records()).sum(),
            bytes: blocks().map(|block| block.bytes()).sum(),
            oldest: self.batches.front().map(|(time, _)| *time),
        }
    }

    fn describe(&self, other: Option<DescribeValue>) -> Description {
        let shape = other.unwrap_or(B::block_shape)(&mut Shapes::default());
        Description { kind: SavedKind::Blocks, shape, pane: None }
    }

    /// Blocks do not change: each is written once, behind the back of the pipeline.
    fn capture(&mut self, time: Time, everything: bool, _: &Workers) -> Captured {
        let since = if everything { Time::ZERO } else { self.captured };
        self.captured = time;
        let mut pieces = Vec::new();
        if everything {
            pieces.push(encoded(PieceKind::Full, Vec::new()));
        }
        for (time, blocks) in self.batches.iter().filter(|(time, _)| *time > since) {
            for blocks in portions(blocks) {
                let write = move |out: &mut Vec<u8>| {
                    out.push(0);
                    store_length(blocks.len(), out);
                    blocks.iter().for_each(|block| block.store_block(out));
                    out.push(END);
                };
                pieces.push(Piece { kind: PieceKind::Pane(*time), write: Box::new(write) });
            }
        }
        // The next window holds what is later than this.
        let end = self.next(time) - self.shape.length;
        Captured { entries: self.size().entries, cutoff: Some(end + Duration::from_nanos(1)), pieces }
    }

    fn restore(&mut self, saved: &Saved<'_>, _: &Workers) -> Result<()> {
        (self.committed, self.captured) = (saved.time, saved.time);
        saved.read(1, &mut |_, lanes| {
            for piece in lanes.into_iter().flatten() {
                let PieceKind::Pane(time) = piece.kind else {
                    return Err(Malformed::new("a window consists of batches"));
                };
                let mut from = piece.bytes();
                let mut blocks = Vec::new();
                for _ in 0..load_length(&mut from)? {
                    blocks.push(Arc::new(load_block::<B>(&mut from, saved)?));
                }
                end_of_piece(from)?;
                match self.batches.back_mut() {
                    Some((newest, _)) if *newest > time => {
                        return Err(Malformed::new("its batches are not in the order of time"));
                    }
                    Some((newest, portions)) if *newest == time => portions.append(&mut blocks),
                    _ => self.batches.push_back((time, blocks)),
                }
            }
            Ok(())
        })
    }
}

/// The blocks of a batch in portions, none of which, unless it is a single block, is near the longest piece of a checkpoint.
fn portions<B: StoredBlock>(blocks: &[Arc<B>]) -> Vec<Vec<Arc<B>>> {
    let (mut portions, mut room) = (Vec::<Vec<_>>::new(), 0);
    for block in blocks {
        let bytes = block.bytes().max(block.records() * RECORD).max(1);
        match portions.last_mut().filter(|_| bytes <= room) {
            Some(portion) => portion.push(Arc::clone(block)),
            None => {
                portions.push(vec![Arc::clone(block)]);
                room = PORTION.max(bytes);
            }
        }
        room -= bytes;
    }
    portions
}

fn load_block<B: StoredBlock>(from: &mut &[u8], saved: &Saved<'_>) -> Result<B, Malformed> {
    let Some(migrate) = saved.migrate else { return B::load_block(from) };
    let mut bytes = Vec::new();
    migrate(from, &mut bytes)?;
    B::load_block(&mut bytes.as_slice())
}

/// Records as blocks that are not too long for a piece of a checkpoint.
fn blocks_of<T>(rows: Vec<T>) -> Vec<Arc<Vec<T>>> {
    if rows.len() <= BLOCK {
        return (!rows.is_empty()).then(|| Arc::new(rows)).into_iter().collect();
    }
    let blocks = rows.len().div_ceil(BLOCK);
    let mut rows = rows.into_iter();
    (0..blocks).map(|_| Arc::new(rows.by_ref().take(BLOCK).collect())).collect()
}

/// Makes records independent of their batch.
#[inline]
pub fn own<I: Iterator<Item = T>, T: Keep>(batch: I, part: &mut Vec<T::Owned>) {
    collect(batch.map(Keep::keep), part);
}

impl<T: Send + Sync> Slides<Vec<T>> for BlockWindow<Vec<T>> {
    type Batch<'a>
        = Received<Vec<T>>
    where
        Self: 'a;

    fn slide(&mut self, engine: &Engine, label: &str, parts: Vec<Vec<T>>) -> Result<Received<Vec<T>>> {
        let rows = engine.gather(label, parts)?;
        Ok(BlockWindow::slide(self, engine, &blocks_of(rows)))
    }
}
