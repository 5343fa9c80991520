//! Queries whose conditions are CQL: what the rules of types have no place for.

use crate::error::Error;
use crate::mapper::{Mapper, failed};
use crate::model::Model;
use crate::options::{Options, option_methods};
use crate::projection::{ColumnTuple, Projection};
use crate::query::{Columns, Shape, Verb};
use crate::select::Rows;
use crate::statements::Form;
use cql_driver::value::{BindRow, FromRow};
use futures::StreamExt as _;
use std::fmt;
use std::marker::PhantomData;

/// A query of model `M` with conditions that are written by hand: from [`ModelExt::raw`](crate::ModelExt::raw).
///
/// The text is what stands behind the table: `WHERE` and all that may follow. It is a constant of the program, so that
/// nothing of a user's gets into it; values are bound to its markers. The columns that are read are those of the model.
///
/// ```no_run
/// # use cql_mapper::prelude::*;
/// # #[derive(Model)]
/// # #[cql(keyspace = "iot", table = "readings")]
/// # struct Reading { #[cql(partition_key)] sensor: String, #[cql(clustering_key)] at: i64 }
/// # async fn example(db: Mapper) -> Result<(), cql_mapper::Error> {
/// let rows = Reading::raw("WHERE sensor = ? AND at > ? ORDER BY at DESC LIMIT 5", ("s1", 1_000_i64)).all(&db).await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a query does nothing before `all`, `first` or another of its ends is awaited"]
pub struct Raw<M, R, V> {
    shape: Shape,
    values: V,
    options: Options,
    of: PhantomData<fn() -> (M, R)>,
}

impl<M, R, V> fmt::Debug for Raw<M, R, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Raw").field("cql", &self.shape.cql()).finish_non_exhaustive()
    }
}

impl<M: Model, V: BindRow> Raw<M, M, V> {
    pub(crate) fn new(text: &'static str, values: V) -> Self {
        let shape = Shape { raw: Some(text), ..Shape::new(M::META, Verb::Select) };
        Raw { shape, values, options: Options::default(), of: PhantomData }
    }
}

impl<M: Model, R, V> Raw<M, R, V> {
    /// Reads rows as a struct with some of the columns.
    pub fn project<P: Projection<M>>(self) -> Raw<M, P, V> {
        let shape = Shape { columns: Columns::Listed(P::COLUMNS), ..self.shape };
        Raw { shape, values: self.values, options: self.options, of: PhantomData }
    }

    /// Reads rows as tuples of some of the columns.
    pub fn columns<T: ColumnTuple<M>>(self, columns: T) -> Raw<M, T::Row, V> {
        let _ = columns;
        let shape = Shape { columns: Columns::Chosen(T::indexes()), ..self.shape };
        Raw { shape, values: self.values, options: self.options, of: PhantomData }
    }

    /// The statement, as it is prepared in the keyspace that the model names. It holds no values.
    #[must_use]
    pub fn cql(&self) -> String {
        self.shape.cql()
    }

    option_methods!();
}

impl<M: Model, R: for<'r> FromRow<'r> + Send + 'static, V: BindRow + Sync> Raw<M, R, V> {
    /// All rows.
    ///
    /// # Errors
    /// See [`Error`]. What is no legal CQL is told by the server, when the statement is prepared.
    pub async fn all(self, db: &Mapper) -> Result<Vec<R>, Error> {
        let mut rows = self.stream(db).await?;
        let mut all = Vec::new();
        while let Some(row) = rows.next().await {
            all.push(row?);
        }
        Ok(all)
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// As [`Raw::all`].
    pub async fn first(self, db: &Mapper) -> Result<Option<R>, Error> {
        let statement = db.statement(Form::Shape(&self.shape)).await?;
        let result = db.run(M::META, &statement, &self.options, &self.values).await?;
        result.first_row().map_err(|error| failed(M::META, &statement, error))
    }

    /// The rows as a stream, pages being fetched ahead.
    ///
    /// # Errors
    /// As [`Raw::all`]. What fails later is an item of the stream, its last.
    pub async fn stream(self, db: &Mapper) -> Result<Rows<R>, Error> {
        let (pages, statement) = db.pages_of(&self.shape, &self.options, self.values).await?;
        Ok(Rows::new(pages, statement, M::META))
    }
}
