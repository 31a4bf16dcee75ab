//! How all contestants split and parse.

use microbatch::text::{self, Lines};

#[inline(always)]
pub fn lines(text: &str) -> Lines<'_> {
    Lines::new(text)
}

#[inline(always)]
pub fn words(line: &str) -> text::Words<'_> {
    text::words(line)
}

/// The price and the quantity of an order.
#[inline(always)]
pub fn order(line: &str) -> Option<(u64, u64)> {
    let [_, _, price, quantity] = text::fields_of(line, ',')?;
    Some((text::parse(price)?, text::parse(quantity)?))
}
