//! What the generated code tells about itself: labels of stages and outputs, and the plan.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use super::Emit;
use crate::args;
use crate::duration;
use crate::ir::{Node, NodeId};
use crate::names;
use crate::ops::{Class, Kind};
use crate::plan::{Consumer, Dataset, Stage};

impl Emit<'_> {
    /// Each output has another one: a sink with transactions keeps it with what it wrote last.
    pub(super) fn output_label(&self, node: NodeId) -> String {
        let nodes = &self.plan.graph.nodes;
        let (stream, op) = (&self.names[nodes[node].inputs[0]], nodes[node].op.name);
        let is_same =
            |other: &&Node| other.op.name == op && other.inputs.first().is_some_and(|it| self.names[*it] == *stream);
        match nodes[..node].iter().filter(is_same).count() {
            0 => format!("{stream}.{op}"),
            before => format!("{stream}.{op}_{}", before + 1),
        }
    }

    pub(super) fn stage_label(&self, stage: &Stage) -> String {
        let mut label = self.names[self.dataset_node(stage.reads)].clone();
        self.describe(&stage.consumers, &mut label);
        label
    }

    fn describe(&self, consumers: &[Consumer], label: &mut String) {
        if let [consumer] = consumers {
            label.push_str(" -> ");
            return self.describe_one(*consumer, label);
        }
        label.push_str(" -> {");
        for (number, consumer) in consumers.iter().enumerate() {
            label.push_str(if number == 0 { " " } else { ", " });
            self.describe_one(*consumer, label);
        }
        label.push_str(" }");
    }

    fn describe_one(&self, consumer: Consumer, label: &mut String) {
        match consumer {
            Consumer::Fused(node) => {
                label.push_str(self.plan.op(node).name);
                self.describe(self.plan.consumers(node), label);
            }
            Consumer::End(node, _) => label.push_str(self.plan.op(node).name),
            Consumer::Keep(_) => label.push_str("keep"),
        }
    }

    /// What `pipeline.plan()` knows about each operator.
    pub(super) fn steps(&self) -> TokenStream {
        let private = names::runtime(Span::call_site());
        let steps = self.plan.graph.nodes.iter().enumerate().map(|(id, node)| {
            let stream = node.name.as_ref().map_or(String::new(), Ident::to_string);
            let (op, kind, note) = (node.op.name, format!("{:?}", node.op.class), self.note(id));
            let arguments = node.args.iter().map(args::text).collect::<Vec<_>>().join(", ");
            let (kind, inputs) = (Ident::new(&kind, Span::mixed_site()), &node.inputs);
            let recovery = self.recovery(id);
            quote! {
                #private::Step::new(#stream, #op, #arguments, #private::StepKind::#kind, #note, &[#(#inputs),*]) #recovery,
            }
        });
        steps.collect()
    }

    /// What a later run has of a source, a window, a state or an output, under the name that it has everywhere.
    fn recovery(&self, id: NodeId) -> Option<TokenStream> {
        let op = self.plan.op(id);
        let recovery = Ident::new(&format!("{:?}", op.recovery()?), Span::mixed_site());
        let private = names::runtime(Span::call_site());
        let label = if op.class.is_output() { self.output_label(id) } else { self.names[id].clone() };
        Some(quote!(.recovers(#label, #private::Recovery::#recovery)))
    }

    /// What is worth knowing about an operator: where its data goes, by which algorithm, and what was said about it.
    fn note(&self, id: NodeId) -> String {
        let node = &self.plan.graph.nodes[id];
        let mut notes = vec![node.op.note.to_owned()];
        notes.extend(self.window(id));
        notes.extend(node.settings.iter().map(|setting| {
            let args = setting.args.iter().map(args::text).collect::<Vec<_>>().join(", ");
            format!("{}({args})", setting.op.name)
        }));
        notes.extend(may_grow(node).then(|| "MAY GROW WITHOUT BOUND: no timeout, and no key is removed".to_owned()));
        notes.retain(|note| !note.is_empty());
        notes.join("; ")
    }

    /// By which algorithm a window follows the change, and why; and its panes.
    fn window(&self, id: NodeId) -> Vec<String> {
        let algorithm = match self.plan.op(id).class {
            Class::WindowedFold if self.has_few_panes(id) => {
                Some("merged anew when it slides, as its panes are few".to_owned())
            }
            Class::WindowedFold => Some("two stacks, as there is no inverse".to_owned()),
            class if !class.slides() => return Vec::new(),
            _ => None,
        };
        let panes = self.panes(id).map(|(panes, pane)| {
            format!("{panes} pane{} of {}", if panes == 1 { "" } else { "s" }, duration::shown(pane))
        });
        algorithm.into_iter().chain(panes).collect()
    }

    pub(super) fn stages(&self) -> TokenStream {
        let private = names::runtime(Span::call_site());
        let stages = self.plan.stages().map(|stage| {
            let (label, reads) = (self.stage_label(stage), self.dataset_node(stage.reads));
            let kept = matches!(stage.reads, Dataset::Kept(_));
            let mut steps = Vec::new();
            stage.consumers.iter().for_each(|consumer| self.steps_of(*consumer, &mut steps));
            quote!(#private::Stage::new(#label, #reads, #kept, &[#(#steps),*]),)
        });
        stages.collect()
    }

    fn steps_of(&self, consumer: Consumer, steps: &mut Vec<NodeId>) {
        match consumer {
            Consumer::Fused(node) => {
                steps.push(node);
                self.plan.consumers(node).iter().for_each(|consumer| self.steps_of(*consumer, steps));
            }
            Consumer::End(node, _) => steps.push(node),
            Consumer::Keep(_) => {}
        }
    }
}

/// Whether nothing in sight ever forgets a key: no timeout, and a closure without a word that could.
fn may_grow(node: &Node) -> bool {
    const FORGETS: [&str; 6] = ["None", "remove", "then", "then_some", "filter", "take"];
    let has_timeout = node
        .settings
        .iter()
        .any(|setting| setting.op.args.iter().any(|arg| arg.kind == Kind::Duration) && !setting.op.is_general());
    let forgets =
        |arg: &TokenStream| args::closure(arg).is_none() || FORGETS.iter().any(|word| args::has_word(arg, word));
    node.op.class == Class::Stateful && !has_timeout && !node.args.iter().any(forgets)
}
