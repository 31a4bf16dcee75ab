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
                        .stdin_text_stream(); lines.unfinished })
                    }
                };
                let mistake = ::core::compile_error!(
                    "the name of an operator is missing after `.`\nhelp: write one, for example the operator `map(|record| …)`"
                );
                pipeline
            }
            #[cfg(not(rust_analyzer))]
            {
                let mistake = ::core::compile_error!(
                    "the name of an operator is missing after `.`\nhelp: write one, for example the operator `map(|record| …)`"
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
