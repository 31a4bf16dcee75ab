//! Cases that do not run here.

/// With the reasons. A `*` at the end stands for anything.
pub const ELSEWHERE: &[(&str, &[&str])] = &[
    ("slice: see tests/slice.rs", &["Q.slice", "B.sliceUninit"]),
    ("no counterpart: settings are in the program, a checkpoint has none", &["K.conf"]),
    ("limits of rates: unit tests in runtime/src/source/limit.rs", &["RL.*", "RC.2"]),
    ("rates follow the load: tests/backpressure.rs", &["RC.1"]),
    (
        "needs sockets, files or receivers: tests/sources/ and tests/receivers/",
        &[
            "I.noblock",
            "I.binary",
            "I.file.*",
            "I.wild",
            "I.multi",
            "BG.*",
            "L.2",
            "S.stop gracefully",
            "S.stop slow receiver gracefully",
        ],
    ),
    ("file names: tests/outputs.rs", &["Q.names"]),
    ("compile error: tests/ui/no_output.rs", &["Q.err.no_output_operation"]),
    (
        "cannot be written: the shape of a pipeline is fixed when it is compiled",
        &[
            "Q.err.operator_after_start",
            "Q.err.operator_after_stop",
            "Q.err.persist_after_start",
            "Q.err.checkpoint(interval)_after_start",
        ],
    ),
    (
        "cannot be written: `start` takes the context, and only what has started can stop",
        &["S.start multiple times", "S.stop before start", "S.start after stop", "Q.err.start_after_stop"],
    ),
    ("cannot be written: a closure of `transform` returns records, never null", &["B.transformNull"]),
    (
        "departs: any number of contexts run in one process, see tests/operators/",
        &["Q.err.second_context_in_one_process"],
    ),
    (
        "no counterpart: there is no SparkContext below a context that could go on without it",
        &["S.stop only streaming context", "S.stop(stopSparkContext=true) after stop(stopSparkContext=false)"],
    ),
    ("no counterpart: streams have names, not numbers", &["I.ids"]),
    ("no counterpart: listeners are added in code, not by configuration", &["L.3"]),
    ("no counterpart: `queue_stream` takes one item a batch; several are one vector", &["I.queueAll"]),
    (
        "no counterpart: blocks live as long as a batch needs them, there is nothing to persist or remember",
        &["B.cleanupBlocks", "Q.err.remember_twice"],
    ),
];

/// How many patterns stand for a case.
pub fn reasons(id: &str) -> usize {
    let matches = |pattern: &&&str| match pattern.strip_suffix('*') {
        Some(start) => id.starts_with(start),
        None => **pattern == id,
    };
    ELSEWHERE.iter().flat_map(|(_, patterns)| *patterns).filter(matches).count()
}
