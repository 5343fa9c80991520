//! What can be executed: text, prepared statements, batches; and the options they share.

mod batch;
mod options;
mod prepared;
mod simple;

pub use batch::{Batch, BatchType};
pub(crate) use batch::{BatchContents, EntryStatement};
pub(crate) use options::{Options, RareOptions};
pub use prepared::PreparedStatement;
pub(crate) use prepared::{Prepared, Source};
pub use simple::Statement;

/// Anything [`crate::Session::execute`] takes: text, a [`Statement`] or a [`PreparedStatement`], owned or borrowed.
pub trait Executable: sealed::Sealed + Send + Sync {
    #[doc(hidden)]
    fn as_executable(&self) -> sealed::Ref<'_>;
}

pub(crate) use sealed::Ref as StatementRef;

#[allow(unnameable_types, reason = "that is what sealing is")]
mod sealed {
    use super::{Options, PreparedStatement};

    /// Keeps the list of executable things this crate's.
    pub trait Sealed {}

    /// A borrowed view on any of them.
    #[derive(Debug, Clone, Copy)]
    #[non_exhaustive]
    pub enum Ref<'a> {
        Text(&'a str, &'a Options),
        Prepared(&'a PreparedStatement),
    }
}

impl<'a> StatementRef<'a> {
    /// The CQL.
    pub(crate) fn text(self) -> &'a str {
        match self {
            StatementRef::Text(text, _) => text,
            StatementRef::Prepared(prepared) => prepared.text(),
        }
    }
}

impl sealed::Sealed for str {}
impl Executable for str {
    fn as_executable(&self) -> StatementRef<'_> {
        StatementRef::Text(self, Options::DEFAULT)
    }
}

impl sealed::Sealed for String {}
impl Executable for String {
    fn as_executable(&self) -> StatementRef<'_> {
        self.as_str().as_executable()
    }
}

impl sealed::Sealed for Statement {}
impl Executable for Statement {
    fn as_executable(&self) -> StatementRef<'_> {
        StatementRef::Text(self.text(), self.options())
    }
}

impl sealed::Sealed for PreparedStatement {}
impl Executable for PreparedStatement {
    fn as_executable(&self) -> StatementRef<'_> {
        StatementRef::Prepared(self)
    }
}

impl<S: sealed::Sealed + ?Sized> sealed::Sealed for &S {}
impl<S: Executable + ?Sized> Executable for &S {
    fn as_executable(&self) -> StatementRef<'_> {
        (**self).as_executable()
    }
}
