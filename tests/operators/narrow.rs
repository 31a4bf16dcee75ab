use super::*;

#[test]
fn a_record_at_a_time_in_the_order_of_the_source() {
    for workers in WORKERS {
        let (mapped, flat, kept, both) = Default::default();
        let pipeline = stream!(every = 1s, |ssc| {
            let numbers = ssc.queue_stream([(0..20i64).collect(), vec![], vec![-1]]);
            numbers.map(|n| n * 2).collect_into(&mapped);
            numbers.flat_map(|n| (0..n % 3).map(move |k| (n, k))).collect_into(&flat);
            numbers.filter(|n| *n < 5).collect_into(&kept);
            numbers.filter_map(|n| (n % 7 == 0).then_some(n.to_string())).collect_into(&both);
        });
        run(pipeline, workers, 3);
        assert_eq!(records(&mapped), [(0..20).map(|n| n * 2).collect(), vec![], vec![-2]]);
        let first: Vec<(i64, i64)> = (0..20).flat_map(|n| (0..n % 3).map(move |k| (n, k))).collect();
        assert_eq!(records(&flat), [first, vec![], vec![]]);
        assert_eq!(records(&kept), [(0..5).collect(), vec![], vec![-1]]);
        assert_eq!(records(&both), [texts(&["0", "7", "14"]), vec![], vec![]]);
    }
}

#[test]
fn text_lines_and_words() {
    let out = Collector::default();
    let pipeline = stream!(every = 1s, |ssc| {
        let lines = ssc.queue_stream([texts(&["to be", "", "or not", "äöü ß"])]);
        lines.filter(|line| line.contains(' ')).flat_map(|line| line.split(' ')).collect_into(&out);
    });
    run(pipeline, 2, 1);
    assert_eq!(records(&out), [texts(&["to", "be", "or", "not", "äöü", "ß"])]);
}

#[test]
fn values_change_and_keys_stay() {
    let (mapped, flat) = (Collector::default(), Collector::default());
    let pipeline = stream!(every = 1s, |ssc| {
        let pairs = ssc.queue_stream([pairs(&[("a", 1u64), ("", 2), ("a", 3)])]);
        pairs.map_values(|n| n + 10).collect_into(&mapped);
        pairs.flat_map_values(|n| 0..n).collect_into(&flat);
    });
    run(pipeline, 2, 1);
    assert_eq!(records(&mapped), [super::pairs(&[("a", 11), ("", 12), ("a", 13)])]);
    assert_eq!(records(&flat), [super::pairs(&[("a", 0), ("", 0), ("", 1), ("a", 0), ("a", 1), ("a", 2)])]);
}

#[test]
fn keys_are_made_of_records() {
    let (keyed, seen) = (Collector::default(), Arc::new(AtomicU64::new(0)));
    let counter = Arc::clone(&seen);
    let pipeline = stream!(every = 1s, |ssc| {
        let words = ssc.queue_stream([texts(&["a", "bcd", "ef"])]);
        words
            .inspect(|word| {
                counter.fetch_add(word.len() as u64, Ordering::Relaxed);
            })
            .key_by(|word| word.len())
            .collect_into(&keyed);
    });
    run(pipeline, 2, 1);
    assert_eq!(records(&keyed), [vec![(1usize, "a".to_owned()), (3, "bcd".to_owned()), (2, "ef".to_owned())]]);
    assert_eq!(seen.load(Ordering::Relaxed), 6);
}

#[test]
fn a_union_has_the_left_records_first() {
    for workers in WORKERS {
        let (out, all) = (Collector::default(), Collector::default());
        let pipeline = stream!(every = 1s, |ssc| {
            let left = ssc.queue_stream([vec![3u64, 1], vec![], vec![5]]);
            let right = ssc.queue_stream([vec![2u64], vec![9], vec![]]);
            let tens = right.map(|n| n * 10);
            left.union(tens).map(|n| n + 1).collect_into(&out);
            ssc.union([right, left, right]).collect_into(&all);
        });
        run(pipeline, workers, 3);
        assert_eq!(records(&out), [vec![4, 2, 21], vec![91], vec![6]]);
        assert_eq!(records(&all), [vec![2, 3, 1, 2], vec![9, 9], vec![5]]);
    }
}

#[test]
fn a_union_of_a_stream_with_itself_and_with_what_is_made_of_it() {
    for workers in WORKERS {
        let (twice, mixed) = (Collector::default(), Collector::default());
        let pipeline = stream!(every = 1s, |ssc| {
            let numbers = ssc.queue_stream([vec![1u64, 2, 3]]);
            numbers.union(numbers).collect_into(&twice);
            let sums = numbers.reduce(|a, b| a + b);
            let doubled = numbers.map(|n| n * 2);
            sums.union(doubled).union(numbers).filter(|n| *n != 2).collect_into(&mixed);
        });
        run(pipeline, workers, 2);
        assert_eq!(records(&twice), [vec![1, 2, 3, 1, 2, 3], vec![]]);
        assert_eq!(records(&mixed), [vec![6, 4, 6, 1, 3], vec![]]);
    }
}
