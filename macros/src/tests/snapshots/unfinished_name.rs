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
                        .stdin_text_stream(); lines.fil })
                    }
                };
                let mistake = ::core::compile_error!(
                    "no operator named `fil`\nhelp: the operators are the methods of `microbatch::DStream`; for anything else there is `transform(|batch, time| …)`"
                );
                pipeline
            }
            #[cfg(not(rust_analyzer))]
            {
                let mistake = ::core::compile_error!(
                    "no operator named `fil`\nhelp: the operators are the methods of `microbatch::DStream`; for anything else there is `transform(|batch, time| …)`"
                );
                let _ = move || -> __mb::Result<()> {
                    mistake(::core::time::Duration::from_nanos(1000000000));
                    ::core::result::Result::Ok(())
                };
                __mb::broken()
            }
        };
        pipeline
    };
}
