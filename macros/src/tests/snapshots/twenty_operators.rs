fn main() {
    let pipeline = {
        use ::microbatch::__private as __mb;
        #[allow(unexpected_cfgs)]
        let pipeline = {
            #[cfg(rust_analyzer)]
            {
                let pipeline = {
                    __mb::as_written! {
                        let _ = ::core::time::Duration::from_nanos(1000000000); let _ =
                        "twenty"; __mb::reference(| ssc : & __mb::Sources | { let lines =
                        ssc.socket_text_stream("localhost", 9999,
                        ::core::default::Default::default()); let words = lines
                        .flat_map(| line | line.split(' ')).filter(| word | ! word
                        .is_empty()); let pairs = words.map(| word | (word, 1u64)); let
                        counts = pairs.reduce_by_key(| a, b | a + b); counts.print(10);
                        counts.map(| (word, n) | (n, word)).top(10).print(10); let
                        lengths = words.map(| word | (word, word.len())).combine_by_key(|
                        v | v, | c, v | c + v, | a, b | a + b); let joined = counts
                        .join(lengths); joined.map_values(| (n, length) | n as usize *
                        length).sort_by_key().print_table(["word", "letters"]); let rare
                        = counts.filter(| (_, n) | * n == 1).map(| (word, _) | word);
                        rare.union(lines.filter_map(| line | line.split(' ').next()))
                        .distinct().count().print(10); lines.map(| line | line.len())
                        .reduce(| a, b | a + b).collect_into(& total); })
                    }
                };
                pipeline
            }
            #[cfg(not(rust_analyzer))]
            {
                use __mb as __microbatch;
                let mut collect_into_output = __microbatch::ops::output::collect_into(
                    &total,
                );
                let plan = __microbatch::Plan::new(
                    ::std::vec![
                        __microbatch::Step::new("lines", "socket_text_stream",
                        "\"localhost\", 9999", __microbatch::StepKind::Source, "", & [])
                        .recovers("lines", __microbatch::Recovery::Logged),
                        __microbatch::Step::new("", "flat_map", "|line| line.split(' ')",
                        __microbatch::StepKind::Narrow, "", & [0usize]),
                        __microbatch::Step::new("words", "filter",
                        "|word| !word.is_empty()", __microbatch::StepKind::Narrow, "", &
                        [1usize]), __microbatch::Step::new("pairs", "map",
                        "|word| (word, 1u64)", __microbatch::StepKind::Narrow, "", &
                        [2usize]), __microbatch::Step::new("counts", "reduce_by_key",
                        "|a, b| a + b", __microbatch::StepKind::Shuffle,
                        "by key, combined first", & [3usize]),
                        __microbatch::Step::new("", "print", "",
                        __microbatch::StepKind::Output, "", & [4usize])
                        .recovers("counts.print", __microbatch::Recovery::AtLeastOnce),
                        __microbatch::Step::new("", "map", "|(word, n)| (n, word)",
                        __microbatch::StepKind::Narrow, "", & [4usize]),
                        __microbatch::Step::new("", "top", "10",
                        __microbatch::StepKind::Shuffle, "the n greatest", & [6usize]),
                        __microbatch::Step::new("", "print", "",
                        __microbatch::StepKind::Output, "", & [7usize])
                        .recovers("top.print", __microbatch::Recovery::AtLeastOnce),
                        __microbatch::Step::new("", "map", "|word| (word, word.len())",
                        __microbatch::StepKind::Narrow, "", & [2usize]),
                        __microbatch::Step::new("lengths", "combine_by_key",
                        "|v| v, |c, v| c + v, |a, b| a + b",
                        __microbatch::StepKind::Shuffle, "by key, combined first", &
                        [9usize]), __microbatch::Step::new("joined", "join", "lengths",
                        __microbatch::StepKind::Join, "by key", & [4usize, 10usize]),
                        __microbatch::Step::new("", "map_values",
                        "|(n, length)| n as usize * length",
                        __microbatch::StepKind::Narrow, "", & [11usize]),
                        __microbatch::Step::new("", "sort_by_key", "",
                        __microbatch::StepKind::Batch, "sorted", & [12usize]),
                        __microbatch::Step::new("", "print_table",
                        "[\"word\", \"letters\"]", __microbatch::StepKind::Output, "", &
                        [13usize]).recovers("sort_by_key.print_table",
                        __microbatch::Recovery::AtLeastOnce), __microbatch::Step::new("",
                        "filter", "|(_, n)| *n == 1", __microbatch::StepKind::Narrow, "",
                        & [4usize]), __microbatch::Step::new("rare", "map",
                        "|(word, _)| word", __microbatch::StepKind::Narrow, "", &
                        [15usize]), __microbatch::Step::new("", "filter_map",
                        "|line| line.split(' ').next()", __microbatch::StepKind::Narrow,
                        "", & [0usize]), __microbatch::Step::new("", "union",
                        "lines.filter_map(|line| line.split(' ').next())",
                        __microbatch::StepKind::Union, "", & [16usize, 17usize]),
                        __microbatch::Step::new("", "distinct", "",
                        __microbatch::StepKind::Shuffle, "by value", & [18usize]),
                        __microbatch::Step::new("", "count", "",
                        __microbatch::StepKind::Shuffle, "one number", & [19usize]),
                        __microbatch::Step::new("", "print", "",
                        __microbatch::StepKind::Output, "", & [20usize])
                        .recovers("count.print", __microbatch::Recovery::AtLeastOnce),
                        __microbatch::Step::new("", "map", "|line| line.len()",
                        __microbatch::StepKind::Narrow, "", & [0usize]),
                        __microbatch::Step::new("", "reduce", "|a, b| a + b",
                        __microbatch::StepKind::Shuffle, "one record", & [22usize]),
                        __microbatch::Step::new("", "collect_into", "&total",
                        __microbatch::StepKind::Output,
                        "in memory, which each run of the program has anew", & [23usize])
                        .recovers("reduce.collect_into",
                        __microbatch::Recovery::ExactlyOnce),
                    ],
                    ::std::vec![
                        __microbatch::Stage::new("lines -> { flat_map -> filter -> { map -> reduce_by_key, map -> combine_by_key }, filter_map -> keep, map -> reduce }",
                        0usize, false, & [1usize, 2usize, 3usize, 4usize, 9usize,
                        10usize, 17usize, 22usize, 23usize]),
                        __microbatch::Stage::new("counts -> { print, map -> top, join, filter -> map -> keep }",
                        4usize, false, & [5usize, 6usize, 7usize, 11usize, 15usize,
                        16usize]), __microbatch::Stage::new("top -> print", 7usize,
                        false, & [8usize]), __microbatch::Stage::new("lengths -> join",
                        10usize, false, & [11usize]),
                        __microbatch::Stage::new("joined -> map_values -> sort_by_key",
                        11usize, false, & [12usize, 13usize]),
                        __microbatch::Stage::new("sort_by_key -> print_table", 13usize,
                        false, & [14usize]),
                        __microbatch::Stage::new("union -> distinct", 18usize, false, &
                        [19usize]), __microbatch::Stage::new("distinct -> count",
                        19usize, false, & [20usize]),
                        __microbatch::Stage::new("count -> print", 20usize, false, &
                        [21usize]), __microbatch::Stage::new("reduce -> collect_into",
                        23usize, false, & [24usize]),
                    ],
                );
                __microbatch::Job::new(
                    "twenty",
                    ::core::time::Duration::from_nanos(1000000000),
                    plan,
                    move |engine: &mut __microbatch::Engine| -> __microbatch::Result<()> {
                        let mut lines = engine
                            .open(
                                "lines",
                                __microbatch::ops::sources::socket_text_stream(
                                    "localhost",
                                    9999,
                                    ::core::default::Default::default(),
                                ),
                            )?;
                        let mut print_output = __microbatch::ops::output::print(10);
                        let mut print_2_output = __microbatch::ops::output::print(10);
                        let mut print_table_output = __microbatch::ops::output::print_table([
                            "word",
                            "letters",
                        ]);
                        let mut print_3_output = __microbatch::ops::output::print(10);
                        while engine.next_batch()?.is_some() {
                            let outcome = (|| -> __microbatch::Result<()> {
                                let lines = engine.receive(&mut lines)?;
                                let (counts, lengths, filter_map_kept, reduce) = engine
                                    .stage(
                                        "lines -> { flat_map -> filter -> { map -> reduce_by_key, map -> combine_by_key }, filter_map -> keep, map -> reduce }",
                                        &lines,
                                        |
                                            batch,
                                            (
                                                counts,
                                                lengths,
                                                filter_map_kept,
                                                reduce,
                                            ): &mut (_, _, _, _)|
                                        {
                                            __microbatch::ops::for_each(
                                                batch,
                                                |records| {
                                                    {
                                                        let batch = __microbatch::ops::share(records);
                                                        let batch = __microbatch::ops::flat_map(
                                                            batch,
                                                            |line| line.split(' '),
                                                        );
                                                        let batch = __microbatch::ops::filter(
                                                            batch,
                                                            |word| !word.is_empty(),
                                                        );
                                                        __microbatch::ops::for_each(
                                                            batch,
                                                            |records| {
                                                                {
                                                                    let batch = __microbatch::ops::share(records);
                                                                    let batch = __microbatch::ops::map(
                                                                        batch,
                                                                        |word| (word, 1u64),
                                                                    );
                                                                    __microbatch::ops::reduce_by_key(
                                                                        batch,
                                                                        counts,
                                                                        |a, b| a + b,
                                                                    );
                                                                }
                                                                {
                                                                    let batch = __microbatch::ops::hand_over(records);
                                                                    let batch = __microbatch::ops::map(
                                                                        batch,
                                                                        |word| (word, word.len()),
                                                                    );
                                                                    __microbatch::ops::combine_by_key(
                                                                        batch,
                                                                        lengths,
                                                                        |v| v,
                                                                        |c, v| c + v,
                                                                        |a, b| a + b,
                                                                    );
                                                                }
                                                            },
                                                        );
                                                    }
                                                    {
                                                        let batch = __microbatch::ops::share(records);
                                                        let batch = __microbatch::ops::filter_map(
                                                            batch,
                                                            |line| line.split(' ').next(),
                                                        );
                                                        __microbatch::ops::keep(batch, filter_map_kept);
                                                    }
                                                    {
                                                        let batch = __microbatch::ops::hand_over(records);
                                                        let batch = __microbatch::ops::map(
                                                            batch,
                                                            |line| line.len(),
                                                        );
                                                        __microbatch::ops::reduce(batch, reduce, |a, b| a + b);
                                                    }
                                                },
                                            );
                                        },
                                    )?;
                                let counts = engine.gather("counts", counts)?;
                                let (print, top, joined_left, rare_kept) = engine
                                    .stage(
                                        "counts -> { print, map -> top, join, filter -> map -> keep }",
                                        &counts,
                                        |
                                            batch,
                                            (print, top, joined_left, rare_kept): &mut (_, _, _, _)|
                                        {
                                            __microbatch::ops::for_each(
                                                batch,
                                                |records| {
                                                    {
                                                        let batch = __microbatch::ops::share(records);
                                                        __microbatch::ops::output::output(
                                                            batch,
                                                            print,
                                                            &print_output,
                                                        );
                                                    }
                                                    {
                                                        let batch = __microbatch::ops::share(records);
                                                        let batch = __microbatch::ops::map(
                                                            batch,
                                                            |(word, n)| (n, word),
                                                        );
                                                        __microbatch::ops::top(batch, top, 10);
                                                    }
                                                    {
                                                        let batch = __microbatch::ops::share(records);
                                                        __microbatch::ops::exchange(batch, joined_left);
                                                    }
                                                    {
                                                        let batch = __microbatch::ops::hand_over(records);
                                                        let batch = __microbatch::ops::filter(
                                                            batch,
                                                            |(_, n)| *n == 1,
                                                        );
                                                        let batch = __microbatch::ops::map(batch, |(word, _)| word);
                                                        __microbatch::ops::keep(batch, rare_kept);
                                                    }
                                                },
                                            );
                                        },
                                    )?;
                                let top = engine.gather("top", top)?;
                                let (print_2,) = engine
                                    .stage(
                                        "top -> print",
                                        &top,
                                        |batch, (print_2,): &mut (_,)| {
                                            __microbatch::ops::output::output(
                                                batch,
                                                print_2,
                                                &print_2_output,
                                            );
                                        },
                                    )?;
                                let lengths = engine.gather("lengths", lengths)?;
                                let (joined_right,) = engine
                                    .stage(
                                        "lengths -> join",
                                        &lengths,
                                        |batch, (joined_right,): &mut (_,)| {
                                            __microbatch::ops::exchange(batch, joined_right);
                                        },
                                    )?;
                                let (joined_left, joined_right) = (
                                    engine.gather("joined", joined_left)?,
                                    engine.gather("joined", joined_right)?,
                                );
                                let joined = __microbatch::ops::join(
                                    engine,
                                    "joined",
                                    &joined_left,
                                    &joined_right,
                                )?;
                                let (sort_by_key,) = engine
                                    .stage(
                                        "joined -> map_values -> sort_by_key",
                                        &joined,
                                        |batch, (sort_by_key,): &mut (_,)| {
                                            let batch = __microbatch::ops::map_values(
                                                batch,
                                                |(n, length)| n as usize * length,
                                            );
                                            __microbatch::ops::collect(batch, sort_by_key);
                                        },
                                    )?;
                                let sort_by_key = __microbatch::ops::sort_by_key(
                                    engine,
                                    "sort_by_key",
                                    engine.gather("sort_by_key", sort_by_key)?,
                                )?;
                                let (print_table,) = engine
                                    .stage(
                                        "sort_by_key -> print_table",
                                        &sort_by_key,
                                        |batch, (print_table,): &mut (_,)| {
                                            __microbatch::ops::output::output(
                                                batch,
                                                print_table,
                                                &print_table_output,
                                            );
                                        },
                                    )?;
                                let rare_kept = engine.gather("rare", rare_kept)?;
                                let filter_map_kept = engine
                                    .gather("filter_map", filter_map_kept)?;
                                let union = __microbatch::ops::union(
                                    &rare_kept,
                                    &filter_map_kept,
                                );
                                let (distinct,) = engine
                                    .stage(
                                        "union -> distinct",
                                        &union,
                                        |batch, (distinct,): &mut (_,)| {
                                            __microbatch::ops::distinct(batch, distinct);
                                        },
                                    )?;
                                let distinct = engine.gather("distinct", distinct)?;
                                let (count,) = engine
                                    .stage(
                                        "distinct -> count",
                                        &distinct,
                                        |batch, (count,): &mut (_,)| {
                                            __microbatch::ops::count(batch, count);
                                        },
                                    )?;
                                let count = engine.gather("count", count)?;
                                let (print_3,) = engine
                                    .stage(
                                        "count -> print",
                                        &count,
                                        |batch, (print_3,): &mut (_,)| {
                                            __microbatch::ops::output::output(
                                                batch,
                                                print_3,
                                                &print_3_output,
                                            );
                                        },
                                    )?;
                                let reduce = engine.gather("reduce", reduce)?;
                                let (collect_into,) = engine
                                    .stage(
                                        "reduce -> collect_into",
                                        &reduce,
                                        |batch, (collect_into,): &mut (_,)| {
                                            __microbatch::ops::output::output(
                                                batch,
                                                collect_into,
                                                &collect_into_output,
                                            );
                                        },
                                    )?;
                                engine.output("counts.print", &mut print_output, print)?;
                                engine.output("top.print", &mut print_2_output, print_2)?;
                                engine
                                    .output(
                                        "sort_by_key.print_table",
                                        &mut print_table_output,
                                        print_table,
                                    )?;
                                engine.output("count.print", &mut print_3_output, print_3)?;
                                engine
                                    .output(
                                        "reduce.collect_into",
                                        &mut collect_into_output,
                                        collect_into,
                                    )?;
                                ::core::result::Result::Ok(())
                            })();
                            engine.finish(outcome, &mut [])?;
                        }
                        engine.close(&mut [])
                    },
                )
            }
        };
        pipeline
    };
}
