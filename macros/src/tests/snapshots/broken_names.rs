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
                        .sockettextstream("localhost", 9999); let words = lines.flatMap(|
                        line | line.split(' ')); wrods.print(10); words.union(others)
                        .print(10); })
                    }
                };
                let mistake = ::core::compile_error!(
                    "no source named `sockettextstream`\nhelp: did you mean `socket_text_stream`?"
                );
                let mistake = ::core::compile_error!(
                    "no operator named `flatMap`\nhelp: did you mean `flat_map`?"
                );
                let mistake = ::core::compile_error!(
                    "no stream named `wrods`\nhelp: did you mean `words`?"
                );
                let mistake = ::core::compile_error!(
                    "no stream named `others`\nhelp: define it first: `let name = …;`"
                );
                pipeline
            }
            #[cfg(not(rust_analyzer))]
            {
                let mistake = ::core::compile_error!(
                    "no source named `sockettextstream`\nhelp: did you mean `socket_text_stream`?"
                );
                let mistake = ::core::compile_error!(
                    "no operator named `flatMap`\nhelp: did you mean `flat_map`?"
                );
                let mistake = ::core::compile_error!(
                    "no stream named `wrods`\nhelp: did you mean `words`?"
                );
                let mistake = ::core::compile_error!(
                    "no stream named `others`\nhelp: define it first: `let name = …;`"
                );
                let _ = move || -> __mb::Result<()> {
                    mistake(::core::time::Duration::from_nanos(1000000000));
                    mistake("localhost");
                    mistake(9999);
                    mistake(|line| line.split(' '));
                    ::core::result::Result::Ok(())
                };
                __mb::broken()
            }
        };
        pipeline
    };
}
