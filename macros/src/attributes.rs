//! Attributes of statements about streams. Such a statement has no place in the generated code; its arguments have, and they get
//! what the attributes say about lints.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use syn::Expr;

use crate::diag::{Diagnostics, Place};

/// The attributes about lints. Reports those that would say something else about the statement.
pub fn lints(attributes: &TokenStream, diag: &mut Diagnostics) -> TokenStream {
    let mut lints = TokenStream::new();
    let mut tokens = attributes.clone().into_iter();
    while let Some(hash) = tokens.next() {
        let Some(TokenTree::Group(group)) = tokens.next() else { break };
        let words: Vec<TokenTree> = group.stream().into_iter().collect();
        let Some(TokenTree::Ident(name)) = words.first() else { continue };
        match name.to_string().as_str() {
            "allow" | "warn" | "deny" | "forbid" => lints.extend([hash, group.into()]),
            "expect" => lints.extend([hash, allowed(&group, name).into()]),
            "doc" | "rustfmt" => {}
            _ => report(name, Place { first: hash.span(), last: group.span_close() }, diag),
        }
    }
    lints
}

/// `expect` would have to come true in each argument.
fn allowed(group: &Group, name: &Ident) -> Group {
    let allow = TokenTree::Ident(Ident::new("allow", name.span()));
    let words = std::iter::once(allow).chain(group.stream().into_iter().skip(1));
    let mut allowed = Group::new(group.delimiter(), words.collect());
    allowed.set_span(group.span());
    allowed
}

fn report(name: &Ident, place: Place, diag: &mut Diagnostics) {
    if name == "cfg" || name == "cfg_attr" {
        return diag.error(
            place,
            format!("`{name}` cannot leave out a part of a pipeline, whose shape is fixed"),
            format!("put the `{name}` around two pipelines, or write `cfg!(…)` in a closure"),
        );
    }
    diag.error(
        place,
        format!("the attribute `{name}` says nothing about a stream"),
        "remove it; attributes about lints, such as `#[allow(…)]`, hold for the closures of the statement",
    );
}

/// Whether an argument of a call may have attributes.
pub fn fit(argument: &TokenStream) -> bool {
    let argument = syn::parse2(argument.clone());
    matches!(
        argument,
        Ok(Expr::Array(_)
            | Expr::Call(_)
            | Expr::Closure(_)
            | Expr::MethodCall(_)
            | Expr::Paren(_)
            | Expr::Path(_)
            | Expr::Reference(_)
            | Expr::Tuple(_))
    )
}
