use super::*;

/// Counts the words that are longer than `least`.
fn long_words(text: Vec<Vec<String>>, least: usize, out: &Collector<(String, u64)>) -> impl Pipeline + use<> {
    stream!(every = 1s, name = "long-words", |ssc| {
        let words = ssc.queue_stream(text).flat_map(|line| line.split(' '));
        let counts = words.filter(|word| word.len() > least).count_by_value();
        counts.sort_by_key().collect_into(out);
    })
}

#[test]
fn functions_make_pipelines_of_their_parameters() {
    for least in [0, 2] {
        let out = Collector::default();
        let pipeline = long_words(vec![texts(&["to be or not", "not"])], least, &out);
        assert_eq!(pipeline.name(), "long-words");
        assert_eq!(pipeline.every(), Duration::from_secs(1));
        run(pipeline, 2, 1);
        let expected = [("be", 1), ("not", 2), ("or", 1), ("to", 1)];
        let expected: Vec<_> = expected.into_iter().filter(|(word, _)| word.len() > least).collect();
        assert_eq!(records(&out), [pairs(&expected)]);
    }
}

#[test]
fn setup_statements_run_once_when_the_pipeline_starts() {
    let runs = Arc::new(AtomicU64::new(0));
    let (counter, out) = (Arc::clone(&runs), Collector::default());
    let path = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(path.path(), "a=1\nb=2").unwrap();
    let file = path.path().to_owned();
    let pipeline = stream!(every = 1s, |ssc| {
        counter.fetch_add(1, Ordering::Relaxed);
        let rules = std::fs::read_to_string(&file)?;
        let mut prices = HashMap::new();
        for line in rules.lines() {
            let (name, price) = line.split_once('=').ok_or("a rule has no `=`")?;
            prices.insert(name, price.parse::<u64>()?);
        }
        let words = ssc.queue_stream([texts(&["a", "b", "c"]), texts(&["b"])]);
        words.filter_map(|word| prices.get(word).copied()).collect_into(&out);
    });
    let mut context = StreamingContext::new(pipeline).manual().unwrap();
    context.advance(2).unwrap();
    assert_eq!(runs.load(Ordering::Relaxed), 1);
    assert_eq!(records(&out), [vec![1, 2], vec![2]]);
}

#[test]
fn a_setup_statement_that_fails_is_the_error_of_the_start() {
    let out = Collector::default();
    let pipeline = stream!(every = 1s, |ssc| {
        let limit: u64 = "ten".parse()?;
        ssc.queue_stream([vec![1u64]]).filter(|n| *n < limit).collect_into(&out);
    });
    let error = StreamingContext::new(pipeline).manual().err().unwrap();
    assert!(error.to_string().contains("invalid digit"), "{error}");
    assert!(out.batches().is_empty());
}

#[test]
fn what_surrounds_a_pipeline_is_captured() {
    let (factor, prefix, table) = (3u64, String::from("n="), BTreeMap::from([(3u64, "three")]));
    let out = Collector::default();
    let pipeline = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![1u64, 2]]).map(|n| n * factor);
        let named = numbers.map(move |n| table.get(&n).map_or_else(|| format!("{prefix}{n}"), |name| name.to_string()));
        named.collect_into(&out);
    });
    run(pipeline, 2, 1);
    assert_eq!(records(&out), [texts(&["three", "n=6"])]);
}

#[test]
fn functions_stand_for_closures() {
    fn double(n: u64) -> u64 {
        n * 2
    }
    fn is_small(n: &u64) -> bool {
        *n < 5
    }
    let out = Collector::default();
    let pipeline = stream!(every = 1s, |ssc| {
        ssc.queue_stream([vec![1u64, 2, 3]]).map(double).filter(is_small).reduce(u64::max).collect_into(&out);
    });
    run(pipeline, 3, 1);
    assert_eq!(records(&out), [[4]]);
}

#[test]
fn a_stream_with_three_consumers_is_computed_once() {
    for workers in WORKERS {
        let calls = Arc::new(AtomicU64::new(0));
        let (counter, total, sum, odd) =
            (Arc::clone(&calls), Collector::default(), Collector::default(), Collector::default());
        let pipeline = stream!(every = 1s, |ssc| {
            let numbers = ssc.queue_stream([(0..100u64).collect()]).map(|n| {
                counter.fetch_add(1, Ordering::Relaxed);
                n + 1
            });
            numbers.count().collect_into(&total);
            numbers.reduce(|a, b| a + b).collect_into(&sum);
            numbers.filter(|n| n % 2 == 1).top(2).collect_into(&odd);
        });
        run(pipeline, workers, 1);
        assert_eq!(
            (records(&total), records(&sum), records(&odd)),
            (vec![vec![100]], vec![vec![5050]], vec![vec![99, 97]])
        );
        assert_eq!(calls.load(Ordering::Relaxed), 100);
    }
}

