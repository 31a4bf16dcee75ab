use super::*;

#[test]
fn transform_sees_all_records_and_the_time_of_the_batch() {
    for workers in WORKERS {
        let out = Collector::default();
        let pipeline = stream!(every = 500ms, |ssc| {
            let words = ssc.queue_stream([texts(&["b", "a"]), vec![], texts(&["c"])]);
            let stamped = words.transform(|mut batch, time| {
                batch.sort();
                batch.into_iter().map(move |word| (word, time.as_millis()))
            });
            stamped.collect_into(&out);
        });
        run(pipeline, workers, 3);
        assert_eq!(records(&out), [super::pairs(&[("a", 500), ("b", 500)]), vec![], super::pairs(&[("c", 1500)])]);
    }
}

#[test]
fn transform_may_make_records_of_nothing() {
    let out = Collector::default();
    let pipeline = stream!(every = 1s, |ssc| {
        ssc.queue_stream([vec![1u64, 2]]).transform(|batch, _| [batch.len()]).collect_into(&out);
    });
    run(pipeline, 1, 2);
    assert_eq!(records(&out), [[2], [0]]);
}

#[test]
fn transform_with_sees_both_batches() {
    for workers in WORKERS {
        let out = Collector::default();
        let pipeline = stream!(every = 1s, |ssc| {
            let numbers = ssc.queue_stream([vec![1u64, 2, 3], vec![4]]);
            let words = ssc.queue_stream([texts(&["x"]), texts(&["y", "z"])]);
            let zipped = numbers.transform_with(words, |numbers, words, time| vec![(numbers.len(), words.len(), time)]);
            zipped.collect_into(&out);
        });
        run(pipeline, workers, 3);
        let times = [1, 2, 3].map(|second| Time::from_millis(second * 1000));
        assert_eq!(records(&out), [[(3, 1, times[0])], [(1, 2, times[1])], [(0, 0, times[2])]]);
    }
}

#[test]
fn transforms_of_views_borrow_from_what_they_are_made_of() {
    let out = Collector::default();
    let pipeline = stream!(every = 1s, |ssc| {
        let lines = ssc.queue_stream([texts(&["b a", "c a"])]);
        let words = lines.flat_map(|line| line.split(' '));
        let first = words.transform(|batch, _| batch.into_iter().take(3));
        first.map(|word| (word, 1u64)).reduce_by_key(|a, b| a + b).sort_by_key().collect_into(&out);
    });
    run(pipeline, 2, 1);
    assert_eq!(records(&out), [super::pairs(&[("a", 1), ("b", 1), ("c", 1)])]);
}
