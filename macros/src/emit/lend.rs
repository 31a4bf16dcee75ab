//! Arguments in the generated code, each as its operator is [handed](crate::lend) it.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};

use super::Emit;
use crate::args;
use crate::attributes;
use crate::ir::NodeId;
use crate::lend::{Hand, hand};
use crate::names;
use crate::ops::{Arg, Class, Kind};

impl Emit<'_> {
    /// An argument in the call of its operator.
    pub(super) fn handed(&self, node: NodeId, arg: &Arg, tokens: &TokenStream) -> TokenStream {
        let span = names::plumbing(args::place_of(tokens, self.span(node)).first);
        let argument = match hand(self.plan.op(node).class, arg.kind, tokens) {
            Hand::Written if matches!(arg.kind, Kind::Function(_)) => args::without_move(tokens.clone()),
            Hand::Written => tokens.clone(),
            Hand::Called => {
                let number = |number| names::variable(&format!("argument_{number}"), span);
                let parameters: Vec<Ident> = (0..arg.kind.parameters().unwrap_or_default()).map(number).collect();
                quote_spanned!(span=> |#(#parameters),*| #tokens(#(#parameters),*))
            }
            Hand::Borrowed => quote_spanned!(span=> &#tokens),
            Hand::Cloned => quote_spanned!(span=> ::core::clone::Clone::clone(&#tokens)),
            Hand::Lent => {
                let (lent, mutable) = (self.lent(node, arg), self.changes(node));
                quote_spanned!(lent.span()=> &#mutable #lent)
            }
        };
        let attributes = Some(&self.plan.graph.nodes[node].attributes);
        let attributes = attributes.filter(|attributes| !attributes.is_empty() && attributes::fit(&argument));
        quote!(#attributes #argument)
    }

    /// The arguments that are evaluated once, where their operator stands.
    pub(super) fn lend(&self, node: NodeId) -> TokenStream {
        let (op, args) = (self.plan.op(node), &self.plan.graph.nodes[node].args);
        let lent = op.args.iter().zip(args).filter(|(arg, tokens)| hand(op.class, arg.kind, tokens) == Hand::Lent);
        let statements = lent.map(|(arg, tokens)| {
            let (lent, mutable) = (self.lent(node, arg), self.changes(node));
            let attributes = &self.plan.graph.nodes[node].attributes;
            quote_spanned!(lent.span()=> #attributes let #mutable #lent = #tokens;)
        });
        statements.collect()
    }

    /// The variable for an argument. The filter that stands for an argument has the name of its operator.
    fn lent(&self, node: NodeId, arg: &Arg) -> Ident {
        let is_written = self.plan.graph.nodes[node].is_written();
        let of = if is_written { String::new() } else { format!("_{}", self.plan.op(node).name) };
        self.local(node, &format!("{of}_{}", arg.name))
    }

    /// Only what writes may change what it is handed.
    fn changes(&self, node: NodeId) -> Option<TokenStream> {
        (self.plan.op(node).class == Class::Action).then(|| quote_spanned!(names::plumbing(self.span(node))=> mut))
    }
}
