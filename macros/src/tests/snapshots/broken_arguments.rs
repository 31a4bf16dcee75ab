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
                        __mb::reference(| ssc : & __mb::Sources | { let pairs = ssc
                        .queue_stream([vec![(1u64, limit)]]); pairs.reduce_by_key(| a |
                        a).print(10); pairs.map(5).print(10); pairs.join(5).print(10);
                        pairs.count(1).print(10); })
                    }
                };
                let mistake = ::core::compile_error!(
                    "no option named `evry`\nhelp: did you mean `every`?"
                );
                let mistake = ::core::compile_error!(
                    "this closure of `reduce_by_key` takes 2 parameters, and has 1 parameter\nhelp: write `reduce_by_key(|a, b| c)`"
                );
                let mistake = ::core::compile_error!(
                    "`map` takes a closure here, not a value\nhelp: write `map(|record| …)`"
                );
                let mistake = ::core::compile_error!(
                    "`join` takes a stream here\nhelp: write `join(other)` with the name of a stream or a chain that starts at one"
                );
                let mistake = ::core::compile_error!(
                    "`count` takes no arguments, and got 1 argument\nhelp: write `count()`"
                );
                pipeline
            }
            #[cfg(not(rust_analyzer))]
            {
                let mistake = ::core::compile_error!(
                    "no option named `evry`\nhelp: did you mean `every`?"
                );
                let mistake = ::core::compile_error!(
                    "this closure of `reduce_by_key` takes 2 parameters, and has 1 parameter\nhelp: write `reduce_by_key(|a, b| c)`"
                );
                let mistake = ::core::compile_error!(
                    "`map` takes a closure here, not a value\nhelp: write `map(|record| …)`"
                );
                let mistake = ::core::compile_error!(
                    "`join` takes a stream here\nhelp: write `join(other)` with the name of a stream or a chain that starts at one"
                );
                let mistake = ::core::compile_error!(
                    "`count` takes no arguments, and got 1 argument\nhelp: write `count()`"
                );
                let _ = move || -> __mb::Result<()> {
                    mistake(::core::time::Duration::from_nanos(1000000000));
                    mistake([vec![(1u64, limit)]]);
                    mistake(|a| a);
                    mistake(5);
                    mistake(1);
                    ::core::result::Result::Ok(())
                };
                __mb::broken()
            }
        };
        pipeline
    };
}
