//! The one hash of keys: the same in every process, and for a view as for what is kept of it.

use std::hash::{BuildHasher, Hash, Hasher};

use foldhash::fast::{FixedState, FoldHasher};

use crate::record::Keep;

/// Texts of up to so many bytes are told apart by their hashes and lengths.
pub const SHORT: usize = size_of::<u64>();

/// The hash of a key.
#[inline(always)]
pub fn hash_of<K: Hash + Keep>(key: &K) -> u64 {
    match key.as_text() {
        Some(text) => hash_of_text(text),
        None => hashed(key),
    }
}

/// Whether two keys are equal, if these are their hashes. Short texts need not be looked at, wherever they lie.
#[inline(always)]
pub fn is_same<K: Eq + Keep>((hash, key): (u64, &K), (other_hash, other): (u64, &K)) -> bool {
    match (key.as_text(), other.as_text()) {
        (Some(text), Some(other)) => {
            hash == other_hash && text.len() == other.len() && (text.len() <= SHORT || text == other)
        }
        _ => key == other,
    }
}

/// What [`hashed`] gives for a text, whatever type it is of.
#[inline(always)]
fn hash_of_text(text: &str) -> u64 {
    if text.len() <= SHORT { mixed(text.as_bytes()) } else { hashed(text) }
}

#[inline(always)]
fn hashed<K: Hash + ?Sized>(key: &K) -> u64 {
    let all = FixedState::with_seed(0x6d69_6372_6f62_6174).build_hasher();
    let mut hasher = KeyHasher { all, seen: Seen::Nothing };
    key.hash(&mut hasher);
    hasher.finish()
}

/// Hashes a short text that is alone by a function that gives no two texts of a length the same hash, and everything else as
/// foldhash does.
struct KeyHasher {
    all: FoldHasher<'static>,
    seen: Seen,
}

/// What was hashed so far.
enum Seen {
    Nothing,
    /// A few bytes, and nothing else.
    Bytes(u64),
    /// The same, and the byte behind each text.
    Text(u64),
    Others,
}

macro_rules! hashed_as_foldhash_does {
    ($($write:ident: $type:ty),*) => {$(
        #[inline(always)]
        fn $write(&mut self, value: $type) {
            self.seen = Seen::Others;
            self.all.$write(value);
        }
    )*};
}

impl Hasher for KeyHasher {
    #[inline(always)]
    fn write(&mut self, bytes: &[u8]) {
        self.seen = match self.seen {
            Seen::Nothing if bytes.len() <= SHORT => Seen::Bytes(mixed(bytes)),
            _ => Seen::Others,
        };
        self.all.write(bytes);
    }

    #[inline(always)]
    fn write_u8(&mut self, value: u8) {
        self.seen = match self.seen {
            Seen::Bytes(hash) if value == 0xff => Seen::Text(hash),
            _ => Seen::Others,
        };
        self.all.write_u8(value);
    }

    hashed_as_foldhash_does!(
        write_u16: u16, write_u32: u32, write_u64: u64, write_u128: u128, write_usize: usize,
        write_i8: i8, write_i16: i16, write_i32: i32, write_i64: i64, write_i128: i128, write_isize: isize
    );

    #[inline(always)]
    fn finish(&self) -> u64 {
        match self.seen {
            Seen::Text(hash) => hash,
            _ => self.all.finish(),
        }
    }
}

/// Mixes up to eight bytes and their number, by the steps of MurmurHash3's finalizer (with one shift and one factor for all). Each
/// step can be taken back, so that other bytes in the same number give another result.
#[inline(always)]
fn mixed(bytes: &[u8]) -> u64 {
    let mut x = padded(bytes) ^ of_length(bytes.len());
    x = (x ^ (x >> 32)).wrapping_mul(ODD);
    x = (x ^ (x >> 32)).wrapping_mul(ODD);
    x ^ (x >> 32)
}

/// What bits are multiplied by.
pub const ODD: u64 = 0xd6e8_feb8_6659_fd93;

