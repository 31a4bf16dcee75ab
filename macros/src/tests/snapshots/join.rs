fn main() {
    let pipeline = {
        use ::microbatch::__private as __mb;
        #[allow(unexpected_cfgs)]
        let pipeline = {
            #[cfg(not(rust_analyzer))]
            {
                let plan = __mb::Plan::new(
                    vec![
                        __mb::Step::new("", "text_file_stream", "\"clicks\"",
                        __mb::StepKind::Source, "", & []), __mb::Step::new("clicks",
                        "key_by", "|line| user(line)", __mb::StepKind::Narrow, "", &
                        [0usize]), __mb::Step::new("names", "queue_stream", "names",
                        __mb::StepKind::Source, "", & []), __mb::Step::new("joined",
                        "join", "&names", __mb::StepKind::Join, "by key", & [1usize,
                        2usize]), __mb::Step::new("", "filter",
                        "|(key, _)| !key.is_empty()", __mb::StepKind::Narrow, "", &
                        [2usize]), __mb::Step::new("", "left_outer_join",
                        "names.filter(|(key, _)| !key.is_empty())", __mb::StepKind::Join,
                        "by key", & [3usize, 4usize]), __mb::Step::new("", "print_table",
                        "[\"user\", \"click\", \"name\"]", __mb::StepKind::Output, "", &
                        [5usize]),
                    ],
                    vec![
                        __mb::Stage::new("text_file_stream -> key_by -> join", 0usize,
                        false, & [1usize, 3usize]),
                        __mb::Stage::new("names -> { join, filter -> left_outer_join }",
                        2usize, false, & [3usize, 4usize, 5usize]),
                        __mb::Stage::new("joined -> left_outer_join", 3usize, false, &
                        [5usize]), __mb::Stage::new("left_outer_join -> print_table",
                        5usize, false, & [6usize]),
                    ],
                );
                __mb::Job::new(
                    ::core::module_path!(),
                    ::core::time::Duration::from_nanos(1000000000),
                    plan,
                    move |engine: &mut __mb::Engine| -> __mb::Result<()> {
                        let mut text_file_stream = engine
                            .open(
                                "text_file_stream",
                                __mb::ops::sources::text_file_stream(
                                    "clicks",
                                    ::core::default::Default::default(),
                                ),
                            )?;
                        let mut names = engine
                            .open("names", __mb::ops::sources::queue_stream(names))?;
                        let mut print_table_output = __mb::ops::output::print_table([
                            "user",
                            "click",
                            "name",
                        ]);
                        while engine.next_batch()?.is_some() {
                            let outcome = (|| -> __mb::Result<()> {
                                let text_file_stream = engine
                                    .receive(&mut text_file_stream)?;
                                let (joined_left,) = engine
                                    .stage(
                                        "text_file_stream -> key_by -> join",
                                        &text_file_stream,
                                        |batch, (joined_left,): &mut (_,)| {
                                            let batch = __mb::ops::key_by(batch, |line| user(line));
                                            __mb::ops::exchange(batch, joined_left);
                                        },
                                    )?;
                                let names = engine.receive(&mut names)?;
                                let (joined_right, left_outer_join_right) = engine
                                    .stage(
                                        "names -> { join, filter -> left_outer_join }",
                                        &names,
                                        |batch, (joined_right, left_outer_join_right): &mut (_, _)| {
                                            __mb::ops::for_each(
                                                batch,
                                                |record| {
                                                    {
                                                        let batch = __mb::ops::share(&record);
                                                        __mb::ops::exchange(batch, joined_right);
                                                    }
                                                    {
                                                        let batch = __mb::ops::hand_over(record);
                                                        let batch = __mb::ops::filter(
                                                            batch,
                                                            |(key, _)| !key.is_empty(),
                                                        );
                                                        __mb::ops::exchange(batch, left_outer_join_right);
                                                    }
                                                },
                                            );
                                        },
                                    )?;
                                let (joined_left, joined_right) = (
                                    engine.gather("joined", joined_left)?,
                                    engine.gather("joined", joined_right)?,
                                );
                                let joined = __mb::ops::join(
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
                                            let batch = __mb::ops::map(
                                                batch,
                                                |record| -> (&str, (&str, &str)) { record },
                                            );
                                            __mb::ops::exchange(batch, left_outer_join_left);
                                        },
                                    )?;
                                let (left_outer_join_left, left_outer_join_right) = (
                                    engine.gather("left_outer_join", left_outer_join_left)?,
                                    engine.gather("left_outer_join", left_outer_join_right)?,
                                );
                                let left_outer_join = __mb::ops::left_outer_join(
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
                                            __mb::ops::output::output(
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
                    let clicks = ssc
                        .text_file_stream("clicks")
                        .key_by(|line| user(line));
                    let names = ssc.queue_stream(names);
                    let joined: DStream<(&str, (&str, &str))> = clicks.join(&names);
                    joined
                        .left_outer_join(names.filter(|(key, _)| !key.is_empty()))
                        .print_table(["user", "click", "name"]);
                })
            }
        };
        pipeline
    };
}
