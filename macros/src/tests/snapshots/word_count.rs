fn main() {
    let pipeline = {
        use ::microbatch::__private as __mb;
        #[allow(unexpected_cfgs)]
        let pipeline = {
            #[cfg(not(rust_analyzer))]
            {
                let plan = __mb::Plan::new(
                    vec![
                        __mb::Step::new("lines", "socket_text_stream",
                        "\"localhost\", 9999", __mb::StepKind::Source, "", & []),
                        __mb::Step::new("words", "flat_map", "|line| line.split(' ')",
                        __mb::StepKind::Narrow, "", & [0usize]), __mb::Step::new("",
                        "map", "|word| (word, 1u64)", __mb::StepKind::Narrow, "", &
                        [1usize]), __mb::Step::new("counts", "reduce_by_key",
                        "|a, b| a + b", __mb::StepKind::Shuffle,
                        "by key, combined first", & [2usize]), __mb::Step::new("",
                        "print", "", __mb::StepKind::Output, "", & [3usize]),
                    ],
                    vec![
                        __mb::Stage::new("lines -> flat_map -> map -> reduce_by_key",
                        0usize, false, & [1usize, 2usize, 3usize]),
                        __mb::Stage::new("counts -> print", 3usize, false, & [4usize]),
                    ],
                );
                __mb::Job::new(
                    ::core::module_path!(),
                    ::core::time::Duration::from_nanos(1000000000),
                    plan,
                    move |engine: &mut __mb::Engine| -> __mb::Result<()> {
                        let mut lines = engine
                            .open(
                                "lines",
                                __mb::ops::sources::socket_text_stream(
                                    "localhost",
                                    9999,
                                    ::core::default::Default::default(),
                                ),
                            )?;
                        let mut print_output = __mb::ops::output::print(10);
                        while engine.next_batch()?.is_some() {
                            let outcome = (|| -> __mb::Result<()> {
                                let lines = engine.receive(&mut lines)?;
                                let (counts,) = engine
                                    .stage(
                                        "lines -> flat_map -> map -> reduce_by_key",
                                        &lines,
                                        |batch, (counts,): &mut (_,)| {
                                            let batch = __mb::ops::flat_map(
                                                batch,
                                                |line| line.split(' '),
                                            );
                                            let batch = __mb::ops::map(batch, |word| (word, 1u64));
                                            __mb::ops::reduce_by_key(batch, counts, |a, b| a + b);
                                        },
                                    )?;
                                let counts = engine.gather("counts", counts)?;
                                let (print,) = engine
                                    .stage(
                                        "counts -> print",
                                        &counts,
                                        |batch, (print,): &mut (_,)| {
                                            __mb::ops::output::output(batch, print, &print_output);
                                        },
                                    )?;
                                engine.output("counts.print", &mut print_output, print)?;
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
                    let lines = ssc.socket_text_stream("localhost", 9999);
                    let words = lines.flat_map(|line| line.split(' '));
                    let counts = words
                        .map(|word| (word, 1u64))
                        .reduce_by_key(|a, b| a + b);
                    counts.print();
                })
            }
        };
        pipeline
    };
}
