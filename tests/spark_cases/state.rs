//! Operators that remember something of each key.

use std::panic::{AssertUnwindSafe, catch_unwind};

use microbatch::prelude::*;
use serde_json::{Value, json};

use crate::case::{Case, Check, int, manual, text, text_int};

fn sum(values: &[i64], state: Option<i64>) -> Option<i64> {
    Some(state.unwrap_or(0) + values.iter().sum::<i64>())
}

/// What several cases of `map_with_state` begin with.
fn add(value: Option<i64>, state: &mut State<i64>) -> i64 {
    let sum = value.unwrap_or(0) + state.get_option().copied().unwrap_or(0);
    state.update(sum);
    sum
}

pipelines! {
    "J.usbk": |case, ssc, out| (input = case.input(text_int)) {
        ssc.queue_stream(input).update_state_by_key(sum).collect_into(&out);
    }
    "B.usbkInit": |case, ssc, out| (input = case.input(text), initial = case.initial_state(int)) {
        let pairs = ssc.queue_stream(input).map(|x| (x, 1));
        pairs.update_state_by_key(sum).initial_state(initial).collect_into(&out);
    }
    // Spark's form over an iterator is the one with the key here; it is called key by key.
    "B.usbkIter": |case, ssc, out| (input = case.input(text), initial = case.initial_state(int)) {
        let pairs = ssc.queue_stream(input).map(|x| (x, 1));
        let sums = pairs.update_state_by_key(|_, _, values, state| sum(values, state)).initial_state(initial);
        sums.collect_into(&out);
    }
    "B.usbkTime": |case, ssc, out| (input = case.input(text), initial = case.initial_state(int)) {
        let pairs = ssc.queue_stream(input).map(|x| (x, 1));
        let times = pairs.update_state_by_key(|time, _, values, state: Option<i64>| {
            let added = if values.is_empty() { 0 } else { time.as_millis() as i64 };
            Some(state.unwrap_or(0) + added)
        });
        times.initial_state(initial).collect_into(&out);
    }
    "Y.usbkInit": |case, ssc, out| (input = case.input(text_int), initial = case.initial_state(list)) {
        let lists = ssc.queue_stream(input).update_state_by_key(|values, state: Option<Vec<i64>>| {
            let mut list = state.unwrap_or_default();
            list.extend(values);
            Some(list)
        });
        lists.initial_state(initial).collect_into(&out);
    }
    "Q.usbkNone": |case, ssc, out| (input = or_empty(case)) {
        ssc.queue_stream(input).update_state_by_key(sum).collect_into(&out);
    }
    "Q.usbkInitNone": |case, ssc, out| (input = or_empty(case), initial = case.initial_state(int)) {
        ssc.queue_stream(input).update_state_by_key(sum).initial_state(initial).collect_into(&out);
    }
    "M.simple": |case, ssc, out, all| (input = case.input(text)) {
        let pairs = ssc.queue_stream(input).map(|x| (x, 1));
        let sums = pairs.map_with_state(|_, _, value, state| add(value, state));
        sums.collect_into(&out);
        sums.state_snapshots().collect_into(&all);
    }
    "M.adv": |case, ssc, out, all| (input = case.input(text)) {
        let pairs = ssc.queue_stream(input).map(|x| (x, 1));
        let doubled = pairs.map_with_state(|_, key, value, state| {
            add(value, state);
            Some(key.repeat(2))
        });
        doubled.flat_map(|key| key).collect_into(&out);
        doubled.state_snapshots().collect_into(&all);
    }
    "M.mapped": |case, ssc, out, all| (input = case.input(text)) {
        let pairs = ssc.queue_stream(input).map(|x| (x, 1));
        let sums = pairs.map_with_state(|_, key, value, state| Some((key, add(value, state))));
        sums.flat_map(|pair| pair).collect_into(&out);
        sums.state_snapshots().collect_into(&all);
    }
    "M.init": |case, ssc, out, all| (input = case.input(text), initial = case.initial_state(int)) {
        let pairs = ssc.queue_stream(input).map(|x| (x, 1));
        let nothing = pairs.map_with_state(|_, _, value, state| {
            add(value, state);
            None::<i64>
        });
        nothing.initial_state(initial).flat_map(|none| none).collect_into(&out);
        nothing.state_snapshots().collect_into(&all);
    }
    "M.remove": |case, ssc, out, all| (input = case.input(text)) {
        let pairs = ssc.queue_stream(input).map(|x| (x, 1));
        let removed = pairs.map_with_state(|_, key, value, state| {
            if state.exists() {
                state.remove();
                return Some(key);
            }
            value.into_iter().for_each(|value| state.update(value));
            None
        });
        removed.flat_map(|key| key).collect_into(&out);
        removed.state_snapshots().collect_into(&all);
    }
    "Q.mwsMany": |case, ssc, out| (input = case.input(text_int)) {
        let numbers = ssc.queue_stream(input).map_with_state(|_, _, value: Option<i64>, state: &mut State<i64>| {
            let number = state.get_option().unwrap_or(&0) * 10 + value.unwrap_or(0);
            state.update(number);
            number
        });
        numbers.collect_into(&out);
    }
}

