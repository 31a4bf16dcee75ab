//! Duration literals: `500ms`, `1.5s`, `10min`.

use std::time::Duration;

use proc_macro2::{Delimiter, Group, Literal, Span, TokenStream, TokenTree};
use quote::quote_spanned;

use crate::names;

/// A literal that ends in letters, as a duration.
pub enum Parsed {
    Duration(Duration),
    /// The unit is none of ours.
    UnknownUnit(String),
    /// More than a duration can hold, or less than a nanosecond.
    OutOfRange,
    /// Not a number with a unit at all.
    Other,
}

const UNITS: [(&str, u64); 7] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("min", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

/// The units, for messages.
pub const UNIT_NAMES: &str = "`ns`, `us`, `ms`, `s`, `min`, `h` or `d`";

/// The single literal that `tokens` consists of, in parentheses or not, and also if a macro has passed it on.
pub fn single_literal(tokens: &TokenStream) -> Option<Literal> {
    let mut tokens = tokens.clone().into_iter();
    match (tokens.next(), tokens.next()) {
        (Some(TokenTree::Literal(literal)), None) => Some(literal),
        (Some(TokenTree::Group(group)), None)
            if matches!(group.delimiter(), Delimiter::None | Delimiter::Parenthesis) =>
        {
            single_literal(&group.stream())
        }
        _ => None,
    }
}

/// The literals in an expression that are no numbers of Rust: durations, and what was to be one.
pub fn literals(tokens: &TokenStream) -> Vec<Literal> {
    let found = tokens.clone().into_iter().flat_map(|token| match token {
        TokenTree::Literal(literal) => match parse(&literal) {
            Parsed::Duration(_) | Parsed::OutOfRange => vec![literal],
            Parsed::UnknownUnit(unit) if is_foreign(&unit) => vec![literal],
            _ => Vec::new(),
        },
        TokenTree::Group(group) => literals(&group.stream()),
        _ => Vec::new(),
    });
    found.collect()
}

pub fn parse(literal: &Literal) -> Parsed {
    let text = literal.to_string().replace('_', "");
    if !text.starts_with(|c: char| c.is_ascii_digit()) || text.starts_with("0x") || text.starts_with("0b") {
        return Parsed::Other;
    }
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    match UNITS.iter().find(|(name, _)| *name == unit) {
        Some((_, nanos)) => exact(number, *nanos).map_or(Parsed::OutOfRange, Parsed::Duration),
        _ => Parsed::UnknownUnit(unit.to_owned()),
    }
}

/// `number` times `nanos`, exactly; `None` if it does not come out in whole nanoseconds or is too large.
fn exact(number: &str, nanos: u64) -> Option<Duration> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole = whole.parse::<u64>().ok()?.checked_mul(nanos)?;
    let scale = 10u128.checked_pow(fraction.len() as u32)?;
    let part = if fraction.is_empty() { 0 } else { fraction.parse::<u128>().ok()?.checked_mul(u128::from(nanos))? };
    if part % scale != 0 {
        return None;
    }
    whole.checked_add(u64::try_from(part / scale).ok()?).map(Duration::from_nanos)
}

/// Whether a number cannot end in `unit` in Rust.
fn is_foreign(unit: &str) -> bool {
    !unit.is_empty() && unit.chars().all(|c| c.is_ascii_alphabetic()) && !["usize", "isize"].contains(&unit)
}

/// The expression for a duration.
pub fn expression(duration: Duration, span: Span) -> TokenStream {
    let nanos = Literal::u64_unsuffixed(duration.as_nanos() as u64);
    let duration = names::duration(span);
    quote_spanned!(span=> #duration::from_nanos(#nanos))
}

/// A duration as a literal, in the largest unit that divides it.
pub fn shown(duration: Duration) -> String {
    let nanos = duration.as_nanos() as u64;
    let unit = UNITS.iter().rev().find(|(_, unit)| nanos.is_multiple_of(*unit));
    unit.map_or_else(|| format!("{nanos}ns"), |(name, unit)| format!("{}{name}", nanos / unit))
}

/// Replaces every duration literal in `tokens` by its expression, for tools that read the body as ordinary Rust.
pub fn rewrite(tokens: TokenStream) -> TokenStream {
    tokens
        .into_iter()
        .flat_map(|token| match token {
            TokenTree::Literal(literal) => match parse(&literal) {
                Parsed::Duration(duration) => expression(duration, literal.span()),
                // The mistake is reported where the duration is used; rustc need not report it as well.
                Parsed::OutOfRange => expression(Duration::ZERO, literal.span()),
                Parsed::UnknownUnit(unit) if is_foreign(&unit) => expression(Duration::ZERO, literal.span()),
                _ => TokenTree::Literal(literal).into(),
            },
            TokenTree::Group(group) => {
                let mut rewritten = Group::new(group.delimiter(), rewrite(group.stream()));
                rewritten.set_span(group.span());
                TokenTree::Group(rewritten).into()
            }
            other => TokenStream::from(other),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<Duration> {
        match parse(&text.parse().ok()?) {
            Parsed::Duration(duration) => Some(duration),
            _ => None,
        }
    }

    #[test]
    fn literals_are_exact() {
        assert_eq!(of("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(of("1.5s"), Some(Duration::from_millis(1500)));
        assert_eq!(of("10min"), Some(Duration::from_secs(600)));
        assert_eq!(of("1_000us"), Some(Duration::from_millis(1)));
        assert_eq!(of("1.5ns"), None);
        assert_eq!(of("5m"), None);
        assert_eq!(of("5"), None);
        assert_eq!(of("99999999999d"), None);
    }

    #[test]
    fn durations_are_shown_as_they_are_written() {
        for text in ["500ms", "10min", "1500ms", "90s", "2d"] {
            assert_eq!(of(text).map(shown).as_deref(), Some(text));
        }
    }
}
