//! Stages: the fused chain from a dataset to what it ends in.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::Emit;
use crate::args;
use crate::ir::{Node, NodeId};
use crate::lend::{self, Hand};
use crate::names;
use crate::ops::Class;
use crate::plan::{Consumer, Dataset, Stage};
use crate::variables;

impl Emit<'_> {
    pub(super) fn stage(&self, stage: &Stage) -> TokenStream {
        let source = self.dataset_node(stage.reads);
        // What is wrong with the whole stage is mostly what is wrong with its end, and rustc reports it once at one place.
        let at = match stage.ends[..] {
            [Consumer::End(node, _)] => node,
            _ => source,
        };
        let span = names::plumbing(self.span(at));
        let (engine, dataset) = (names::variable("engine", span), self.dataset(stage.reads));
        let batch = names::variable("batch", span);
        let ends: Vec<Ident> = stage.ends.iter().map(|end| self.end_variable(*end)).collect();
        let (ends, blanks) = parts(&ends, span);
        let run = names::variable(if stage.whole_partitions { "stage_of_partitions" } else { "stage" }, span);
        let label = self.stage_label(stage);
        // What was kept has been of that type, and is a view of it now.
        let typed = match stage.reads {
            Dataset::Node(_) => self.ascription(source),
            Dataset::Kept(_) => TokenStream::new(),
        };
        let chain = self.fork(&stage.consumers, span);
        let reads = quote_spanned!(dataset.span()=> &#dataset);
        let work_span = names::plumbing(self.span(self.first_capture(&stage.consumers).unwrap_or(at)));
        let work = quote_spanned! {work_span=>
            |#batch, #ends: &mut #blanks| { #typed #chain }
        };
        quote_spanned! {span=>
            let #ends = #engine.#run(#label, #reads, #work)?;
        }
    }

    /// The first operator whose closure captures something: what cannot be shared between workers is likely there.
    fn first_capture(&self, consumers: &[Consumer]) -> Option<NodeId> {
        consumers.iter().find_map(|consumer| match consumer {
            Consumer::Fused(node) if self.captures(*node) => Some(*node),
            Consumer::Fused(node) => self.first_capture(self.plan.consumers(*node)),
            Consumer::End(node, _) => self.captures(*node).then_some(*node),
            Consumer::Keep(_) => None,
        })
    }

    fn captures(&self, node: NodeId) -> bool {
        let Node { op, args, .. } = &self.plan.graph.nodes[node];
        let mut functions = op.args.iter().zip(args).filter(|(arg, _)| arg.kind.parameters().is_some());
        functions.any(|(arg, tokens)| match lend::hand(op.class, arg.kind, tokens) {
            Hand::Lent => true,
            _ => args::closure(tokens).is_some() && variables::captures(tokens),
        })
    }

    /// The users of a stream: one goes on with `batch`, several get some records at a time in turn.
    fn fork(&self, consumers: &[Consumer], span: Span) -> TokenStream {
        let [consumer] = consumers else {
            let (batch, records, private) =
                (names::variable("batch", span), names::variable("records", span), names::runtime(span));
            let last = consumers.len().saturating_sub(1);
            let branches = consumers.iter().enumerate().map(|(number, consumer)| {
                let chain = self.consumer(*consumer);
                let hand = if number == last { quote!(hand_over(#records)) } else { quote!(share(#records)) };
                quote_spanned!(span=> { let #batch = #private::ops::#hand; #chain })
            });
            return quote_spanned!(span=> #private::ops::for_each(#batch, |#records| { #(#branches)* }););
        };
        self.consumer(*consumer)
    }

    fn consumer(&self, consumer: Consumer) -> TokenStream {
        match consumer {
            Consumer::Fused(node) => self.fused(node),
            Consumer::End(node, input) => self.end(node, input),
            Consumer::Keep(kept) => {
                let span = names::plumbing(self.span(self.plan.kept[kept]));
                let (part, private) = (self.dataset(Dataset::Kept(kept)), names::runtime(span));
                let batch = names::variable("batch", span);
                quote_spanned!(span=> #private::ops::keep(#batch, #part);)
            }
        }
    }

    /// What an operator is handed. It is shown where it comes from: if it is not right, rustc has said so there, and does not
    /// say it again.
    fn batch_of_input(&self, node: NodeId, input: usize) -> Ident {
        names::variable("batch", self.span(self.plan.graph.nodes[node].inputs[input]))
    }

    fn fused(&self, node: NodeId) -> TokenStream {
        let span = names::plumbing(self.span(node));
        let batch = names::variable("batch", span);
        let (typed, chain) = (self.ascription(node), self.fork(self.plan.consumers(node), span));
        let input = self.batch_of_input(node, 0);
        let call = self.call(node, "ops", &[quote!(#input)]);
        quote_spanned! {span=>
            let #batch = #call;
            #typed
            #chain
        }
    }

    fn end(&self, node: NodeId, input: usize) -> TokenStream {
        let span = names::plumbing(self.span(node));
        let (batch, part) = (self.batch_of_input(node, input), self.input_variable(node, input));
        let private = names::runtime(span);
        match self.plan.op(node).class {
            Class::Shuffle | Class::Windowed | Class::WindowedFold => {
                let call = self.call(node, "ops", &[quote!(#batch), quote!(#part)]);
                quote_spanned!(span=> #call;)
            }
            Class::Join | Class::Stateful => quote_spanned!(span=> #private::ops::exchange(#batch, #part);),
            Class::Window => quote_spanned!(span=> #private::ops::own(#batch, #part);),
            Class::Output => {
                let handle = self.handle(node);
                quote_spanned!(span=> #private::ops::output::output(#batch, #part, &#handle);)
            }
            _ => quote_spanned!(span=> #private::ops::collect(#batch, #part);),
        }
    }

    /// The type that was written at the stream's name: the one place where a conflict with it is reported.
    fn ascription(&self, node: NodeId) -> TokenStream {
        let Some(ty) = &self.plan.graph.nodes[node].ty else { return TokenStream::new() };
        let span = names::plumbing(args::place_of(ty, self.span(node)).first);
        let (batch, record, private) =
            (names::variable("batch", span), names::variable("record", span), names::runtime(span));
        quote_spanned!(span=> let #batch = #private::ops::map(#batch, |#record| -> #ty { #record });)
    }
}

/// The parts of a stage, as a pattern and as a type: a tuple, and `More` if there are more ends than a tuple has members.
fn parts(ends: &[Ident], span: Span) -> (TokenStream, TokenStream) {
    const MEMBERS: usize = 12;
    let (first, others) = ends.split_at(ends.len().min(MEMBERS));
    let blanks = first.iter().map(|end| quote_spanned!(names::plumbing(end.span())=> _));
    let tuple = quote_spanned!(span=> (#(#first,)*));
    let blanks = quote_spanned!(span=> (#(#blanks,)*));
    if others.is_empty() {
        return (tuple, blanks);
    }
    let (private, (others, more_blanks)) = (names::runtime(span), parts(others, span));
    (
        quote_spanned!(span=> #private::More(#tuple, #others)),
        quote_spanned!(span=> #private::More<#blanks, #more_blanks>),
    )
}
