//! `#[derive(Record)]`.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, parse_quote};

use crate::members::{Members, Shaped};
use crate::names;
use crate::stored;

/// A type that is seen as `&Self`, kept by cloning, stored field by field, and shown as Scala shows a case class:
/// `Name(field,field)`.
pub fn derive(input: TokenStream) -> TokenStream {
    let mut input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    if let Data::Union(data) = &input.data {
        return syn::Error::new(data.union_token.span, "a union cannot be a `Record`").into_compile_error();
    }
    if let Some(lifetime) = input.generics.lifetimes().next() {
        let message = "a `Record` stands on its own: it cannot borrow\nhelp: own the data, for example `String` instead of `&str`";
        return syn::Error::new_spanned(lifetime, message).into_compile_error();
    }
    let (shaped, errors) = Shaped::new(&input);
    for parameter in input.generics.type_params_mut() {
        parameter.bounds.push(parse_quote!(::microbatch::Record));
        parameter.bounds.push(parse_quote!(::microbatch::Show));
    }
    let name = &input.ident;
    let to = names::variable("to", name.span());
    let shown = shaped.arms(|(members, path)| show(&to, members, path));
    // Not every record can be a key. With a lifetime of its own, a condition that does not hold is no error by itself.
    let mut comparable = input.generics.clone();
    comparable.make_where_clause().predicates.push(parse_quote!(for<'microbatch> Self: ::core::cmp::PartialEq));
    let comparable = comparable.where_clause;
    let stored = stored::implementation(&input.ident, &input.generics, &shaped);
    let (generics, arguments, conditions) = input.generics.split_for_impl();
    // At the type's name, so that a missing `Clone` is reported there, and once.
    let this = Ident::new("Self", name.span());
    quote_spanned! {names::plumbing(name.span())=>
        #errors
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
                #[allow(unused_imports)]
                use ::microbatch::__private::HiddenField as _;
                match self { #shown }
            }
        }
        #stored
    }
}

fn show(to: &Ident, members: &Members, path: TokenStream) -> TokenStream {
    let name = members.name.unraw().to_string();
    let pattern = members.pattern();
    let fields = members.stored().map(|member| {
        let binding = &member.binding;
        quote!(&::microbatch::__private::Field(#binding).shown() as &dyn ::core::fmt::Display)
    });
    quote!(#path #pattern => ::microbatch::__private::show_fields(#to, #name, &[#(#fields),*]),)
}