/// What tells zeros at the end of a text from none.
#[inline(always)]
fn of_length(length: usize) -> u64 {
    (length as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Up to eight bytes as a number, with zeros behind them.
#[inline(always)]
fn padded(bytes: &[u8]) -> u64 {
    let length = bytes.len();
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        return u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << (8 * (length - 4));
    }
    match *bytes {
        [] => 0,
        [a] => u64::from(a),
        [a, b] => u64::from(a) | u64::from(b) << 8,
        [a, b, c, ..] => u64::from(a) | u64::from(b) << 8 | u64::from(c) << 16,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const TEXTS: [&str; 10] =
        ["", "a", "ab", "abc", "abcd", "ab\0d", "äöü", "12345678", "123456789", "a longer text than that"];

    #[test]
    fn a_text_has_its_hash_whatever_its_type() {
        for text in TEXTS {
            let owned = text.to_owned();
            let hashes =
                [hash_of(&text), hash_of(&owned), hash_of(&&owned), hashed(text), hashed(&Box::<str>::from(text))];
            assert_eq!(hashes, [hash_of(&text); 5], "{text}");
        }
    }

    #[test]
    fn a_view_hashes_as_what_is_kept_of_it() {
        for text in TEXTS {
            assert_eq!(hash_of(&(text, 1u64)), hash_of(&(text.to_owned(), 1u64)));
            assert_eq!(hash_of(&(1u8, text, text)), hash_of(&(1u8, text.to_owned(), text.to_owned())));
        }
        assert_eq!(hash_of(&[1u8, 2].as_slice()), hash_of(&vec![1u8, 2]));
    }

    #[test]
    fn keys_that_differ_have_other_hashes() {
        let texts = TEXTS.map(|text| hash_of(&text));
        let pairs = TEXTS.map(|text| hash_of(&(text, text)));
        let pieces = [("", "abc"), ("a", "bc"), ("ab", "c"), ("abc", "")].map(|pair| hash_of(&pair));
        let numbers = [hash_of(&0u64), hash_of(&1u64), hash_of(&0xffu8), hash_of(&())];
        let all = [&texts[..], &pairs, &pieces, &numbers].concat();
        // `pairs` and `pieces` have no key in common.
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
    }

    /// The lowest bits place a key in its table, the highest ones choose its shard.
    #[test]
    fn short_texts_are_spread_over_all_shards_and_slots() {
        let texts: Vec<String> =
            (0..100_000).map(|n| format!("w{n:07}")).chain((0..9999).map(|n| n.to_string())).collect();
        for (shift, bits) in [(0, 8), (26, 7), (58, 6)] {
            let mut counts = vec![0; 1 << bits];
            texts.iter().for_each(|text| counts[(hash_of(text) >> shift) as usize % (1 << bits)] += 1);
            let mean = texts.len() / counts.len();
            assert!(
                counts.iter().all(|count| count * 4 > mean * 3 && count * 4 < mean * 5),
                "{counts:?} from bit {shift}"
            );
        }
    }

    /// So no two texts of a length have the same hash.
    #[test]
    fn the_hash_of_a_short_text_can_be_taken_back() {
        // Newton's way to the inverse of an odd number: each step doubles the bits that are right.
        let inverse = (0..6).fold(ODD, |inverse, _| inverse.wrapping_mul(2u64.wrapping_sub(ODD.wrapping_mul(inverse))));
        let half = |x: u64| x ^ (x >> 32);
        for length in 0..=SHORT as u64 {
            for n in 0..1000u64 {
                let bytes = &n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes()[..length as usize];
                let x = half(half(half(mixed(bytes)).wrapping_mul(inverse)).wrapping_mul(inverse));
                let back = (x ^ of_length(length as usize)).to_le_bytes();
                assert_eq!(back[..length as usize], *bytes);
                assert!(back[length as usize..].iter().all(|byte| *byte == 0));
            }
        }
    }

    #[test]
    fn only_the_same_texts_are_the_same() {
        for text in TEXTS {
            for other in TEXTS {
                let (key, its_copy) = ((hash_of(&text), &text), other.to_owned());
                assert_eq!(is_same(key, (hash_of(&other), &its_copy.as_str())), text == other);
            }
        }
    }
}
