//! Everything that is not about streams is ordinary Rust, which runs once.
use std::collections::HashMap;

use microbatch::prelude::*;

const LIMIT: u64 = 100;

fn main() -> microbatch::Result<()> {
    let (config, out) = (Some("3"), Collector::default());
    let pipeline = stream!(every = 1s, name = "setup", |ssc| {
        use std::collections::BTreeMap;

        // Items.
        #[derive(Clone, Copy)]
        struct Scale {
            factor: u64,
        }
        impl Scale {
            fn of(self, n: u64) -> u64 {
                n * self.factor
            }
        }
        enum Mode {
            Plain,
            #[allow(dead_code)]
            Fancy(u64),
        }
        fn double<T: Into<u64>>(n: T) -> u64 {
            n.into() * 2
        }
        macro_rules! triple {
            ($n:expr) => {
                $n * 3
            };
        }
        const OFFSET: u64 = 1;
        const fn quadruple(n: u64) -> u64 {
            n * 4
        }
        thread_local! {
            static CALLS: u64 = const { quadruple(OFFSET) };
        }
        std::debug_assert! { CALLS.with(|calls| *calls) == 4 }

        let Some(factor) = config.and_then(|text| text.parse::<u64>().ok()) else {
            return Ok(());
        };
        let scale = Scale { factor };
        let mode = if factor > 2 { Mode::Plain } else { Mode::Fancy(1) };
        let bonus = match mode {
            Mode::Plain => 0,
            Mode::Fancy(n) => n,
        };
        let mut names: HashMap<u64, (String, Vec<u64>)> = HashMap::new();
        names.insert(1, ("one".to_string(), vec![1, 2]));
        for n in 2..4 {
            names.insert(n, (format!("{n}"), vec![n]));
        }
        {
            let _inner: BTreeMap<u64, u64> = BTreeMap::<u64, u64>::new();
        }
        const { assert!(OFFSET == 1) }
        let _known = names.len();
        #[allow(unused_variables)]
        let nothing = ();
        let labels = {
            let mut labels = Vec::new();
            labels.push(names.len());
            labels
        };
        assert_eq!(labels, [3]);
        println!("{} names, up to {LIMIT}", names.len());
        let numbers = ssc.queue_stream([vec![1u64, 2]]);
        let known = numbers.filter(|n| names.contains_key(n));
        known.map(|n| triple!(double(scale.of(n))) + OFFSET + bonus).filter(|n| *n < LIMIT).collect_into(&out)
    });
    assert_eq!(pipeline.name(), "setup");
    StreamingContext::new(pipeline).manual()?.advance(1)?;
    assert_eq!(out.batches()[0].1, [19, 37]);
    Ok(())
}
