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
                        .stdin_text_stream(); lines.map(| x | x.unfinished) })
                    }
                };
                let mistake = ::core::compile_error!(
                    "this stream goes nowhere\nhelp: end it in an output operation such as `.print()`, or name it: `let name = …;`"
                );
                let mistake = ::core::compile_error!(
                    "a name is missing after `.`\nhelp: write a method or a field, for example `.len()`"
                );
                pipeline
            }
            #[cfg(not(rust_analyzer))]
            {
                let mistake = ::core::compile_error!(
                    "this stream goes nowhere\nhelp: end it in an output operation such as `.print()`, or name it: `let name = …;`"
                );
                let mistake = ::core::compile_error!(
                    "a name is missing after `.`\nhelp: write a method or a field, for example `.len()`"
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
