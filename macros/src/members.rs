//! What `#[derive(Record)]` knows of a type: its fields, and which of them are left out.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Fields, Index, Member as Place, Type};

use crate::names;

/// A struct, or an enum.
pub enum Shaped {
    Struct(Members),
    Enum(Vec<Members>),
}

/// The fields of a struct or a variant.
pub struct Members {
    pub name: Ident,
    pub kind: Kind,
    members: Vec<Member>,
}

pub enum Kind {
    Unit,
    Unnamed,
    Named,
}

/// A field.
pub struct Member {
    pub place: Place,
    /// What a pattern calls it.
    pub binding: Ident,
    pub ty: Type,
    pub use_of: Use,
}

pub enum Use {
    Stored,
    /// `#[record(skip)]`
    Skipped,
    /// Its attribute is an error, which is reported; the rest of the code says nothing more about it.
    Unknown,
}

impl Shaped {
    /// Looks at a type that is no union. The second value reports attributes that do not exist.
    pub fn new(input: &DeriveInput) -> (Shaped, TokenStream) {
        let mut errors = TokenStream::new();
        no_attributes(&input.attrs, &mut errors);
        let shaped = match &input.data {
            Data::Enum(data) => {
                let variants = data.variants.iter().map(|variant| {
                    no_attributes(&variant.attrs, &mut errors);
                    Members::new(&variant.ident, &variant.fields, &mut errors)
                });
                Shaped::Enum(variants.collect())
            }
            Data::Struct(data) => Shaped::Struct(Members::new(&input.ident, &data.fields, &mut errors)),
            Data::Union(_) => Shaped::Enum(Vec::new()),
        };
        (shaped, errors)
    }

    /// The struct or the variants, each with its path.
    pub fn cases(&self) -> impl Iterator<Item = (&Members, TokenStream)> {
        let (members, is_enum) = match self {
            Shaped::Struct(members) => (std::slice::from_ref(members), false),
            Shaped::Enum(variants) => (variants.as_slice(), true),
        };
        members.iter().map(move |members| {
            let name = &members.name;
            (members, if is_enum { quote!(Self::#name) } else { quote!(Self) })
        })
    }

    /// The arms of a `match` on a reference: one for each case, as `arm` makes it. An enum without variants has no values.
    pub fn arms(&self, arm: impl FnMut((&Members, TokenStream)) -> TokenStream) -> TokenStream {
        let arms: TokenStream = self.cases().map(arm).collect();
        if arms.is_empty() { quote!(never => match *never {}) } else { arms }
    }
}

impl Members {
    fn new(name: &Ident, fields: &Fields, errors: &mut TokenStream) -> Self {
        let kind = match fields {
            Fields::Unit => Kind::Unit,
            Fields::Unnamed(_) => Kind::Unnamed,
            Fields::Named(_) => Kind::Named,
        };
        let members = fields.iter().enumerate().map(|(number, field)| Member {
            place: match &field.ident {
                Some(name) => Place::Named(name.clone()),
                None => Place::Unnamed(Index::from(number)),
            },
            binding: format_ident!("field_{number}", span = names::plumbing(field.ty.span())),
            ty: field.ty.clone(),
            use_of: use_of(&field.attrs, errors),
        });
        Members { name: name.clone(), kind, members: members.collect() }
    }

    /// The fields that are part of the record.
    pub fn stored(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| matches!(member.use_of, Use::Stored))
    }

    /// A pattern that binds the fields that are part of the record.
    pub fn pattern(&self) -> TokenStream {
        let places = self.stored().map(|member| &member.place);
        let bindings = self.stored().map(|member| &member.binding);
        quote!({ #(#places: #bindings,)* .. })
    }

    /// All fields, each with the expression that `value` gives for it.
    pub fn literal(&self, value: impl Fn(&Member) -> TokenStream) -> TokenStream {
        let places = self.members.iter().map(|member| &member.place);
        let values = self.members.iter().map(value);
        quote!({ #(#places: #values),* })
    }
}

impl Member {
    /// A function of `Stored` for the field, reported at the field's type where that has none.
    pub fn field(&self, function: TokenStream) -> TokenStream {
        let ty = &self.ty;
        quote_spanned!(self.at()=> <#ty as ::microbatch::Stored>::#function)
    }

    /// What stands for errors about the field.
    pub fn at(&self) -> Span {
        names::plumbing(self.ty.span())
    }
}

/// What the attributes of a field say.
fn use_of(attributes: &[Attribute], errors: &mut TokenStream) -> Use {
    let mut use_of = Use::Stored;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("record")) {
        match skip(attribute) {
            Ok(()) => use_of = Use::Skipped,
            Err(error) => {
                errors.extend(error.into_compile_error());
                return Use::Unknown;
            }
        }
    }
    use_of
}

/// Reads `#[record(skip)]`.
fn skip(attribute: &Attribute) -> syn::Result<()> {
    const HELP: &str =
        "help: write `#[record(skip)]` to leave the field out: it is read from a checkpoint as its `Default`";
    let mut said = false;
    attribute.parse_nested_meta(|meta| {
        said = true;
        let word = meta.path.require_ident()?;
        if word != "skip" {
            return Err(meta.error(format!("a field of a `Record` has no setting `{word}`\n{HELP}")));
        }
        if meta.input.is_empty() || meta.input.peek(syn::Token![,]) {
            return Ok(());
        }
        Err(meta.error(format!("`skip` takes no value\n{HELP}")))
    })?;
    if said { Ok(()) } else { Err(syn::Error::new_spanned(attribute, format!("this says nothing\n{HELP}"))) }
}

/// Reports settings where there are none.
fn no_attributes(attributes: &[Attribute], errors: &mut TokenStream) {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("record")) {
        let message = "only fields of a `Record` have settings\nhelp: put `#[record(skip)]` before a field that is to be left out";
        errors.extend(syn::Error::new_spanned(attribute, message).into_compile_error());
    }
}
