//! Inputs from fixed seeds.

use std::sync::Arc;

use microbatch::TextBlock;

use super::random::Random;

/// A batch of text, as one string for the rivals and as blocks for us.
pub struct Text {
    pub text: String,
    pub blocks: Vec<Arc<TextBlock>>,
}

impl Text {
    pub fn new(text: String) -> Self {
        let blocks = cut(&text, 1 << 20).map(|part| Arc::new(TextBlock::new(part.to_owned()))).collect();
        Text { text, blocks }
    }
}

/// Parts of about `size` bytes that end at line ends.
pub fn cut(text: &str, size: usize) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let at =
            rest.as_bytes().iter().skip(size).position(|byte| *byte == b'\n').map_or(rest.len(), |end| size + end + 1);
        let part;
        (part, rest) = rest.split_at(at);
        Some(part)
    })
}

fn unit(random: &mut Random) -> f64 {
    (random.next() >> 11) as f64 / (1u64 << 53) as f64
}

/// Lines of ten words out of `distinct`, skewed as language is (a word's frequency falls with its rank).
pub fn words(lines: usize, distinct: usize) -> Text {
    let mut random = Random(1);
    let mut text = String::new();
    for _ in 0..lines {
        for word in 0..10 {
            let rank = ((distinct as f64).powf(unit(&mut random))) as u64;
            if word > 0 {
                text.push(' ');
            }
            text.push_str(&format!("w{}", rank.wrapping_mul(2_654_435_761) % 10_000_000));
        }
        text.push('\n');
    }
    Text::new(text)
}

/// Lines `id,name,price,quantity`.
pub fn csv(lines: usize) -> Text {
    let mut random = Random(2);
    let mut text = String::new();
    for id in 0..lines {
        let (price, quantity) = (random.next() % 10_000, random.next() % 100);
        text.push_str(&format!("{id},item-{},{price},{quantity}\n", random.next() % 1000));
    }
    Text::new(text)
}

const ADS: u64 = 1000;
pub const CAMPAIGNS: u64 = 100;
/// When the first event happened, in ms: the beginning of a window of ten seconds.
const START: u64 = 1_700_000_000_000;

/// The ads, and the campaign of each.
pub fn campaigns() -> impl Iterator<Item = (String, u32)> {
    (0..ADS).map(|ad| (id(ad), (ad % CAMPAIGNS) as u32))
}

fn id(n: u64) -> String {
    let (a, b) = (Random(n).next(), Random(!n).next());
    format!("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", a >> 32, a >> 16 & 0xffff, a & 0xffff, b >> 48, b & 0xffff_ffff_ffff)
}

/// The events of a second, as the Yahoo Streaming Benchmark has them, with tabs between their seven fields.
pub fn events(number: u64, second: u64, random: &mut Random) -> Text {
    let mut text = String::new();
    for n in 0..number {
        let (user, page, ad) = (id(random.next() % 100_000), id(random.next() % 10_000), id(random.next() % ADS));
        let kind = ["view", "click", "purchase"][(random.next() % 3) as usize];
        let place = ["banner", "modal", "sponsored-search", "mail", "mobile"][(random.next() % 5) as usize];
        let time = START + second * 1000 + n * 1000 / number;
        text.push_str(&format!("{user}\t{page}\t{ad}\t{place}\t{kind}\t{time}\t1.2.3.4\n"));
    }
    Text::new(text)
}
