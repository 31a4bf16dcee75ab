//! What each operator is called: its stream, or what it is. Under these names a later run finds what was remembered.

use std::collections::{HashMap, HashSet};

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::ext::IdentExt;

use super::Emit;
use crate::ir::{Graph, Node};
use crate::ops::Class;

/// Each node's stream name, or its operator's, with a number where it would stand twice. A filter that stands for an argument of
/// the operator before it is called as that is.
pub(super) fn unique(graph: &Graph) -> Vec<String> {
    let named = |name: &Option<Ident>| name.as_ref().map(|name| name.unraw().to_string());
    let nodes = &graph.nodes;
    let mut taken: HashSet<String> = nodes.iter().filter_map(|node| named(&node.name)).collect();
    let mut numbers: HashMap<String, usize> = HashMap::new();
    let mut names: Vec<String> = Vec::new();
    for node in nodes {
        if let (false, [operator, ..]) = (node.is_written(), &node.inputs[..]) {
            names.push(names[*operator].clone());
            continue;
        }
        let name = named(&node.name).unwrap_or_else(|| {
            let base = node.op.name.to_owned();
            loop {
                let number = numbers.entry(base.clone()).or_default();
                *number += 1;
                let name = if *number == 1 { base.clone() } else { format!("{base}_{number}") };
                if taken.insert(name.clone()) {
                    return name;
                }
            }
        });
        names.push(name);
    }
    names
}

impl Emit<'_> {
    /// Says which names have numbers: they belong to other operators as soon as statements change places.
    pub(super) fn found_by_position(&self) -> Option<TokenStream> {
        let labels = by_position(&self.plan.graph, &self.names);
        (!labels.is_empty()).then(|| quote!(.found_by_position(::std::vec![#(#labels),*])))
    }
}

/// The names of all that a later run looks for and nobody has named, where there are several of a kind.
fn by_position<'a>(graph: &Graph, names: &'a [String]) -> Vec<&'a str> {
    let nameless: Vec<(&Node, &String)> = graph.nodes.iter().zip(names).filter(|(node, _)| is_nameless(node)).collect();
    let is_one_of_several =
        |node: &Node| nameless.iter().filter(|(other, _)| other.op.name == node.op.name).nth(1).is_some();
    nameless.iter().filter(|(node, _)| is_one_of_several(node)).map(|(_, name)| name.as_str()).collect()
}

fn is_nameless(node: &Node) -> bool {
    let is_found = node.op.class == Class::Source || node.op.class.remembers();
    is_found && node.name.is_none() && !node.settings.iter().any(|setting| setting.op.gives_name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Diagnostics;
    use crate::{ir, parse};

    fn found_by_position(body: &str) -> String {
        let mut diag = Diagnostics::default();
        let input = format!("every = 1s, |ssc| {{ {body} }}").parse().unwrap_or_default();
        let graph = ir::lower(&parse::program(input, &mut diag), &mut diag);
        by_position(&graph, &unique(&graph)).join(" ")
    }

    #[test]
    fn operators_of_a_kind_without_names_are_found_by_position() {
        let two = "let n = ssc.stdin_text_stream(); n.window(2s).print(); n.map(f).window(3s).count().print();";
        assert_eq!(found_by_position(two), "window window_2");
        let sources = "ssc.queue_stream(a).print(); ssc.queue_stream(b).print(); ssc.rate_stream(1).count().print();";
        assert_eq!(found_by_position(sources), "queue_stream queue_stream_2");
        let states = "let n = ssc.queue_stream(a); n.map_with_state(f).print(); let m = n.map_with_state(g).count();";
        assert_eq!(found_by_position(states), "map_with_state map_with_state_2");
    }

    #[test]
    fn names_are_not_positions() {
        for second in [
            "let second = n.window(3s); second.print();",
            "n.window(3s).name(\"second\").print();",
            "n.count_by_window(3s).print();",
            "n.count().count().print();",
        ] {
            let body = format!("let n = ssc.stdin_text_stream(); n.window(2s).print(); {second}");
            assert_eq!(found_by_position(&body), "", "{second}");
        }
    }
}
