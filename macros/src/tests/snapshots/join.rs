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
                        __mb::reference(| ssc : & __mb::Sources | { let clicks = ssc
                        .text_file_stream("clicks", ::core::default::Default::default())
                        .key_by(| line | user(line)); let names = ssc
                        .queue_stream(names); let joined : DStream < (& str, (& str, &
                        str)) > = clicks.join(& names); joined.left_outer_join(names
                        .filter(| (key, _) | ! key.is_empty())).print_table(["user",
                        "click", "name"]); })
                    }
                };
                pipeline
            }
            #[cfg(not(rust_analyzer))]
            {
                use __mb as __microbatch;
                let plan = __microbatch::Plan::new(
                    ::std::vec![
                        __microbatch::Step::new("", "text_file_stream", "\"clicks\"",
                        __microbatch::StepKind::Source, "", & [])
                        .recovers("text_file_stream",
                        __microbatch::Recovery::Replayable),
                        __microbatch::Step::new("clicks", "key_by", "|line| user(line)",
                        __microbatch::StepKind::Narrow, "", & [0usize]),
                        __microbatch::Step::new("names", "queue_stream", "names",
                        __microbatch::StepKind::Source, "", & []).recovers("names",
                        __microbatch::Recovery::Replayable),
                        __microbatch::Step::new("joined", "join", "&names",
                        __microbatch::StepKind::Join, "by key", & [1usize, 2usize]),
                        __microbatch::Step::new("", "filter",
                        "|(key, _)| !key.is_empty()", __microbatch::StepKind::Narrow, "",
                        & [2usize]), __microbatch::Step::new("", "left_outer_join",
                        "names.filter(|(key, _)| !key.is_empty())",
                        __microbatch::StepKind::Join, "by key", & [3usize, 4usize]),
                        __microbatch::Step::new("", "print_table",
                        "[\"user\", \"click\", \"name\"]",
                        __microbatch::StepKind::Output, "", & [5usize])
                        .recovers("left_outer_join.print_table",
                        __microbatch::Recovery::AtLeastOnce),
                    ],
                    ::std::vec![
                        __microbatch::Stage::new("text_file_stream -> key_by -> join",
                        0usize, false, & [1usize, 3usize]),
                        __microbatch::Stage::new("names -> { join, filter -> left_outer_join }",
                        2usize, false, & [3usize, 4usize, 5usize]),
                        __microbatch::Stage::new("joined -> left_outer_join", 3usize,
                        false, & [5usize]),
                        __microbatch::Stage::new("left_outer_join -> print_table",
                        5usize, false, & [6usize]),
                    ],
                );
                __microbatch::Job::new(
                    ::core::module_path!(),
                    ::core::time::Duration::from_nanos(1000000000),
                    plan,
                    move |engine: &mut __microbatch::Engine| -> __microbatch::Result<()> {
                        let mut text_file_stream = engine
                            .open(
                                "text_file_stream",
                                __microbatch::ops::sources::text_file_stream(
                                    "clicks",
                                    ::core::default::Default::default(),
                                ),
                            )?;
                        let mut names = engine
                            .open(
                                "names",
                                __microbatch::ops::sources::queue_stream(names),
                            )?;
                        #[allow(unused_imports)]
                        use DStream as _;
                        let mut print_table_output = __microbatch::ops::output::print_table([
                            "user",
                            "click",
                            "name",
                        ]);
                        while engine.next_batch()?.is_some() {
                            let outcome = (|| -> __microbatch::Result<()> {
                                let text_file_stream = engine
                                    .receive(&mut text_file_stream)?;
                                let (joined_left,) = engine
                                    .stage(
                                        "text_file_stream -> key_by -> join",
                                        &text_file_stream,
                                        |batch, (joined_left,): &mut (_,)| {
                                            let batch = __microbatch::ops::key_by(
                                                batch,
                                                |line| user(line),
                                            );
                                            __microbatch::ops::exchange(batch, joined_left);
                                        },
                                    )?;
                                let names = engine.receive(&mut names)?;
                                let (joined_right, left_outer_join_right) = engine
                                    .stage(
                                        "names -> { join, filter -> left_outer_join }",
                                        &names,
                                        |batch, (joined_right, left_outer_join_right): &mut (_, _)| {
                                            __microbatch::ops::for_each(
                                                batch,
                                                |records| {
                                                    {
                                                        let batch = __microbatch::ops::share(records);
                                                        __microbatch::ops::exchange(batch, joined_right);
                                                    }
                                                    {
                                                        let batch = __microbatch::ops::hand_over(records);
                                                        let batch = __microbatch::ops::filter(
                                                            batch,
                                                            |(key, _)| !key.is_empty(),
                                                        );
                                                        __microbatch::ops::exchange(batch, left_outer_join_right);
                                                    }
                                                },
                                            );
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
                                let (left_outer_join_left,) = engine
                                    .stage(
                                        "joined -> left_outer_join",
                                        &joined,
                                        |batch, (left_outer_join_left,): &mut (_,)| {
                                            let batch = __microbatch::ops::map(
                                                batch,
                                                |record| -> (&str, (&str, &str)) { record },
                                            );
                                            __microbatch::ops::exchange(batch, left_outer_join_left);
                                        },
                                    )?;
                                let (left_outer_join_left, left_outer_join_right) = (
                                    engine.gather("left_outer_join", left_outer_join_left)?,
                                    engine.gather("left_outer_join", left_outer_join_right)?,
                                );
                                let left_outer_join = __microbatch::ops::left_outer_join(
                                    engine,
                                    "left_outer_join",
                                    &left_outer_join_left,
                                    &left_outer_join_right,
                                )?;
                                let (print_table,) = engine
                                    .stage(
                                        "left_outer_join -> print_table",
                                        &left_outer_join,
                                        |batch, (print_table,): &mut (_,)| {
                                            __microbatch::ops::output::output(
                                                batch,
                                                print_table,
                                                &print_table_output,
                                            );
                                        },
                                    )?;
                                engine
                                    .output(
                                        "left_outer_join.print_table",
                                        &mut print_table_output,
                                        print_table,
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
