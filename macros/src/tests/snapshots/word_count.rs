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
                        ::core::default::Default::default()); let words = lines
                        .flat_map(| line | line.split(' ')); let counts = words.map(|
                        word | (word, 1u64)).reduce_by_key(| a, b | a + b); counts
                        .print(10); })
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
                        __microbatch::Step::new("words", "flat_map",
                        "|line| line.split(' ')", __microbatch::StepKind::Narrow, "", &
                        [0usize]), __microbatch::Step::new("", "map",
                        "|word| (word, 1u64)", __microbatch::StepKind::Narrow, "", &
                        [1usize]), __microbatch::Step::new("counts", "reduce_by_key",
                        "|a, b| a + b", __microbatch::StepKind::Shuffle,
                        "by key, combined first", & [2usize]),
                        __microbatch::Step::new("", "print", "",
                        __microbatch::StepKind::Output, "", & [3usize])
                        .recovers("counts.print", __microbatch::Recovery::AtLeastOnce),
                    ],
                    ::std::vec![
                        __microbatch::Stage::new("lines -> flat_map -> map -> reduce_by_key",
                        0usize, false, & [1usize, 2usize, 3usize]),
                        __microbatch::Stage::new("counts -> print", 3usize, false, &
                        [4usize]),
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
                        let mut print_output = __microbatch::ops::output::print(10);
                        while engine.next_batch()?.is_some() {
                            let outcome = (|| -> __microbatch::Result<()> {
                                let lines = engine.receive(&mut lines)?;
                                let (counts,) = engine
                                    .stage(
                                        "lines -> flat_map -> map -> reduce_by_key",
                                        &lines,
                                        |batch, (counts,): &mut (_,)| {
                                            let batch = __microbatch::ops::flat_map(
                                                batch,
                                                |line| line.split(' '),
                                            );
                                            let batch = __microbatch::ops::map(
                                                batch,
                                                |word| (word, 1u64),
                                            );
                                            __microbatch::ops::reduce_by_key(
                                                batch,
                                                counts,
                                                |a, b| a + b,
                                            );
                                        },
                                    )?;
                                let counts = engine.gather("counts", counts)?;
                                let (print,) = engine
                                    .stage(
                                        "counts -> print",
                                        &counts,
                                        |batch, (print,): &mut (_,)| {
                                            __microbatch::ops::output::output(
                                                batch,
                                                print,
                                                &print_output,
                                            );
                                        },
                                    )?;
                                engine.output("counts.print", &mut print_output, print)?;
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
