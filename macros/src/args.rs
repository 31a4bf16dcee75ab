//! Arguments of operators as raw tokens.

use proc_macro2::{Delimiter, Group, Ident, LineColumn, Span, TokenStream, TokenTree};

use crate::diag::Place;

/// Cuts the tokens between parentheses at their top-level commas; the ones inside `|a, b|` and `::<A, B>` do not count.
pub fn split(tokens: TokenStream) -> Vec<TokenStream> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut args = Vec::new();
    let mut arg: Vec<TokenTree> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if is_punct(tokens.get(at), ',') {
            args.push(arg.drain(..).collect());
            at += 1;
            continue;
        }
        let is_closure = (arg.is_empty() || is_move(&arg)) && is_punct(tokens.get(at), '|');
        let skip = if is_closure { closure_head(&tokens[at..]) } else { angles(arg.last(), &tokens[at..]) };
        let step = skip.max(1);
        arg.extend(tokens[at..at + step].iter().cloned());
        at += step;
    }
    if !arg.is_empty() {
        args.push(arg.into_iter().collect());
    }
    args
}

/// The items of `[a, b]`, or an argument by itself.
pub fn list(arg: &TokenStream) -> Vec<TokenStream> {
    let tokens: Vec<TokenTree> = arg.clone().into_iter().filter(|token| !is_punct(Some(token), '&')).collect();
    match &tokens[..] {
        [TokenTree::Group(group)] if group.delimiter() == Delimiter::Bracket => split(group.stream()),
        _ => vec![arg.clone()],
    }
}

/// The length of `|…|` at the beginning of `tokens`.
pub fn closure_head(tokens: &[TokenTree]) -> usize {
    if !is_punct(tokens.first(), '|') {
        return 0;
    }
    let end = tokens.iter().skip(1).position(|token| is_punct(Some(token), '|'));
    end.map_or(1, |end| end + 2)
}

/// The length of `::<…>`, `-> T<…>` or `<T>::…` up to the closing bracket, at the beginning of `tokens`.
fn angles(before: Option<&TokenTree>, tokens: &[TokenTree]) -> usize {
    let turbofish = is_punct(tokens.first(), ':') && is_punct(tokens.get(1), ':') && is_punct(tokens.get(2), '<');
    let returns = is_punct(tokens.first(), '-') && is_punct(tokens.get(1), '>');
    let start = if turbofish || returns { 2 } else { 0 };
    if start == 0 && !begins_type(before, tokens) {
        return 0;
    }
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(start) {
        match token {
            // The arrow of a function's type.
            token if is_punct(Some(token), '>') && at > start && is_punct(tokens.get(at - 1), '-') => {}
            TokenTree::Punct(punct) if punct.as_char() == '<' => depth += 1,
            TokenTree::Punct(punct) if punct.as_char() == '>' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => return at,
            TokenTree::Punct(punct) if punct.as_char() == ',' && depth == 0 => return at,
            _ => {}
        }
    }
    tokens.len()
}

/// Whether a type in angle brackets begins here, where a value would: `<` with nothing before it that could be less.
fn begins_type(before: Option<&TokenTree>, tokens: &[TokenTree]) -> bool {
    let could_be_less = match before {
        Some(TokenTree::Punct(punct)) => ['<', '?', '>'].contains(&punct.as_char()),
        before => before.is_some(),
    };
    is_punct(tokens.first(), '<') && !could_be_less
}

pub fn is_punct(token: Option<&TokenTree>, char: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == char)
}

fn is_move(arg: &[TokenTree]) -> bool {
    matches!(arg, [TokenTree::Ident(word)] if word == "move")
}

/// An argument that is written as a closure.
pub struct Closure {
    pub parameters: usize,
    /// From bar to bar.
    pub head: Place,
}

/// Reads the head of a closure, if the argument is one.
pub fn closure(arg: &TokenStream) -> Option<Closure> {
    let tokens: Vec<TokenTree> = without_move(arg.clone()).into_iter().collect();
    let length = closure_head(&tokens);
    if length < 2 {
        return None;
    }
    let head: TokenStream = tokens[1..length - 1].iter().cloned().collect();
    let place = Place { first: tokens[0].span(), last: tokens[length - 1].span() };
    Some(Closure { parameters: parameters(head), head: place })
}

/// The number of parameters: commas outside of patterns and types with brackets, plus one.
fn parameters(head: TokenStream) -> usize {
    let mut depth = 0i32;
    let mut parameters = 0;
    let mut empty = true;
    for token in head {
        match &token {
            TokenTree::Punct(punct) if punct.as_char() == '<' => depth += 1,
            TokenTree::Punct(punct) if punct.as_char() == '>' => depth -= 1,
            TokenTree::Punct(punct) if punct.as_char() == ',' && depth == 0 => {
                parameters += 1;
                empty = true;
                continue;
            }
            _ => {}
        }
        empty = false;
    }
    parameters + usize::from(!empty)
}

/// A closure of a stage runs for every run of records and on every worker, so that it cannot own what it captures: the
/// pipeline does. A `move` that the habit of `thread::spawn` has put there is left out.
pub fn without_move(arg: TokenStream) -> TokenStream {
    let mut tokens = arg.clone().into_iter().peekable();
    let is_move = matches!(tokens.peek(), Some(TokenTree::Ident(word)) if word == "move");
    if !is_move {
        return arg;
    }
    tokens.next();
    if is_punct(tokens.peek(), '|') { tokens.collect() } else { arg }
}

/// Whether the argument is a single literal.
pub fn is_literal(arg: &TokenStream) -> bool {
    crate::duration::single_literal(arg).is_some()
}