fn list(values: &Value) -> Vec<i64> {
    values.as_array().unwrap().iter().map(int).collect()
}

/// Where Spark's source has no RDD, the batch is empty.
fn or_empty(case: &Case) -> Vec<Vec<(String, i64)>> {
    let batches = case.field("input").as_array().unwrap().iter();
    batches.map(|batch| batch.as_array().into_iter().flatten().map(text_int).collect()).collect()
}

pub const CHECKS: &[(&str, Check)] = &[
    ("M.state", a_state_and_what_it_refuses),
    ("M.timeout", |case, workers| {
        let (gone, all) = timeouts(case, case.input(text), workers);
        let expected = case.expected();
        let mut keys: Vec<&str> = gone.iter().map(|(key, _)| key.as_str()).collect();
        keys.sort_unstable();
        assert_eq!(json!(keys), expected["all_outputs_flattened_sorted"]);
        assert!(all.iter().any(|all| *all == expected["some_snapshot_equals_set"]));
        assert_eq!(all.last(), Some(&expected["last_snapshot_set"]));
        // Spark may be ten batches late.
        assert_eq!(gone, [("c".to_string(), 5), ("b".to_string(), 6)]);
    }),
    ("Q.toEq", |case, workers| {
        let input = crate::case::batches(case.field("input"), |pair| text(&pair[0]));
        let (gone, _) = timeouts(case, input, workers);
        let gone: Vec<Value> = gone.iter().map(|(key, batch)| json!({"key": key, "batch": batch})).collect();
        assert_eq!(json!({ "timeouts": gone }), case.expected());
    }),
    ("M.cp.100.2000", checkpoint_interval),
    ("M.cp.1000.2000", checkpoint_interval),
    ("M.cp.10000.20000", checkpoint_interval),
    ("Q.mwsRemUpd", |case, workers| {
        let input = case.input(text_int);
        let pipeline = stream!(every = 1s, |ssc| {
            let pairs = ssc.queue_stream(input).map_with_state(|_, _, value, state| {
                state.remove();
                value.into_iter().for_each(|value| state.update(value));
            });
            pairs.print();
        });
        let error = manual(pipeline, workers).advance(1).unwrap_err().to_string();
        assert!(
            error.contains("The state cannot be updated: this call of the closure has removed it already"),
            "{error}"
        );
    }),
    ("X.no data no state", a_key),
    ("X.noop keeps state and time", a_key),
    ("X.get-state without state", a_key),
    ("X.get-state", a_key),
    ("X.update increments", a_key),
    ("X.remove", a_key),
    ("X.equal to threshold is not timed out", a_key),
    ("X.strictly older than threshold is timed out", a_key),
    ("X.data resets timeout even without update", a_key),
    ("X.s.noop existing", all_keys),
    ("X.s.create k3", all_keys),
    ("X.s.create k4", all_keys),
    ("X.s.update k1", all_keys),
    ("X.s.update k2 twice create k3", all_keys),
    ("X.s.update k3", all_keys),
    ("X.s.remove k1", all_keys),
    ("X.s.remove k3", all_keys),
];

/// Which keys have timed out, in which batches, and the states after each batch.
fn timeouts(case: &Case, input: Vec<Vec<String>>, workers: usize) -> (Vec<(String, u64)>, Vec<Value>) {
    let (timeout, gone, all) = (case.span("timeout"), Collector::default(), Collector::default());
    let pipeline = stream!(every = 1s, |ssc| {
        let keys = ssc.queue_stream(input).map(|key| (key, 1i64));
        let states = keys.map_with_state(|time, key, value, state| {
            value.into_iter().for_each(|value| state.update(value));
            state.is_timing_out().then(|| (key, time.as_millis() / 1000))
        });
        states.timeout(timeout).flat_map(|gone| gone).sort_by_key().collect_into(&gone);
        states.state_snapshots().sort_by_key().collect_into(&all);
    });
    manual(pipeline, workers).advance(case.param("batches_run") as u64).unwrap();
    let gone = gone.take().into_iter().flat_map(|(_, gone)| gone).collect();
    (gone, all.take().into_iter().map(|(_, all): (_, Vec<(String, i64)>)| json!(all)).collect())
}

