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
                        __mb::reference(| ssc : & __mb::Sources | { ssc
                        .stdin_text_stream().print(10); })
                    }
                };
                let mistake = ::core::compile_error!(
                    "`exactly_one` is not a guarantee\nhelp: did you mean `exactly_once`?"
                );
                pipeline
            }
            #[cfg(not(rust_analyzer))]
            {
                let mistake = ::core::compile_error!(
                    "`exactly_one` is not a guarantee\nhelp: did you mean `exactly_once`?"
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
