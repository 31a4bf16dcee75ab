//! What people read when they make a mistake: one message each, at their own tokens, with what to type instead. And every
//! way of writing a pipeline that must compile.

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
    cases.pass("tests/ui/pass/*.rs");
}
