//! INSERT JSON: what a text has for the columns stands for values that are bound, one for each column of the table.

use crate::engine::problem::{self, Result};
use crate::engine::schema::{Column, Table};
use crate::engine::syntax::ast;
use crate::engine::terms::{self, Bindings, Receiver, Scope, Term};
use crate::engine::values;
use crate::request::Bound;
use cql_protocol::types::ColumnType;

/// The text, and what is meant by columns that it does not name.
#[derive(Debug)]
pub(super) struct JsonValues {
    text: Term,
    default_unset: bool,
}

impl JsonValues {
    pub(super) fn prepare(
        text: &ast::Term,
        default_unset: bool,
        table: &Table,
        scope: &mut Scope<'_>,
    ) -> Result<Self> {
        let text = terms::prepare(text, &Receiver::new("[json]", ColumnType::Text), scope)?;
        let json = JsonValues { text, default_unset };
        if let Term::Value(text) = &json.text {
            json.read(text.clone(), table)?;
        }
        Ok(json)
    }

    /// Terms for all columns.
    pub(super) fn terms<'a>(&self, table: &'a Table) -> Vec<(&'a Column, Term)> {
        let marker =
            |(at, column): (usize, &'a Column)| (column, Term::Marker(at, column.column_type.clone()));
        table.columns.iter().enumerate().map(marker).collect()
    }

    /// Values for these terms.
    pub(super) fn values(&self, table: &Table, bindings: Bindings<'_>) -> Result<Vec<Bound>> {
        self.read(self.text.evaluate(bindings)?, table)
    }

    fn read(&self, text: Bound, table: &Table) -> Result<Vec<Bound>> {
        let text = match &text {
            Bound::Value(text) => std::str::from_utf8(text).unwrap_or_default(),
            Bound::Unset => "",
            Bound::Null => return Err(problem::invalid("Got null for INSERT JSON values")),
        };
        let columns = table.columns.iter().map(|column| (&*column.name, &column.column_type));
        let values = values::json_columns(text, columns).map_err(problem::invalid)?;
        let value = |value| match value {
            Some(Some(value)) => Bound::Value(value),
            None if self.default_unset => Bound::Unset,
            Some(None) | None => Bound::Null,
        };
        Ok(values.into_iter().map(value).collect())
    }
}
