fn main() {
    let pipeline = {
        use ::microbatch::__private as __mb;
        #[allow(unexpected_cfgs)]
        let pipeline = {
            #[cfg(not(rust_analyzer))]
            {
                let mut collect_into_output = __mb::ops::output::collect_into(&tens);
                let plan = __mb::Plan::new(
                    vec![
                        __mb::Step::new("numbers", "queue_stream", "batches",
                        __mb::StepKind::Source, "", & []), __mb::Step::new("even",
                        "filter", "|n| n % 2 == 0", __mb::StepKind::Narrow, "", &
                        [0usize]), __mb::Step::new("", "map", "|n| n * 10",
                        __mb::StepKind::Narrow, "", & [1usize]), __mb::Step::new("",
                        "collect_into", "&tens", __mb::StepKind::Output, "", & [2usize]),
                        __mb::Step::new("", "count", "", __mb::StepKind::Shuffle,
                        "one number", & [1usize]), __mb::Step::new("", "print", "",
                        __mb::StepKind::Output, "", & [4usize]), __mb::Step::new("",
                        "print", "5", __mb::StepKind::Output, "", & [0usize]),
                    ],
                    vec![
                        __mb::Stage::new("numbers -> { filter -> { map -> collect_into, count }, print }",
                        0usize, false, & [1usize, 2usize, 3usize, 4usize, 6usize]),
                        __mb::Stage::new("count -> print", 4usize, false, & [5usize]),
                    ],
                );
                __mb::Job::new(
                    "shared",
                    ::core::time::Duration::from_nanos(500000000),
                    plan,
                    move |engine: &mut __mb::Engine| -> __mb::Result<()> {
                        let mut numbers = engine
                            .open("numbers", __mb::ops::sources::queue_stream(batches))?;
                        let mut print_output = __mb::ops::output::print(10);
                        let mut print_2_output = __mb::ops::output::print(5);
                        while engine.next_batch()?.is_some() {
                            let outcome = (|| -> __mb::Result<()> {
                                let numbers = engine.receive(&mut numbers)?;
                                let (collect_into, count, print_2) = engine
                                    .stage(
                                        "numbers -> { filter -> { map -> collect_into, count }, print }",
                                        &numbers,
                                        |batch, (collect_into, count, print_2): &mut (_, _, _)| {
                                            __mb::ops::for_each(
                                                batch,
                                                |record| {
                                                    {
                                                        let batch = __mb::ops::share(&record);
                                                        let batch = __mb::ops::filter(batch, |n| n % 2 == 0);
                                                        __mb::ops::for_each(
                                                            batch,
                                                            |record| {
                                                                {
                                                                    let batch = __mb::ops::share(&record);
                                                                    let batch = __mb::ops::map(batch, |n| n * 10);
                                                                    __mb::ops::output::output(
                                                                        batch,
                                                                        collect_into,
                                                                        &collect_into_output,
                                                                    );
                                                                }
                                                                {
                                                                    let batch = __mb::ops::hand_over(record);
                                                                    __mb::ops::count(batch, count);
                                                                }
                                                            },
                                                        );
                                                    }
                                                    {
                                                        let batch = __mb::ops::hand_over(record);
                                                        __mb::ops::output::output(batch, print_2, &print_2_output);
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
                                            __mb::ops::output::output(batch, print, &print_output);
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
                let _ = ::core::time::Duration::from_nanos(500000000);
                let _ = "shared";
                __mb::reference(|ssc: &__mb::Sources| {
                    let numbers = ssc.queue_stream(batches);
                    let even = numbers.filter(|n| n % 2 == 0);
                    even.map(|n| n * 10).collect_into(&tens);
                    even.count().print();
                    numbers.print(5);
                })
            }
        };
        pipeline
    };
}
