//! Windows and states, in every way in which they can be written.
use microbatch::aggregate::{self, Aggregate, Associative, max, mean};
use microbatch::prelude::*;

const LENGTH: Duration = Duration::from_secs(2);

struct Settings {
    slide: Duration,
}

struct Longest;

impl Aggregate for Longest {
    type Input = String;
    type Partial = u64;
    type Output = u64;
    type Algebra = Associative;

    fn lift(&self, line: String) -> u64 {
        line.len() as u64
    }
    fn combine(&self, older: u64, newer: u64) -> u64 {
        older.max(newer)
    }
    fn lower(&self, longest: u64) -> u64 {
        longest
    }
}

fn add(a: u64, b: u64) -> u64 {
    a + b
}

fn subtract(sum: u64, left: u64) -> u64 {
    sum - left
}

fn is_frequent(pair: &(&str, u64)) -> bool {
    pair.1 > 1
}

fn total(values: &[u64], total: Option<u64>) -> Option<u64> {
    Some(total.unwrap_or(0) + values.iter().sum::<u64>())
}

fn running(_: Time, key: &str, value: Option<u64>, sum: &mut State<u64>) -> (String, u64) {
    *sum.get_or_insert_with(|| 0) += value.unwrap_or(0);
    (key.to_string(), *sum.get())
}

fn words() -> Vec<Vec<String>> {
    vec![vec!["a b a".to_string()], vec!["b".to_string()], vec![]]
}

fn windows() -> microbatch::Result<()> {
    let (sums, frequent, longest) = (Collector::default(), Collector::default(), Collector::default());
    let settings = Settings { slide: Duration::from_secs(1) };
    let twice = |duration: Duration| duration * 2;
    let pipeline = stream!(every = settings.slide, |ssc| {
        let lines = ssc.queue_stream(words());
        let pairs = lines.flat_map(|line| line.split(' ')).map(|word| (word, 1u64));
        let slide = settings.slide;

        pairs.window(2s).foreach_batch(|_, _| {});
        pairs.window(LENGTH, slide).foreach_batch(|_, _| {});
        pairs.window(twice(slide), settings.slide).foreach_batch(|_, _| {});
        pairs.window(Duration::from_secs(2)).window(LENGTH * 2, 2s).foreach_batch(|_, _| {});
        lines.window(1.5min, 1000ms).name("raw").checkpoint_interval(10s).foreach_batch(|_, _| {});

        // Functions by name, closures with and without types.
        pairs.reduce_by_key_and_window(add, 2s).foreach_batch(|_, _| {});
        pairs.reduce_by_key_and_window(add, LENGTH, slide).foreach_batch(|_, _| {});
        pairs.reduce_by_key_and_window(add, subtract, 2s, 1s).sort_by_key().collect_into(&sums);
        pairs.reduce_by_key_and_window(add, |sum: u64, left| sum - left, LENGTH).foreach_batch(|_, _| {});
        pairs.reduce_by_key_and_window(|a: u64, b: u64| -> u64 { a + b }, |(_, n)| *n > 1, 2s).foreach_batch(|_, _| {});
        pairs.reduce_by_key_and_window(u64::saturating_add, u64::saturating_sub, |&(word, n)| word != "b" && n > 0, 2s).foreach_batch(|_, _| {});
        pairs
            .reduce_by_key_and_window(add, subtract, is_frequent, LENGTH, slide)
            .name("frequent")
            .checkpoint_interval(LENGTH)
            .map(|(word, n)| (n, word))
            .collect_into(&frequent);

        let counts = pairs.map(|(_, n)| n);
        counts.reduce_by_window(u64::max, 2s).foreach_batch(|_, _| {});
        counts.reduce_by_window(add, subtract, 2s, 1s).foreach_batch(|_, _| {});
        counts.reduce_by_window(move |a, b| a | b, LENGTH, settings.slide).foreach_batch(|_, _| {});
        counts.count_by_window(2s).union(counts.count_by_window(LENGTH, 1s)).foreach_batch(|_, _| {});
        pairs.count_by_value_and_window(LENGTH).join(pairs.count_by_value_and_window(2s, slide)).foreach_batch(|_, _| {});
        pairs.group_by_key_and_window(2s).map_values(<[u64]>::len).foreach_batch(|_, _| {});

        // Aggregates by their names and by their paths.
        pairs.aggregate_by_key_and_window(max(), 2s).foreach_batch(|_, _| {});
        pairs.aggregate_by_key_and_window(aggregate::sum(), LENGTH, slide).foreach_batch(|_, _| {});
        pairs.aggregate_by_key_and_window(mean(), 2s, 1s).foreach_batch(|_, _| {});
        counts.aggregate_by_window(microbatch::aggregate::top::<u64>(2), 2s).foreach_batch(|_, _| {});
        lines.map(|line| line.to_string()).aggregate_by_window(Longest, 2s, 2s).collect_into(&longest);

        let last: DStream<(&str, u64)> = pairs.reduce_by_key_and_window(add, 2s);
        last.foreach_batch(|_, _| {});
    });
    StreamingContext::new(pipeline).manual()?.advance(3)?;
    let pair = |word: &str, n| (word.to_string(), n);
    assert_eq!(sums.batches()[1].1, [pair("a", 2), pair("b", 2)]);
    assert_eq!(sums.batches()[2].1, [pair("b", 1)]);
    assert_eq!(frequent.batches()[0].1, [(2, "a".to_string())]);
    assert_eq!(longest.batches(), [(Time::from_millis(2000), vec![5])]);
    Ok(())
}

