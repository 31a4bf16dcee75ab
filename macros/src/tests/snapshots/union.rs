fn main() {
    let pipeline = {
        use ::microbatch::__private as __mb;
        #[allow(unexpected_cfgs)]
        let pipeline = {
            #[cfg(not(rust_analyzer))]
            {
                let plan = __mb::Plan::new(
                    vec![
                        __mb::Step::new("", "queue_stream", "small",
                        __mb::StepKind::Source, "", & []), __mb::Step::new("small",
                        "map", "|n| n + 1", __mb::StepKind::Narrow, "", & [0usize]),
                        __mb::Step::new("large", "queue_stream", "large",
                        __mb::StepKind::Source, "", & []), __mb::Step::new("", "filter",
                        "|n| *n > 100", __mb::StepKind::Narrow, "", & [2usize]),
                        __mb::Step::new("all", "union", "large.filter(|n| *n > 100)",
                        __mb::StepKind::Union, "", & [1usize, 3usize]),
                        __mb::Step::new("", "union", "[small, large, all]",
                        __mb::StepKind::Union, "", & [1usize, 2usize, 4usize]),
                        __mb::Step::new("", "distinct", "", __mb::StepKind::Shuffle,
                        "by value", & [5usize]), __mb::Step::new("", "print", "",
                        __mb::StepKind::Output, "", & [6usize]),
                    ],
                    vec![
                        __mb::Stage::new("queue_stream -> map -> keep", 0usize, false, &
                        [1usize]), __mb::Stage::new("large -> filter -> keep", 2usize,
                        false, & [3usize]), __mb::Stage::new("union -> distinct", 5usize,
                        false, & [6usize]), __mb::Stage::new("distinct -> print", 6usize,
                        false, & [7usize]),
                    ],
                );
                __mb::Job::new(
                    ::core::module_path!(),
                    ::core::time::Duration::from_nanos(1000000000),
                    plan,
                    move |engine: &mut __mb::Engine| -> __mb::Result<()> {
                        let mut queue_stream = engine
                            .open(
                                "queue_stream",
                                __mb::ops::sources::queue_stream(small),
                            )?;
                        let mut large = engine
                            .open("large", __mb::ops::sources::queue_stream(large))?;
                        let mut print_output = __mb::ops::output::print(10);
                        while engine.next_batch()?.is_some() {
                            let outcome = (|| -> __mb::Result<()> {
                                let queue_stream = engine.receive(&mut queue_stream)?;
                                let (small_kept,) = engine
                                    .stage(
                                        "queue_stream -> map -> keep",
                                        &queue_stream,
                                        |batch, (small_kept,): &mut (_,)| {
                                            let batch = __mb::ops::map(batch, |n| n + 1);
                                            __mb::ops::collect(batch, small_kept);
                                        },
                                    )?;
                                let small_kept = __mb::ops::keep(
                                    engine.gather("small", small_kept)?,
                                );
                                let large = engine.receive(&mut large)?;
                                let (filter_kept,) = engine
                                    .stage(
                                        "large -> filter -> keep",
                                        &large,
                                        |batch, (filter_kept,): &mut (_,)| {
                                            let batch = __mb::ops::filter(batch, |n| *n > 100);
                                            __mb::ops::collect(batch, filter_kept);
                                        },
                                    )?;
                                let filter_kept = __mb::ops::keep(
                                    engine.gather("filter", filter_kept)?,
                                );
                                let all = __mb::ops::union(&small_kept, &filter_kept);
                                let union = __mb::ops::union(&small_kept, &large);
                                let union = __mb::ops::union(&union, &all);
                                let (distinct,) = engine
                                    .stage(
                                        "union -> distinct",
                                        &union,
                                        |batch, (distinct,): &mut (_,)| {
                                            __mb::ops::distinct(batch, distinct);
                                        },
                                    )?;
                                let distinct = engine.gather("distinct", distinct)?;
                                let (print,) = engine
                                    .stage(
                                        "distinct -> print",
                                        &distinct,
                                        |batch, (print,): &mut (_,)| {
                                            __mb::ops::output::output(batch, print, &print_output);
                                        },
                                    )?;
                                engine.output("distinct.print", &mut print_output, print)?;
                                Ok(())
                            })();
                            engine.finish(outcome)?;
                        }
                        Ok(())
                    },
                )
            }
            #[cfg(rust_analyzer)]
            {
                let _ = ::core::time::Duration::from_nanos(1000000000);
                __mb::reference(|ssc: &__mb::Sources| {
                    let small = ssc.queue_stream(small).map(|n| n + 1);
                    let large = ssc.queue_stream(large);
                    let all = small.union(large.filter(|n| *n > 100));
                    ssc.union([small, large, all]).distinct().print();
                })
            }
        };
        pipeline
    };
}
