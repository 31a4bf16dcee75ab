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

#[test]
fn departures_depart() {
    for case in crate::case::all_cases() {
        let departs = case.expected() != *case.field("expected");
        assert_eq!(departs, of(&case.id).is_some(), "{}", case.id);
    }
    assert!(all().all(|(id, _)| crate::case::all_cases().iter().any(|case| case.id == *id)));
}
