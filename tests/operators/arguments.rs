//! Arguments that are not written as closures: each is evaluated once.

use std::sync::Mutex;

use super::*;

/// Gives a function that adds `n`, and counts how often it was asked for one.
fn adder(calls: &AtomicU64, n: u64) -> impl Fn(u64) -> u64 + Sync + use<> {
    calls.fetch_add(1, Ordering::Relaxed);
    move |x| x + n
}

fn at_least(limit: u64) -> impl Fn(&(char, u64)) -> bool + Sync {
    move |(_, n)| *n >= limit
}

fn add(a: u64, b: u64) -> u64 {
    a + b
}

fn shown<T: ToString>(record: T) -> String {
    record.to_string()
}

fn is_long(text: &&str) -> bool {
    text.len() > 1
}

/// Collects how many records there have been up to each batch.
fn totals(seen: &Arc<Mutex<Vec<u64>>>) -> impl FnMut(Vec<u64>, Time) + Send + use<> {
    let (mut total, seen) = (0, Arc::clone(seen));
    move |batch, _| {
        total += batch.len() as u64;
        seen.lock().unwrap().push(total);
    }
}

#[test]
fn what_writes_keeps_what_it_has_from_batch_to_batch() {
    let seen: [Arc<Mutex<Vec<u64>>>; 4] = Default::default();
    let [called, named, in_block, bound] = seen.clone();
    let mut by_name = totals(&named);
    let pipeline = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![1u64], vec![2, 3], vec![4]]);
        numbers.foreach_batch(totals(&called));
        numbers.foreach_batch(by_name);
        numbers.foreach_batch({
            let mut total = 0;
            move |batch: Vec<u64>, _: Time| {
                total += batch.len() as u64;
                in_block.lock().unwrap().push(total);
            }
        });
        let mut in_setup = totals(&bound);
        numbers.foreach_batch(in_setup);
    });
    run(pipeline, 1, 3);
    for seen in seen {
        assert_eq!(*seen.lock().unwrap(), [1, 3, 4]);
    }
}

#[test]
fn calls_are_made_once() {
    for workers in WORKERS {
        let (out, windowed, calls) = (Collector::default(), Collector::default(), Arc::new(AtomicU64::new(0)));
        let counted = Arc::clone(&calls);
        let pipeline = stream!(every = 1s, |ssc| {
            let numbers = ssc.queue_stream([vec![1u64, 2, 3], vec![4, 5], vec![6]]);
            numbers.map(adder(&calls, 1)).map(adder(&calls, 10)).collect_into(&out);
            numbers
                .map(|n| ('a', n))
                .reduce_by_key_and_window(add, u64::wrapping_sub, at_least(11), 2s, 1s)
                .collect_into(&windowed);
        });
        run(pipeline, workers, 3);
        assert_eq!(counted.load(Ordering::Relaxed), 2, "{workers} workers");
        assert_eq!(records(&out), [vec![12, 13, 14], vec![15, 16], vec![17]]);
        assert_eq!(records(&windowed), [vec![], vec![('a', 15)], vec![('a', 15)]]);
    }
}

struct Rules<F> {
    map: F,
}

/// Functions that are captured, and can be neither copied nor cloned.
fn captured<F, G, H>(f: F, is_kept: G, write: H, out: &Collector<u64>) -> impl Pipeline + Send + 'static
where
    F: Fn(u64) -> u64 + Send + Sync + 'static,
    G: Fn(&u64) -> bool + Send + Sync + 'static,
    H: Fn(Vec<u64>, Time) + Send + 'static,
{
    let rules = Rules { map: f };
    stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![1u64, 2, 3], vec![4]]).map(rules.map).filter(is_kept);
        numbers.map(rules.map).collect_into(out);
        numbers.foreach_batch(write);
    })
}

#[test]
fn captured_functions_are_borrowed() {
    let (out, written) = (Collector::default(), Arc::new(Mutex::new(Vec::new())));
    let (text, to) = (String::from("four"), Arc::clone(&written));
    let length = text.len() as u64;
    let pipeline = captured(
        move |n| n + text.len() as u64,
        move |n| *n > length + 1,
        move |batch, _| to.lock().unwrap().extend(batch),
        &out,
    );
    run(pipeline, 2, 2);
    assert_eq!(records(&out), [vec![10, 11], vec![12]]);
    assert_eq!(*written.lock().unwrap(), [6, 7, 8]);
}

