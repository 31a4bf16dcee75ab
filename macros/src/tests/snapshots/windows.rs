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
                        .socket_text_stream("localhost", 9999,
                        ::core::default::Default::default()); let length = load_length();
                        lines.window(length,
                        ::core::time::Duration::from_nanos(10000000000)).count()
                        .print(10); let words = lines.flat_map(| line | line.split(' '))
                        .window(::core::time::Duration::from_nanos(30000000000),
                        ::core::time::Duration::from_nanos(10000000000)); words.count()
                        .print(10); lines.print(10); })
                    }
                };
                pipeline
            }
            #[cfg(not(rust_analyzer))]
            {
                use __mb as __microbatch;
                let plan = __microbatch::Plan::new(
                    ::std::vec![
                        __microbatch::Step::new("lines", "socket_text_stream",
                        "\"localhost\", 9999", __microbatch::StepKind::Source, "", & [])
                        .recovers("lines", __microbatch::Recovery::Logged),
                        __microbatch::Step::new("", "window", "length, 10s",
                        __microbatch::StepKind::Window,
                        "the last batches, kept as they are", & [0usize])
                        .recovers("window", __microbatch::Recovery::Checkpointed),
                        __microbatch::Step::new("", "count", "",
                        __microbatch::StepKind::Shuffle, "one number", & [1usize]),
                        __microbatch::Step::new("", "print", "",
                        __microbatch::StepKind::Output, "", & [2usize])
                        .recovers("count.print", __microbatch::Recovery::AtLeastOnce),
                        __microbatch::Step::new("", "flat_map", "|line| line.split(' ')",
                        __microbatch::StepKind::Narrow, "", & [0usize]),
                        __microbatch::Step::new("words", "window", "30s, 10s",
                        __microbatch::StepKind::Window,
                        "the last batches, kept as they are; 3 panes of 10s", & [4usize])
                        .recovers("words", __microbatch::Recovery::Checkpointed),
                        __microbatch::Step::new("", "count", "",
                        __microbatch::StepKind::Shuffle, "one number", & [5usize]),
                        __microbatch::Step::new("", "print", "",
                        __microbatch::StepKind::Output, "", & [6usize])
                        .recovers("count_2.print", __microbatch::Recovery::AtLeastOnce),
                        __microbatch::Step::new("", "print", "",
                        __microbatch::StepKind::Output, "", & [0usize])
                        .recovers("lines.print", __microbatch::Recovery::AtLeastOnce),
                    ],
                    ::std::vec![
                        __microbatch::Stage::new("lines -> { flat_map -> window, print }",
                        0usize, false, & [4usize, 5usize, 8usize]),
                        __microbatch::Stage::new("window -> count", 1usize, false, &
                        [2usize]), __microbatch::Stage::new("count -> print", 2usize,
                        false, & [3usize]), __microbatch::Stage::new("words -> count",
                        5usize, false, & [6usize]),
                        __microbatch::Stage::new("count_2 -> print", 6usize, false, &
                        [7usize]),
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
                                __microbatch::ops::sources::socket_text_stream(
                                    "localhost",
                                    9999,
                                    ::core::default::Default::default(),
                                ),
                            )?;
                        let length = load_length();
                        let window_shape = engine
                            .window(
                                "window",
                                engine.every(),
                                {
                                    let duration: ::core::time::Duration = length;
                                    duration
                                },
                                ::core::time::Duration::from_nanos(10000000000),
                            )?;
                        let mut window_state = engine
                            .remember(
                                "window",
                                __microbatch::ops::windows::window(&window_shape),
                            )
                            .begin()?;
                        let words_shape = engine
                            .window(
                                "words",
                                engine.every(),
                                ::core::time::Duration::from_nanos(30000000000),
                                ::core::time::Duration::from_nanos(10000000000),
                            )?;
                        let mut words_state = engine
                            .remember(
                                "words",
                                __microbatch::ops::windows::window(&words_shape),
                            )
                            .begin()?;
                        let mut print_output = __microbatch::ops::output::print(10);
                        let mut print_2_output = __microbatch::ops::output::print(10);
                        let mut print_3_output = __microbatch::ops::output::print(10);
                        while engine.next_batch()?.is_some() {
                            let outcome = (|| -> __microbatch::Result<()> {
                                let lines = engine.receive(&mut lines)?;
                                let (words, print_3) = engine
                                    .stage(
                                        "lines -> { flat_map -> window, print }",
                                        &lines,
                                        |batch, (words, print_3): &mut (_, _)| {
                                            __microbatch::ops::for_each(
                                                batch,
                                                |records| {
                                                    {
                                                        let batch = __microbatch::ops::share(records);
                                                        let batch = __microbatch::ops::flat_map(
                                                            batch,
                                                            |line| line.split(' '),
                                                        );
                                                        __microbatch::ops::own(batch, words);
                                                    }
                                                    {
                                                        let batch = __microbatch::ops::hand_over(records);
                                                        __microbatch::ops::output::output(
                                                            batch,
                                                            print_3,
                                                            &print_3_output,
                                                        );
                                                    }
                                                },
                                            );
                                        },
                                    )?;
                                let window = __microbatch::ops::slide_blocks(
                                    engine,
                                    &mut window_state,
                                    &lines,
                                );
                                engine.at(window_shape.slide);
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
                                engine.at(engine.every());
                                let words = __microbatch::ops::slide(
                                    engine,
                                    "words",
                                    &mut words_state,
                                    words,
                                )?;
                                engine.at(window_shape.slide);
                                let (count_2,) = engine
                                    .stage(
                                        "words -> count",
                                        &words,
                                        |batch, (count_2,): &mut (_,)| {
                                            __microbatch::ops::count(batch, count_2);
                                        },
                                    )?;
                                let count_2 = engine.gather("count_2", count_2)?;
                                let (print_2,) = engine
                                    .stage(
                                        "count_2 -> print",
                                        &count_2,
                                        |batch, (print_2,): &mut (_,)| {
                                            __microbatch::ops::output::output(
                                                batch,
                                                print_2,
                                                &print_2_output,
                                            );
                                        },
                                    )?;
                                engine.output("count.print", &mut print_output, print)?;
                                engine
                                    .output("count_2.print", &mut print_2_output, print_2)?;
                                engine.at(engine.every());
                                engine.output("lines.print", &mut print_3_output, print_3)?;
                                ::core::result::Result::Ok(())
                            })();
                            engine
                                .finish(
                                    outcome,
                                    &mut [&mut window_state, &mut words_state],
                                )?;
                        }
                        engine.close(&mut [&mut window_state, &mut words_state])
                    },
                )
            }
        };
        pipeline
    };
}
