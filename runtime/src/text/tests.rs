//! Everything is compared with what the standard library gives.

#![allow(clippy::unwrap_used)]

use super::mask::{Byte, Separator, White, eight, mask};
use super::*;

/// splitmix64
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }

    fn text(&mut self, alphabet: &[char], length: u64) -> String {
        (0..self.below(length)).map(|_| alphabet[self.below(alphabet.len() as u64) as usize]).collect()
    }
}

/// Texts with many separators and with few, short ones and long ones.
fn texts() -> Vec<String> {
    let mut random = Random(1);
    let dense = [',', ',', 'a', 'ä', ' ', '\t', '\n', '\r', '\x0b', '\x0c', '-', '=', '𝄞'];
    let sparse: Vec<char> = [['a'; 40].as_slice(), &['b'; 100], &['é'; 20], &[',', ' ', '\n', '=']].concat();
    let mut texts = Vec::new();
    for length in [2, 10, 18, 40, 70, 140, 700] {
        for _ in 0..400 {
            texts.push(random.text(&dense, length));
            texts.push(random.text(&sparse, length));
        }
    }
    texts
}

#[test]
fn fields_are_those_of_split() {
    for text in texts() {
        for separator in [',', ' ', 'a', 'b', '\0'] {
            assert!(fields(&text, separator).eq(text.split(separator)), "{text:?} at {separator:?}");
        }
    }
}

#[test]
fn words_are_those_of_split_ascii_whitespace() {
    for text in texts() {
        assert!(words(&text).eq(text.split_ascii_whitespace()), "{text:?}");
    }
}

#[test]
fn lines_are_those_of_lines() {
    for text in texts() {
        // The standard library leaves the `\r` of a last line without an end.
        let ended = format!("{text}\n");
        assert!(Lines::new(&ended).eq(ended.lines()), "{text:?}");
        assert!(folded(&text).into_iter().eq(Lines::new(&text)), "{text:?}");
        let last = text.lines().last().map(|line| line.strip_suffix('\r').unwrap_or(line));
        assert_eq!(Lines::new(&text).last(), last, "{text:?}");
    }
    for length in (250..400).chain([10_000]) {
        let long = format!("{}\n\nc\n{}", "a".repeat(length), "b".repeat(length));
        assert!(Lines::new(&long).eq(long.lines()));
        assert!(folded(&long).into_iter().eq(long.lines()));
    }
}

/// What `fold` gives, which has a loop of its own.
fn folded(text: &str) -> Vec<&str> {
    Lines::new(text).fold(Vec::new(), |mut all, line| {
        all.push(line);
        all
    })
}

#[test]
fn so_many_fields_and_no_others() {
    fn compare<const N: usize>(text: &str) {
        let expected: Vec<&str> = text.split(',').collect();
        let found = fields_of::<N>(text, ',');
        assert_eq!(found.map(Vec::from), (expected.len() == N).then_some(expected), "{text:?} in {N}");
    }
    for text in texts() {
        compare::<0>(&text);
        compare::<1>(&text);
        compare::<2>(&text);
        compare::<3>(&text);
        compare::<8>(&text);
    }
}

#[test]
fn pairs_are_those_of_split_once() {
    for text in texts() {
        assert_eq!(key_value(&text, '='), text.split_once('='), "{text:?}");
    }
}

#[test]
fn iterators_stay_at_their_end() {
    let (mut fields, mut words, mut lines) = (fields("a", ','), words("a "), Lines::new("a\n"));
    for expected in [Some("a"), None, None] {
        assert_eq!((fields.next(), words.next(), lines.next()), (expected, expected, expected));
    }
}

#[test]
#[should_panic(expected = "the separator 'ä' is not an ASCII character")]
fn a_separator_is_ascii() {
    fields("a", 'ä');
}

#[test]
fn masks_are_the_same_on_all_processors() {
    for byte in 0..=255 {
        let bytes = std::array::from_fn(|n| byte ^ n as u8);
        assert_eq!(White.bits(bytes), eight::white(bytes));
        for separator in [0, 1, b' ', 0x7f] {
            assert_eq!(Byte(separator).bits(bytes), eight::equal(bytes, separator));
        }
    }
    for length in 0..=70 {
        let bytes: Vec<u8> = (0..length).map(|n| if n % 3 == 0 { b' ' } else { b'x' }).collect();
        let expected = (0..length.min(64)).filter(|n| n % 3 == 0).fold(0, |mask, n| mask | 1 << n);
        assert_eq!((mask(&bytes, Byte(b' ')), mask(&bytes, White)), (expected, expected));
    }
}

fn compare<T: FromText + PartialEq + std::fmt::Debug>(text: &str) {
    assert_eq!(parse::<T>(text), text.parse().ok(), "{text:?}");
}

fn compare_all(text: &str) {
    compare::<u8>(text);
    compare::<u32>(text);
    compare::<u64>(text);
    compare::<u128>(text);
    compare::<i8>(text);
    compare::<i64>(text);
    let bits = |float: Option<f64>| float.filter(|float| !float.is_nan()).map(f64::to_bits);
    assert_eq!(bits(parse(text)), bits(text.parse().ok()), "{text:?}");
    let bits = |float: Option<f32>| float.filter(|float| !float.is_nan()).map(f32::to_bits);
    assert_eq!(bits(parse(text)), bits(text.parse().ok()), "{text:?}");
}

#[test]
fn numbers_are_those_of_parse() {
    let mut random = Random(2);
    for length in 1..25 {
        for _ in 0..500 {
            let digits: String = (0..length).map(|_| char::from(b'0' + random.below(10) as u8)).collect();
            compare_all(&digits);
            let mut fraction = digits.clone();
            fraction.insert(random.below(length + 1) as usize, '.');
            compare_all(&fraction);
            for sign in ["-", "+", " "] {
                compare_all(&format!("{sign}{digits}"));
                compare_all(&format!("{sign}{fraction}"));
            }
            let mut damaged = digits.into_bytes();
            damaged[random.below(length) as usize] = random.below(128) as u8;
            compare_all(str::from_utf8(&damaged).unwrap());
        }
    }
    for text in
        ["", "-", "+", ".", "-.", "1.", ".1", "1e3", "inf", "nan", "1_000", "٣", "0.0", "-0.0", "00000000000000001"]
    {
        compare_all(text);
    }
    for number in [u64::MAX, i64::MAX as u64, 1 << 53, (1 << 53) + 1, (1 << 24) + 1, 255, 256, 128, 127] {
        compare_all(&number.to_string());
        compare_all(&format!("-{number}"));
        compare_all(&(u128::from(number) + 1).to_string());
    }
}

#[test]
fn lines_are_counted_as_they_come() {
    for text in ["", "\n", "a", "a\n", "a\r\nbb\n\nccc", "ä\nöö\n", &"line\n".repeat(100)] {
        for taken in 0..=text.lines().count() {
            let mut lines = Lines::new(text);
            assert_eq!(lines.by_ref().take(taken).fold(0, |count, _| count + 1), taken);
            assert_eq!(lines.clone().count(), lines.fold(0, |count, _| count + 1), "{text:?}, {taken} taken");
        }
    }
}
