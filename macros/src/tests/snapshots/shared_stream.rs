fn main() {
    let pipeline = {
        use ::microbatch::__private as __mb;
        #[allow(unexpected_cfgs)]
        let pipeline = {
            #[cfg(rust_analyzer)]
            {
                let pipeline = {
                    __mb::as_written! {
                        let _ = ::core::time::Duration::from_nanos(500000000); let _ =
                        "shared"; __mb::reference(| ssc : & __mb::Sources | { let numbers
                        = ssc.queue_stream(batches); let even = numbers.filter(| n | n %
                        2 == 0); even.map(| n | n * 10).collect_into(& tens); even
                        .count().print(10); numbers.print(5); })
                    }
                };
                pipeline
            }
            #[cfg(not(rust_analyzer))]
            {
                use __mb as __microbatch;
                let mut collect_into_output = __microbatch::ops::output::collect_into(
                    &tens,
                );
                let plan = __microbatch::Plan::new(
                    ::std::vec![
                        __microbatch::Step::new("numbers", "queue_stream", "batches",
                        __microbatch::StepKind::Source, "", & []).recovers("numbers",
                        __microbatch::Recovery::Replayable),
                        __microbatch::Step::new("even", "filter", "|n| n % 2 == 0",
                        __microbatch::StepKind::Narrow, "", & [0usize]),
                        __microbatch::Step::new("", "map", "|n| n * 10",
                        __microbatch::StepKind::Narrow, "", & [1usize]),
                        __microbatch::Step::new("", "collect_into", "&tens",
                        __microbatch::StepKind::Output,
                        "in memory, which each run of the program has anew", & [2usize])
                        .recovers("map.collect_into",
                        __microbatch::Recovery::ExactlyOnce), __microbatch::Step::new("",
                        "count", "", __microbatch::StepKind::Shuffle, "one number", &
                        [1usize]), __microbatch::Step::new("", "print", "",
                        __microbatch::StepKind::Output, "", & [4usize])
                        .recovers("count.print", __microbatch::Recovery::AtLeastOnce),
                        __microbatch::Step::new("", "print", "5",
                        __microbatch::StepKind::Output, "", & [0usize])
                        .recovers("numbers.print", __microbatch::Recovery::AtLeastOnce),
                    ],
                    ::std::vec![
                        __microbatch::Stage::new("numbers -> { filter -> { map -> collect_into, count }, print }",
                        0usize, false, & [1usize, 2usize, 3usize, 4usize, 6usize]),
                        __microbatch::Stage::new("count -> print", 4usize, false, &
                        [5usize]),
                    ],
                );
                __microbatch::Job::new(
                    "shared",
                    ::core::time::Duration::from_nanos(500000000),
                    plan,
                    move |engine: &mut __microbatch::Engine| -> __microbatch::Result<()> {
                        let mut numbers = engine
                            .open(
                                "numbers",
                                __microbatch::ops::sources::queue_stream(batches),
                            )?;
                        let mut print_output = __microbatch::ops::output::print(10);
                        let mut print_2_output = __microbatch::ops::output::print(5);
                        while engine.next_batch()?.is_some() {
                            let outcome = (|| -> __microbatch::Result<()> {
                                let numbers = engine.receive(&mut numbers)?;
                                let (collect_into, count, print_2) = engine
                                    .stage(
                                        "numbers -> { filter -> { map -> collect_into, count }, print }",
                                        &numbers,
                                        |batch, (collect_into, count, print_2): &mut (_, _, _)| {
                                            __microbatch::ops::for_each(
                                                batch,
                                                |records| {
                                                    {
                                                        let batch = __microbatch::ops::share(records);
                                                        let batch = __microbatch::ops::filter(
                                                            batch,
                                                            |n| n % 2 == 0,
                                                        );
                                                        __microbatch::ops::for_each(
                                                            batch,
                                                            |records| {
                                                                {
                                                                    let batch = __microbatch::ops::share(records);
                                                                    let batch = __microbatch::ops::map(batch, |n| n * 10);
                                                                    __microbatch::ops::output::output(
                                                                        batch,
                                                                        collect_into,
                                                                        &collect_into_output,
                                                                    );
                                                                }
                                                                {
                                                                    let batch = __microbatch::ops::hand_over(records);
                                                                    __microbatch::ops::count(batch, count);
                                                                }
                                                            },
                                                        );
                                                    }
                                                    {
                                                        let batch = __microbatch::ops::hand_over(records);
                                                        __microbatch::ops::output::output(
                                                            batch,
                                                            print_2,
                                                            &print_2_output,
                                                        );
                                                    }
                                                },
                                            );
                                        },
                                    )?;
                                let count = engine.gather("count", count)?;
                                let (print,) = engine
                                    .stage(
                                        "count -> print",
                                        &count,
                                        |batch, (print,): &mut (_,)| {
                                            __microbatch::ops::output::output(
                                                batch,
                                                print,
                                                &print_output,
                                            );
                                        },
                                    )?;
                                engine
                                    .output(
                                        "map.collect_into",
                                        &mut collect_into_output,
                                        collect_into,
                                    )?;
                                engine.output("count.print", &mut print_output, print)?;
                                engine
                                    .output("numbers.print", &mut print_2_output, print_2)?;
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
