//! Patterns in raw tokens: which names they bind, and where they end.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

use crate::args::is_punct;
use crate::items;

/// The names that a pattern binds. Those that begin with a capital letter are taken for constants and variants.
pub fn names(pattern: &[TokenTree]) -> Vec<Ident> {
    let mut names = Vec::new();
    collect(pattern, false, &mut names);
    names
}

fn collect(pattern: &[TokenTree], in_braces: bool, names: &mut Vec<Ident>) {
    let mut at = 0;
    while let Some(token) = pattern.get(at) {
        let rest = &pattern[at..];
        at += match token {
            TokenTree::Group(group) => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                collect(&inner, group.delimiter() == Delimiter::Brace, names);
                1
            }
            TokenTree::Ident(_) if is_path(rest) => 3,
            // `field: pattern`
            TokenTree::Ident(_) if in_braces && is_punct(rest.get(1), ':') => 2,
            TokenTree::Ident(name) => {
                if binds(name, rest.get(1)) {
                    names.push(name.clone());
                }
                1
            }
            token if is_punct(Some(token), '\'') => 2,
            token if is_punct(Some(token), '#') => items::attribute(rest).max(1),
            // A path from the root has no name of its own; any other colon stands before a type.
            token if is_punct(Some(token), ':') => {
                if is_punct(rest.get(1), ':') {
                    2
                } else {
                    length_of_type(rest)
                }
            }
            _ => 1,
        };
    }
}

/// Whether `name::` begins here.
fn is_path(tokens: &[TokenTree]) -> bool {
    is_punct(tokens.get(1), ':') && is_punct(tokens.get(2), ':')
}

fn binds(name: &Ident, next: Option<&TokenTree>) -> bool {
    const WORDS: [&str; 9] = ["_", "box", "const", "dyn", "false", "mut", "ref", "true", "unsafe"];
    let text = name.to_string();
    let is_constructor = match next {
        Some(TokenTree::Group(group)) => group.delimiter() != Delimiter::None,
        next => is_punct(next, '!'),
    };
    !is_constructor && !WORDS.contains(&text.as_str()) && !text.starts_with(char::is_uppercase)
}

/// From a colon to before the next comma that is not inside of angle brackets.
fn length_of_type(tokens: &[TokenTree]) -> usize {
    let mut depth = 0i32;
    let ends = |token: &TokenTree| {
        depth += i32::from(is_punct(Some(token), '<')) - i32::from(is_punct(Some(token), '>'));
        depth <= 0 && is_punct(Some(token), ',')
    };
    tokens.iter().position(ends).unwrap_or(tokens.len())
}

/// The names that `let pattern =` or `for pattern in` binds, and its length; one word if it is something else.
pub fn binding(tokens: &[TokenTree]) -> (Vec<Ident>, usize) {
    let is_let = matches!(tokens.first(), Some(TokenTree::Ident(word)) if word == "let");
    let end = if is_let { end_of_let(tokens) } else { tokens.iter().position(|token| is_word(token, "in")) };
    match end {
        Some(end) if is_let || !is_punct(tokens.get(1), '<') => (names(&tokens[1..end]), end),
        _ => (Vec::new(), 1),
    }
}

/// The names that a statement binds for those after it: of `let`, those in its pattern.
pub fn names_of_let(statement: &TokenStream) -> Vec<Ident> {
    let tokens: Vec<TokenTree> = statement.clone().into_iter().collect();
    match items::without_attributes(&tokens) {
        tokens @ [first, ..] if is_word(first, "let") => binding(tokens).0,
        _ => Vec::new(),
    }
}

/// `let a;` binds, too.
fn end_of_let(tokens: &[TokenTree]) -> Option<usize> {
    let ends = |at: &usize| {
        let is_of_range = is_punct(tokens.get(at - 1), '.');
        is_punct(tokens.get(*at), ';') || is_punct(tokens.get(*at), '=') && !is_of_range
    };
    (1..tokens.len()).find(ends)
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

/// Where the first `=>` is.
pub fn arrow(tokens: &[TokenTree]) -> Option<usize> {
    tokens.windows(2).position(|pair| is_punct(pair.first(), '=') && is_punct(pair.get(1), '>'))
}

/// The length of what stands behind an arrow, with the comma behind it.
pub fn end_of_arm(body: &[TokenTree]) -> usize {
    end_of_blocks(body).unwrap_or_else(|| {
        body.iter().position(|token| is_punct(Some(token), ',')).map_or(body.len(), |comma| comma + 1)
    })
}

/// The length of an arm's body that ends with its last block, and needs no comma.
fn end_of_blocks(body: &[TokenTree]) -> Option<usize> {
    const WORDS: [&str; 6] = ["if", "for", "loop", "match", "unsafe", "while"];
    let is_brace =
        |token: &TokenTree| matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
    let first = body.first()?;
    if !is_brace(first) && !WORDS.iter().any(|word| is_word(first, word)) {
        return None;
    }
    let mut end = 0;
    loop {
        end += body[end..].iter().position(is_brace)? + 1;
        match body.get(end) {
            // A block behind a block: the first one was the value of a condition.
            Some(next) if is_word(next, "else") || is_brace(next) => {}
            next if ['.', '?', ','].iter().any(|mark| is_punct(next, *mark)) => return None,
            _ => return Some(end),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> TokenStream {
        text.parse().unwrap_or_default()
    }

    fn shown(names: &[Ident]) -> String {
        names.iter().map(Ident::to_string).collect::<Vec<_>>().join(" ")
    }

    fn of(text: &str) -> String {
        shown(&names(&tokens(text).into_iter().collect::<Vec<_>>()))
    }

    #[test]
    fn a_statement_binds_the_names_of_its_let() {
        let of = |text| shown(&names_of_let(&tokens(text)));
        assert_eq!(of("#[allow(unused)] let (a, Some(mut b)) = c.map(|d| { let e = d; e });"), "a b");
        assert_eq!(of("let a: HashMap<b, C> = d;"), "a");
        assert_eq!(of("let a;"), "a");
        assert_eq!(of("for a in b { let c = a; }"), "");
    }

    #[test]
    fn names_are_told_from_types_and_constructors() {
        assert_eq!(of("(mut a, Some(ref b), None)"), "a b");
        assert_eq!(of("a: HashMap<u8, c>, b: &'static str"), "a b");
        assert_eq!(of("Point { x: a, ref y, .. }"), "a y");
        assert_eq!(of("my::point(a) | ::other::LIMIT | b @ 1..=2"), "a b");
    }
}
