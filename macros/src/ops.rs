//! The operator table. To add an operator: a row here, a method of `DStream` (its documentation and signature), and a function
//! of the same name in `runtime/src/ops`.

/// How an operator takes part in a batch. The compiler looks at this, never at a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Begins a stream.
    Source,
    /// A record at a time, fused with its neighbours.
    Narrow,
    /// A whole partition at a time, fused with its neighbours.
    Partition,
    /// Ends a stage: records meet in the workers' parts, which are merged.
    Shuffle,
    /// Ends two stages: pairs of two streams meet by key.
    Join,
    /// Takes the whole batch of one stream, or of two, on one thread.
    Batch,
    /// The records of several streams, one stream after the other.
    Union,
    /// Writes, with plain values as arguments.
    Output,
    /// Writes, with the user's closure.
    Action,
}

impl Class {
    /// Outputs end a chain.
    pub fn is_output(self) -> bool {
        matches!(self, Class::Output | Class::Action)
    }

    /// Fused: the result is not in memory.
    pub fn is_fused(self) -> bool {
        matches!(self, Class::Narrow | Class::Partition)
    }
}

/// What an argument must look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A closure with this many parameters, or the name of a function.
    Function(usize),
    /// An expression.
    Value,
    /// An expression for a handle that the caller keeps: evaluated where `stream!` stands, not moved into the pipeline.
    Handle,
    /// Another stream.
    Stream,
    /// `[stream, stream, …]`
    Streams,
}

#[derive(Debug)]
pub struct Arg {
    pub name: &'static str,
    pub kind: Kind,
    /// What a missing argument stands for.
    pub default: Option<&'static str>,
}

/// A row of the table.
#[derive(Debug)]
pub struct OpSpec {
    pub name: &'static str,
    pub class: Class,
    pub args: &'static [Arg],
    /// The call as it is shown in messages.
    pub usage: &'static str,
    /// What the plan says about where the data goes.
    pub note: &'static str,
}

macro_rules! operators {
    ($($name:ident: $class:ident ($($arg:ident: $kind:ident $(($parameters:literal))? $(= $default:literal)?),*) $usage:literal $($note:literal)?;)*) => {
        pub const OPERATORS: &[OpSpec] = &[$(OpSpec {
            name: stringify!($name),
            class: Class::$class,
            args: &[$(Arg {
                name: stringify!($arg),
                kind: Kind::$kind $(($parameters))?,
                default: operators!(@default $($default)?),
            }),*],
            usage: $usage,
            note: operators!(@note $($note)?),
        }),*];
    };
    (@default) => { None };
    (@default $default:literal) => { Some($default) };
    (@note) => { "" };
    (@note $note:literal) => { $note };
}

operators! {
    // sources
    queue_stream:          Source (batches: Value)                         "queue_stream(batches)";
    socket_text_stream:    Source (host: Value, port: Value, options: Value = "::core::default::Default::default()")
                                                                           "socket_text_stream(host, port)";
    text_file_stream:      Source (directory: Value, options: Value = "::core::default::Default::default()")
                                                                           "text_file_stream(directory)";
    binary_records_stream: Source (directory: Value, record_length: Value, options: Value = "::core::default::Default::default()")
                                                                           "binary_records_stream(directory, record_length)";
    receiver_stream:       Source (receiver: Value)                        "receiver_stream(my_receiver)";
    rate_stream:           Source (records_per_second: Value)              "rate_stream(records_per_second)";
    stdin_text_stream:     Source ()                                       "stdin_text_stream()";
    source:                Source (source: Value)                          "source(my_source)";

    // a record at a time
    map:                   Narrow (f: Function(1))                         "map(|record| …)";
    flat_map:              Narrow (f: Function(1))                         "flat_map(|record| iterator)";
    filter:                Narrow (f: Function(1))                         "filter(|record| bool)";
    filter_map:            Narrow (f: Function(1))                         "filter_map(|record| option)";
    inspect:               Narrow (f: Function(1))                         "inspect(|record| …)";
    key_by:                Narrow (f: Function(1))                         "key_by(|record| key)";
    map_values:            Narrow (f: Function(1))                         "map_values(|value| …)";
    flat_map_values:       Narrow (f: Function(1))                         "flat_map_values(|value| iterator)";

    // a partition at a time
    map_partitions:        Partition (f: Function(1))                      "map_partitions(|records| iterator)";
    glom:                  Partition ()                                    "glom()";

    // records meet
    count:                 Shuffle ()                                      "count()"                               "one number";
    reduce:                Shuffle (f: Function(2))                        "reduce(|a, b| c)"                      "one record";
    count_by_value:        Shuffle ()                                      "count_by_value()"                      "by value";
    distinct:              Shuffle ()                                      "distinct()"                            "by value";
    top:                   Shuffle (n: Value)                              "top(n)"                                "the n greatest";
    reduce_by_key:         Shuffle (f: Function(2))                        "reduce_by_key(|a, b| c)"               "by key, combined first";
    group_by_key:          Shuffle ()                                      "group_by_key()"                        "by key";
    combine_by_key:        Shuffle (create: Function(1), merge_value: Function(2), merge_combiners: Function(2))
                                                                           "combine_by_key(|v| c, |c, v| c, |c1, c2| c)" "by key, combined first";
    aggregate_by_key:      Shuffle (zero: Value, fold: Function(2), merge: Function(2))
                                                                           "aggregate_by_key(zero, |c, v| c, |c1, c2| c)" "by key, combined first";

    // two streams meet by key
    cogroup:               Join (other: Stream)                            "cogroup(other)"                        "by key";
    join:                  Join (other: Stream)                            "join(other)"                           "by key";
    left_outer_join:       Join (other: Stream)                            "left_outer_join(other)"                "by key";
    right_outer_join:      Join (other: Stream)                            "right_outer_join(other)"               "by key";
    full_outer_join:       Join (other: Stream)                            "full_outer_join(other)"                "by key";

    // a batch at a time
    repartition:           Batch (partitions: Value)                       "repartition(n)"                        "into equal runs";
    sort_by:               Batch (key: Function(1))                        "sort_by(|record| key)"                 "sorted";
    sort_by_key:           Batch ()                                        "sort_by_key()"                         "sorted";
    transform:             Batch (f: Function(2))                          "transform(|batch, time| …)"            "the whole batch";
    transform_with:        Batch (other: Stream, f: Function(3))           "transform_with(other, |a, b, time| …)" "two whole batches";

    union:                 Union (others: Streams)                         "union(other)";

    // outputs
    print:                 Output (n: Value = "10")                        "print()";
    print_table:           Output (titles: Value)                          "print_table([\"word\", \"count\"])";
    save_as_text_files:    Output (prefix: Value, suffix: Value = "\"\"")  "save_as_text_files(prefix, suffix)";
    foreach_batch:         Action (f: Function(2))                         "foreach_batch(|batch, time| …)";
    collect_into:          Output (collector: Handle)                      "collect_into(&collector)";
}

/// The row of an operator.
pub fn find(name: &str) -> Option<&'static OpSpec> {
    OPERATORS.iter().find(|op| op.name == name)
}

/// The rows that begin a stream (`ssc.…`), or those that go on from one.
pub fn names(sources: bool) -> impl Iterator<Item = &'static str> {
    OPERATORS.iter().filter(move |op| fits(op, sources)).map(|op| op.name)
}

/// `union` is both: `ssc.union([a, b])` and `a.union(b)`.
pub fn fits(op: &OpSpec, source: bool) -> bool {
    op.class == Class::Union || (op.class == Class::Source) == source
}
