use super::*;

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Record)]
struct Click {
    user: u64,
    page: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Record)]
enum Event {
    Opened(Click),
    Closed { user: u64 },
    Idle,
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Measured<T> {
    value: T,
}

fn click(user: u64, page: &str) -> Click {
    Click { user, page: page.to_owned() }
}

fn event(click: &Click) -> Event {
    match click.user {
        1 => Event::Opened(click.clone()),
        2 => Event::Closed { user: 2 },
        _ => Event::Idle,
    }
}

#[test]
fn structs_and_enums_of_the_user() {
    for workers in WORKERS {
        let (pages, happened, clicks_out, users) = Default::default();
        let clicks = vec![click(1, "/"), click(2, "/faq"), click(1, "/faq"), click(3, "/"), click(1, "/")];
        let pipeline = stream!(every = 1s, |ssc| {
            let clicks = ssc.queue_stream([clicks]);
            clicks.map(|click| (click.page.as_str(), 1u64)).reduce_by_key(|a, b| a + b).collect_into(&pages);
            clicks.map(event).filter(|event| *event != Event::Idle).distinct().collect_into(&happened);
            clicks.count_by_value().collect_into(&clicks_out);
            clicks.key_by(|click| click.user).map_values(|click| click.page.len()).top(1).collect_into(&users);
        });
        run(pipeline, workers, 1);
        assert_eq!(sorted(records(&pages).remove(0)), pairs(&[("/", 3), ("/faq", 2)]));
        let expected = [Event::Opened(click(1, "/")), Event::Opened(click(1, "/faq")), Event::Closed { user: 2 }];
        assert_eq!(sorted(records(&happened).remove(0)), expected);
        let expected = [(click(1, "/"), 2), (click(1, "/faq"), 1), (click(2, "/faq"), 1), (click(3, "/"), 1)];
        assert_eq!(sorted(records(&clicks_out).remove(0)), expected);
        assert_eq!(records(&users), [[(3, 1)]]);
    }
}

#[test]
fn generic_structs_of_the_user() {
    let out = Collector::default();
    let pipeline = stream!(every = 1s, |ssc| {
        let measured = ssc.queue_stream([vec![Measured { value: 1.5f64 }, Measured { value: -1.0 }]]);
        measured.filter(|measured| measured.value > 0.0).collect_into(&out);
    });
    run(pipeline, 1, 1);
    assert_eq!(records(&out), [[Measured { value: 1.5 }]]);
}

#[test]
fn options_vectors_and_tuples_are_seen_member_by_member() {
    for workers in WORKERS {
        let (options, lengths, threes) = Default::default();
        let record = |text: Option<&str>, list: &[u8], n: i32| (text.map(str::to_owned), list.to_vec(), n);
        let input = vec![record(Some("a"), &[1, 2], 1), record(None, &[], 2), record(Some("a"), &[3], 4)];
        let owned = input.clone();
        let pipeline = stream!(every = 1s, |ssc| {
            let records = ssc.queue_stream([input]);
            records.map(|(text, _, n)| (text, n)).reduce_by_key(|a, b| a + b).collect_into(&options);
            records.map(|(text, list, n)| (text.map_or(0, str::len), list.len(), n)).collect_into(&lengths);
            records.collect_into(&threes);
        });
        run(pipeline, workers, 1);
        assert_eq!(sorted(records(&options).remove(0)), [(None, 2), (Some("a".to_owned()), 5)]);
        assert_eq!(records(&lengths), [[(1, 2, 1), (0, 0, 2), (1, 1, 4)]]);
        assert_eq!(records(&threes), [owned]);
    }
}

#[test]
fn keys_may_be_owned_borrowed_or_compound() {
    for workers in WORKERS {
        let (owned, compound, lists) = Default::default();
        let pipeline = stream!(every = 1s, |ssc| {
            let words = ssc.queue_stream([texts(&["To", "be", "to", "Be", ""])]);
            words.map(|word| (word.to_lowercase(), 1u64)).reduce_by_key(|a, b| a + b).collect_into(&owned);
            words
                .map(|word| ((word.len(), word.chars().next()), 1u64))
                .reduce_by_key(|a, b| a + b)
                .collect_into(&compound);
            words.map(|word| word.to_lowercase().into_bytes()).distinct().collect_into(&lists);
        });
        run(pipeline, workers, 1);
        assert_eq!(sorted(records(&owned).remove(0)), pairs(&[("", 1), ("be", 2), ("to", 2)]));
        let expected =
            [((0usize, None), 1), ((2, Some('B')), 1), ((2, Some('T')), 1), ((2, Some('b')), 1), ((2, Some('t')), 1)];
        assert_eq!(sorted(records(&compound).remove(0)), expected);
        assert_eq!(sorted(records(&lists).remove(0)), [b"".to_vec(), b"be".to_vec(), b"to".to_vec()]);
    }
}

#[test]
fn a_stream_may_carry_its_type() {
    let out = Collector::default();
    let pipeline = stream!(every = 1s, |ssc| {
        let lines: DStream<&str> = ssc.queue_stream([texts(&["a b", "a"])]);
        let pairs: DStream<(&str, u64)> = lines.flat_map(|line| line.split(' ')).map(|word| (word, 1));
        let counts: DStream<(&str, u64)> = pairs.reduce_by_key(|a, b| a + b);
        counts.sort_by_key().collect_into(&out);
    });
    run(pipeline, 2, 1);
    assert_eq!(records(&out), [pairs(&[("a", 2), ("b", 1)])]);
}

#[expect(non_camel_case_types)]
#[derive(Clone, Record)]
struct r#struct(u64);

#[test]
fn a_type_with_the_name_of_a_keyword_is_shown_without_its_mark() {
    assert_eq!(microbatch::Shown(r#struct(1)).to_string(), "struct(1)");
}
