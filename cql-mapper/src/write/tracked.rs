//! Rows that know what of them was changed: load, modify, save.

use super::conditions::Tested;
use super::settle::place_timestamp;
use super::update::conditional;
use crate::column::{Column, ColumnOf, TestColumn, ValueOf};
use crate::error::Error;
use crate::mapper::Mapper;
use crate::model::{ColumnRole, Insertable, Model, ModelMeta, Nulls, RowWriter, Writable};
use crate::options::{Options, option_methods};
use crate::query::{Clause, Op, Query, Term, Verb};
use crate::select::Select;
use crate::value::{Cell, TypeDef, split};
use cql_driver::types::{ColumnSpec, TableSpec};
use cql_driver::value::{BindError, ValuesWriter};
use cql_driver::{Lwt, ProtocolVersion};
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// A row with what it was when it was read. It is used as the row; [`Tracked::save`] writes what was changed.
///
/// What changed is found by comparing what the columns are stored as, so that the model needs neither `Clone` nor
/// `PartialEq`. Sets and maps change by what was added and removed, lists by what was put before and behind them; what
/// became `None` or empty is set to null. Nothing changed, nothing is sent.
///
/// ```no_run
/// # use cql_mapper::prelude::*;
/// # #[derive(Model)]
/// # #[cql(keyspace = "app", table = "users")]
/// # struct User { #[cql(partition_key)] id: i64, name: String, nick: Option<String> }
/// # async fn example(db: Mapper) -> Result<(), cql_mapper::Error> {
/// let mut user = User::find(7_i64).tracked(&db).await?;
/// user.name = "Ada".to_owned();
/// user.nick = None;
/// user.save().exec(&db).await?; // one UPDATE of two columns
/// assert!(!user.save().exec(&db).await?); // nothing is left to write
/// # Ok(())
/// # }
/// ```
pub struct Tracked<M> {
    row: M,
    /// The stored columns as they were, one `[value]` after the other.
    original: Vec<u8>,
}

impl<M> Deref for Tracked<M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.row
    }
}

impl<M> DerefMut for Tracked<M> {
    fn deref_mut(&mut self) -> &mut M {
        &mut self.row
    }
}

/// Shows the row as it is now.
impl<M: fmt::Debug> fmt::Debug for Tracked<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tracked").field(&self.row).finish()
    }
}

impl<M: Model, K: 'static> Select<M, M, K> {
    /// The row, if there is exactly one, with what it was.
    ///
    /// # Errors
    /// As [`Select::one`].
    pub async fn tracked(self, db: &Mapper) -> Result<Tracked<M>, Error>
    where
        M: Insertable,
        K: crate::key_state::Runnable,
    {
        Tracked::new(self.one(db).await?)
    }
}

impl<M: Insertable> Tracked<M> {
    /// A row that is stored as it is now.
    ///
    /// # Errors
    /// When a value is outside of what its column can hold.
    pub fn new(row: M) -> Result<Self, Error> {
        let original = encode(&row)?;
        Ok(Tracked { row, original })
    }

    /// The row.
    #[must_use]
    pub fn into_inner(self) -> M {
        self.row
    }

    /// The names of the columns that were changed.
    ///
    /// # Errors
    /// As [`Tracked::new`].
    pub fn changes(&self) -> Result<Vec<&'static str>, Error> {
        let now = encode(&self.row)?;
        let columns = M::META.stored().map(|(_, column)| column.name);
        let changed = split(&self.original).zip(split(&now)).zip(columns);
        Ok(changed.filter(|((old, new), _)| old != new).map(|(_, name)| name).collect())
    }

    /// Writes what was changed.
    pub fn save(&mut self) -> Save<'_, M> {
        Save { tracked: self, options: Options::default(), ttl: None, unchanged: Vec::new(), of: PhantomData }
    }
}

/// The columns of a row, as they are stored.
fn encode<M: Insertable>(row: &M) -> Result<Vec<u8>, Error> {
    let meta = M::META;
    let markers = markers(meta);
    let mut bytes = Vec::new();
    let mut values = ValuesWriter::new(&mut bytes, ProtocolVersion::V5);
    let written = row.write_row(&mut RowWriter::new(&mut values, &markers, Nulls::Write, false));
    written.map_err(|error: BindError| Error::Driver { cql: meta.table.to_owned(), error: error.into() })?;
    let _ = values.finish();
    // Behind the count.
    bytes.drain(..2);
    Ok(bytes)
}

fn markers(meta: &'static ModelMeta) -> Vec<ColumnSpec> {
    let table = Arc::new(TableSpec::new("", meta.table));
    let spec = |column: &crate::model::ColumnMeta| {
        ColumnSpec::new(Arc::clone(&table), column.name, column.type_def.column_type(""))
    };
    meta.stored().map(|(_, column)| spec(column)).collect()
}

