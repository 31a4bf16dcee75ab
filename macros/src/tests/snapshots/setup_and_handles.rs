fn main() {
    let pipeline = {
        use ::microbatch::__private as __mb;
        #[allow(unexpected_cfgs)]
        let pipeline = {
            #[cfg(rust_analyzer)]
            {
                let pipeline = {
                    __mb::as_written! {
                        let _ = interval; let _ = name.clone(); __mb::reference(| ssc : &
                        __mb::Sources | { let rules = Rules::load(& path) ?; let
                        Some(limit) = rules.limit() else { return Ok(()) }; if limit == 0
                        { eprintln!("no limit"); } let seen = Collector::default(); let
                        lines = ssc.stdin_text_stream(); lines.filter(move | line | rules
                        .match_line(line) && line.len() < limit).collect_into(& matches);
                        lines.map(| line | line.len()).collect_into(& seen); lines
                        .foreach_batch(| batch, time | store.write(time, & batch)); })
                    }
                };
                pipeline
            }
            #[cfg(not(rust_analyzer))]
            {
                use __mb as __microbatch;
                let mut collect_into_output = __microbatch::ops::output::collect_into(
                    &matches,
                );
                let plan = __microbatch::Plan::new(
                    ::std::vec![
                        __microbatch::Step::new("lines", "stdin_text_stream", "",
                        __microbatch::StepKind::Source, "", & []).recovers("lines",
                        __microbatch::Recovery::Logged), __microbatch::Step::new("",
                        "filter",
                        "move |line| rules.match_line(line) && line.len() < limit",
                        __microbatch::StepKind::Narrow, "", & [0usize]),
                        __microbatch::Step::new("", "collect_into", "&matches",
                        __microbatch::StepKind::Output,
                        "in memory, which each run of the program has anew", & [1usize])
                        .recovers("filter.collect_into",
                        __microbatch::Recovery::ExactlyOnce), __microbatch::Step::new("",
                        "map", "|line| line.len()", __microbatch::StepKind::Narrow, "", &
                        [0usize]), __microbatch::Step::new("", "collect_into", "&seen",
                        __microbatch::StepKind::Output,
                        "in memory, which each run of the program has anew", & [3usize])
                        .recovers("map.collect_into",
                        __microbatch::Recovery::ExactlyOnce), __microbatch::Step::new("",
                        "foreach_batch", "|batch, time| store.write(time, &batch)",
                        __microbatch::StepKind::Action, "", & [0usize])
                        .recovers("lines.foreach_batch",
                        __microbatch::Recovery::AtLeastOnce),
                    ],
                    ::std::vec![
                        __microbatch::Stage::new("lines -> { filter -> collect_into, map -> collect_into, foreach_batch }",
                        0usize, false, & [1usize, 2usize, 3usize, 4usize, 5usize]),
                    ],
                );
                __microbatch::Job::new(
                    name.clone(),
                    {
                        let duration: ::core::time::Duration = interval;
                        duration
                    },
                    plan,
                    move |engine: &mut __microbatch::Engine| -> __microbatch::Result<()> {
                        let rules = Rules::load(&path)?;
                        let Some(limit) = rules.limit() else { return Ok(()) };
                        if limit == 0 {
                            eprintln!("no limit");
                        }
                        let seen = Collector::default();
                        let mut lines = engine
                            .open(
                                "lines",
                                __microbatch::ops::sources::stdin_text_stream(),
                            )?;
                        let mut collect_into_2_output = __microbatch::ops::output::collect_into(
                            &seen,
                        );
                        while engine.next_batch()?.is_some() {
                            let outcome = (|| -> __microbatch::Result<()> {
                                let lines = engine.receive(&mut lines)?;
                                let (collect_into, collect_into_2, foreach_batch) = engine
                                    .stage(
                                        "lines -> { filter -> collect_into, map -> collect_into, foreach_batch }",
                                        &lines,
                                        |
                                            batch,
                                            (
                                                collect_into,
                                                collect_into_2,
                                                foreach_batch,
                                            ): &mut (_, _, _)|
                                        {
                                            __microbatch::ops::for_each(
                                                batch,
                                                |records| {
                                                    {
                                                        let batch = __microbatch::ops::share(records);
                                                        let batch = __microbatch::ops::filter(
                                                            batch,
                                                            |line| rules.match_line(line) && line.len() < limit,
                                                        );
                                                        __microbatch::ops::output::output(
                                                            batch,
                                                            collect_into,
                                                            &collect_into_output,
                                                        );
                                                    }
                                                    {
                                                        let batch = __microbatch::ops::share(records);
                                                        let batch = __microbatch::ops::map(
                                                            batch,
                                                            |line| line.len(),
                                                        );
                                                        __microbatch::ops::output::output(
                                                            batch,
                                                            collect_into_2,
                                                            &collect_into_2_output,
                                                        );
                                                    }
                                                    {
                                                        let batch = __microbatch::ops::hand_over(records);
                                                        __microbatch::ops::collect(batch, foreach_batch);
                                                    }
                                                },
                                            );
                                        },
                                    )?;
                                engine
                                    .output(
                                        "filter.collect_into",
                                        &mut collect_into_output,
                                        collect_into,
                                    )?;
                                engine
                                    .output(
                                        "map.collect_into",
                                        &mut collect_into_2_output,
                                        collect_into_2,
                                    )?;
                                let foreach_batch = engine
                                    .gather("foreach_batch", foreach_batch)?;
                                __microbatch::ops::output::foreach_batch(
                                    engine,
                                    "lines.foreach_batch",
                                    foreach_batch,
                                    |batch, time| store.write(time, &batch),
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
