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
                        .stdin_text_stream(); lines
                        .window(::core::time::Duration::from_nanos(30000000000),
                        ::core::default::Default::default()).count().print(10); lines
                        .map(shorten)
                        .window(::core::time::Duration::from_nanos(60000000000),
                        ::core::default::Default::default()).print(10); let hours = lines
                        .window(::core::time::Duration::from_nanos(3600000000000),
                        ::core::default::Default::default()); hours
                        .foreach_batch(writer(path)); })
                    }
                };
                pipeline
            }
            #[cfg(not(rust_analyzer))]
            {
                use __mb as __microbatch;
                let plan = __microbatch::Plan::new(
                        ::std::vec![
                            __microbatch::Step::new("lines", "stdin_text_stream", "",
                            __microbatch::StepKind::Source, "", & []).recovers("lines",
                            __microbatch::Recovery::Logged), __microbatch::Step::new("",
                            "window", "30s", __microbatch::StepKind::Window,
                            "the last batches, kept as they are; 30 panes of 1s", &
                            [0usize]).recovers("window",
                            __microbatch::Recovery::Checkpointed),
                            __microbatch::Step::new("", "count", "",
                            __microbatch::StepKind::Shuffle, "one number", & [1usize]),
                            __microbatch::Step::new("", "print", "",
                            __microbatch::StepKind::Output, "", & [2usize])
                            .recovers("count.print",
                            __microbatch::Recovery::AtLeastOnce),
                            __microbatch::Step::new("", "map", "shorten",
                            __microbatch::StepKind::Narrow, "", & [0usize]),
                            __microbatch::Step::new("", "window", "60s",
                            __microbatch::StepKind::Window,
                            "the last batches, kept as they are; 60 panes of 1s", &
                            [4usize]).recovers("window_2",
                            __microbatch::Recovery::Checkpointed),
                            __microbatch::Step::new("", "print", "",
                            __microbatch::StepKind::Output, "", & [5usize])
                            .recovers("window_2.print",
                            __microbatch::Recovery::AtLeastOnce),
                            __microbatch::Step::new("hours", "window", "3600s",
                            __microbatch::StepKind::Window,
                            "the last batches, kept as they are; 3600 panes of 1s", &
                            [0usize]).recovers("hours",
                            __microbatch::Recovery::Checkpointed),
                            __microbatch::Step::new("", "foreach_batch", "writer(path)",
                            __microbatch::StepKind::Action, "", & [7usize])
                            .recovers("hours.foreach_batch",
                            __microbatch::Recovery::AtLeastOnce),
                        ],
                        ::std::vec![
                            __microbatch::Stage::new("lines -> map -> window", 0usize,
                            false, & [4usize, 5usize]),
                            __microbatch::Stage::new("window -> count", 1usize, false, &
                            [2usize]), __microbatch::Stage::new("count -> print", 2usize,
                            false, & [3usize]),
                            __microbatch::Stage::new("window_2 -> print", 5usize, false,
                            & [6usize]),
                            __microbatch::Stage::new("hours -> foreach_batch", 7usize,
                            false, & [8usize]),
                        ],
                    )
                    .found_by_position(::std::vec!["window", "window_2"]);
                __microbatch::Job::new(
                    ::core::module_path!(),
                    ::core::time::Duration::from_nanos(1000000000),
                    plan,
                    move |engine: &mut __microbatch::Engine| -> __microbatch::Result<()> {
                        let mut lines = engine
                            .open(
                                "lines",
                                __microbatch::ops::sources::stdin_text_stream(),
                            )?;
                        let window_shape = engine
                            .window(
                                "window",
                                engine.every(),
                                ::core::time::Duration::from_nanos(30000000000),
                                engine.every(),
                            )?;
                        let mut window_state = engine
                            .remember(
                                "window",
                                __microbatch::ops::windows::window(&window_shape),
                            )
                            .begin()?;
                        let window_2_shape = engine
                            .window(
                                "window_2",
                                engine.every(),
                                ::core::time::Duration::from_nanos(60000000000),
                                engine.every(),
                            )?;
                        let mut window_2_state = engine
                            .remember(
                                "window_2",
                                __microbatch::ops::windows::window(&window_2_shape),
                            )
                            .begin()?;
                        let hours_shape = engine
                            .window(
                                "hours",
                                engine.every(),
                                ::core::time::Duration::from_nanos(3600000000000),
                                engine.every(),
                            )?;
                        let mut hours_state = engine
                            .remember(
                                "hours",
                                __microbatch::ops::windows::window(&hours_shape),
                            )
                            .begin()?;
                        let mut foreach_batch_f = writer(path);
                        let mut print_output = __microbatch::ops::output::print(10);
                        let mut print_2_output = __microbatch::ops::output::print(10);
                        while engine.next_batch()?.is_some() {
                            let outcome = (|| -> __microbatch::Result<()> {
                                let lines = engine.receive(&mut lines)?;
                                let (window_2,) = engine
                                    .stage(
                                        "lines -> map -> window",
                                        &lines,
                                        |batch, (window_2,): &mut (_,)| {
                                            let batch = __microbatch::ops::map(batch, &shorten);
                                            __microbatch::ops::own(batch, window_2);
                                        },
                                    )?;
                                let window = __microbatch::ops::slide_blocks(
                                    engine,
                                    &mut window_state,
                                    &lines,
                                );
                                let (count,) = engine
                                    .stage(
                                        "window -> count",
                                        &window,
                                        |batch, (count,): &mut (_,)| {
                                            __microbatch::ops::count(batch, count);
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
                                let window_2 = __microbatch::ops::slide(
                                    engine,
                                    "window_2",
                                    &mut window_2_state,
                                    window_2,
                                )?;
                                let (print_2,) = engine
                                    .stage(
                                        "window_2 -> print",
                                        &window_2,
                                        |batch, (print_2,): &mut (_,)| {
                                            __microbatch::ops::output::output(
                                                batch,
                                                print_2,
                                                &print_2_output,
                                            );
                                        },
                                    )?;
                                let hours = __microbatch::ops::slide_blocks(
                                    engine,
                                    &mut hours_state,
                                    &lines,
                                );
                                let (foreach_batch,) = engine
                                    .stage(
                                        "hours -> foreach_batch",
                                        &hours,
                                        |batch, (foreach_batch,): &mut (_,)| {
                                            __microbatch::ops::collect(batch, foreach_batch);
                                        },
                                    )?;
                                engine.output("count.print", &mut print_output, print)?;
                                engine
                                    .output("window_2.print", &mut print_2_output, print_2)?;
                                let foreach_batch = engine
                                    .gather("foreach_batch", foreach_batch)?;
                                __microbatch::ops::output::foreach_batch(
                                    engine,
                                    "hours.foreach_batch",
                                    foreach_batch,
                                    &mut foreach_batch_f,
                                )?;
                                ::core::result::Result::Ok(())
                            })();
                            engine
                                .finish(
                                    outcome,
                                    &mut [
                                        &mut window_state,
                                        &mut window_2_state,
                                        &mut hours_state,
                                    ],
                                )?;
                        }
                        engine
                            .close(
                                &mut [
                                    &mut window_state,
                                    &mut window_2_state,
                                    &mut hours_state,
                                ],
                            )
                    },
                )
            }
        };
        pipeline
    };
}
