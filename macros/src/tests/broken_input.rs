//! Input as it is while somebody types: cut off anywhere, or with a token missing. The macro must always expand to an
//! expression, because an editor shows nothing at all otherwise.

use proc_macro2::{Group, TokenStream, TokenTree};

use super::fixtures;
use crate::expand;

/// The number of tokens, those inside of brackets included.
fn count(tokens: &TokenStream) -> usize {
    tokens.clone().into_iter().map(|token| 1 + inside(&token).map_or(0, |inner| count(&inner))).sum()
}

fn inside(token: &TokenTree) -> Option<TokenStream> {
    match token {
        TokenTree::Group(group) => Some(group.stream()),
        _ => None,
    }
}

/// The tokens for which `keep` holds, given their number in reading order; a bracket goes with what is in it.
fn filtered(tokens: TokenStream, number: &mut usize, keep: &impl Fn(usize) -> bool) -> TokenStream {
    let mut kept = TokenStream::new();
    for token in tokens {
        let is_kept = keep(*number);
        *number += 1;
        let token = match token {
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), filtered(group.stream(), number, keep));
                inner.set_span(group.span());
                TokenTree::Group(inner)
            }
            token => token,
        };
        kept.extend(is_kept.then_some(token));
    }
    kept
}

/// `{ …; pipeline }`, with either a pipeline or a mistake in it.
fn assert_is_expression(input: &TokenStream) {
    let expansion: Vec<TokenTree> = expand::stream(input.clone()).into_iter().collect();
    let [TokenTree::Group(block)] = &expansion[..] else { panic!("no block for `{input}`: {expansion:?}") };
    let last = block.stream().into_iter().last();
    assert!(matches!(&last, Some(TokenTree::Ident(name)) if name == "pipeline"), "no value for `{input}`");
    let text = block.to_string();
    let (is_compiled, has_mistakes) = (text.contains("Job"), text.contains("compile_error"));
    assert!(is_compiled != has_mistakes, "neither or both for `{input}`");
}

#[test]
fn every_beginning_expands() {
    for (_, input) in fixtures() {
        for length in 0..=count(&input) {
            assert_is_expression(&filtered(input.clone(), &mut 0, &|number| number < length));
        }
    }
}

#[test]
fn any_token_may_be_missing() {
    for (_, input) in fixtures() {
        for missing in 0..count(&input) {
            assert_is_expression(&filtered(input.clone(), &mut 0, &|number| number != missing));
        }
    }
}

#[test]
fn any_token_may_stand_twice() {
    for (_, input) in fixtures() {
        let tokens: Vec<TokenTree> = input.into_iter().collect();
        let body = tokens.iter().rev().find_map(inside).unwrap_or_default();
        let statements: Vec<TokenTree> = body.into_iter().collect();
        for twice in 0..statements.len() {
            let mut body = statements.clone();
            body.insert(twice, statements[twice].clone());
            let body: TokenStream = body.into_iter().collect();
            assert_is_expression(&quote::quote!(every = 1s, |ssc| { #body }));
        }
    }
}
