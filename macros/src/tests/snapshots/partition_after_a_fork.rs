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
                        __mb::reference(| ssc : & __mb::Sources | { let lines = ssc
                        .rate_stream(1000); let marked = lines.map(| n | (n, n % 7));
                        marked.print(10); marked.map_partitions(| records | records
                        .skip(1)).glom().map(| partition | partition.len()).print(10);
                        marked.repartition(4).transform(| batch, time | sample(batch,
                        time)).sort_by(| (n, _) | * n).print(10); })
                    }
                };
                pipeline
            }
            #[cfg(not(rust_analyzer))]
            {
                use __mb as __microbatch;
                let plan = __microbatch::Plan::new(
                    ::std::vec![
                        __microbatch::Step::new("lines", "rate_stream", "1000",
                        __microbatch::StepKind::Source, "", & []).recovers("lines",
                        __microbatch::Recovery::Replayable),
                        __microbatch::Step::new("marked", "map", "|n| (n, n % 7)",
                        __microbatch::StepKind::Narrow, "", & [0usize]),
                        __microbatch::Step::new("", "print", "",
                        __microbatch::StepKind::Output, "", & [1usize])
                        .recovers("marked.print", __microbatch::Recovery::AtLeastOnce),
                        __microbatch::Step::new("", "map_partitions",
                        "|records| records.skip(1)", __microbatch::StepKind::Partition,
                        "", & [1usize]), __microbatch::Step::new("", "glom", "",
                        __microbatch::StepKind::Partition, "", & [3usize]),
                        __microbatch::Step::new("", "map", "|partition| partition.len()",
                        __microbatch::StepKind::Narrow, "", & [4usize]),
                        __microbatch::Step::new("", "print", "",
                        __microbatch::StepKind::Output, "", & [5usize])
                        .recovers("map.print", __microbatch::Recovery::AtLeastOnce),
                        __microbatch::Step::new("", "repartition", "4",
                        __microbatch::StepKind::Batch, "into equal runs", & [1usize]),
                        __microbatch::Step::new("", "transform",
                        "|batch, time| sample(batch, time)",
                        __microbatch::StepKind::Batch, "the whole batch", & [7usize]),
                        __microbatch::Step::new("", "sort_by", "|(n, _)| *n",
                        __microbatch::StepKind::Batch, "sorted", & [8usize]),
                        __microbatch::Step::new("", "print", "",
                        __microbatch::StepKind::Output, "", & [9usize])
                        .recovers("sort_by.print", __microbatch::Recovery::AtLeastOnce),
                    ],
                    ::std::vec![
                        __microbatch::Stage::new("lines -> map -> { print, repartition, keep }",
                        0usize, false, & [1usize, 2usize, 7usize]),
                        __microbatch::Stage::new("marked -> map_partitions -> glom -> map -> print",
                        1usize, true, & [3usize, 4usize, 5usize, 6usize]),
                        __microbatch::Stage::new("repartition -> transform", 7usize,
                        false, & [8usize]),
                        __microbatch::Stage::new("transform -> sort_by", 8usize, false, &
                        [9usize]), __microbatch::Stage::new("sort_by -> print", 9usize,
                        false, & [10usize]),
                    ],
                );
                __microbatch::Job::new(
                    ::core::module_path!(),
                    ::core::time::Duration::from_nanos(1000000000),
                    plan,
                    move |engine: &mut __microbatch::Engine| -> __microbatch::Result<()> {
                        let mut lines = engine
                            .open(
                                "lines",
                                __microbatch::ops::sources::rate_stream(1000),
                            )?;
                        let mut print_output = __microbatch::ops::output::print(10);
                        let mut print_2_output = __microbatch::ops::output::print(10);
                        let mut print_3_output = __microbatch::ops::output::print(10);
                        while engine.next_batch()?.is_some() {
                            let outcome = (|| -> __microbatch::Result<()> {
                                let lines = engine.receive(&mut lines)?;
                                let (print, repartition, marked_kept) = engine
                                    .stage(
                                        "lines -> map -> { print, repartition, keep }",
                                        &lines,
                                        |batch, (print, repartition, marked_kept): &mut (_, _, _)| {
                                            let batch = __microbatch::ops::map(batch, |n| (n, n % 7));
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
                                                        __microbatch::ops::collect(batch, repartition);
                                                    }
                                                    {
                                                        let batch = __microbatch::ops::hand_over(records);
                                                        __microbatch::ops::keep(batch, marked_kept);
                                                    }
                                                },
                                            );
                                        },
                                    )?;
                                let marked_kept = engine.gather("marked", marked_kept)?;
                                let (print_2,) = engine
                                    .stage_of_partitions(
                                        "marked -> map_partitions -> glom -> map -> print",
                                        &marked_kept,
                                        |batch, (print_2,): &mut (_,)| {
                                            let batch = __microbatch::ops::map_partitions(
                                                batch,
                                                |records| records.skip(1),
                                            );
                                            let batch = __microbatch::ops::glom(batch);
                                            let batch = __microbatch::ops::map(
                                                batch,
                                                |partition| partition.len(),
                                            );
                                            __microbatch::ops::output::output(
                                                batch,
                                                print_2,
                                                &print_2_output,
                                            );
                                        },
                                    )?;
                                let repartition = __microbatch::ops::repartition(
                                    engine,
                                    "repartition",
                                    engine.gather("repartition", repartition)?,
                                    4,
                                )?;
                                let (transform,) = engine
                                    .stage(
                                        "repartition -> transform",
                                        &repartition,
                                        |batch, (transform,): &mut (_,)| {
                                            __microbatch::ops::collect(batch, transform);
                                        },
                                    )?;
                                let transform = __microbatch::ops::transform(
                                    engine,
                                    "transform",
                                    engine.gather("transform", transform)?,
                                    |batch, time| sample(batch, time),
                                )?;
                                let (sort_by,) = engine
                                    .stage(
                                        "transform -> sort_by",
                                        &transform,
                                        |batch, (sort_by,): &mut (_,)| {
                                            __microbatch::ops::collect(batch, sort_by);
                                        },
                                    )?;
                                let sort_by = __microbatch::ops::sort_by(
                                    engine,
                                    "sort_by",
                                    engine.gather("sort_by", sort_by)?,
                                    |(n, _)| *n,
                                )?;
                                let (print_3,) = engine
                                    .stage(
                                        "sort_by -> print",
                                        &sort_by,
                                        |batch, (print_3,): &mut (_,)| {
                                            __microbatch::ops::output::output(
                                                batch,
                                                print_3,
                                                &print_3_output,
                                            );
                                        },
                                    )?;
                                engine.output("marked.print", &mut print_output, print)?;
                                engine.output("map.print", &mut print_2_output, print_2)?;
                                engine
                                    .output("sort_by.print", &mut print_3_output, print_3)?;
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