/// Writes the changes of a row: from [`Tracked::save`].
#[must_use = "nothing is written before `exec` is awaited"]
pub struct Save<'t, M, T = ()> {
    tracked: &'t mut Tracked<M>,
    options: Options,
    ttl: Option<u32>,
    /// Columns that must be as they were.
    unchanged: Vec<u16>,
    of: PhantomData<fn() -> T>,
}

impl<M, T> fmt::Debug for Save<'_, M, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Save").finish_non_exhaustive()
    }
}

impl<'t, M: Insertable + Writable, T> Save<'t, M, T> {
    /// What is written is gone after so many seconds.
    pub fn ttl(mut self, seconds: u32) -> Self {
        self.ttl = Some(seconds);
        self
    }

    option_methods!();

    /// The statement and what the row is then, or `None` if there is nothing to write.
    fn statement(&mut self, has_unset: bool) -> Result<Option<(Query, Vec<u8>)>, Error> {
        let Tracked { row, original } = &mut *self.tracked;
        row.validate()?;
        let changed = encode(row)?;
        if difference(M::META, original, &changed, has_unset)?.is_none() {
            return Ok(None);
        }
        // What goes along with any change: it is written unless the caller changed it.
        let unchanged = |column: u16| {
            let at = M::META.stored().position(|(at, _)| at == column);
            at.is_none_or(|at| split(original).nth(at) == split(&changed).nth(at))
        };
        row.touch(&unchanged);
        if M::META.version.is_some_and(unchanged) {
            row.next_version();
        }
        let now = encode(row)?;
        let Some(mut query) = difference(M::META, original, &now, has_unset)? else { return Ok(None) };
        if let Some(seconds) = self.ttl {
            query.set_ttl(seconds);
        }
        for column in self.unchanged.iter().copied().chain(M::META.version) {
            let at = M::META.stored().position(|(at, _)| at == column);
            if let Some(value) = at.and_then(|at| split(original).nth(at)) {
                query.push_cell(Term { clause: Clause::If, column, op: Op::Eq }, value);
            }
        }
        Ok(Some((query, now)))
    }
}

impl<'t, M: Insertable + Writable> Save<'t, M> {
    /// Sets the write timestamp, in microseconds since the epoch, instead of the session's clock.
    pub fn timestamp(mut self, micros: i64) -> Self {
        self.options.timestamp = Some(micros);
        self
    }

    /// Writes only if a column holds what it held when the row was read.
    pub fn if_unchanged<C>(mut self, column: C) -> Save<'t, M, (Option<ValueOf<C>>,)>
    where
        C: Column + ColumnOf<M> + TestColumn,
    {
        let _ = column;
        self.unchanged.push(C::INDEX);
        let options = self.options.without_timestamp();
        Save { tracked: self.tracked, options, ttl: self.ttl, unchanged: self.unchanged, of: PhantomData }
    }

    /// Writes the changes, and says whether there were any.
    ///
    /// # Errors
    /// [`Error::KeyChanged`] when a column of the primary key was changed, and nothing is sent; [`Error::Outdated`] where
    /// the model has a `#[cql(version)]` and the row has another by now, and nothing is written; otherwise see [`Error`].
    ///
    /// # Cancel safety
    /// Dropping the future gives the request up; it may have been executed, and is written again by the next save.
    pub async fn exec(mut self, db: &Mapper) -> Result<bool, Error> {
        let is_versioned = M::META.version.is_some();
        let has_unset = super::insert::has_unset(db) && !is_versioned;
        let Some((mut query, now)) = self.statement(has_unset)? else { return Ok(false) };
        if is_versioned {
            // The server refuses a timestamp of the caller's there.
            self.options = self.options.without_timestamp();
            if !conditional::<()>(&query, &self.options, db).await?.is_applied() {
                return Err(Error::Outdated { table: M::META.table });
            }
        } else {
            place_timestamp(&mut query, &mut self.options);
            db.execute(&query, &self.options).await?;
        }
        self.tracked.original = now;
        Ok(true)
    }
}

impl<M: Insertable + Writable, A> Save<'_, M, (A,)>
where
    (A,): Tested,
{
    /// Writes the changes if the column is as it was, or gives what it holds.
    ///
    /// # Errors
    /// As [`Save::exec`] without a condition; [`Error::LwtUnknown`] when it is not known whether it was applied.
    ///
    /// # Cancel safety
    /// As there.
    pub async fn exec(mut self, db: &Mapper) -> Result<Lwt<(A,)>, Error> {
        // An UNSET beside a condition is fine, but a condition's statement is rare enough to have its own shape.
        let Some((query, now)) = self.statement(false)? else { return Ok(Lwt::Applied) };
        let outcome = conditional(&query, &self.options, db).await?;
        if outcome.is_applied() {
            self.tracked.original = now;
        }
        Ok(outcome)
    }
}

