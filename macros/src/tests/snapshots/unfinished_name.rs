fn main() {
    let pipeline = {
        use ::microbatch::__private as __mb;
        let mistake = ::core::compile_error!(
            "no operator named `fil`\nhelp: the operators are the methods of `microbatch::DStream`; for anything else there is `transform(|batch, time| …)`"
        );
        #[allow(unexpected_cfgs)]
        let pipeline = {
            #[cfg(rust_analyzer)]
            {
                let _ = ::core::time::Duration::from_nanos(1000000000);
                __mb::reference(|ssc: &__mb::Sources| {
                    let lines = ssc.stdin_text_stream();
                    lines.fil
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
