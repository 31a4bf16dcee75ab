//! A window on its way to a checkpoint and back.
//!
//! A piece is what a shard has of one pane: keys with their values. A pane that has ended does not change any more, so each is
//! written once, and an open one again. What is derived from panes is not written.

use crate::checkpoint::{Piece, PieceKind};
use crate::key_hash::hash_of;
use crate::record::Record;
use crate::saved::{Captured, END, Saved, SavedPiece, encoded, end_of_piece, load_value};
use crate::stage::Workers;
use crate::state::StateRecord;
use crate::stored::{Malformed, load_length, store_length};
use crate::table::{SHARDS, shard_of};
use crate::time::Time;

use super::algorithm::Algorithm;
use super::keyed::KeyedWindow;
use super::shape::Shape;
use super::shard::Shard;

impl<K, C, F, A> KeyedWindow<K, C, F, A>
where
    K: StateRecord,
    C: Record,
    F: Sync,
    A: Algorithm<C, F>,
{
    /// What a checkpoint is to write after the batch of `time`: the panes that were not written since they ended, or all.
    pub fn capture(&mut self, time: Time, everything: bool, workers: &Workers) -> Captured {
        let since = if everything { Time::ZERO } else { self.captured };
        self.captured = time;
        if A::COUNTS_LATER {
            // What a batch has left that was taken back would be counted, too.
            self.refresh();
        }
        let shards: Vec<_> = self.shards.iter().enumerate().collect();
        let entries = self.keys();
        let written = workers.map(shards, entries, |(number, shard)| shard.capture::<C, F, A>(number, since));
        let mut written: Vec<Piece> = written.into_iter().flatten().collect();
        // All shards of a pane side by side: they are one part of the file then, and the manifest lists one a pane.
        written.sort_by_key(|piece| piece.kind);
        let mut pieces = Vec::new();
        if everything {
            // Whatever was written before is replaced.
            pieces.push(encoded(PieceKind::Full, Vec::new()));
        }
        pieces.append(&mut written);
        Captured { entries: entries as u64, cutoff: Some(self.shape.first_pane(time)), pieces }
    }

    /// Brings back what an earlier run of the program has captured.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn restore(&mut self, saved: &Saved<'_>, workers: &Workers) -> crate::Result<()> {
        let shape = self.shape;
        self.captured = saved.time;
        saved.read(SHARDS, &mut |count, lanes| {
            let mut tasks = Vec::with_capacity(SHARDS);
            for (number, (shard, pieces)) in self.shards.iter_mut().zip(lanes).enumerate() {
                if !pieces.is_empty() {
                    tasks.push((number, shard, pieces));
                }
            }
            let loaded = workers.map(tasks, count, |(number, shard, pieces)| {
                pieces.into_iter().try_for_each(|piece| shard.load::<C, F, A>(number, &shape, saved, &piece))
            });
            loaded.into_iter().collect()
        })
    }

    /// Whether there are values, and no functions yet to derive anything from them.
    pub fn wants_functions(&self) -> bool {
        self.functions().is_none() && self.keys() > 0
    }
}

impl<K: StateRecord, P, D> Shard<K, P, D> {
    /// The panes that end after `since`, from the oldest to the newest.
    fn capture<C, F, A>(&self, shard: usize, since: Time) -> Vec<Piece>
    where
        C: Record,
        A: Algorithm<C, F, Kept = P, Derived = D>,
    {
        let mut later = if A::COUNTS_LATER { vec![0; self.keys.numbers()] } else { Vec::new() };
        let mut pieces = Vec::new();
        for pane in self.panes.iter().rev().take_while(|pane| pane.end > since) {
            let mut bytes = Vec::with_capacity(pane.len() * (size_of::<K>() + size_of::<C>()) + 16);
            bytes.push(shard as u8);
            store_length(pane.len(), &mut bytes);
            // Backwards, because what newer entries have of a key must be known.
            for (number, kept) in pane.entries().rev() {
                self.keys.key(number).store(&mut bytes);
                A::saved(&self.derived, kept, number, &mut later).store(&mut bytes);
            }
            bytes.push(END);
            pieces.push(encoded(PieceKind::Pane(pane.end), bytes));
        }
        pieces.reverse();
        pieces
    }

    fn load<C, F, A>(
        &mut self,
        shard: usize,
        shape: &Shape,
        saved: &Saved<'_>,
        piece: &SavedPiece,
    ) -> Result<(), Malformed>
    where
        C: Record,
        A: Algorithm<C, F, Kept = P, Derived = D>,
    {
        let PieceKind::Pane(end) = piece.kind else { return Err(Malformed::new("a window consists of panes")) };
        let (step, now) = (shape.step(end), shape.step(saved.time));
        if now.leaves(step.end) {
            return Ok(());
        }
        if self.panes.newest_end().is_some_and(|newest| newest > step.end) {
            return Err(Malformed::new("its panes are not in the order of time"));
        }
        let mut from = piece.bytes();
        let mut entries = Vec::new();
        for _ in 0..load_length(&mut from)? {
            entries.push((K::load(&mut from)?, load_value::<C>(&mut from, saved.migrate)?));
        }
        end_of_piece(from)?;
        self.panes.open(&step);
        for (key, value) in entries.into_iter().rev() {
            let hash = hash_of(&key);
            if shard_of(hash) != shard {
                return Err(Malformed::new("a key has another hash than when it was written"));
            }
            self.put::<C, F, A>(hash, key, value);
        }
        self.settle_loaded();
        Ok(())
    }
}
