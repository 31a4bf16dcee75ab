//! The interfaces that programs written elsewhere rely on, letter by letter.

use super::*;

#[test]
fn collectors_hold_owned_records_under_the_times_of_their_batches() {
    let out: Collector<(String, i64)> = Collector::default();
    let numbers: Collector<u64> = Collector::default();
    let batches: Vec<Vec<(String, i64)>> = vec![vec![("a".to_string(), 1), ("b".to_string(), -5)], vec![]];
    let kept = out.clone();
    let pipeline = stream!(every = 1s, |ssc| {
        let pairs = ssc.queue_stream(batches);
        pairs.filter(|(key, n)| *n > 0 && *key != "z").collect_into(&out);
        pairs.count().collect_into(&numbers);
    });
    let mut context = StreamingContext::new(pipeline).manual().unwrap();
    context.advance(3).unwrap();
    let batches: Vec<(Time, Vec<(String, i64)>)> = kept.batches();
    let millis: Vec<u64> = batches.iter().map(|(time, _)| time.as_millis()).collect();
    assert_eq!(millis, [1000, 2000, 3000]);
    assert_eq!(batches[0].1, [("a".to_string(), 1)]);
    assert!(batches[1].1.is_empty() && batches[2].1.is_empty());
    let counts: Vec<Vec<u64>> = numbers.batches().into_iter().map(|(_, records)| records).collect();
    assert_eq!(counts, [[2], [0], [0]]);
}

#[test]
fn closures_see_views() -> microbatch::Result<()> {
    let (small, big, text, reduced, values, combined) = Default::default();
    let numbers = vec![vec![1i64, 9, 3]];
    let pairs = vec![vec![("a".to_string(), 1i64), ("b".to_string(), 5), ("a".to_string(), 2)]];
    let lines = vec![vec!["banana".to_string(), "fig".to_string()]];
    let pipeline = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream(numbers);
        let pairs = ssc.queue_stream(pairs);
        let lines = ssc.queue_stream(lines);
        numbers.filter(|x| *x < 5).collect_into(&small);
        numbers.filter(|&x| x < 5).map(|x| x + 1).collect_into(&big);
        pairs.filter(|(key, n)| *n > 1 && !key.is_empty()).collect_into(&values);
        lines.filter(|line| line.contains("a")).collect_into(&text);
        pairs.reduce_by_key(|a, b| a + b).map_values(|value| value * 2).collect_into(&reduced);
        pairs
            .combine_by_key(
                |v| vec![v],
                |mut c, v| {
                    c.push(v);
                    c
                },
                |mut c1, c2| {
                    c1.extend(c2);
                    c1
                },
            )
            .collect_into(&combined);
    });
    StreamingContext::new(pipeline).workers(2).manual()?.advance(1)?;
    assert_eq!(records::<i64>(&small), [[1, 3]]);
    assert_eq!(records::<i64>(&big), [[2, 4]]);
    assert_eq!(records::<(String, i64)>(&values), [super::pairs(&[("b", 5), ("a", 2)])]);
    assert_eq!(records::<String>(&text), [["banana".to_string()]]);
    assert_eq!(sorted(records::<(String, i64)>(&reduced).remove(0)), super::pairs(&[("a", 6), ("b", 10)]));
    let combined = sorted(records::<(String, Vec<i64>)>(&combined).remove(0));
    assert_eq!(combined, super::pairs(&[("a", vec![1, 2]), ("b", vec![5])]));
    Ok(())
}

#[test]
fn counts_are_u64() {
    let (count, by_value): (Collector<u64>, Collector<(char, u64)>) = Default::default();
    let pipeline = stream!(every = 1s, |ssc| {
        let letters = ssc.queue_stream(vec![vec!['x', 'y', 'x']]);
        letters.count().collect_into(&count);
        letters.count_by_value().collect_into(&by_value);
    });
    run(pipeline, 1, 1);
    assert_eq!(records(&count), [[3]]);
    assert_eq!(sorted(records(&by_value).remove(0)), [('x', 2), ('y', 1)]);
}

#[test]
fn time_stands_still_between_two_advances() {
    let out = Collector::default();
    let pipeline = stream!(every = 1s, |ssc| {
        ssc.queue_stream((0..).map(|n: u64| vec![n])).collect_into(&out);
    });
    let mut context = StreamingContext::new(pipeline).manual().unwrap();
    context.advance(2).unwrap();
    context.advance(1).unwrap();
    let batches: Vec<(u64, Vec<u64>)> = out.batches().into_iter().map(|(time, n)| (time.as_millis(), n)).collect();
    assert_eq!(batches, [(1000, vec![0]), (2000, vec![1]), (3000, vec![2])]);
}

#[test]
fn a_pipeline_may_borrow_from_the_thread_that_runs_it() {
    let words = texts(&["to", "be"]);
    let out = Collector::default();
    let longest = words.iter().map(String::len).max().unwrap_or(0);
    let known: Vec<&str> = words.iter().map(String::as_str).collect();
    let pipeline = stream!(every = 1ms, |ssc| {
        ssc.queue_stream([texts(&["be", "seen"])])
            .filter(|word| known.contains(word) && word.len() <= longest)
            .collect_into(&out);
    });
    StreamingContext::new(pipeline).batches(1).run().unwrap();
    assert_eq!(records(&out), [texts(&["be"])]);
}
