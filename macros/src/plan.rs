//! The graph cut into stages. A stage is one pass over a dataset: from records in memory, through a fused chain that may
//! fork, to its ends. Everything that is not fused is a dataset.

use crate::ir::{Graph, Node, NodeId};
use crate::ops::{Class, OpSpec};
use crate::slide::{Slide, Slides};

pub struct Plan {
    pub graph: Graph,
    /// What happens in a batch, in order: a dataset appears after everything it is made of.
    pub batch: Vec<Action>,
    /// For each node the users of its stream that run in a stage, in order.
    consumers: Vec<Vec<Consumer>>,
    /// Streams that are kept in memory because two stages share them: `kept[k]` is the node of dataset `Kept(k)`.
    pub kept: Vec<NodeId>,
    pub slides: Slides,
}

/// Something with records in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dataset {
    Node(NodeId),
    Kept(usize),
}

/// Who takes a stream's records inside a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consumer {
    /// A fused operator.
    Fused(NodeId),
    /// An end of the stage: input number `.1` of an operator that is not fused.
    End(NodeId, usize),
    /// An end of the stage: the stream is kept.
    Keep(usize),
}

#[derive(Debug)]
pub enum Action {
    /// The dataset comes into being: it is received, merged or computed.
    Make(Dataset),
    /// One pass over a dataset.
    Stage(Stage),
}

#[derive(Debug)]
pub struct Stage {
    pub reads: Dataset,
    /// The users of the dataset that this pass serves.
    pub consumers: Vec<Consumer>,
    /// All ends, in the order in which the chain reaches them.
    pub ends: Vec<Consumer>,
    /// Whether partitions must not be cut.
    pub whole_partitions: bool,
}

impl Plan {
    pub fn op(&self, node: NodeId) -> &'static OpSpec {
        self.graph.nodes[node].op
    }

    /// When an action takes place. What a window takes in comes with the stream that it is made of.
    pub fn slide_of(&self, action: &Action) -> Slide {
        match action {
            Action::Make(Dataset::Node(node)) => self.slide_of_input(*node),
            Action::Make(Dataset::Kept(kept)) => self.slides.of(self.kept[*kept]),
            Action::Stage(Stage { reads: Dataset::Node(node), .. }) => self.slides.of(*node),
            Action::Stage(Stage { reads: Dataset::Kept(kept), .. }) => self.slides.of(self.kept[*kept]),
        }
    }

    /// When the stream that an operator is made of has its batches.
    pub fn slide_of_input(&self, node: NodeId) -> Slide {
        self.graph.nodes[node].inputs.first().map_or(Slide::Batch, |input| self.slides.of(*input))
    }

    /// Whether a window takes in blocks as they are: its stream is not computed.
    pub fn keeps_blocks(&self, node: NodeId) -> bool {
        keeps_blocks(&self.graph, node)
    }

    /// The users of a fused stream.
    pub fn consumers(&self, node: NodeId) -> &[Consumer] {
        &self.consumers[node]
    }

    /// The dataset that an input of a union is: the input itself, or what it is kept as.
    pub fn dataset_of_input(&self, node: NodeId, input: usize) -> Dataset {
        let source = self.graph.nodes[node].inputs[input];
        if !self.op(source).class.is_fused() {
            return Dataset::Node(source);
        }
        let kept = self.kept.iter().position(|kept| *kept == source);
        Dataset::Kept(kept.unwrap_or(usize::MAX))
    }

    /// Outputs in the order in which they are written.
    pub fn outputs(&self) -> impl Iterator<Item = NodeId> {
        (0..self.graph.nodes.len()).filter(|node| self.op(*node).class.is_output())
    }

    /// The stages, in order.
    pub fn stages(&self) -> impl Iterator<Item = &Stage> {
        self.batch.iter().filter_map(|action| match action {
            Action::Stage(stage) => Some(stage),
            Action::Make(_) => None,
        })
    }
}

pub fn stages(graph: Graph) -> Plan {
    let mut planner = Planner::new(graph);
    planner.keep_what_unions_need();
    planner.keep_what_forks_before_partitions_need();
    planner.order()
}

fn keeps_blocks(graph: &Graph, node: NodeId) -> bool {
    let class = |node: NodeId| graph.nodes[node].op.class;
    let in_blocks = |input: &NodeId| matches!(class(*input), Class::Source | Class::Window);
    class(node) == Class::Window && graph.nodes[node].inputs.iter().all(in_blocks)
}

struct Planner {
    graph: Graph,
    consumers: Vec<Vec<Consumer>>,
    kept: Vec<NodeId>,
    kept_consumers: Vec<Vec<Consumer>>,
}

