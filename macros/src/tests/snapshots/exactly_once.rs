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
                        ::core::default::Default::default()); let counts = lines.map(|
                        line | (line.len(), 1u64)).update_state_by_key(| ones, sum |
                        Some(sum.unwrap_or(0) + ones.len())); counts
                        .save_as_text_files("counts", ""); })
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
                            "\"localhost\", 9999", __microbatch::StepKind::Source, "", &
                            []).recovers("lines", __microbatch::Recovery::Logged),
                            __microbatch::Step::new("", "map",
                            "|line| (line.len(), 1u64)", __microbatch::StepKind::Narrow,
                            "", & [0usize]), __microbatch::Step::new("counts",
                            "update_state_by_key",
                            "|ones, sum| Some(sum.unwrap_or(0) + ones.len())",
                            __microbatch::StepKind::Stateful,
                            "by key; all keys in each batch; MAY GROW WITHOUT BOUND: no timeout, and no key is removed",
                            & [1usize]).recovers("counts",
                            __microbatch::Recovery::Checkpointed),
                            __microbatch::Step::new("", "save_as_text_files",
                            "\"counts\"", __microbatch::StepKind::Output,
                            "written aside, renamed after the commit", & [2usize])
                            .recovers("counts.save_as_text_files",
                            __microbatch::Recovery::ExactlyOnce),
                        ],
                        ::std::vec![
                            __microbatch::Stage::new("lines -> map -> update_state_by_key",
                            0usize, false, & [1usize, 2usize]),
                            __microbatch::Stage::new("counts -> save_as_text_files",
                            2usize, false, & [3usize]),
                        ],
                    )
                    .requiring_exactly_once();
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
                        let mut counts_state = engine
                            .remember(
                                "counts",
                                __microbatch::ops::states::update_state_by_key(),
                            )
                            .begin()?;
                        let mut save_as_text_files_output = __microbatch::ops::output::save_as_text_files(
                            "counts",
                            "",
                        );
                        while engine.next_batch()?.is_some() {
                            let outcome = (|| -> __microbatch::Result<()> {
                                let lines = engine.receive(&mut lines)?;
                                let (counts,) = engine
                                    .stage(
                                        "lines -> map -> update_state_by_key",
                                        &lines,
                                        |batch, (counts,): &mut (_,)| {
                                            let batch = __microbatch::ops::map(
                                                batch,
                                                |line| (line.len(), 1u64),
                                            );
                                            __microbatch::ops::exchange(batch, counts);
                                        },
                                    )?;
                                let (counts, _) = __microbatch::ops::update_state_by_key(
                                    engine,
                                    "counts",
                                    &mut counts_state,
                                    engine.gather("counts", counts)?,
                                    |ones, sum| Some(sum.unwrap_or(0) + ones.len()),
                                )?;
                                let (save_as_text_files,) = engine
                                    .stage(
                                        "counts -> save_as_text_files",
                                        &counts,
                                        |batch, (save_as_text_files,): &mut (_,)| {
                                            __microbatch::ops::output::output(
                                                batch,
                                                save_as_text_files,
                                                &save_as_text_files_output,
                                            );
                                        },
                                    )?;
                                engine
                                    .output(
                                        "counts.save_as_text_files",
                                        &mut save_as_text_files_output,
                                        save_as_text_files,
                                    )?;
                                ::core::result::Result::Ok(())
                            })();
                            engine.finish(outcome, &mut [&mut counts_state])?;
                        }
                        engine.close(&mut [&mut counts_state])
                    },
                )
            }
        };
        pipeline
    };
}
