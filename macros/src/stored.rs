//! `Stored` for `#[derive(Record)]`: the fields one behind the other; for an enum, the number of the variant before them.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::Generics;
use syn::ext::IdentExt;

use crate::members::{Kind, Member, Members, Shaped, Use};
use crate::names;

/// The implementation for a type with these `generics`, whose parameters are records.
pub fn implementation(name: &Ident, generics: &Generics, shaped: &Shaped) -> TokenStream {
    let at = names::plumbing(name.span());
    let (generics, arguments, conditions) = generics.split_for_impl();
    let variables = Variables::new(name);
    let Variables { out, from, shapes } = &variables;
    let store = variables.store(shaped);
    let load = variables.load(shaped);
    let shape = variables.shape(name, shaped);
    quote_spanned! {at=>
        #[diagnostic::do_not_recommend]
        #[allow(unused_variables, unreachable_code)]
        impl #generics ::microbatch::Stored for #name #arguments #conditions {
            #[inline]
            fn store(&self, #out: &mut ::std::vec::Vec<u8>) {
                match self { #store }
            }
            #[inline]
            fn load(#from: &mut &[u8]) -> ::core::result::Result<Self, ::microbatch::Malformed> {
                #load
            }
            fn shape(#shapes: &mut ::microbatch::Shapes) -> ::microbatch::Shape {
                #shape
            }
        }
    }
}

/// The parameters of the functions.
struct Variables {
    out: Ident,
    from: Ident,
    shapes: Ident,
}

impl Variables {
    fn new(name: &Ident) -> Self {
        let variable = |word| names::variable(word, name.span());
        Variables { out: variable("out"), from: variable("from"), shapes: variable("shapes") }
    }

    fn store(&self, shaped: &Shaped) -> TokenStream {
        let out = &self.out;
        let mut tags = 0u32..;
        shaped.arms(|(members, path)| {
            let (pattern, tag) = (members.pattern(), tags.next());
            let tag =
                matches!(shaped, Shaped::Enum(_)).then(|| quote!(::microbatch::__private::store_tag(#tag, #out);));
            let fields = members.stored().map(|member| {
                let field = member.field(quote!(store));
                let binding = &member.binding;
                quote!(#field(#binding, #out);)
            });
            quote!(#path #pattern => { #tag #(#fields)* })
        })
    }

    fn load(&self, shaped: &Shaped) -> TokenStream {
        let from = &self.from;
        let value = |(members, path): (&Members, TokenStream)| {
            let fields = members.literal(|member| self.load_member(member));
            quote!(::core::result::Result::Ok(#path #fields))
        };
        match shaped {
            Shaped::Struct(_) => shaped.cases().map(value).collect(),
            Shaped::Enum(_) => {
                let tags = 0u32..;
                let values = shaped.cases().map(value);
                let cases = tags.zip(values).map(|(tag, value)| quote!(#tag => #value,));
                quote! {
                    match ::microbatch::__private::load_tag(#from)? {
                        #(#cases)*
                        _ => ::core::result::Result::Err(::microbatch::__private::NO_VARIANT),
                    }
                }
            }
        }
    }

    fn load_member(&self, member: &Member) -> TokenStream {
        let from = &self.from;
        let ty = &member.ty;
        match member.use_of {
            Use::Stored => {
                let field = member.field(quote!(load));
                quote!(#field(#from)?)
            }
            Use::Skipped => quote_spanned!(member.at()=> <#ty as ::core::default::Default>::default()),
            Use::Unknown => quote!(::core::unreachable!()),
        }
    }

    fn shape(&self, name: &Ident, shaped: &Shaped) -> TokenStream {
        let shapes = &self.shapes;
        let text = name.unraw().to_string();
        match shaped {
            Shaped::Struct(members) => {
                let fields = self.fields(members);
                quote!(#shapes.fields::<Self>(#text, |#shapes| #fields))
            }
            Shaped::Enum(variants) => {
                let variants = variants.iter().map(|members| {
                    let name = members.name.unraw().to_string();
                    let fields = self.fields(members);
                    quote!((::std::string::String::from(#name), #fields))
                });
                quote!(#shapes.variants::<Self>(#text, |#shapes| ::std::vec![#(#variants),*]))
            }
        }
    }

    fn fields(&self, members: &Members) -> TokenStream {
        let shapes = &self.shapes;
        let types = members.stored().map(|member| {
            let field = member.field(quote!(shape));
            quote!(#field(#shapes))
        });
        match members.kind {
            Kind::Unit => quote!(::microbatch::__private::Fields::Unit),
            Kind::Unnamed => quote!(::microbatch::__private::Fields::Unnamed(::std::vec![#(#types),*])),
            Kind::Named => {
                let names = members.stored().map(|member| match &member.place {
                    syn::Member::Named(name) => name.unraw().to_string(),
                    syn::Member::Unnamed(index) => index.index.to_string(),
                });
                quote!(::microbatch::__private::Fields::Named(
                    ::std::vec![#((::std::string::String::from(#names), #types)),*]
                ))
            }
        }
    }
}
