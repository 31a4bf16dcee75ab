//! `#[derive(Record)]`.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Fields, parse_quote};

use crate::names;

/// A type that is seen as `&Self`, kept by cloning, and shown as Scala shows a case class: `Name(field,field)`.
pub fn derive(input: TokenStream) -> TokenStream {
    let mut input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let name = &input.ident;
    let to = names::variable("to", name.span());
    let shown = match &input.data {
        Data::Struct(data) => {
            let (pattern, fields) = bindings(&data.fields);
            show(&to, &name.to_string(), quote!(Self #pattern), &fields)
        }
        Data::Enum(data) => data
            .variants
            .iter()
            .map(|variant| {
                let (pattern, fields) = bindings(&variant.fields);
                let ident = &variant.ident;
                show(&to, &ident.to_string(), quote!(Self::#ident #pattern), &fields)
            })
            .collect(),
        Data::Union(data) => {
            return syn::Error::new(data.union_token.span, "a union cannot be a `Record`").into_compile_error();
        }
    };
    if let Some(lifetime) = input.generics.lifetimes().next() {
        let message = "a `Record` stands on its own: it cannot borrow\nhelp: own the data, for example `String` instead of `&str`";
        return syn::Error::new_spanned(lifetime, message).into_compile_error();
    }
    for parameter in input.generics.type_params_mut() {
        parameter.bounds.push(parse_quote!(::microbatch::Record));
        parameter.bounds.push(parse_quote!(::microbatch::Show));
    }
    // Not every record can be a key. With a lifetime of its own, a condition that does not hold is no error by itself.
    let mut comparable = input.generics.clone();
    comparable.make_where_clause().predicates.push(parse_quote!(for<'microbatch> Self: ::core::cmp::PartialEq));
    let comparable = comparable.where_clause;
    let (generics, arguments, conditions) = input.generics.split_for_impl();
    // At the type's name, so that a missing `Clone` is reported there, and once.
    let this = Ident::new("Self", name.span());
    quote_spanned! {names::plumbing(name.span())=>
        #[diagnostic::do_not_recommend]
        impl #generics ::microbatch::Keep for #name #arguments #conditions {
            type Owned = #this;
            type View<'microbatch> = &'microbatch Self where Self: 'microbatch;
            fn keep(self) -> Self { self }
            fn view(&self) -> &Self { self }
        }
        #[diagnostic::do_not_recommend]
        impl #generics ::microbatch::Record for #name #arguments #conditions {}
        #[diagnostic::do_not_recommend]
        impl #generics ::microbatch::Lookup for #name #arguments #comparable {
            fn is(&self, kept: &Self) -> bool { self == kept }
        }
        #[diagnostic::do_not_recommend]
        impl #generics ::microbatch::Show for #name #arguments #conditions {
            fn show(&self, #to: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                match self { #shown }
            }
        }
    }
}

/// A pattern that binds all fields, and the names it binds.
fn bindings(fields: &Fields) -> (TokenStream, Vec<Ident>) {
    match fields {
        Fields::Named(named) => {
            let members: Vec<_> = named.named.iter().filter_map(|field| field.ident.clone()).collect();
            let names = field_names(&named.named);
            (quote!({ #(#members: #names),* }), names)
        }
        Fields::Unnamed(unnamed) => {
            let names = field_names(&unnamed.unnamed);
            (quote!((#(#names),*)), names)
        }
        Fields::Unit => (TokenStream::new(), Vec::new()),
    }
}

/// A name for each field, shown at its type: it may be one that cannot be in a record.
fn field_names<'a>(fields: impl IntoIterator<Item = &'a syn::Field>) -> Vec<Ident> {
    let name = |(number, field): (usize, &syn::Field)| {
        format_ident!("field_{number}", span = names::plumbing(field.ty.span()))
    };
    fields.into_iter().enumerate().map(name).collect()
}

fn show(to: &Ident, name: &str, pattern: TokenStream, fields: &[Ident]) -> TokenStream {
    quote!(#pattern => ::microbatch::__private::show_fields(#to, #name, &[#(&::microbatch::Shown(#fields) as &dyn ::core::fmt::Display),*]),)
}
