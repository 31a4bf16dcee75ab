//! How much code a pipeline becomes. rustc compiles all of it, so that it must stay little.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::fixtures;
use super::snapshots::layout;
use crate::{diag, expand, ir, parse};

/// Lines of generated code that an operator may cost.
const BUDGET: usize = 15;

/// What rustc compiles: the block under `#[cfg(not(rust_analyzer))]`.
fn compiled(tokens: TokenStream) -> Option<TokenStream> {
    let mut after_condition = false;
    for token in tokens {
        if let TokenTree::Group(group) = token {
            if after_condition && group.delimiter() == Delimiter::Brace {
                return Some(TokenTree::Group(group).into());
            }
            after_condition = group.to_string().contains("not");
            if let Some(found) = compiled(group.stream()) {
                return Some(found);
            }
        }
    }
    None
}

/// The frame of a pipeline costs the same for every pipeline; a short one has few operators to share it.
#[test]
fn operators_stay_within_their_budget() {
    for (name, input) in fixtures().into_iter().filter(|(name, _)| name == "twenty_operators") {
        let mut diag = diag::Diagnostics::default();
        let operators = ir::lower(&parse::program(input.clone(), &mut diag), &mut diag).nodes.len();
        let expansion = compiled(expand::stream(input)).unwrap();
        let text = layout(&expansion);
        if text.contains("broken") || operators == 0 {
            continue;
        }
        let lines = text.lines().count();
        println!("{name}: {lines} lines for {operators} operators, {:.1} each", lines as f64 / operators as f64);
        assert!(lines <= BUDGET * operators, "{name}: {lines} lines for {operators} operators\n{text}");
    }
}
