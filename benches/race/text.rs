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

/// The ad, the kind and the time in ms of an event.
#[inline(always)]
pub fn event(line: &str) -> Option<(&str, &str, &str)> {
    let [_, _, ad, _, kind, time, _] = text::fields_of(line, '\t')?;
    Some((ad, kind, time))
}

/// The number of the window of ten seconds in which something happened.
#[inline(always)]
pub fn window(time: &str) -> Option<u64> {
    Some(text::parse::<u64>(time)? / 10_000)
}