/// The interval that was given is that of the state, and of nothing else.
fn checkpoint_interval(case: &Case, workers: usize) {
    let millis = |name: &str| Duration::from_millis(case.param(name) as u64);
    let (every, interval) = (millis("batch_ms"), millis("explicit_checkpoint_ms"));
    let pipeline = stream!(every = every, |ssc| {
        let pairs = ssc.queue_stream([vec![("a".to_string(), 1i64)]]);
        pairs
            .map_with_state(|_, _, value, state| add(value, state))
            .checkpoint_interval(interval)
            .foreach_batch(|_, _| {});
    });
    let mut context = manual(pipeline, workers);
    context.advance(1).unwrap();
    let intervals: Vec<_> = context.progress().states.iter().map(|state| state.checkpoint_interval).collect();
    assert_eq!(intervals, [Some(interval)]);
    assert_eq!(json!(interval.as_millis() as u64), case.expected()["state_stream_checkpoint_ms"]);
}

/// What can be seen of a state, and what it refuses, as the case words it.
fn seen(state: &mut State<i64>) -> Value {
    let refuses = |state: &State<i64>, misuse: fn(&mut State<i64>)| {
        let mut state = state.clone();
        catch_unwind(AssertUnwindSafe(move || misuse(&mut state))).is_err()
    };
    json!({
        "exists": state.exists(),
        "getOption": state.get_option(),
        "get": state.exists().then(|| *state.get()),
        "get_throws": refuses(state, |state| _ = *state.get()),
        "remove_throws": refuses(state, |state| _ = state.remove()),
        "update_throws": refuses(state, |state| state.update(1)),
        "timingOut": state.is_timing_out(),
    })
}

/// Whether a state was updated or removed in the same call can be asked of Spark's engine only.
fn a_state_and_what_it_refuses(case: &Case, workers: usize) {
    let steps = case.field("params")["steps"].as_array().unwrap().clone();
    let (out, keys) = (Collector::default(), ["none", "one", "timing out"].map(str::to_string));
    let pipeline = stream!(every = 1s, |ssc| {
        let keys = ssc.queue_stream([keys[..2].iter().map(|key| (key.clone(), ())).collect(), vec![], vec![]]);
        let seen = keys.map_with_state(|_, key, _, state| {
            let mut steps = vec![seen(state)];
            match key {
                _ if state.is_timing_out() => {}
                "none" => {
                    state.update(2);
                    steps.push(seen(state));
                }
                "one" => {
                    state.update(2);
                    steps.push(seen(state));
                    state.remove();
                    steps.push(seen(state));
                }
                _ => {}
            }
            (key, steps.iter().map(Value::to_string).collect::<Vec<_>>())
        });
        let initial = [("one".to_string(), 1), ("timing out".to_string(), 3)];
        seen.initial_state(initial).timeout(1s).collect_into(&out);
    });
    manual(pipeline, workers).advance(3).unwrap();
    let seen: Vec<(String, Vec<String>)> = out.take().into_iter().flat_map(|(_, seen)| seen).collect();
    let of = |key: &str, number: usize| -> Value {
        let (_, steps) = seen.iter().find(|(of, _)| of == key).unwrap();
        serde_json::from_str(&steps[number]).unwrap()
    };
    for step in &steps {
        let found = match step["do"].as_str().unwrap() {
            "new" | "wrap(None)" => of("none", 0),
            "wrap(Some(1))" => of("one", 0),
            "update(2)" => of("one", 1),
            "new; update(2)" => of("none", 1),
            "remove()" => of("one", 2),
            "wrapTimingOut(3)" => of("timing out", 0),
            other => panic!("{other}"),
        };
        for (name, expected) in step.as_object().unwrap().iter().filter(|(name, _)| found.get(name.as_str()).is_some())
        {
            match expected.as_str() {
                Some(_) => assert_eq!(found[name], true, "{name} after {step}"),
                None => assert_eq!(found[name], *expected, "{name} after {step}"),
            }
        }
    }
}

