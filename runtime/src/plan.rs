//! What a pipeline will do, for people to read: as text, Mermaid or DOT.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

/// The plan of a pipeline: its stages, what was fused into them, what is shared, and where data is exchanged.
///
/// ```
/// use microbatch::prelude::*;
///
/// let pipeline = stream!(every = 1s, name = "evens", |ssc| {
///     let numbers = ssc.queue_stream([vec![1u64, 2, 3]]);
///     numbers.filter(|n| n % 2 == 0).count().print();
/// });
/// let plan = pipeline.plan();
/// assert!(plan.to_string().contains("numbers -> filter -> count"));
/// assert!(plan.to_mermaid().starts_with("flowchart TD"));
/// assert!(plan.to_dot().starts_with("digraph"));
/// ```
#[derive(Clone, Debug)]
pub struct Plan {
    name: String,
    every: Duration,
    steps: Vec<Step>,
    stages: Vec<Stage>,
}

/// How a step takes part in a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[doc(hidden)]
pub enum StepKind {
    Source,
    Narrow,
    Partition,
    Shuffle,
    Join,
    Batch,
    Union,
    Window,
    Windowed,
    WindowedFold,
    Stateful,
    Snapshots,
    Output,
    Action,
}

impl StepKind {
    fn word(self) -> &'static str {
        match self {
            StepKind::Source => "source",
            StepKind::Narrow => "fused",
            StepKind::Partition => "fused, by partition",
            StepKind::Shuffle | StepKind::Join => "exchange",
            StepKind::Batch => "whole batch",
            StepKind::Union => "union",
            StepKind::Window | StepKind::Windowed | StepKind::WindowedFold => "window",
            StepKind::Stateful => "state",
            StepKind::Snapshots => "all states",
            StepKind::Output | StepKind::Action => "output",
        }
    }
}

/// An operator of a pipeline.
#[derive(Clone, Debug)]
#[doc(hidden)]
pub struct Step {
    stream: &'static str,
    operator: &'static str,
    arguments: &'static str,
    kind: StepKind,
    note: &'static str,
    inputs: &'static [usize],
}

impl Step {
    pub fn new(
        stream: &'static str,
        operator: &'static str,
        arguments: &'static str,
        kind: StepKind,
        note: &'static str,
        inputs: &'static [usize],
    ) -> Self {
        Step { stream, operator, arguments, kind, note, inputs }
    }

    /// The call as it was written; of a long closure the beginning, so that a plan stays readable.
    fn call(&self) -> String {
        const LONGEST: usize = 80;
        let call = format!("{}({})", self.operator, self.arguments);
        match call.char_indices().nth(LONGEST) {
            Some((end, _)) => format!("{} …", call[..end].trim_end()),
            None => call,
        }
    }
}

/// One pass over records in memory.
#[derive(Clone, Debug)]
#[doc(hidden)]
pub struct Stage {
    label: &'static str,
    /// The step whose records are read.
    reads: usize,
    /// Whether they were kept in memory because two stages share them.
    kept: bool,
    steps: &'static [usize],
}

impl Stage {
    pub fn new(label: &'static str, reads: usize, kept: bool, steps: &'static [usize]) -> Self {
        Stage { label, reads, kept, steps }
    }
}

impl Plan {
    #[doc(hidden)]
    pub fn new(steps: Vec<Step>, stages: Vec<Stage>) -> Self {
        Plan { name: String::new(), every: Duration::ZERO, steps, stages }
    }

    pub(crate) fn named(mut self, name: &str, every: Duration) -> Self {
        self.name = name.to_owned();
        self.every = every;
        self
    }

    /// The number of passes over records in memory in each batch.
    pub fn stages(&self) -> usize {
        self.stages.len()
    }

    fn uses(&self, step: usize) -> usize {
        self.steps.iter().flat_map(|other| other.inputs).filter(|input| **input == step).count()
    }

    fn in_stages(&self, step: usize) -> bool {
        self.stages.iter().any(|stage| stage.steps.contains(&step))
    }

    /// What is worth knowing about a step beyond its call.
    fn remarks(&self, number: usize) -> String {
        let step = &self.steps[number];
        let mut remarks = Vec::new();
        if !step.note.is_empty() {
            remarks.push(step.note.to_owned());
        }
        match self.uses(number) {
            0 | 1 => {}
            uses => remarks.push(format!("shared by {uses}, computed once")),
        }
        if self.stages.iter().any(|stage| stage.kept && stage.reads == number) {
            remarks.push("kept in memory for a second stage".to_owned());
        }
        remarks.join("; ")
    }

    fn row(&self, number: usize) -> [String; 4] {
        let step = &self.steps[number];
        [step.kind.word().to_owned(), step.stream.to_owned(), step.call(), self.remarks(number)]
    }

