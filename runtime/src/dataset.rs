//! Datasets: what a stage reads. The received blocks of a source, or what an exchange left in memory for this batch.
//!
//! A dataset consists of partitions. They depend on the data alone, never on the number of workers.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::block::{Block, Views};
use crate::entries::Entries;
use crate::record::{Keep, Same};
use crate::table::{Entry, SHARDS};

/// The records of a stream in one batch, in memory, in partitions.
pub trait Dataset: Sync {
    /// What a closure sees of a record.
    type Item<'a>
    where
        Self: 'a;
    /// The records of a part of a partition.
    type Views<'a>: Iterator<Item = Self::Item<'a>>
    where
        Self: 'a;

    /// How many partitions there are; some may be empty.
    fn partitions(&self) -> usize;
    /// The length of a partition in the units in which it can be cut.
    fn weight(&self, partition: usize) -> usize;
    /// The least weight that is worth a worker of its own. The default is for records in memory.
    fn grain(&self) -> usize {
        1024
    }
    /// The records that begin in `range` of a partition.
    fn views(&self, partition: usize, range: Range<usize>) -> Self::Views<'_>;
    /// No records. To be asked where there may be no partition at all.
    fn none(&self) -> Self::Views<'_> {
        self.views(0, 0..0)
    }
}

/// What others hold can be read as well.
impl<D: Dataset> Dataset for &D {
    type Item<'a>
        = D::Item<'a>
    where
        Self: 'a;
    type Views<'a>
        = D::Views<'a>
    where
        Self: 'a;

    fn partitions(&self) -> usize {
        D::partitions(self)
    }
    fn weight(&self, partition: usize) -> usize {
        D::weight(self, partition)
    }
    fn grain(&self) -> usize {
        D::grain(self)
    }
    #[inline]
    fn views(&self, partition: usize, range: Range<usize>) -> D::Views<'_> {
        D::views(self, partition, range)
    }
    fn none(&self) -> D::Views<'_> {
        D::none(self)
    }
}

/// The blocks of one source that belong to one batch; a block is a partition.
pub struct Received<B> {
    blocks: Vec<Arc<B>>,
    /// Made where no records are asked for.
    empty: OnceLock<B>,
}

impl<B> Received<B> {
    pub(crate) fn new(blocks: Vec<Arc<B>>) -> Self {
        Received { blocks, empty: OnceLock::new() }
    }

    pub(crate) fn blocks(&self) -> &[Arc<B>] {
        &self.blocks
    }
}

impl<B: Block> Dataset for Received<B> {
    type Item<'a> = B::Item<'a>;
    type Views<'a> = B::Views<'a>;

    fn partitions(&self) -> usize {
        self.blocks.len()
    }
    fn weight(&self, partition: usize) -> usize {
        self.blocks[partition].weight()
    }
    fn grain(&self) -> usize {
        B::grain()
    }
    #[inline]
    fn views(&self, partition: usize, range: Range<usize>) -> B::Views<'_> {
        self.blocks[partition].views(range)
    }
    fn none(&self) -> B::Views<'_> {
        self.empty.get_or_init(B::empty).views(0..0)
    }
}

/// Records that were collected into memory, in partitions.
pub struct Rows<T> {
    buffers: Vec<Vec<T>>,
    /// The buffer of each partition, and where in it the partition is.
    partitions: Vec<(usize, Range<usize>)>,
}

impl<T> Rows<T> {
    /// All records in one partition.
    pub(crate) fn one_partition(rows: Vec<T>) -> Self {
        Rows::separate(vec![rows])
    }

    /// The records of several partitions, each in a buffer of its own.
    pub(crate) fn separate(buffers: Vec<Vec<T>>) -> Self {
        let partitions = buffers.iter().map(|rows| 0..rows.len()).enumerate().collect();
        Rows { buffers, partitions }
    }

    /// Records in partitions of the given lengths, which add up to the number of records.
    pub(crate) fn with_lengths(rows: Vec<T>, lengths: Vec<usize>) -> Self {
        let ends = lengths.into_iter().scan(0, |end, length| {
            *end += length;
            Some(*end - length..*end)
        });
        Rows { partitions: ends.map(|range| (0, range)).collect(), buffers: vec![rows] }
    }

    /// The same records cut into `partitions` runs of equal length, give or take one record.
    pub(crate) fn cut(rows: Vec<T>, partitions: usize) -> Self {
        let at = |part| rows.len() * part / partitions;
        Rows { partitions: (0..partitions).map(|part| (0, at(part)..at(part + 1))).collect(), buffers: vec![rows] }
    }
}

/// All items, one vector behind the other. The first one takes those of the others in.
pub(crate) fn joined<T>(vectors: Vec<Vec<T>>) -> Vec<T> {
    let mut vectors = vectors.into_iter();
    let mut all = vectors.next().unwrap_or_default();
    all.reserve(vectors.as_slice().iter().map(Vec::len).sum());
    vectors.for_each(|others| all.extend(others));
    // There may be room for as many as the batch before had, and whoever gets this may keep it.
    if all.capacity() / 2 > all.len() {
        all.shrink_to_fit();
    }
    all
}

impl<T: Keep + Sync> Dataset for Rows<T> {
    type Item<'a>
        = T::View<'a>
    where
        Self: 'a;
    type Views<'a>
        = Views<'a, T>
    where
        Self: 'a;

