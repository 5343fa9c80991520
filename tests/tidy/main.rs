//! Checks what the compiler cannot: the direction of imports, sizes, dependencies and manners of the repository.
//!
//! Each check is a function from the repository's files to a list of violations, with a test on made-up files that
//! shows that it can fail. The tests here run them on the files as they are. What a check allows is a table at the top
//! of its file: a change of the rules is a change there, with its reason.

mod dependencies;
mod imports;
mod repository;
mod scenarios;
mod size;
mod source;
mod text;

use repository::{Repository, Violation};

fn assert_none(check: fn(&Repository) -> Vec<Violation>) -> std::io::Result<()> {
    let violations = check(&Repository::read()?);
    let list: String = violations.iter().map(|violation| format!("\n  {violation}")).collect();
    assert!(violations.is_empty(), "{} violations:{list}\n", violations.len());
    Ok(())
}

#[test]
fn imports_follow_the_layers() -> std::io::Result<()> {
    assert_none(imports::check)
}

#[test]
fn files_are_short() -> std::io::Result<()> {
    assert_none(size::check)
}

#[test]
fn crates_depend_on_what_they_may() -> std::io::Result<()> {
    assert_none(dependencies::check_allowed)
}

#[test]
fn dependencies_have_reasons() -> std::io::Result<()> {
    assert_none(dependencies::check_reasons)
}

#[test]
fn every_crate_inherits_the_lints() -> std::io::Result<()> {
    assert_none(dependencies::check_lints)
}

#[test]
fn files_say_what_they_are() -> std::io::Result<()> {
    assert_none(text::check_first_lines)
}

#[test]
fn unfinished_work_has_an_issue() -> std::io::Result<()> {
    assert_none(text::check_unfinished)
}

#[test]
fn no_file_names_a_place_on_one_machine() -> std::io::Result<()> {
    assert_none(text::check_machine_paths)
}

#[test]
fn scenarios_have_tests() -> std::io::Result<()> {
    assert_none(scenarios::check)
}
