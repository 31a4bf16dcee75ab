//! A short way to the entries of keys that are numbers, or made of some.

use crate::record::Keep;

/// The numbers of a table's entries, by the bits of their keys: no hash, and one place to look at instead of a way through an
/// index. A key that is a small number has a place of its own. Keys of several numbers may share one, which tells of the key that
/// was noted last; so whoever follows such a shortcut compares the key that it leads to.
#[derive(Default)]
pub struct Shortcuts {
    /// A power of two of places, or none. The number of an entry plus one; 0 where nothing was noted.
    places: Vec<u32>,
    /// By how much 64 bits are shifted to the right for a place.
    shift: u32,
}

/// So many places a key, so that they take about as much memory as the entries, and few keys share one.
const TIMES: usize = 4;
const LEAST: usize = 256;

impl Shortcuts {
    /// The number of the entry that is the key's; if its bits do not tell it from others, that may be.
    #[inline(always)]
    pub fn get<K: Keep>(&self, key: &K) -> Option<usize> {
        let number = *self.places.get(self.place::<K>(key.as_bits()?))?;
        (number as usize).checked_sub(1)
    }

    /// Notes the number of the key's entry, in a table of so many `keys`.
    #[inline(always)]
    pub fn note<K: Keep>(&mut self, key: &K, number: usize, keys: usize) {
        if let Some(bits) = key.as_bits() {
            self.note_bits::<K>(bits, number, keys);
        }
    }

    #[inline(never)]
    fn note_bits<K: Keep>(&mut self, bits: u64, number: usize, keys: usize) {
        if self.places.len() < (keys * TIMES).max(LEAST) {
            // What was noted goes, and is noted again when it is met.
            self.places = vec![0; (keys * TIMES * 2).next_power_of_two().max(LEAST)];
            self.shift = u64::BITS - self.places.len().ilog2();
        }
        let place = self.place::<K>(bits);
        if let Some(noted) = self.places.get_mut(place) {
            *noted = number as u32 + 1;
        }
    }

    /// Multiplied by the golden ratio, numbers one after the other come to lie far apart (Knuth, The Art of Computer Programming,
    /// volume 3, section 6.4).
    #[inline(always)]
    fn place<K: Keep>(&self, bits: u64) -> usize {
        if K::BITS_TELL_APART {
            usize::try_from(bits).unwrap_or(usize::MAX)
        } else {
            (bits.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift) as usize
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key_hash::hash_of;
    use crate::time::Time;

    /// How many of these keys are found where they were noted, after all of them were.
    fn found<K: Keep>(keys: impl Iterator<Item = K> + Clone) -> usize {
        let (mut shortcuts, length) = (Shortcuts::default(), keys.clone().count());
        keys.clone().enumerate().for_each(|(number, key)| shortcuts.note(&key, number, length));
        keys.enumerate().filter(|(number, key)| shortcuts.get(key) == Some(*number)).count()
    }

    #[test]
    fn small_numbers_have_places_of_their_own() {
        assert_eq!(found(0..1000u64), 1000);
        assert_eq!(found((0..1000u16).map(|n| n * 4)), 1000);
        assert_eq!(found(-500..500i32), 500);
        assert_eq!(found([u64::MAX, 1 << 40].into_iter()), 0);
    }

    #[test]
    fn keys_that_differ_have_other_places() {
        let times = [15, 19].map(Time::from_nanos);
        let mut shortcuts = Shortcuts::default();
        shortcuts.note(&times[0], 0, 10);
        assert_eq!(times.map(|time| shortcuts.get(&time)), [Some(0), None]);
        shortcuts.note(&-1i8, 1, 10);
        assert_eq!([shortcuts.get(&255u8), shortcuts.get(&u8::MIN)], [None; 2]);
        shortcuts.note(&'b', 2, 10);
        assert_eq!(['b', 'c'].map(|letter| shortcuts.get(&letter)), [Some(2), None]);
    }

    #[test]
    fn keys_of_several_numbers_hardly_share_places() {
        assert_eq!(found((0..1000u64).map(|n| (n, 170_000_000u64))), 1000);
        assert!(found((0..1000).map(|n| (3u8, 1_700_000_000_000 + n * 60_000u64))) > 900);
        assert!(found((0..1000u64).map(|n| (7u8, n << 48))) > 800);
        assert!(found((0..1000u32).map(|n| (n % 100, n / 100, true))) > 900);
        assert!(found((0..1000u64).map(|n| (hash_of(&n), 'a'))) > 800);
        assert!(found((0..1000u128).map(|n| n << 32)) > 800);
    }

    #[test]
    fn other_keys_have_no_place() {
        let mut shortcuts = Shortcuts::default();
        shortcuts.note(&"1", 0, 1);
        shortcuts.note(&(1u64, "1"), 0, 1);
        assert!(shortcuts.places.is_empty());
        assert_eq!(shortcuts.get(&1u64), None);
        assert_eq!(shortcuts.get(&(0u64, 0u64)), None);
    }
}
