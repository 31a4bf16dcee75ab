//! How all contestants split and parse.

use microbatch::text::Lines;

#[inline(always)]
pub fn lines(text: &str) -> Lines<'_> {
    Lines::new(text)
}

#[inline(always)]
pub fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(' ')
}

/// The price and the quantity of an order.
#[inline(always)]
pub fn order(line: &str) -> Option<(u64, u64)> {
    let mut fields = line.split(',').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}
