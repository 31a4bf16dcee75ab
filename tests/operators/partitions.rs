use super::*;

#[test]
fn repartition_cuts_into_equal_runs_in_order() {
    for workers in WORKERS {
        let out = Collector::default();
        let pipeline = stream!(every = 1s, |ssc| {
            ssc.queue_stream([(0..10u64).collect()]).repartition(3).glom().collect_into(&out);
        });
        run(pipeline, workers, 1);
        assert_eq!(records(&out), [[vec![0, 1, 2], vec![3, 4, 5], vec![6, 7, 8, 9]]]);
    }
}

#[test]
fn there_are_as_many_partitions_as_asked_for_also_when_records_are_few() {
    for workers in WORKERS {
        let (runs, sizes) = (Collector::default(), Collector::default());
        let pipeline = stream!(every = 1s, |ssc| {
            let five = ssc.queue_stream([vec![8u64, 9], vec![]]).repartition(5);
            five.glom().collect_into(&runs);
            five.map_partitions(|records| [records.count()]).collect_into(&sizes);
        });
        run(pipeline, workers, 3);
        for runs in records(&runs).iter().zip([vec![8, 9], vec![], vec![]]) {
            assert_eq!((runs.0.len(), runs.0.concat()), (5, runs.1));
        }
        let sizes: Vec<(usize, usize)> =
            records(&sizes).iter().map(|sizes| (sizes.len(), sizes.iter().sum())).collect();
        assert_eq!(sizes, [(5, 2), (5, 0), (5, 0)]);
    }
}

#[test]
fn partitions_stay_what_they_are_when_their_stream_is_shared() {
    for workers in WORKERS {
        let (runs, count, all) = (Collector::default(), Collector::default(), Collector::default());
        let pipeline = stream!(every = 1s, |ssc| {
            let numbers = ssc.queue_stream([(0..8u64).collect()]).repartition(4).map(|n| n * 10);
            numbers.glom().collect_into(&runs);
            numbers.count().collect_into(&count);
            numbers.union(numbers).glom().map(|run| run.len()).collect_into(&all);
        });
        run(pipeline, workers, 1);
        assert_eq!(records(&runs), [[vec![0, 10], vec![20, 30], vec![40, 50], vec![60, 70]]]);
        assert_eq!(records(&count), [[8]]);
        assert_eq!(records(&all), [[2; 8]]);
    }
}

#[test]
fn a_function_on_partitions_may_end_early_and_give_more() {
    for workers in WORKERS {
        let out = Collector::default();
        let pipeline = stream!(every = 1s, |ssc| {
            let runs = ssc.queue_stream([(1..=9u64).collect()]).repartition(3);
            runs.map_partitions(|records| records.take(2).chain([0])).collect_into(&out);
        });
        run(pipeline, workers, 1);
        assert_eq!(records(&out), [[1, 2, 0, 4, 5, 0, 7, 8, 0]]);
    }
}

#[test]
fn no_partitions_at_all_is_an_error() {
    let out = Collector::default();
    let pipeline = stream!(every = 1s, |ssc| {
        ssc.queue_stream([vec![1u64]]).repartition(0).collect_into(&out);
    });
    let error = StreamingContext::new(pipeline).manual().unwrap().advance(1).unwrap_err().to_string();
    assert!(error.contains("0 partitions") && error.contains("repartition(1)"), "{error}");
}