/// Whether the argument is a name, or a path to one.
pub fn is_path(arg: &TokenStream) -> bool {
    !arg.is_empty()
        && arg.clone().into_iter().all(|token| matches!(token, TokenTree::Ident(_)) || is_punct(Some(&token), ':'))
}

/// From the first token to the last, or `otherwise`.
pub fn place_of(tokens: &TokenStream, otherwise: Span) -> Place {
    let mut tokens = tokens.clone().into_iter();
    let Some(first) = tokens.next() else { return otherwise.into() };
    let last = tokens.last().map_or(first.span(), |last| last.span());
    Place { first: first.span(), last }
}

/// Dots after which nothing comes, as in `x.` while somebody is typing.
pub fn loose_dots(tokens: TokenStream) -> Vec<Span> {
    let mut dots = Vec::new();
    complete(tokens, &mut |dot| {
        dots.push(dot);
        None
    });
    dots
}

/// The tokens with a name after each loose dot, so that they can be read as Rust.
pub fn without_loose_dots(tokens: TokenStream) -> TokenStream {
    complete(tokens, &mut |dot| Some(Ident::new("unfinished", dot)))
}

fn complete(tokens: TokenStream, name: &mut impl FnMut(Span) -> Option<Ident>) -> TokenStream {
    let mut complete_tokens = TokenStream::new();
    let mut tokens = tokens.into_iter().peekable();
    // What another macro takes need not be Rust, and `..` may end a range.
    let (mut after_bang, mut after_dot) = (false, false);
    while let Some(token) = tokens.next() {
        let is_dot = is_punct(Some(&token), '.');
        let is_last = |next: Option<&TokenTree>| next.is_none() || is_punct(next, ';') || is_punct(next, ',');
        let added = if is_dot && !after_dot && is_last(tokens.peek()) { name(token.span()) } else { None };
        let is_of_macro = std::mem::replace(&mut after_bang, is_punct(Some(&token), '!'));
        after_dot = is_dot;
        match token {
            TokenTree::Group(group) if !is_of_macro => {
                let mut inner = Group::new(group.delimiter(), complete(group.stream(), name));
                inner.set_span(group.span());
                complete_tokens.extend([TokenTree::Group(inner)]);
            }
            token => complete_tokens.extend([token]),
        }
        complete_tokens.extend(added.map(TokenTree::Ident));
    }
    complete_tokens
}

/// The tokens on one line, with spaces where the user has put them.
pub fn text(tokens: &TokenStream) -> String {
    let mut text = String::new();
    write_text(tokens.clone(), &mut text, &mut None);
    text
}

fn write_text(tokens: TokenStream, text: &mut String, end: &mut Option<LineColumn>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => write_text(group.stream(), text, end),
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    _ => ("(", ")"),
                };
                write_token(open, group.span_open(), text, end);
                write_text(group.stream(), text, end);
                write_token(close, group.span_close(), text, end);
            }
            token => write_token(&token.to_string(), token.span(), text, end),
        }
    }
}

fn write_token(token: &str, span: Span, text: &mut String, end: &mut Option<LineColumn>) {
    let start = span.start();
    if end.is_some_and(|end| end.line == start.line && end.column < start.column || end.line < start.line) {
        text.push(' ');
    }
    text.push_str(token);
    *end = Some(span.end());
}

/// Whether an identifier occurs in the tokens.
pub fn has_word(tokens: &TokenStream, word: &str) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == word,
        TokenTree::Group(group) => has_word(&group.stream(), word),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<String> {
        let tokens: TokenStream = text.parse().unwrap_or_default();
        split(tokens).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn commas_of_closures_and_generics_do_not_split() {
        assert_eq!(parts("|a, b| a + b").len(), 1);
        assert_eq!(parts("|a, b| a + b, |a, b| a - b, 10").len(), 3);
        assert_eq!(parts("move |(k, v), t| f(k, v), x").len(), 2);
        assert_eq!(parts("|x| HashMap::<u64, u64>::new(), 1").len(), 2);
        assert_eq!(parts("|x| -> Vec<(u64, u64)> { vec![] }, 1").len(), 2);
        assert_eq!(parts("|| 1, || 2").len(), 2);
        assert_eq!(parts("<Pair<u64, u64>>::sum, &<A<B, C> as D<E, F>>::f").len(), 2);
        assert_eq!(parts("f::<fn(A) -> B, C>(), |x| -> Option<fn(A) -> B> { x }, a < b, c > d").len(), 4);
        assert_eq!(parts("a, b,").len(), 2);
        assert_eq!(parts("").len(), 0);
    }

    fn tokens(text: &str) -> TokenStream {
        text.parse().unwrap_or_default()
    }

    #[test]
    fn loose_dots_are_found_and_completed() {
        let dots = |text: &str| loose_dots(tokens(text)).len();
        assert_eq!(dots("|x| x."), 1);
        assert_eq!(dots("f(x., y.); x."), 3);
        assert_eq!(dots("let a = &v[1..]; 0.. ; x.y"), 0);
        assert_eq!(dots("rule!(a .)"), 0);
        assert_eq!(without_loose_dots(tokens("x.")).to_string(), tokens("x.unfinished").to_string());
    }

    #[test]
    fn parameters_of_closures_are_counted() {
        let count = |text: &str| closure(&text.parse().unwrap_or_default()).map(|closure| closure.parameters);
        assert_eq!(count("|a, b| a"), Some(2));
        assert_eq!(count("move |(a, b)| a"), Some(1));
        assert_eq!(count("|a: HashMap<u8, u8>, b| a"), Some(2));
        assert_eq!(count("|| 1"), Some(0));
        assert_eq!(count("f"), None);
    }
}
