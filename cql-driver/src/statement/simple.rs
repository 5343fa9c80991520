//! A statement as text, with options.

use super::options::{Options, keyspace_methods, option_methods, paging_methods};

/// CQL text with options, sent as it is and parsed by the server each time.
///
/// For text without options a `&str` does as well. Prepare what runs often.
///
/// ```
/// use cql_driver::{Consistency, Statement};
///
/// let statement = Statement::new("SELECT * FROM ks.t").with_consistency(Consistency::Quorum);
/// assert_eq!(statement.text(), "SELECT * FROM ks.t");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    text: Box<str>,
    pub(super) options: Options,
}

impl Statement {
    /// A statement with default options.
    #[must_use]
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Statement { text: text.into(), options: Options::default() }
    }

    /// The CQL.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    option_methods!();
    keyspace_methods!();
    paging_methods!();
}

impl<T: Into<Box<str>>> From<T> for Statement {
    fn from(text: T) -> Self {
        Statement::new(text)
    }
}