/// One key in one batch, as its records say. Without a timeout it cannot be seen when a state was updated last; with one, it is
/// seen in the batch in which the key goes.
fn a_key(case: &Case, workers: usize) {
    let params = case.field("params");
    let at = |name: &str| params[name].as_u64().unwrap();
    let (before, time) = (at("initial_state_time"), at("batch_time"));
    let initial: Vec<(String, i64)> =
        list(&params["initial_state_of_key"]).into_iter().map(|n| ("key".into(), n)).collect();
    let data = params["data"].as_array().unwrap().iter().map(|word| ("key".to_string(), text(word))).collect();
    // What Spark compares with is the batch's time less the timeout. Never, if there is none.
    let timeout = params["timeout_threshold"].as_u64().map_or(Duration::MAX, |than| Duration::from_millis(time - than));
    let every = Duration::from_millis(time - before);
    let (out, all) = (Collector::default(), Collector::default());
    let pipeline = stream!(every = every, |ssc| {
        let words = ssc.queue_stream([vec![], data]);
        let calls = words.map_with_state(|_, _, word: Option<&str>, state: &mut State<i64>| match word {
            Some("noop") => vec![],
            Some("get-state") => vec![("emitted", state.get_option().copied().unwrap_or(-1))],
            Some("update-state") => {
                state.update(state.get_option().map_or(0, |n| n + 1));
                vec![]
            }
            Some("remove-state") => state.remove().map(|n| ("removed", n)).into_iter().collect(),
            Some(other) => panic!("{other}"),
            None => vec![("timing_out", *state.get())],
        });
        calls.initial_state(initial).timeout(timeout).collect_into(&out);
        calls.state_snapshots().collect_into(&all);
    });
    let batches = |time: u64| time / every.as_millis() as u64;
    let mut context = manual(pipeline, workers);
    context.advance(batches(time)).unwrap();
    let calls: Vec<Vec<(String, i64)>> = out.take().pop().unwrap().1;
    let expected = case.expected();
    for what in ["emitted", "timing_out", "removed"] {
        let found: Vec<i64> = calls.concat().into_iter().filter(|(name, _)| name == what).map(|(_, n)| n).collect();
        assert_eq!(json!(found), expected[what], "{what} of {}", case.id);
    }
    if let Some(called) = expected["function_called"].as_bool() {
        assert_eq!(!calls.is_empty(), called, "{}", case.id);
    }
    let states: Vec<(String, i64)> = all.take().pop().unwrap().1;
    let expected = expected["states_with_update_time"].as_array().unwrap();
    assert_eq!(states.len(), expected.len(), "{}", case.id);
    for ((_, state), expected) in states.iter().zip(expected) {
        assert_eq!(json!(state), expected[0], "{}", case.id);
        if timeout < Duration::MAX {
            let due = Duration::from_millis(expected[1].as_u64().unwrap()) + timeout;
            context.advance(batches(due.as_millis() as u64) - batches(time)).unwrap();
            assert!(out.take().iter().all(|(_, calls)| calls.is_empty()), "{}: too early", case.id);
            context.advance(1).unwrap();
            assert_eq!(out.take()[0].1.len(), 1, "{}: too late", case.id);
        }
    }
}

/// Several keys in one batch: their states afterwards, and for which of them the closure was called.
fn all_keys(case: &Case, workers: usize) {
    let start = case.field("params")["start_states"].as_array().unwrap();
    let initial: Vec<(String, i64)> = start.iter().map(text_int).collect();
    let (input, touched, all) = (case.input(text_int), Collector::default(), Collector::default());
    let pipeline = stream!(every = 1s, |ssc| {
        let keys = ssc.queue_stream(input).map_with_state(|_, key, value, state: &mut State<i64>| {
            match value {
                Some(1) => state.update(state.get_option().map_or(0, |n| n + 1)),
                Some(2) => drop(state.remove()),
                _ => {}
            }
            key
        });
        keys.initial_state(initial).distinct().sort_by(|key| key.to_string()).collect_into(&touched);
        keys.state_snapshots().collect_into(&all);
    });
    manual(pipeline, workers).advance(1).unwrap();
    let expected = case.expected();
    assert_eq!(json!(touched.take()[0].1), expected["keys_touched"], "{}", case.id);
    let states: Vec<Value> = expected["states"].as_array().unwrap().iter().map(|key| json!([key[0], key[1]])).collect();
    crate::case::same_batches(case, &records!(all), &json!([states]), workers);
}
