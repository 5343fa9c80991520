//! What destroys data. Each function takes the table's name once more, so that nothing is lost by a slip of the type.

use crate::error::Error;
use crate::mapper::Mapper;
use crate::model::Model;
use cql_driver::types::Identifier;

/// Drops a model's table with all that is in it.
///
/// # Errors
/// [`Error::OtherTable`] when `table` is not the name of the model's table; otherwise see [`Error`].
///
/// # Cancel safety
/// The table may have been dropped.
pub async fn drop_table<M: Model>(db: &Mapper, table: &str) -> Result<(), Error> {
    execute::<M>(db, "DROP TABLE", table).await
}

/// Removes all rows of a model's table.
///
/// # Errors
/// As [`drop_table`].
///
/// # Cancel safety
/// The rows may have been removed.
pub async fn truncate<M: Model>(db: &Mapper, table: &str) -> Result<(), Error> {
    execute::<M>(db, "TRUNCATE TABLE", table).await
}

async fn execute<M: Model>(db: &Mapper, what: &str, table: &str) -> Result<(), Error> {
    if table != M::META.table {
        return Err(Error::OtherTable { table: M::META.table, given: table.to_owned() });
    }
    let keyspace = db.keyspace_of(M::META)?;
    let cql = format!("{what} {}.{}", Identifier(&keyspace), Identifier(table));
    db.session().execute(&cql, ()).await.map_err(|error| Error::Driver { cql, error })?;
    Ok(())
}