impl Planner {
    fn new(graph: Graph) -> Self {
        let mut consumers = vec![Vec::new(); graph.nodes.len()];
        let reads_datasets = |id: NodeId, node: &Node| {
            matches!(node.op.class, Class::Union | Class::Snapshots) || keeps_blocks(&graph, id)
        };
        for (id, node) in graph.nodes.iter().enumerate().filter(|(id, node)| !reads_datasets(*id, node)) {
            for (number, input) in node.inputs.iter().enumerate() {
                let consumer = if node.op.class.is_fused() { Consumer::Fused(id) } else { Consumer::End(id, number) };
                consumers[*input].push(consumer);
            }
        }
        Planner { graph, consumers, kept: Vec::new(), kept_consumers: Vec::new() }
    }

    fn is_fused(&self, node: NodeId) -> bool {
        self.graph.nodes[node].op.class.is_fused()
    }

    fn keep(&mut self, node: NodeId) -> usize {
        if let Some(kept) = self.kept.iter().position(|kept| *kept == node) {
            return kept;
        }
        self.kept.push(node);
        self.kept_consumers.push(Vec::new());
        self.consumers[node].push(Consumer::Keep(self.kept.len() - 1));
        self.kept.len() - 1
    }

    /// A union reads datasets, so that the chain behind it exists once.
    fn keep_what_unions_need(&mut self) {
        let unions = self.graph.nodes.iter().filter(|node| node.op.class == Class::Union);
        let inputs: Vec<NodeId> =
            unions.flat_map(|union| union.inputs.clone()).filter(|input| self.is_fused(*input)).collect();
        for input in inputs {
            self.keep(input);
        }
    }

    /// Behind a fork records come one by one, so an operator on whole partitions cannot follow it in the same stage.
    fn keep_what_forks_before_partitions_need(&mut self) {
        for node in 0..self.graph.nodes.len() {
            if self.graph.nodes[node].op.class == Class::Partition {
                self.keep_the_fork_above(node);
            }
        }
    }

    fn keep_the_fork_above(&mut self, partition: NodeId) {
        let mut child = partition;
        loop {
            let parent = self.graph.nodes[child].inputs[0];
            if !self.is_fused(parent) {
                return;
            }
            let in_kept = |consumers: &Vec<Consumer>| consumers.contains(&Consumer::Fused(child));
            if self.kept_consumers.iter().any(in_kept) {
                return;
            }
            if self.consumers[parent].len() > 1 {
                let kept = self.keep(parent);
                self.consumers[parent].retain(|consumer| *consumer != Consumer::Fused(child));
                self.kept_consumers[kept].push(Consumer::Fused(child));
                return;
            }
            child = parent;
        }
    }

    /// Datasets in the order of the source, each followed by the passes over it.
    fn order(self) -> Plan {
        let mut batch = Vec::new();
        for node in 0..self.graph.nodes.len() {
            let class = self.graph.nodes[node].op.class;
            if !class.is_fused() && !class.is_output() {
                batch.push(Action::Make(Dataset::Node(node)));
                self.passes(Dataset::Node(node), &self.consumers[node], &mut batch);
            }
            // A kept stream is complete when the stage that it ends has run, which reads an earlier dataset.
            if let Some(kept) = self.kept.iter().position(|kept| *kept == node) {
                batch.push(Action::Make(Dataset::Kept(kept)));
                self.passes(Dataset::Kept(kept), &self.kept_consumers[kept], &mut batch);
            }
        }
        Plan { slides: Slides::new(&self.graph), graph: self.graph, batch, consumers: self.consumers, kept: self.kept }
    }

    /// One pass for all users of a dataset; one of its own for each that needs whole partitions.
    fn passes(&self, reads: Dataset, consumers: &[Consumer], batch: &mut Vec<Action>) {
        let (whole, cut): (Vec<Consumer>, Vec<Consumer>) =
            consumers.iter().partition(|consumer| self.needs_partitions(**consumer));
        let groups = whole.into_iter().map(|consumer| vec![consumer]).chain([cut]).filter(|group| !group.is_empty());
        for consumers in groups {
            let whole_partitions = self.needs_partitions(consumers[0]);
            let mut ends = Vec::new();
            consumers.iter().for_each(|consumer| self.ends(*consumer, &mut ends));
            batch.push(Action::Stage(Stage { reads, consumers, ends, whole_partitions }));
        }
    }

    fn needs_partitions(&self, consumer: Consumer) -> bool {
        match consumer {
            Consumer::Fused(node) => {
                self.graph.nodes[node].op.class == Class::Partition
                    || self.consumers[node].iter().any(|consumer| self.needs_partitions(*consumer))
            }
            Consumer::End(..) | Consumer::Keep(_) => false,
        }
    }

    fn ends(&self, consumer: Consumer, ends: &mut Vec<Consumer>) {
        match consumer {
            Consumer::Fused(node) => self.consumers[node].iter().for_each(|consumer| self.ends(*consumer, ends)),
            end => ends.push(end),
        }
    }
}
