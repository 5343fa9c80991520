//! What the compiler says where a model, or what is done with one, is wrong.

/// Each file has several mistakes; what is said of each is in the file beside it.
#[test]
fn mistakes_are_told_where_they_are() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
}