/// One UPDATE from what a row was to what it is; `None` if it is the same.
fn difference(
    meta: &'static ModelMeta,
    old: &[u8],
    new: &[u8],
    has_unset: bool,
) -> Result<Option<Query>, Error> {
    let columns: Vec<_> = meta.stored().zip(split(old).zip(split(new))).collect();
    let mut query = Query::new(meta, Verb::Update);
    let is_changed = |role: fn(ColumnRole) -> bool| {
        columns.iter().any(|((_, column), (old, new))| old != new && role(column.role))
    };
    if let Some(((_, column), _)) =
        columns.iter().find(|((_, column), (old, new))| old != new && column.role.is_key())
    {
        return Err(Error::KeyChanged { column: column.name });
    }
    let changes_row = is_changed(|role| role == ColumnRole::Regular);
    if !changes_row && !is_changed(|role| role == ColumnRole::Static) {
        return Ok(None);
    }
    for ((at, column), (old, new)) in &columns {
        let term = |op| Term { clause: Clause::Assign, column: *at, op };
        let is_scalar = !column.type_def.has_cells();
        match (old == new, column.role) {
            (_, ColumnRole::PartitionKey | ColumnRole::ClusteringKey) => {}
            // All scalars are in the statement, so that one shape does for whatever is changed.
            (true, ColumnRole::Regular) if is_scalar && has_unset && changes_row => {
                query.push_cell(term(Op::Set), Cell::Unset);
            }
            (true, _) => {}
            (false, _) => change(&mut query, (*at, &column.type_def), *old, *new),
        }
    }
    for at in meta.primary_key() {
        let is_needed = changes_row || meta.partition_key.contains(&at);
        let value = columns.iter().find(|((column, _), _)| *column == at).filter(|_| is_needed);
        if let Some((_, (_, new))) = value {
            query.push_cell(Term { clause: Clause::Where, column: at, op: Op::Eq }, *new);
        }
    }
    Ok(Some(query))
}

/// The assignments of one column: its parts where it has some that are written by themselves.
fn change(query: &mut Query, (at, type_def): (u16, &TypeDef), old: Cell<'_>, new: Cell<'_>) {
    let term = |op| Term { clause: Clause::Assign, column: at, op };
    let width = match type_def {
        TypeDef::Map(..) => 2,
        TypeDef::List(_) | TypeDef::Set(_) => 1,
        _ => return query.push_cell(term(Op::Set), new),
    };
    let Cell::Value(value) = new else { return query.push_cell(term(Op::Set), new) };
    let (old, new) = (parts(old, width), parts(Cell::Value(value), width));
    let write = |query: &mut Query, op, parts: &[&[&[u8]]], take: usize| {
        if !parts.is_empty() {
            query.push_encoded(term(op), &collection(parts, take));
        }
    };
    if matches!(type_def, TypeDef::List(_)) {
        let at = (0..=new.len().saturating_sub(old.len()))
            .find(|at| new.get(*at..at + old.len()) == Some(&old[..]));
        let Some(at) = at.filter(|_| new.len() >= old.len()) else {
            return query.push_cell(term(Op::Set), Cell::Value(value));
        };
        let slices: Vec<&[&[u8]]> = new.iter().map(Vec::as_slice).collect();
        write(query, Op::Prepend, slices.get(..at).unwrap_or_default(), 1);
        write(query, Op::Add, slices.get(at + old.len()..).unwrap_or_default(), 1);
        return;
    }
    let added: Vec<&[&[u8]]> = new.iter().filter(|part| !old.contains(part)).map(Vec::as_slice).collect();
    let removed: Vec<&[&[u8]]> = old
        .iter()
        .filter(|part| !new.iter().any(|other| other.first() == part.first()))
        .map(Vec::as_slice)
        .collect();
    write(query, Op::Add, &added, width);
    write(query, Op::Remove, &removed, 1);
}

/// The elements of a collection, or its entries with key and value.
fn parts(cell: Cell<'_>, width: usize) -> Vec<Vec<&[u8]>> {
    let Cell::Value(bytes) = cell else { return Vec::new() };
    let values: Vec<&[u8]> = split(bytes.get(4..).unwrap_or_default())
        .map(|cell| if let Cell::Value(value) = cell { value } else { &[] })
        .collect();
    values.chunks(width).map(<[&[u8]]>::to_vec).collect()
}

/// A collection of the first `take` of each part, with its length.
fn collection(parts: &[&[&[u8]]], take: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let number = |count: usize| i32::try_from(count).unwrap_or(i32::MAX).to_be_bytes();
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(&number(parts.len()));
    for value in parts.iter().flat_map(|part| part.iter().take(take)) {
        bytes.extend_from_slice(&number(value.len()));
        bytes.extend_from_slice(value);
    }
    let length = number(bytes.len() - 4);
    if let Some(start) = bytes.first_chunk_mut() {
        *start = length;
    }
    bytes
}
