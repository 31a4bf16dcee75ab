use super::*;

#[test]
fn an_empty_batch_counts_zero_and_reduces_to_nothing() {
    for workers in WORKERS {
        let (counts, sums, by_value, unique, groups) = Default::default();
        let pipeline = stream!(every = 1s, |ssc| {
            let numbers = ssc.queue_stream([vec![], vec![4u64, 4, 5]]);
            numbers.count().collect_into(&counts);
            numbers.reduce(|a, b| a + b).collect_into(&sums);
            numbers.count_by_value().collect_into(&by_value);
            numbers.distinct().collect_into(&unique);
            numbers.map(|n| (n, n)).group_by_key().collect_into(&groups);
        });
        run(pipeline, workers, 3);
        assert_eq!(records::<u64>(&counts), [[0], [3], [0]]);
        assert_eq!(records::<u64>(&sums), [vec![], vec![13], vec![]]);
        let by_value: Vec<_> = records::<(u64, u64)>(&by_value).into_iter().map(sorted).collect();
        assert_eq!(by_value, [vec![], vec![(4, 2), (5, 1)], vec![]]);
        let unique: Vec<_> = records::<u64>(&unique).into_iter().map(sorted).collect();
        assert_eq!(unique, [vec![], vec![4, 5], vec![]]);
        let groups: Vec<_> = records::<(u64, Vec<u64>)>(&groups).into_iter().map(sorted).collect();
        assert_eq!(groups, [vec![], vec![(4, vec![4, 4]), (5, vec![5])], vec![]]);
    }
}

#[test]
fn folds_see_records_in_order() {
    for workers in WORKERS {
        let (all, by_key) = (Collector::default(), Collector::default());
        let words: Vec<String> = (0..30).map(|n| n.to_string()).collect();
        let input = words.clone();
        let pipeline = stream!(every = 1s, |ssc| {
            let words = ssc.queue_stream([input]);
            words.map(|word| word.to_string()).reduce(|a, b| a + "," + &b).collect_into(&all);
            let by_length = words.map(|word| (word.len(), word.to_string()));
            by_length.reduce_by_key(|a, b| a + "," + &b).collect_into(&by_key);
        });
        run(pipeline, workers, 1);
        assert_eq!(records(&all), [[words.join(",")]]);
        let expected = vec![(1usize, words[..10].join(",")), (2, words[10..].join(","))];
        assert_eq!(records(&by_key).into_iter().map(sorted).collect::<Vec<_>>(), [expected]);
    }
}

#[test]
fn views_can_be_folded_too() {
    let out = Collector::default();
    let pipeline = stream!(every = 1s, |ssc| {
        ssc.queue_stream([texts(&["pear", "fig", "apple"])])
            .reduce(|a, b| if a.len() >= b.len() { a } else { b })
            .collect_into(&out);
    });
    run(pipeline, 3, 1);
    assert_eq!(records(&out), [["apple".to_owned()]]);
}

#[test]
fn groups_hold_their_values_in_the_order_of_the_records() {
    for workers in WORKERS {
        let out = Collector::default();
        let pipeline = stream!(every = 1s, |ssc| {
            let pairs = ssc.queue_stream([(0..40u64).map(|n| (n % 3, n)).collect()]);
            pairs.group_by_key().map(|(key, values)| (key, values.len(), values.to_vec())).collect_into(&out);
        });
        run(pipeline, workers, 1);
        let group = |key: u64| (0..40).filter(move |n| n % 3 == key).collect::<Vec<u64>>();
        let expected: Vec<_> = (0..3).map(|key| (key, group(key).len(), group(key))).collect();
        assert_eq!(sorted(records(&out).remove(0)), expected);
    }
}

#[test]
fn combiners_may_be_of_another_type() {
    for workers in WORKERS {
        let (mean, range) = (Collector::default(), Collector::default());
        let pipeline = stream!(every = 1s, |ssc| {
            let pairs = ssc.queue_stream([pairs(&[("a", 1i64), ("b", 5), ("a", 4), ("a", 1)]), vec![]]);
            let sums =
                pairs.combine_by_key(|v| (v, 1u64), |(sum, n), v| (sum + v, n + 1), |a, b| (a.0 + b.0, a.1 + b.1));
            sums.map_values(|(sum, n)| sum as f64 / n as f64).collect_into(&mean);
            pairs
                .aggregate_by_key(
                    (i64::MAX, i64::MIN),
                    |(low, high), v| (low.min(v), high.max(v)),
                    |a, b| (a.0.min(b.0), a.1.max(b.1)),
                )
                .collect_into(&range);
        });
        run(pipeline, workers, 2);
        let mut mean = records(&mean);
        mean[0].sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(mean, [super::pairs(&[("a", 2.0), ("b", 5.0)]), vec![]]);
        let range: Vec<_> = records(&range).into_iter().map(sorted).collect();
        assert_eq!(range, [super::pairs(&[("a", (1, 4)), ("b", (5, 5))]), vec![]]);
    }
}