#[test]
fn functions_are_taken_by_their_names() {
    for workers in WORKERS {
        let (lengths, options, greatest, words, sums, states) = Default::default();
        let pipeline = stream!(every = 1s, |ssc| {
            let text = ssc.queue_stream([texts(&["to", "be", "o"])]);
            let numbers = text.filter(is_long).map(str::len);
            numbers.sort_by(usize::clone).collect_into(&lengths);
            numbers.map(Some).count_by_value().collect_into(&options);
            numbers.reduce(usize::max).reduce_by_window(<usize as Ord>::max, 2s).collect_into(&greatest);
            text.map(shown).filter(|text: &String| !text.is_empty()).collect_into(&words);
            let pairs = text.map(|text| (text.len(), 1u64));
            pairs.combine_by_key(u64::from, add, u64::wrapping_add).sort_by_key().collect_into(&sums);
            pairs.update_state_by_key(sum).sort_by_key().collect_into(&states);
        });
        run(pipeline, workers, 1);
        assert_eq!(records(&lengths), [[2usize, 2]]);
        assert_eq!(records(&options), [[(Some(2usize), 2u64)]]);
        assert_eq!(records(&greatest), [[2usize]]);
        assert_eq!(records(&words), [texts(&["to", "be", "o"])]);
        assert_eq!(records(&sums), [[(1usize, 1u64), (2, 2)]]);
        assert_eq!(records(&states), [[(1usize, 1u64), (2, 2)]]);
    }
}

fn write_any<T: ToString>(batch: Vec<T>, _: Time) {
    assert_eq!(batch.iter().map(T::to_string).collect::<Vec<_>>(), ["to", "be"]);
}

fn write_text(batch: Vec<&str>, _: Time) {
    assert_eq!(batch, ["to", "be"]);
}

#[test]
fn functions_that_write_may_take_records_that_are_borrowed() {
    let pipeline = stream!(every = 1s, |ssc| {
        let text = ssc.queue_stream([texts(&["to", "be"])]);
        text.foreach_batch(write_text);
        text.foreach_batch(write_any);
    });
    run(pipeline, 2, 1);
}

fn sum(values: &[u64], state: Option<u64>) -> Option<u64> {
    Some(values.iter().sum::<u64>() + state.unwrap_or(0))
}

#[test]
fn the_zero_of_an_aggregate_may_be_a_variable() {
    for workers in WORKERS {
        let (out, constants) = (Collector::default(), Collector::default());
        let pipeline = stream!(every = 1s, |ssc| {
            let zero = vec![0u64];
            let pairs = ssc.queue_stream([vec![('a', 1u64), ('b', 2)], vec![('a', 3)]]);
            pairs
                .aggregate_by_key(
                    zero,
                    |mut all, n| {
                        all.push(n);
                        all
                    },
                    |mut left, right| {
                        left.extend(right);
                        left
                    },
                )
                .collect_into(&out);
            pairs.aggregate_by_key(u64::MIN, add, add).collect_into(&constants);
        });
        run(pipeline, workers, 2);
        assert_eq!(records(&out), [vec![('a', vec![0, 1]), ('b', vec![0, 2])], vec![('a', vec![0, 3])]]);
        assert_eq!(records(&constants), [vec![('a', 1), ('b', 2)], vec![('a', 3)]]);
    }
}

/// What would be asked for another thing each time it is named.
#[test]
fn a_member_of_what_a_call_gives_is_asked_for_once() {
    let (out, calls) = (Collector::default(), Arc::new(AtomicU64::new(0)));
    let counted = Arc::clone(&calls);
    let rules = move || {
        counted.fetch_add(1, Ordering::Relaxed);
        Rules { map: |n: u64| n + 1 }
    };
    let pipeline = stream!(every = 1s, |ssc| {
        ssc.queue_stream([vec![1u64], vec![2]]).map(rules().map).collect_into(&out);
    });
    run(pipeline, 1, 2);
    assert_eq!((records(&out), calls.load(Ordering::Relaxed)), (vec![vec![2], vec![3]], 1));
}

#[test]
fn what_a_call_gives_is_of_its_place_also_with_settings_below() {
    fn scaled(factor: u64) -> impl Fn(&[u64], Option<u64>) -> Option<u64> + Sync {
        move |values, state| Some(state.unwrap_or(0) + factor * values.len() as u64)
    }
    let out = Collector::default();
    let pipeline = stream!(every = 1s, |ssc| {
        let pairs = ssc.queue_stream([vec![('a', 1u64)]]);
        let factor = 2;
        let state = pairs.update_state_by_key(scaled(factor));
        let factor = 100;
        state.initial_state([('b', factor)]).collect_into(&out);
    });
    run(pipeline, 1, 1);
    let (_, mut states) = out.batches().remove(0);
    states.sort();
    assert_eq!(states, [('a', 2), ('b', 100)]);
}

#[test]
fn names_of_conditions_and_of_helpers_are_their_own() {
    let out = Collector::default();
    let pipeline = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![Some(3u64), None]]).map(|record| {
            fn helper(n: u64) -> u64 {
                n + 1
            }
            let n = if let Some(v) = record { v * 2 } else { 1 };
            helper(n)
        });
        let (n, v, helper) = (1, 2, 3);
        numbers.map(|n| n).top(n + v - helper + 1).collect_into(&out);
    });
    run(pipeline, 1, 1);
    assert_eq!(records(&out), [vec![7]]);
}