    fn partitions(&self) -> usize {
        self.partitions.len()
    }
    fn weight(&self, partition: usize) -> usize {
        self.partitions[partition].1.len()
    }
    #[inline]
    fn views(&self, partition: usize, range: Range<usize>) -> Views<'_, T> {
        let (buffer, rows) = &self.partitions[partition];
        Views::new(&self.buffers[*buffer][rows.clone()][range])
    }
    fn none(&self) -> Views<'_, T> {
        Views::new(&[])
    }
}

/// One record a key: what a shuffle leaves. A shard is a partition.
pub struct Keyed<K, V>(pub(crate) Entries<K, V>);

/// The entries of a shard, seen as pairs.
pub struct PairViews<'a, K, V>(std::slice::Iter<'a, Entry<K, V>>);

impl<'a, K: Keep, V: Keep> Iterator for PairViews<'a, K, V> {
    type Item = (K::View<'a>, V::View<'a>);

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|entry| (entry.key.view(), entry.value.view()))
    }
    #[inline(always)]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
    #[inline(always)]
    fn fold<B, F: FnMut(B, Self::Item) -> B>(self, init: B, mut f: F) -> B {
        self.0.fold(init, |acc, entry| f(acc, (entry.key.view(), entry.value.view())))
    }
}

impl<K: Keep + Sync, V: Keep + Sync> Dataset for Keyed<K, V> {
    type Item<'a>
        = (K::View<'a>, V::View<'a>)
    where
        Self: 'a;
    type Views<'a>
        = PairViews<'a, K, V>
    where
        Self: 'a;

    fn partitions(&self) -> usize {
        SHARDS
    }
    fn weight(&self, partition: usize) -> usize {
        self.0.of_shard(partition).len()
    }
    #[inline]
    fn views(&self, partition: usize, range: Range<usize>) -> PairViews<'_, K, V> {
        PairViews(self.0.of_shard(partition)[range].iter())
    }
}

/// The keys of a [`Keyed`] dataset as records of their own.
pub struct Keys<K>(pub(crate) Entries<K, ()>);

/// The keys of a shard.
pub struct KeyViews<'a, K>(std::slice::Iter<'a, Entry<K, ()>>);

impl<'a, K: Keep> Iterator for KeyViews<'a, K> {
    type Item = K::View<'a>;

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|entry| entry.key.view())
    }
    #[inline(always)]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<K: Keep + Sync> Dataset for Keys<K> {
    type Item<'a>
        = K::View<'a>
    where
        Self: 'a;
    type Views<'a>
        = KeyViews<'a, K>
    where
        Self: 'a;

    fn partitions(&self) -> usize {
        SHARDS
    }
    fn weight(&self, partition: usize) -> usize {
        self.0.of_shard(partition).len()
    }
    #[inline]
    fn views(&self, partition: usize, range: Range<usize>) -> KeyViews<'_, K> {
        KeyViews(self.0.of_shard(partition)[range].iter())
    }
}

/// Two datasets one after the other, without a copy. Their records look alike, whatever holds them.
pub struct Union<'d, A, B> {
    left: &'d A,
    right: &'d B,
}

/// See `Union`.
pub fn union<'d, A, B>(left: &'d A, right: &'d B) -> Union<'d, A, B>
where
    A: Dataset,
    B: Dataset<Item<'d>: Same<A::Item<'d>>>,
{
    Union { left, right }
}

/// The records of a part of a [`Union`].
pub enum EitherViews<A, B> {
    /// From the first dataset.
    Left(A),
    /// From the second one.
    Right(B),
}

impl<A: Iterator, B: Iterator<Item: Same<A::Item>>> Iterator for EitherViews<A, B> {
    type Item = A::Item;

    #[inline]
    fn next(&mut self) -> Option<A::Item> {
        match self {
            EitherViews::Left(views) => views.next(),
            EitherViews::Right(views) => views.next().map(Same::same),
        }
    }
    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            EitherViews::Left(views) => views.size_hint(),
            EitherViews::Right(views) => views.size_hint(),
        }
    }
    #[inline]
    fn fold<T, F: FnMut(T, A::Item) -> T>(self, init: T, mut f: F) -> T {
        match self {
            EitherViews::Left(views) => views.fold(init, f),
            EitherViews::Right(views) => views.fold(init, |done, record| f(done, record.same())),
        }
    }
}

impl<'d, A, B> Dataset for Union<'d, A, B>
where
    A: Dataset,
    B: Dataset<Item<'d>: Same<A::Item<'d>>>,
{
    type Item<'a>
        = A::Item<'d>
    where
        Self: 'a;
    type Views<'a>
        = EitherViews<A::Views<'d>, B::Views<'d>>
    where
        Self: 'a;

    fn partitions(&self) -> usize {
        self.left.partitions() + self.right.partitions()
    }
    fn weight(&self, partition: usize) -> usize {
        match partition.checked_sub(self.left.partitions()) {
            None => self.left.weight(partition),
            Some(partition) => self.right.weight(partition),
        }
    }
    fn grain(&self) -> usize {
        self.left.grain().max(self.right.grain())
    }
    #[inline]
    fn views(&self, partition: usize, range: Range<usize>) -> Self::Views<'_> {
        let (left, right) = (self.left, self.right);
        match partition.checked_sub(left.partitions()) {
            None => EitherViews::Left(left.views(partition, range)),
            Some(partition) => EitherViews::Right(right.views(partition, range)),
        }
    }
    fn none(&self) -> Self::Views<'_> {
        EitherViews::Left(self.left.none())
    }
}