    /// The plan as a Mermaid flowchart.
    pub fn to_mermaid(&self) -> String {
        let mut text = String::from("flowchart TD\n");
        for (number, stage) in self.stages.iter().enumerate() {
            text += &format!("  subgraph stage{number}[\"stage {}\"]\n", number + 1);
            for step in stage.steps.iter().filter(|step| self.first_stage_of(**step) == Some(number)) {
                text += &format!("    {}\n", self.mermaid_node(*step));
            }
            text += "  end\n";
        }
        for number in (0..self.steps.len()).filter(|number| !self.in_stages(*number)) {
            text += &format!("  {}\n", self.mermaid_node(number));
        }
        for (from, to) in self.edges() {
            text += &format!("  n{from} --> n{to}\n");
        }
        text
    }

    fn mermaid_node(&self, number: usize) -> String {
        let step = &self.steps[number];
        let text = self
            .node_text(number)
            .replace('"', "#quot;")
            .replace('<', "#lt;")
            .replace('>', "#gt;")
            .replace('\n', "<br/>");
        match step.kind {
            StepKind::Source => format!("n{number}([\"{text}\"])"),
            StepKind::Shuffle | StepKind::Join => format!("n{number}{{{{\"{text}\"}}}}"),
            StepKind::Output | StepKind::Action => format!("n{number}[/\"{text}\"/]"),
            _ => format!("n{number}[\"{text}\"]"),
        }
    }

    /// The plan as a graph for Graphviz.
    pub fn to_dot(&self) -> String {
        let mut text = format!(
            "digraph \"{}\" {{\n  rankdir=TB;\n  node [shape=box, fontname=\"monospace\"];\n",
            escape(&self.name)
        );
        for (number, stage) in self.stages.iter().enumerate() {
            text += &format!("  subgraph cluster_{number} {{\n    label=\"stage {}\";\n", number + 1);
            for step in stage.steps.iter().filter(|step| self.first_stage_of(**step) == Some(number)) {
                text += &format!("    n{step};\n");
            }
            text += "  }\n";
        }
        for number in 0..self.steps.len() {
            let shape = match self.steps[number].kind {
                StepKind::Source => "oval",
                StepKind::Shuffle | StepKind::Join => "hexagon",
                StepKind::Output | StepKind::Action => "note",
                _ => "box",
            };
            text += &format!("  n{number} [label=\"{}\", shape={shape}];\n", escape(&self.node_text(number)));
        }
        for (from, to) in self.edges() {
            text += &format!("  n{from} -> n{to};\n");
        }
        text + "}\n"
    }

    fn node_text(&self, number: usize) -> String {
        let step = &self.steps[number];
        match step.stream {
            "" => step.call(),
            stream => format!("{stream}\n{}", step.call()),
        }
    }

    /// A join ends two stages and is drawn in the first one.
    fn first_stage_of(&self, step: usize) -> Option<usize> {
        self.stages.iter().position(|stage| stage.steps.contains(&step))
    }

    fn edges(&self) -> impl Iterator<Item = (usize, usize)> {
        let edges = self.steps.iter().enumerate();
        edges.flat_map(|(to, step)| step.inputs.iter().map(move |from| (*from, to)))
    }
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

impl Display for Plan {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "pipeline `{}`, a batch every {:?}", self.name, self.every)?;
        let mut sections: Vec<(String, Vec<[String; 4]>)> = Vec::new();
        let sources = (0..self.steps.len()).filter(|number| self.steps[*number].kind == StepKind::Source);
        sections.push(("sources".to_owned(), sources.map(|number| self.row(number)).collect()));
        for (number, stage) in self.stages.iter().enumerate() {
            let rows = stage.steps.iter().map(|step| self.row(*step)).collect();
            sections.push((format!("stage {}: {}", number + 1, stage.label), rows));
        }
        let unions = (0..self.steps.len()).filter(|number| self.steps[*number].kind == StepKind::Union);
        let unions: Vec<_> = unions.map(|number| self.row(number)).collect();
        if !unions.is_empty() {
            sections.push(("unions, read in place".to_owned(), unions));
        }
        let rows = || sections.iter().flat_map(|(_, rows)| rows);
        let width = |column: usize| rows().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths = [width(0), width(1), width(2)];
        for (title, rows) in &sections {
            writeln!(f, "\n{title}")?;
            for [kind, stream, call, remarks] in rows {
                let [a, b, c] = widths;
                let line = format!("  {kind:a$}  {stream:b$}  {call:c$}  {remarks}");
                writeln!(f, "{}", line.trim_end())?;
            }
        }
        Ok(())
    }
}
