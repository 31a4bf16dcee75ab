//! A pipeline with mistakes.

use std::collections::HashSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::parse::Parser;

use super::for_both;
use crate::ast::{Program, Statement, Step};
use crate::diag::Diagnostics;
use crate::duration;
use crate::ir::Graph;
use crate::items;
use crate::names;
use crate::ops::{self, Kind};
use crate::options;
use crate::variables::Variables;

/// All errors, and an expression of the right kind, so that nothing else is reported.
pub fn broken(program: &Program, graph: &Graph, diag: Diagnostics) -> TokenStream {
    let private = names::private(Span::call_site());
    let mistake = names::variable("mistake", Span::call_site());
    let errors = diag.into_errors();
    let own_rust = own_rust(program, graph, &mistake);
    let compiled = quote! {
        let _ = move || -> #private::Result<()> {
            #own_rust
            ::core::result::Result::Ok(())
        };
        #private::broken()
    };
    for_both(program, compiled, quote!(#(let #mistake = #errors)*))
}

/// The Rust in a pipeline with mistakes, so that what it uses counts as used and its own mistakes are reported with ours. It
/// is handed to `mistake`, whose type is unknown: then rustc does not complain about types it cannot infer.
fn own_rust(program: &Program, graph: &Graph, mistake: &Ident) -> TokenStream {
    let mut streams = program.stream_names();
    streams.extend(graph.misspelt.iter().cloned());
    let mut own = TokenStream::new();
    for option in options::in_rust(&program.options) {
        let value = duration::rewrite(option.value.clone());
        own.extend(is_own_expression(&value, &streams).then(|| quote!(#mistake(#value);)));
    }
    for statement in &program.statements {
        match statement {
            Statement::Rust(tokens) if !is_own_statement(tokens, &streams) => {
                streams.extend(Variables::of(tokens).bound);
            }
            Statement::Rust(tokens) => own.extend(tokens.clone()),
            Statement::Stream(statement) => {
                let args = statement.chain.steps.iter().flat_map(plain_args).map(duration::rewrite);
                let args = args.filter(|arg| is_own_expression(arg, &streams));
                let ty = statement.ty.iter().filter(|ty| syn::parse2::<syn::Type>((*ty).clone()).is_ok());
                let import = statement.import();
                own.extend(quote!(#import #(#mistake(#args);)* #(let _: #ty = #mistake();)*));
            }
        }
    }
    own
}

/// An item sees no variables, whatever names there are in it.
fn is_own_statement(tokens: &TokenStream, streams: &HashSet<String>) -> bool {
    (items::is_item(tokens) || !Variables::of(tokens).mention(streams)) && are_statements(tokens)
}

fn is_own_expression(tokens: &TokenStream, streams: &HashSet<String>) -> bool {
    !Variables::of(tokens).mention(streams) && syn::parse2::<syn::Expr>(tokens.clone()).is_ok()
}

fn are_statements(tokens: &TokenStream) -> bool {
    syn::Block::parse_within.parse2(tokens.clone()).is_ok()
}

/// The arguments that are not to be streams.
fn plain_args(step: &Step) -> impl Iterator<Item = TokenStream> {
    let specs = step.name.as_ref().and_then(|name| ops::find(&name.to_string())).map_or(&[][..], |op| op.args);
    let args = step.args.iter().flatten().enumerate();
    let is_plain = |number: usize| {
        !matches!(specs.get(number).or(specs.last()).map(|spec| spec.kind), Some(Kind::Stream | Kind::Streams))
    };
    args.filter(move |(number, _)| is_plain(*number)).map(|(_, arg)| arg.clone())
}
