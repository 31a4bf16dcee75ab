//! The check that `DStream` and the operator table agree: a row without its method does not compile, nor the other way round.

use std::collections::BTreeSet;

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::quote;
use syn::{ImplItem, Item, ItemMod, Visibility};

use crate::diag::Diagnostics;
use crate::ops::OPERATORS;

/// `#[__operators(Narrow, Partition)] mod methods { impl<T> DStream<T> { … } }`
pub fn check(classes: TokenStream, item: TokenStream) -> TokenStream {
    let module: ItemMod = match syn::parse2(item) {
        Ok(module) => module,
        Err(error) => return error.into_compile_error(),
    };
    let classes: BTreeSet<String> = classes
        .into_iter()
        .filter_map(|token| match token {
            TokenTree::Ident(class) => Some(class.to_string()),
            _ => None,
        })
        .collect();
    let rows: BTreeSet<&str> =
        OPERATORS.iter().filter(|op| classes.contains(&format!("{:?}", op.class))).map(|op| op.function).collect();
    let mut diag = Diagnostics::default();
    let mut methods = BTreeSet::new();
    for method in public_methods(&module) {
        if !rows.contains(method.to_string().as_str()) {
            diag.error(method.span(), format!("`{method}` has no row of this class"), "add it to `macros/src/ops.rs`");
        }
        methods.insert(method.to_string());
    }
    for row in rows.into_iter().filter(|row| !methods.contains(*row)) {
        diag.error(Span::call_site(), format!("the operator `{row}` has no method here"), "write and document it");
    }
    let errors = diag.into_errors();
    quote!(#module #(#errors)*)
}

fn public_methods(module: &ItemMod) -> Vec<syn::Ident> {
    let items = module.content.iter().flat_map(|(_, items)| items);
    let impls = items.filter_map(|item| match item {
        Item::Impl(item) => Some(item),
        _ => None,
    });
    impls
        .flat_map(|item| &item.items)
        .filter_map(|item| match item {
            ImplItem::Fn(method) if matches!(method.vis, Visibility::Public(_)) => Some(method.sig.ident.clone()),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(methods: &str) -> String {
        let item: TokenStream =
            format!("mod methods {{ impl<T> DStream<T> {{ {methods} }} }}").parse().unwrap_or_default();
        check(quote!(Partition), item).to_string()
    }

    #[test]
    fn methods_and_rows_must_be_the_same() {
        assert!(!errors("pub fn glom() {} pub fn map_partitions() {} fn helper() {}").contains("compile_error"));
        assert!(errors("pub fn glom() {}").contains("the operator `map_partitions` has no method here"));
        assert!(errors("pub fn glom() {} pub fn map_partitions() {} pub fn map() {}").contains("`map` has no row"));
    }
}
