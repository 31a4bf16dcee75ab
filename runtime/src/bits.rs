//! Sets of small numbers, a bit for each.

use std::ops::Range;

/// A set of numbers. Takes a bit for each number up to the largest one that was ever in it.
#[derive(Clone, Default)]
pub struct Bits {
    words: Vec<u64>,
}

impl Bits {
    /// Whether a number is in the set.
    #[inline(always)]
    pub fn has(&self, number: u32) -> bool {
        self.words.get(number as usize / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    /// Adds a number.
    #[inline]
    pub fn set(&mut self, number: u32) {
        let word = number as usize / 64;
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        self.words[word] |= 1 << (number % 64);
    }

    /// Takes a number out, if it is there.
    #[inline]
    pub fn clear(&mut self, number: u32) {
        if let Some(word) = self.words.get_mut(number as usize / 64) {
            *word &= !(1 << (number % 64));
        }
    }

    /// Those of these numbers that are in the set, as runs of numbers one after the other, in order.
    pub fn runs(&self, numbers: Range<usize>) -> impl Iterator<Item = Range<usize>> {
        let mut from = numbers.start;
        std::iter::from_fn(move || {
            let run = first_run(&self.words, from..numbers.end.min(self.words.len() * 64));
            from = run.end;
            (!run.is_empty()).then_some(run)
        })
    }

    /// How many numbers are in the set. Counts them.
    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// The numbers, in order.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        self.words.iter().enumerate().flat_map(|(word, bits)| {
            let mut rest = *bits;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros())?;
                rest &= rest - 1;
                Some(word as u32 * 64 + bit)
            })
        })
    }

    /// The bytes of its vector.
    pub fn bytes(&self) -> usize {
        self.words.capacity() * size_of::<u64>()
    }
}

impl FromIterator<u32> for Bits {
    fn from_iter<I: IntoIterator<Item = u32>>(numbers: I) -> Self {
        let mut bits = Bits::default();
        numbers.into_iter().for_each(|number| bits.set(number));
        bits
    }
}

/// A set of numbers, and the place of each in their order.
pub struct Ranks {
    set: Bits,
    /// How many there are before each word, and in all.
    before: Vec<u32>,
}

impl Ranks {
    /// Of these numbers, which are below `end`.
    pub fn new(numbers: &[u32], end: usize) -> Self {
        let mut words = vec![0u64; end.div_ceil(64)];
        numbers.iter().for_each(|number| words[*number as usize / 64] |= 1 << (number % 64));
        let mut before = Vec::with_capacity(words.len() + 1);
        let mut count = 0;
        before.push(count);
        before.extend(words.iter().map(|word| {
            count += word.count_ones();
            count
        }));
        Ranks { set: Bits { words }, before }
    }

    /// How many numbers there are.
    pub fn len(&self) -> usize {
        self.before.last().map_or(0, |count| *count as usize)
    }

    /// How many numbers there are before this one, which is below `end`.
    #[inline(always)]
    pub fn of(&self, number: u32) -> usize {
        let word = number as usize / 64;
        let smaller = self.set.words[word] & ((1 << (number % 64)) - 1);
        self.before[word] as usize + smaller.count_ones() as usize
    }

    /// The numbers.
    pub fn into_set(self) -> Bits {
        self.set
    }
}

/// The first run of set bits in a range of them; an empty one at its end if there is none.
fn first_run(bits: &[u64], range: Range<usize>) -> Range<usize> {
    let start = skip(bits, range.clone(), u64::trailing_zeros);
    start..skip(bits, start..range.end, u64::trailing_ones)
}

/// Goes over the bits that `length` finds at the beginning of a word.
#[inline(always)]
fn skip(bits: &[u64], Range { mut start, end }: Range<usize>, length: impl Fn(u64) -> u32) -> usize {
    while start < end {
        let left = 64 - start % 64;
        let length = length(bits[start / 64] >> (start % 64)) as usize;
        start += length.min(left);
        if length < left {
            break;
        }
    }
    start.min(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_cover_the_set() {
        let numbers = || (0..300u32).filter(|number| !matches!(number, 3 | 63..70 | 128 | 250..));
        let mut bits: Bits = numbers().chain([256]).collect();
        bits.clear(256);
        bits.clear(100_000);
        for range in [0..0, 0..320, 3..70, 64..128, 5..10_000, 400..500] {
            let runs: Vec<_> = bits.runs(range.clone()).collect();
            assert!(runs.windows(2).all(|runs| runs[0].end < runs[1].start));
            let expected: Vec<usize> = numbers().map(|n| n as usize).filter(|n| range.contains(n)).collect();
            assert_eq!(runs.into_iter().flatten().collect::<Vec<_>>(), expected);
        }
        assert!(bits.iter().eq(numbers()));
        assert_eq!(bits.len(), numbers().count());
        assert!(bits.has(2) && !bits.has(3) && !bits.has(100_000));
    }
}
