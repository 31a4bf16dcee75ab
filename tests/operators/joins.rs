use super::*;

type Joined<A, B> = Vec<(String, (A, B))>;

#[test]
fn duplicates_give_products_and_what_has_no_partner_none() {
    for workers in WORKERS {
        let (inner, left_outer, right_outer, full, grouped) = Default::default();
        let pipeline = stream!(every = 1s, |ssc| {
            let left = ssc.queue_stream([pairs(&[("a", 1u64), ("b", 2), ("a", 3), ("", 4)]), vec![]]);
            let right = ssc.queue_stream([pairs(&[("a", 'x'), ("c", 'y'), ("a", 'z')]), pairs(&[("a", 'q')])]);
            left.join(right).collect_into(&inner);
            left.left_outer_join(right).collect_into(&left_outer);
            left.right_outer_join(right).collect_into(&right_outer);
            left.full_outer_join(right).collect_into(&full);
            left.cogroup(right).collect_into(&grouped);
        });
        run(pipeline, workers, 3);
        let products = [("a", (1, 'x')), ("a", (1, 'z')), ("a", (3, 'x')), ("a", (3, 'z'))];
        let inner: Vec<Joined<u64, char>> = records(&inner).into_iter().map(sorted).collect();
        assert_eq!(inner, [super::pairs(&products), vec![], vec![]]);

        let left_outer: Vec<Joined<u64, Option<char>>> = records(&left_outer).into_iter().map(sorted).collect();
        let some = products.map(|(key, (v, w))| (key, (v, Some(w))));
        assert_eq!(
            left_outer,
            [super::pairs(&[&[("", (4, None))], &some[..], &[("b", (2, None))]].concat()), vec![], vec![]]
        );

        let right_outer: Vec<Joined<Option<u64>, char>> = records(&right_outer).into_iter().map(sorted).collect();
        let some = products.map(|(key, (v, w))| (key, (Some(v), w)));
        let first = super::pairs(&[&some[..], &[("c", (None, 'y'))]].concat());
        assert_eq!(right_outer, [first, super::pairs(&[("a", (None, 'q'))]), vec![]]);

        let full: Vec<Joined<Option<u64>, Option<char>>> = records(&full).into_iter().map(sorted).collect();
        let some = products.map(|(key, (v, w))| (key, (Some(v), Some(w))));
        let ends = [("b", (Some(2), None)), ("c", (None, Some('y')))];
        let first = super::pairs(&[&[("", (Some(4), None))], &some[..], &ends].concat());
        assert_eq!(full, [first, super::pairs(&[("a", (None, Some('q')))]), vec![]]);

        let grouped: Vec<Joined<Vec<u64>, Vec<char>>> = records(&grouped).into_iter().map(sorted).collect();
        let groups = [
            ("", (vec![4], vec![])),
            ("a", (vec![1, 3], vec!['x', 'z'])),
            ("b", (vec![2], vec![])),
            ("c", (vec![], vec!['y'])),
        ];
        assert_eq!(grouped, [super::pairs(&groups), super::pairs(&[("a", (vec![], vec!['q']))]), vec![]]);
    }
}

#[test]
fn sides_may_hold_their_keys_in_different_ways() {
    for workers in WORKERS {
        let (made, seen) = (Collector::default(), Collector::default());
        let pipeline = stream!(every = 1s, |ssc| {
            let words = ssc.queue_stream([texts(&["Ab", "cd"])]);
            let lower = words.map(|word| (word.to_lowercase(), 1u64));
            let plain = words.map(|word| (word, 2u64));
            lower.join(plain).collect_into(&made);
            plain.join(lower).collect_into(&seen);
        });
        run(pipeline, workers, 1);
        let expected = super::pairs(&[("cd", (1, 2))]);
        assert_eq!(records(&made), [expected]);
        assert_eq!(records(&seen), [super::pairs(&[("cd", (2, 1))])]);
    }
}

#[test]
fn a_stream_joins_itself_and_what_is_made_of_it() {
    for workers in WORKERS {
        let (itself, totals) = (Collector::default(), Collector::default());
        let pipeline = stream!(every = 1s, |ssc| {
            let pairs = ssc.queue_stream([pairs(&[("a", 1u64), ("b", 2), ("a", 3)])]);
            pairs.join(pairs).map(|(key, (a, b))| (key, a * b)).reduce_by_key(|a, b| a + b).collect_into(&itself);
            let total = pairs.reduce_by_key(|a, b| a + b);
            pairs.join(total).map(|(_, (part, whole))| part as f64 / whole as f64).collect_into(&totals);
        });
        run(pipeline, workers, 1);
        assert_eq!(sorted(records(&itself).remove(0)), super::pairs(&[("a", 16), ("b", 4)]));
        let mut shares = records(&totals).remove(0);
        shares.sort_by(f64::total_cmp);
        assert_eq!(shares, [0.25, 0.75, 1.0]);
    }
}

#[test]
fn joins_chain() {
    for workers in WORKERS {
        let out = Collector::default();
        let pipeline = stream!(every = 1s, |ssc| {
            let a = ssc.queue_stream([pairs(&[("k", 1u8), ("l", 2)])]);
            let b = ssc.queue_stream([pairs(&[("k", 3u16)])]);
            let c = ssc.queue_stream([pairs(&[("k", "x".to_owned())])]);
            a.left_outer_join(b).full_outer_join(c).collect_into(&out);
        });
        run(pipeline, workers, 1);
        let expected = [("k", (Some((1, Some(3))), Some("x".to_owned()))), ("l", (Some((2, None)), None))];
        assert_eq!(sorted(records(&out).remove(0)), super::pairs(&expected));
    }
}