#[test]
fn a_stream_may_have_any_number_of_consumers() {
    let outs: [Collector<u64>; 25] = Default::default();
    let pipeline = stream!(every = 1s, |ssc| {
        let n = ssc.queue_stream([(1..=9u64).collect()]).map(|n| n * 10);
        n.filter(|n| *n == 10).collect_into(&outs[0]);
        n.count().collect_into(&outs[1]);
        n.reduce(|a, b| a + b).collect_into(&outs[2]);
        n.top(1).collect_into(&outs[3]);
        n.filter(|n| *n == 50).collect_into(&outs[4]);
        n.filter(|n| *n == 60).collect_into(&outs[5]);
        n.filter(|n| *n == 70).collect_into(&outs[6]);
        n.filter(|n| *n == 80).collect_into(&outs[7]);
        n.filter(|n| *n == 90).collect_into(&outs[8]);
        n.filter(|n| *n == 20).collect_into(&outs[9]);
        n.filter(|n| *n == 30).collect_into(&outs[10]);
        n.filter(|n| *n == 40).collect_into(&outs[11]);
        n.count().collect_into(&outs[12]);
        n.reduce(|a, b| a + b).collect_into(&outs[13]);
        n.top(1).collect_into(&outs[14]);
        n.filter(|n| *n == 50).collect_into(&outs[15]);
        n.filter(|n| *n == 60).collect_into(&outs[16]);
        n.filter(|n| *n == 70).collect_into(&outs[17]);
        n.filter(|n| *n == 80).collect_into(&outs[18]);
        n.filter(|n| *n == 90).collect_into(&outs[19]);
        n.union(n).filter(|n| *n == 10).count().collect_into(&outs[20]);
        n.map(|n| (n, n)).group_by_key().map(|(n, _)| n).sort_by(|n| *n).collect_into(&outs[21]);
        n.filter(|n| *n == 30).collect_into(&outs[22]);
        n.map_partitions(|n| n.take(1)).collect_into(&outs[23]);
        n.filter(|n| *n == 40).collect_into(&outs[24]);
    });
    run(pipeline, 3, 1);
    let found: Vec<u64> = outs.iter().map(|out| records(out)[0][0]).collect();
    let expected = [10, 9, 450, 90, 50, 60, 70, 80, 90, 20, 30, 40, 9, 450, 90, 50, 60, 70, 80, 90, 2, 10, 30, 10, 40];
    assert_eq!(found, expected);
}

#[test]
fn shared_streams_that_meet_again_are_computed_once_too() {
    for workers in WORKERS {
        let calls = Arc::new(AtomicU64::new(0));
        let (counter, joined, united, runs) =
            (Arc::clone(&calls), Collector::default(), Collector::default(), Collector::default());
        let pipeline = stream!(every = 1s, |ssc| {
            let pairs = ssc.queue_stream([(0..30u64).collect()]).map(|n| {
                counter.fetch_add(1, Ordering::Relaxed);
                (n % 10, n)
            });
            pairs.join(pairs.reduce_by_key(|a, b| a + b)).count().collect_into(&joined);
            pairs.union(pairs).count().collect_into(&united);
            pairs.map_partitions(|records| [records.count()]).reduce(|a, b| a + b).collect_into(&runs);
        });
        run(pipeline, workers, 1);
        assert_eq!(
            (records(&joined), records(&united), records(&runs)),
            (vec![vec![30]], vec![vec![60]], vec![vec![30]])
        );
        assert_eq!(calls.load(Ordering::Relaxed), 30);
    }
}

#[test]
fn two_pipelines_run_in_one_process() {
    let (first, second) = (Collector::default(), Collector::default());
    let one = stream!(every = 1s, |ssc| {
        ssc.queue_stream([vec![1u64], vec![2]]).collect_into(&first);
    });
    let two = stream!(every = 2s, |ssc| {
        ssc.queue_stream([vec![10u64], vec![20]]).collect_into(&second);
    });
    let mut one = StreamingContext::new(one).manual().unwrap();
    let mut two = StreamingContext::new(two).manual().unwrap();
    one.advance(1).unwrap();
    two.advance(2).unwrap();
    one.advance(1).unwrap();
    assert_eq!(first.batches(), [(Time::from_millis(1000), vec![1]), (Time::from_millis(2000), vec![2])]);
    assert_eq!(second.batches(), [(Time::from_millis(2000), vec![10]), (Time::from_millis(4000), vec![20])]);
}

#[test]
fn a_collector_takes_several_streams() {
    let out = Collector::default();
    let pipeline = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![1u64, 2, 3]]);
        numbers.filter(|n| *n > 1).collect_into(&out);
        numbers.count().collect_into(&out);
    });
    run(pipeline, 2, 1);
    assert_eq!(records(&out), [vec![2, 3], vec![3]]);
}

#[test]
fn names_of_the_user_may_be_any() {
    let (engine, batch, out) = (2u64, 3u64, Collector::default());
    let pipeline = stream!(every = 1s, |context| {
        let part = context.queue_stream([vec![1u64, 5]]);
        let map = part.map(|record| record * engine + batch);
        let r#type = map.filter(|outcome| *outcome > 0);
        r#type.collect_into(&out);
    });
    run(pipeline, 2, 1);
    assert_eq!(records(&out), [[5, 13]]);
}
