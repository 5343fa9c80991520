//! What the compiler says about wrong uses: each mistake at its place, all of them at once, with what to change.

#[test]
fn mistakes_are_told_where_they_are() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
}
