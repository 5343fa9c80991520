//! A CQL engine, as far as it is built: the front end, which reads statements. What executes them is to come.

mod syntax;

pub use syntax::SyntaxError;

/// Checks that a text is a CQL statement of Cassandra's, and counts its bind markers. Nothing is looked up: whether tables
/// and columns are there is no matter of the text.
///
/// ```
/// use cql_testkit::engine::check_syntax;
///
/// assert_eq!(check_syntax("SELECT v FROM ks.t WHERE id = ? LIMIT :rows"), Ok(2));
/// let error = check_syntax("SELECT v FORM ks.t").unwrap_err();
/// assert_eq!((error.line(), error.column()), (1, 9));
/// ```
///
/// # Errors
/// When it is none: where it ceases to be one, and why.
pub fn check_syntax(text: &str) -> Result<usize, SyntaxError> {
    syntax::parse(text).map(|parsed| parsed.markers.len())
}
