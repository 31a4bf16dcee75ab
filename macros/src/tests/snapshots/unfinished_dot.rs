fn main() {
    let pipeline = {
        use ::microbatch::__private as __mb;
        let mistake = ::core::compile_error!(
            "the name of an operator is missing after `.`\nhelp: write one, for example the operator `map(|record| …)`"
        );
        #[allow(unexpected_cfgs)]
        let pipeline = {
            #[cfg(rust_analyzer)]
            {
                let _ = ::core::time::Duration::from_nanos(1000000000);
                __mb::reference(|ssc: &__mb::Sources| {
                    let lines = ssc.stdin_text_stream();
                    lines.unfinished
                })
            }
            #[cfg(not(rust_analyzer))]
            {
                let _ = move || -> __mb::Result<()> {
                    mistake(::core::time::Duration::from_nanos(1000000000));
                    Ok(())
                };
                __mb::broken()
            }
        };
        pipeline
    };
}