#[test]
fn the_zero_of_an_aggregate_begins_each_key_and_nothing_else() {
    let out = Collector::default();
    let pipeline = stream!(every = 1s, |ssc| {
        let pairs = ssc.queue_stream([(0..50u64).map(|n| (n % 5, n)).collect()]);
        pairs
            .aggregate_by_key(
                String::new(),
                |mut seen, n| {
                    seen.push_str(&format!("{n};"));
                    seen
                },
                |a, b| a + &b,
            )
            .collect_into(&out);
    });
    run(pipeline, 4, 1);
    for (key, seen) in &records(&out)[0] {
        let expected: String = (0..50).filter(|n| n % 5 == *key).map(|n| format!("{n};")).collect();
        assert_eq!(*seen, expected);
    }
}

#[test]
fn top_gives_the_greatest_in_descending_order() {
    for workers in WORKERS {
        let (two, many, none) = (Collector::default(), Collector::default(), Collector::default());
        let pipeline = stream!(every = 1s, |ssc| {
            let numbers = ssc.queue_stream([vec![3i64, 9, -4, 9, 1], vec![], vec![2]]);
            numbers.top(2).collect_into(&two);
            numbers.top(100).collect_into(&many);
            numbers.top(0).collect_into(&none);
        });
        run(pipeline, workers, 3);
        assert_eq!(records(&two), [vec![9, 9], vec![], vec![2]]);
        assert_eq!(records(&many), [vec![9, 9, 3, 1, -4], vec![], vec![2]]);
        assert_eq!(records(&none), [vec![], vec![], vec![]]);
    }
}

/// A player, compared by score alone.
#[derive(Clone, Debug, Record)]
struct Player(u64, char);

impl PartialEq for Player {
    fn eq(&self, other: &Player) -> bool {
        self.0 == other.0
    }
}
impl Eq for Player {}
impl PartialOrd for Player {
    fn partial_cmp(&self, other: &Player) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Player {
    fn cmp(&self, other: &Player) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

#[test]
fn of_equal_records_top_gives_the_first_ones() {
    for workers in WORKERS {
        let out = Collector::default();
        let players =
            [(5, 'a'), (5, 'b'), (7, 'c'), (5, 'd'), (7, 'e'), (5, 'f')].map(|(score, name)| Player(score, name));
        let pipeline = stream!(every = 1s, |ssc| {
            ssc.queue_stream([players.to_vec()]).top(4).map(|player| player.1).collect_into(&out);
        });
        run(pipeline, workers, 1);
        assert_eq!(records(&out), [vec!['c', 'e', 'a', 'b']], "{workers} workers");
    }
}

#[test]
fn sorting_keeps_equals_in_their_order() {
    for workers in WORKERS {
        let (by_length, by_key) = (Collector::default(), Collector::default());
        let words = texts(&["fig", "apple", "kiwi", "pear", "date", "nut", "", "plum"]);
        let mut expected = words.clone();
        expected.sort_by_key(String::len);
        let pipeline = stream!(every = 1s, |ssc| {
            let words = ssc.queue_stream([words, vec![]]);
            words.sort_by(|word| word.len()).collect_into(&by_length);
            words.key_by(|word| std::cmp::Reverse(word.len()).0 % 2).sort_by_key().collect_into(&by_key);
        });
        run(pipeline, workers, 2);
        assert_eq!(records(&by_length), [expected, vec![]]);
        let keyed = [(0, "kiwi"), (0, "pear"), (0, "date"), (0, ""), (0, "plum"), (1, "fig"), (1, "apple"), (1, "nut")];
        assert_eq!(records(&by_key)[0], keyed.map(|(key, word)| (key, word.to_owned())));
    }
}

#[test]
fn a_batch_is_in_memory_after_a_shuffle_and_can_be_shuffled_again() {
    for workers in WORKERS {
        let out = Collector::default();
        let pipeline = stream!(every = 1s, |ssc| {
            let words = ssc.queue_stream([texts(&["a", "b", "a", "c", "b", "a"])]);
            let counts = words.count_by_value();
            counts.map(|(_, n)| n).count_by_value().reduce(|a, b| (a.0 + b.0, a.1 + b.1)).collect_into(&out);
        });
        run(pipeline, workers, 2);
        assert_eq!(records(&out), [vec![(6, 3)], vec![]]);
    }
}
