fn main() {
    let pipeline = {
        use ::microbatch::__private as __mb;
        #[allow(unexpected_cfgs)]
        let pipeline = {
            #[cfg(rust_analyzer)]
            {
                let pipeline = {
                    __mb::as_written! {
                        let _ = ::core::time::Duration::from_nanos(0); let _ =
                        ::core::time::Duration::from_nanos(0); __mb::reference(| ssc : &
                        __mb::Sources | { let lines = ssc.stdin_text_stream(); let lines
                        = lines.map(| line | line.len()); let unused = lines.map(| n | n
                        + 1); if debug { lines.print(10); } lines.print(10).count();
                        lines.distinct(); })
                    }
                };
                let mistake = ::core::compile_error!(
                    "the batch interval is zero\nhelp: write a duration above zero, for example `1s`"
                );
                let mistake = ::core::compile_error!(
                    "the option `every` is given twice\nhelp: remove one of them"
                );
                let mistake = ::core::compile_error!(
                    "the stream `lines` is defined twice (first on line 2)\nhelp: give this one a name of its own"
                );
                let mistake = ::core::compile_error!(
                    "the stream `unused` is never used\nhelp: remove it, or write it out: `unused.print();`"
                );
                let mistake = ::core::compile_error!(
                    "`lines` is a stream, and ordinary Rust cannot use it: the shape of a pipeline is fixed when it is compiled\nhelp: move the `if` into a closure, for example `.filter(|_| condition)`, or around two pipelines"
                );
                let mistake = ::core::compile_error!(
                    "`print` is an output operation and ends its chain; nothing can follow it\nhelp: name the stream first: `let stream = …;`, then `stream.print(…);` and `stream.count(…)`"
                );
                let mistake = ::core::compile_error!(
                    "this stream goes nowhere\nhelp: end it in an output operation such as `.print()`, or name it: `let name = …;`"
                );
                pipeline
            }
            #[cfg(not(rust_analyzer))]
            {
                let mistake = ::core::compile_error!(
                    "the batch interval is zero\nhelp: write a duration above zero, for example `1s`"
                );
                let mistake = ::core::compile_error!(
                    "the option `every` is given twice\nhelp: remove one of them"
                );
                let mistake = ::core::compile_error!(
                    "the stream `lines` is defined twice (first on line 2)\nhelp: give this one a name of its own"
                );
                let mistake = ::core::compile_error!(
                    "the stream `unused` is never used\nhelp: remove it, or write it out: `unused.print();`"
                );
                let mistake = ::core::compile_error!(
                    "`lines` is a stream, and ordinary Rust cannot use it: the shape of a pipeline is fixed when it is compiled\nhelp: move the `if` into a closure, for example `.filter(|_| condition)`, or around two pipelines"
                );
                let mistake = ::core::compile_error!(
                    "`print` is an output operation and ends its chain; nothing can follow it\nhelp: name the stream first: `let stream = …;`, then `stream.print(…);` and `stream.count(…)`"
                );
                let mistake = ::core::compile_error!(
                    "this stream goes nowhere\nhelp: end it in an output operation such as `.print()`, or name it: `let name = …;`"
                );
                let _ = move || -> __mb::Result<()> {
                    mistake(::core::time::Duration::from_nanos(0));
                    mistake(::core::time::Duration::from_nanos(0));
                    mistake(|line| line.len());
                    mistake(|n| n + 1);
                    ::core::result::Result::Ok(())
                };
                __mb::broken()
            }
        };
        pipeline
    };
}
