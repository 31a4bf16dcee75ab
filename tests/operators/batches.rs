use super::*;

#[test]
fn every_due_batch_has_an_entry_also_after_the_queue_has_ended() {
    let out = Collector::default();
    let pipeline = stream!(every = 1s, |ssc| {
        ssc.queue_stream(vec![vec![7u64], vec![]]).collect_into(&out);
    });
    run(pipeline, 2, 4);
    let times: Vec<u64> = out.batches().iter().map(|(time, _)| time.as_millis()).collect();
    assert_eq!(times, [1000, 2000, 3000, 4000]);
    assert_eq!(records(&out), [vec![7], vec![], vec![], vec![]]);
}

#[test]
fn an_interval_below_a_second_and_an_expression_as_interval() {
    for every in [Duration::from_millis(250), Duration::from_secs(5)] {
        let out = Collector::default();
        let pipeline = stream!(every = every, |ssc| {
            ssc.queue_stream([vec![1u8]]).collect_into(&out);
        });
        run(pipeline, 1, 2);
        let times: Vec<Time> = out.batches().iter().map(|(time, _)| *time).collect();
        assert_eq!(times, [Time::ZERO + every, Time::ZERO + every * 2]);
    }
}

#[test]
fn advance_returns_when_its_batches_are_done() {
    let out = Collector::default();
    let pipeline = stream!(every = 1s, |ssc| {
        ssc.queue_stream((0..10u64).map(|n| vec![n])).collect_into(&out);
    });
    let mut context = StreamingContext::new(pipeline).manual().unwrap();
    for batches in 1..=3 {
        context.advance(1).unwrap();
        assert_eq!(out.batches().len(), batches);
    }
    context.advance(4).unwrap();
    assert_eq!(out.batches().len(), 7);
    context.advance(0).unwrap();
    assert_eq!(out.batches().len(), 7);
    assert_eq!(context.time(), Time::from_millis(7000));
}

#[test]
fn a_queue_is_any_iterator_of_vectors() {
    let out = Collector::default();
    let pipeline = stream!(every = 1s, |ssc| {
        let array = ssc.queue_stream([vec![1u32], vec![2]]);
        let lazy = ssc.queue_stream((10..12u32).map(|n| vec![n; 2]));
        let deque = ssc.queue_stream(std::collections::VecDeque::from([vec![100u32]]));
        ssc.union([array, lazy, deque]).collect_into(&out);
    });
    run(pipeline, 2, 3);
    assert_eq!(records(&out), [vec![1, 10, 10, 100], vec![2, 11, 11], vec![]]);
}
