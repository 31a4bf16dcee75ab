fn main() {
    let pipeline = {
        use ::microbatch::__private as __mb;
        #[allow(unexpected_cfgs)]
        let pipeline = {
            #[cfg(rust_analyzer)]
            {
                let pipeline = {
                    __mb::as_written! {
                        let _ = ::core::time::Duration::from_nanos(1000000000);
                        __mb::reference(| ssc : & __mb::Sources | { let small = ssc
                        .queue_stream(small).map(| n | n + 1); let large = ssc
                        .queue_stream(large); let all = small.union(large.filter(| n | *
                        n > 100)); ssc.union([small, large, all]).distinct().print(10);
                        })
                    }
                };
                pipeline
            }
            #[cfg(not(rust_analyzer))]
            {
                use __mb as __microbatch;
                let plan = __microbatch::Plan::new(
                    ::std::vec![
                        __microbatch::Step::new("", "queue_stream", "small",
                        __microbatch::StepKind::Source, "", & [])
                        .recovers("queue_stream", __microbatch::Recovery::Replayable),
                        __microbatch::Step::new("small", "map", "|n| n + 1",
                        __microbatch::StepKind::Narrow, "", & [0usize]),
                        __microbatch::Step::new("large", "queue_stream", "large",
                        __microbatch::StepKind::Source, "", & []).recovers("large",
                        __microbatch::Recovery::Replayable), __microbatch::Step::new("",
                        "filter", "|n| *n > 100", __microbatch::StepKind::Narrow, "", &
                        [2usize]), __microbatch::Step::new("all", "union",
                        "large.filter(|n| *n > 100)", __microbatch::StepKind::Union, "",
                        & [1usize, 3usize]), __microbatch::Step::new("", "union",
                        "[small, large, all]", __microbatch::StepKind::Union, "", &
                        [1usize, 2usize, 4usize]), __microbatch::Step::new("",
                        "distinct", "", __microbatch::StepKind::Shuffle, "by value", &
                        [5usize]), __microbatch::Step::new("", "print", "",
                        __microbatch::StepKind::Output, "", & [6usize])
                        .recovers("distinct.print", __microbatch::Recovery::AtLeastOnce),
                    ],
                    ::std::vec![
                        __microbatch::Stage::new("queue_stream -> map -> keep", 0usize,
                        false, & [1usize]),
                        __microbatch::Stage::new("large -> filter -> keep", 2usize,
                        false, & [3usize]), __microbatch::Stage::new("union -> distinct",
                        5usize, false, & [6usize]),
                        __microbatch::Stage::new("distinct -> print", 6usize, false, &
                        [7usize]),
                    ],
                );
                __microbatch::Job::new(
                    ::core::module_path!(),
                    ::core::time::Duration::from_nanos(1000000000),
                    plan,
                    move |engine: &mut __microbatch::Engine| -> __microbatch::Result<()> {
                        let mut queue_stream = engine
                            .open(
                                "queue_stream",
                                __microbatch::ops::sources::queue_stream(small),
                            )?;
                        let mut large = engine
                            .open(
                                "large",
                                __microbatch::ops::sources::queue_stream(large),
                            )?;
                        let mut print_output = __microbatch::ops::output::print(10);
                        while engine.next_batch()?.is_some() {
                            let outcome = (|| -> __microbatch::Result<()> {
                                let queue_stream = engine.receive(&mut queue_stream)?;
                                let (small_kept,) = engine
                                    .stage(
                                        "queue_stream -> map -> keep",
                                        &queue_stream,
                                        |batch, (small_kept,): &mut (_,)| {
                                            let batch = __microbatch::ops::map(batch, |n| n + 1);
                                            __microbatch::ops::keep(batch, small_kept);
                                        },
                                    )?;
                                let small_kept = engine.gather("small", small_kept)?;
                                let large = engine.receive(&mut large)?;
                                let (filter_kept,) = engine
                                    .stage(
                                        "large -> filter -> keep",
                                        &large,
                                        |batch, (filter_kept,): &mut (_,)| {
                                            let batch = __microbatch::ops::filter(batch, |n| *n > 100);
                                            __microbatch::ops::keep(batch, filter_kept);
                                        },
                                    )?;
                                let filter_kept = engine.gather("filter", filter_kept)?;
                                let all = __microbatch::ops::union(
                                    &small_kept,
                                    &filter_kept,
                                );
                                let union = __microbatch::ops::union(&small_kept, &large);
                                let union = __microbatch::ops::union(&union, &all);
                                let (distinct,) = engine
                                    .stage(
                                        "union -> distinct",
                                        &union,
                                        |batch, (distinct,): &mut (_,)| {
                                            __microbatch::ops::distinct(batch, distinct);
                                        },
                                    )?;
                                let distinct = engine.gather("distinct", distinct)?;
                                let (print,) = engine
                                    .stage(
                                        "distinct -> print",
                                        &distinct,
                                        |batch, (print,): &mut (_,)| {
                                            __microbatch::ops::output::output(
                                                batch,
                                                print,
                                                &print_output,
                                            );
                                        },
                                    )?;
                                engine.output("distinct.print", &mut print_output, print)?;
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
