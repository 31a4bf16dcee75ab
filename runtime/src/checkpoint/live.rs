//! Which segments of a state are still needed.

use std::collections::HashMap;

use super::manifest::{Manifest, ManifestState, Segment};
use super::types::PieceKind;
use crate::time::Time;

impl ManifestState {
    /// Drops the segments that restoring the state does not need.
    pub fn retain_live(&mut self) {
        let full =
            self.segments.iter().filter(|segment| segment.kind == PieceKind::Full).map(|segment| segment.version);
        let full = full.max().unwrap_or(0);
        let mut newest: HashMap<Time, u64> = HashMap::new();
        for segment in &self.segments {
            if let PieceKind::Pane(end) = segment.kind {
                let newest = newest.entry(end).or_default();
                *newest = segment.version.max(*newest);
            }
        }
        let cutoff = self.cutoff.unwrap_or(Time::ZERO);
        self.segments.retain(|segment| {
            segment.version >= full
                && match segment.kind {
                    PieceKind::Full | PieceKind::Delta => true,
                    PieceKind::Pane(end) => end >= cutoff && newest.get(&end) == Some(&segment.version),
                }
        });
    }

    /// What the segments of this kind take.
    pub fn bytes_of(&self, is: impl Fn(PieceKind) -> bool) -> u64 {
        self.segments.iter().filter(|segment| is(segment.kind)).map(|segment| segment.length).sum()
    }

    /// Deltas that take more than what they change are better replaced by the whole.
    pub fn is_worn(&self) -> bool {
        let deltas = self.bytes_of(|kind| kind == PieceKind::Delta);
        deltas > 0 && deltas > self.bytes_of(|kind| kind == PieceKind::Full)
    }
}

impl Manifest {
    /// What is live in each file, in the order of the files.
    pub fn live(&self) -> Vec<u64> {
        let mut live = vec![0; self.files.len()];
        for (_, Segment { file, length, .. }) in self.segments() {
            if let Ok(at) = self.files.binary_search_by_key(file, |file| file.number) {
                live[at] += length;
            }
        }
        live
    }

    /// Files of which nothing is live are not listed.
    pub fn drop_dead_files(&mut self) {
        let mut live = self.live().into_iter();
        self.files.retain(|_| live.next().is_some_and(|live| live > 0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(cutoff: Option<u64>, segments: &[(u64, PieceKind)]) -> Vec<usize> {
        let segment = |(at, (version, kind)): (usize, &(u64, PieceKind))| Segment {
            file: 0,
            version: *version,
            kind: *kind,
            offset: at as u64,
            length: 1,
            pieces: 1,
        };
        let segments = segments.iter().enumerate().map(segment).collect();
        let cutoff = cutoff.map(Time::from_millis);
        let mut state = ManifestState { cutoff, segments, ..ManifestState::default() };
        state.retain_live();
        state.segments.iter().map(|segment| segment.offset as usize).collect()
    }

    #[test]
    fn the_last_full_and_all_behind_it_is_live() {
        use PieceKind::{Delta, Full};
        assert_eq!(live(None, &[(1, Full), (2, Delta), (4, Full), (4, Full), (5, Delta)]), [2, 3, 4]);
        assert_eq!(live(None, &[(2, Delta), (3, Delta)]), [0, 1]);
    }

    #[test]
    fn the_last_version_of_a_pane_is_live() {
        let pane = |end| PieceKind::Pane(Time::from_millis(end));
        let segments = [(1, pane(1)), (1, pane(2)), (2, pane(2)), (2, pane(3)), (2, pane(2))];
        assert_eq!(live(None, &segments), [0, 2, 3, 4]);
        assert_eq!(live(Some(2), &segments), [2, 3, 4]);
        assert_eq!(live(Some(4), &segments), [] as [usize; 0]);
        assert_eq!(live(None, &[(1, pane(1)), (2, PieceKind::Full), (2, pane(2))]), [1, 2]);
    }
}