fn states() -> microbatch::Result<()> {
    let (totals, gone, all) = (Collector::default(), Collector::default(), Collector::default());
    let timeout = Duration::from_secs(1);
    let pipeline = stream!(every = 1s, |ssc| {
        let pairs = ssc.queue_stream(words()).flat_map(|line| line.split(' ')).map(|word| (word, 1u64));

        pairs.update_state_by_key(total).foreach_batch(|_, _| {});
        pairs.update_state_by_key(|values, state| total(values, state)).name("totals").foreach_batch(|_, _| {});
        pairs.update_state_by_key(|values: &[u64], state: Option<u64>| total(values, state)).count().foreach_batch(|_, _| {});
        pairs.update_state_by_key(|_, _, values, state| total(values, state)).state_snapshots().foreach_batch(|_, _| {});
        pairs.update_state_by_key(|time: Time, word: &str, values: &[u64], _: Option<u64>| -> Option<u64> {
            (word != "a").then(|| time.as_millis() + values.len() as u64)
        }).foreach_batch(|_, _| {});

        // Settings in any order, over several lines, behind the operator or its name.
        pairs
            .update_state_by_key(total)
            .checkpoint_interval(10s)
            .initial_state([("z", 1)])
            .name(format!("totals of {}", "words"))
            .sort_by_key()
            .collect_into(&totals);
        let latest = pairs
            .map_with_state(|_, word, n, state: &mut State<(u64, String)>| match n {
                Some(n) => {
                    state.update((n, word.to_string()));
                    None
                }
                None => Some(state.get().1.clone()),
            })
            .timeout(timeout);
        let initial = vec![("y".to_string(), (7, "y".to_string()))];
        latest.initial_state(initial).name("latest").checkpoint_interval(timeout).flat_map(|word| word).collect_into(&gone);
        latest.state_snapshots().map(|(word, (n, _))| (word, n)).sort_by_key().collect_into(&all);

        pairs.map_with_state(running).foreach_batch(|_, _| {});
        pairs.map_with_state(move |_, key, value, state| running(Time::ZERO, key, value, state)).timeout(1min).foreach_batch(|_, _| {});
        pairs.map_with_state(|_, _, _, _: &mut State<()>| ()).window(2s).count().foreach_batch(|_, _| {});
    });
    StreamingContext::new(pipeline).manual()?.advance(3)?;
    let pair = |word: &str, n| (word.to_string(), n);
    assert_eq!(totals.batches()[2].1, [pair("a", 2), pair("b", 2), pair("z", 1)]);
    let (_, mut gone) = gone.batches().remove(2);
    gone.sort();
    assert_eq!(gone, ["a", "y"]);
    assert_eq!(all.batches()[2].1, [pair("b", 1)]);
    Ok(())
}

fn main() -> microbatch::Result<()> {
    windows()?;
    states()
}
