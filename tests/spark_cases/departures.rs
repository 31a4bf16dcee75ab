//! Where the results are not Spark's on purpose, and which they are.

use serde_json::{Value, json};

/// What is right, given what Spark gives.
type Right = fn(&Value) -> Value;

const DEPARTURES: &[(&str, &[(&str, Right)])] = &[
    ("a key leaves a window with its last record", &[("W.I4", without_zeros), ("W.I6", without_zeros)]),
    (
        "`count_by_window` gives 0 from the first window on",
        &[("Q.cbwEmpty", |_| json!([[0], [0], [1], [1], [0], [0]]))],
    ),
    ("windows that do not touch count what they hold", &[("Q.cbwSlideGt", |_| json!([[2], [4]]))]),
    (
        "windows end at multiples of their slide since the epoch",
        &[(
            "Q.winAlign",
            |_| json!({"zero_time_ms": 13000, "outputs": {"14000": [1], "16000": [2, 3], "18000": [4, 5]}}),
        )],
    ),
    (
        "keys time out in the first batch after they are due",
        &[("Q.toEq", |_| json!({"timeouts": [{"key": "a", "batch": 11}]}))],
    ),
    (
        "a source without records gives an empty batch, in which everything runs",
        &[
            ("Q.usbkNone", |_| json!([[], [["a", 1]], [["a", 1]]])),
            ("Q.usbkInitNone", |_| json!([[["z", 5]], [["z", 5]], [["z", 5], ["a", 1]]])),
        ],
    ),
    (
        "a batch that is committed is not output again",
        &[("K.rbk", each_once), ("K.inv", each_once), ("K.sNewAPIHadoopFiles", each_once), ("M.recovery", each_once)],
    ),
    (
        "there are no batches for the time in which nothing ran: what came then is in the first new batch",
        &[("K.file", |spark| {
            let sums = json!([1, 3, 6, 21, 28, 36, 45]);
            let right = [("completed_batches_on_restart", json!(2)), ("union_of_all_outputs_set", sums)];
            with(spark, right)
        })],
    ),
    (
        "a directory has states and positions, and the program all else: every start sets the pipeline up",
        &[("S.getOrCreate", |spark| json!([spark[0], spark[1], spark[2], "old states recovered"]))],
    ),
    (
        "all states go into one checkpoint, ten seconds or more apart",
        &[("M.cp.100.None", |spark| with(spark, [("state_stream_checkpoint_ms", json!(10_000))]))],
    ),
    (
        "a window keeps what it needs, and a checkpoint nothing else: there is no time to remember",
        &[("Q.cpdef", |spark| json!({"checkpoint_ms": spark["checkpoint_ms"]}))],
    ),
    (
        "all states go into one checkpoint: its interval is one of batches, whatever their slides",
        &[("Q.err.checkpoint_interval_lower_than_slide", runs)],
    ),
    ("windows are in checkpoints like states", &[("Q.err.checkpoint_on_a_windowed_stream", runs)]),
    (
        "states and windows need no directory: without one they are in memory alone",
        &[
            ("Q.err.countByWindow_without_checkpoint_dir", runs),
            ("Q.err.updateStateByKey_without_checkpoint_dir", runs),
            ("Q.err.mapWithState_without_checkpoint_dir", runs),
        ],
    ),
];

fn all() -> impl Iterator<Item = &'static (&'static str, Right)> {
    DEPARTURES.iter().flat_map(|(_, cases)| *cases)
}

/// What is right for this case, if that is not what Spark gives.
pub fn of(id: &str) -> Option<Right> {
    all().find(|(departs, _)| *departs == id).map(|(_, right)| *right)
}

/// Counts of zero are what Spark leaves of keys that are gone.
fn without_zeros(batches: &Value) -> Value {
    let batches = batches.as_array().unwrap().iter();
    let keys = |batch: &Value| batch.as_array().unwrap().iter().filter(|pair| pair[1] != 0).cloned().collect();
    batches.map(keys).collect::<Vec<Value>>().into()
}

/// The batch that Spark runs again was committed.
fn each_once(spark: &Value) -> Value {
    let after: Vec<&Value> = spark["after"].as_array().unwrap().iter().skip(1).collect();
    with(spark, [("after", json!(after))])
}

/// What is an error with Spark.
fn runs(_: &Value) -> Value {
    json!("runs")
}

fn with<const N: usize>(spark: &Value, right: [(&str, Value); N]) -> Value {
    let mut value = spark.clone();
    right.into_iter().for_each(|(name, right)| value[name] = right);
    value
}

#[test]
fn departures_depart() {
    for case in crate::case::all_cases() {
        let departs = case.expected() != case.spark();
        assert_eq!(departs, of(&case.id).is_some(), "{}", case.id);
    }
    assert!(all().all(|(id, _)| crate::case::all_cases().iter().any(|case| case.id == *id)));
}
