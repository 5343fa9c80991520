//! A session with what models need besides: the statements prepared so far, and the keyspace.

use crate::error::Error;
use crate::model::ModelMeta;
use crate::options::Options;
use crate::query::{Columns, Marker, Query, Shape, Text, Verb};
use crate::statements::{Fixed, Form, Of, Statement, Statements};
use cql_driver::error::ErrorKind;
use cql_driver::response::{ErrorDetails, WriteType};
use cql_driver::types::ColumnSpec;
use cql_driver::value::{BindError, BindRow, Problem, ValuesWriter};
use cql_driver::{Pages, QueryResult, Session};
use std::sync::Arc;

/// What models are read and written through: a session, the statements that were prepared for them, and where they are.
///
/// Clones are cheap and share the statements. There is nothing global: another cluster is another mapper, another
/// keyspace or profile is `db.keyspace("..")` or `db.profile("..")`.
///
/// ```no_run
/// # async fn example(session: cql_driver::Session) {
/// use cql_mapper::Mapper;
///
/// let db = Mapper::new(session);
/// let of_tenant = db.keyspace("tenant_a");
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Mapper {
    session: Session,
    statements: Arc<Statements>,
    keyspace: Option<Arc<str>>,
    profile: Option<Arc<str>>,
    #[cfg(feature = "mock")]
    told: Option<Arc<dyn Told>>,
}

/// Who is told of statements before they are prepared.
#[cfg(feature = "mock")]
pub(crate) trait Told: Send + Sync + std::fmt::Debug {
    fn statement(&self, shape: &Shape, text: &Text, keyspace: &str);
}

impl Mapper {
    /// A mapper over a session.
    #[must_use]
    pub fn new(session: Session) -> Self {
        Mapper {
            session,
            statements: Arc::default(),
            keyspace: None,
            profile: None,
            #[cfg(feature = "mock")]
            told: None,
        }
    }

    /// The same, with somebody who is told of statements.
    #[cfg(feature = "mock")]
    pub(crate) fn telling(self, told: Arc<dyn Told>) -> Self {
        Mapper { told: Some(told), ..self }
    }

    /// The same for models in that keyspace, whatever keyspace they name themselves.
    #[must_use]
    pub fn keyspace(&self, name: impl Into<Arc<str>>) -> Self {
        Mapper { keyspace: Some(name.into()), ..self.clone() }
    }

    /// The same with another execution profile than the session's default one.
    #[must_use]
    pub fn profile(&self, name: impl Into<Arc<str>>) -> Self {
        Mapper { profile: Some(name.into()), ..self.clone() }
    }

    /// The same with room for so many prepared statements, and none prepared yet. Default: 1000.
    ///
    /// Each shape of a query is one: the table, the columns and the conditions, not the values. When there are more, the
    /// one that was not used for longest is forgotten, and a warning says so once.
    #[must_use]
    pub fn with_statements(&self, bound: usize) -> Self {
        Mapper { statements: Arc::new(Statements::new(bound)), ..self.clone() }
    }

    /// The session.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// How many statements have been prepared, and how many of those were forgotten.
    #[must_use]
    pub fn statement_counts(&self) -> (u64, u64) {
        self.statements.counts()
    }

    /// The keyspace of a model's table.
    pub(crate) fn keyspace_of(&self, meta: &'static ModelMeta) -> Result<Arc<str>, Error> {
        match (&self.keyspace, meta.keyspace) {
            (Some(keyspace), _) => Ok(Arc::clone(keyspace)),
            (None, Some(keyspace)) => Ok(keyspace.into()),
            (None, None) => self.session.keyspace().ok_or(Error::NoKeyspace { table: meta.table }),
        }
    }

    /// The statement that every model has, if it was prepared and its keyspace is said by the mapper or the model.
    #[inline]
    pub(crate) fn fixed(&self, of: Of, fixed: Fixed) -> Option<&Statement> {
        self.statements.fixed(of, fixed, self.keyspace.as_ref())
    }

    /// The prepared statement of a form, if there is one and its keyspace is said by the mapper or the model.
    fn known(&self, form: Form<'_>) -> Option<Arc<Statement>> {
        let keyspace = self.keyspace.as_deref().or(form.meta().keyspace)?;
        self.statements.get(form, keyspace)
    }

    /// The prepared statement of a form.
    pub(crate) async fn statement(&self, form: Form<'_>) -> Result<Arc<Statement>, Error> {
        if let Some(known) = self.known(form) {
            return Ok(known);
        }
        let keyspace = self.keyspace_of(form.meta())?;
        let statement = match self.statements.get(form, &keyspace) {
            Some(known) => known,
            None => self.prepare(form, &keyspace).await?,
        };
        // Where the session says the keyspace, it may say another one later.
        let is_said = self.keyspace.is_some() || form.meta().keyspace.is_some();
        if let (Form::Fixed(of, fixed), true) = (form, is_said) {
            self.statements.place(of, fixed, self.keyspace.as_ref(), &statement);
        }
        Ok(statement)
    }

    async fn prepare(&self, form: Form<'_>, keyspace: &str) -> Result<Arc<Statement>, Error> {
        let shape = form.shape();
        let text = Text::of(&shape, Some(keyspace));
        #[cfg(feature = "mock")]
        if let Some(told) = &self.told {
            told.statement(&shape, &text, keyspace);
        }
        let prepared = self.session.prepare(&text.cql).await;
        let prepared = prepared.map_err(|error| Error::Driver { cql: text.cql.clone(), error })?;
        let prepared = prepared.with_idempotent(shape.is_idempotent());
        check(shape.meta, &text.markers, prepared.bind_columns())?;
        let is_conditional = shape.is_conditional();
        let statement = Arc::new(Statement { prepared, cql: text.cql.into(), is_conditional });
        Ok(self.statements.insert(form, keyspace, statement))
    }

    /// Executes a query with the values it has.
    pub(crate) async fn execute(
        &self,
        query: &Query,
        options: &Options,
    ) -> Result<(QueryResult, Arc<Statement>), Error> {
        ready(query)?;
        let statement = self.statement(Form::Shape(&query.shape)).await?;
        let result = self.run(query.shape.meta, &statement, options, &Bound(query)).await?;
        Ok((result, statement))
    }

    /// Whether a prepared statement is executed as it is.
    #[inline]
    pub(crate) fn is_plain(&self, options: &Options) -> bool {
        options.is_default() && self.profile.is_none()
    }

    /// Executes a statement with values that come from elsewhere.
    pub(crate) async fn run(
        &self,
        meta: &'static ModelMeta,
        statement: &Statement,
        options: &Options,
        values: &(dyn BindRow + Sync),
    ) -> Result<QueryResult, Error> {
        let executed = if self.is_plain(options) {
            self.session.execute(&statement.prepared, ByRef(values)).await
        } else {
            let prepared = options.apply(statement.prepared.clone(), self.profile.as_ref());
            self.session.execute(&prepared, ByRef(values)).await
        };
        executed.map_err(|error| failed(meta, statement, error))
    }

    /// The pages of a query.
    pub(crate) async fn pages(
        &self,
        query: &Query,
        options: &Options,
    ) -> Result<(Pages, Arc<Statement>), Error> {
        ready(query)?;
        self.pages_of(&query.shape, options, Bound(query)).await
    }

    /// The pages of a statement with values that come from elsewhere.
    pub(crate) async fn pages_of(
        &self,
        shape: &Shape,
        options: &Options,
        values: impl BindRow,
    ) -> Result<(Pages, Arc<Statement>), Error> {
        let statement = self.statement(Form::Shape(shape)).await?;
        let prepared = options.apply(statement.prepared.clone(), self.profile.as_ref());
        let pages = self.session.pages(&prepared, values);
        let pages = pages.map_err(|error| failed(shape.meta, &statement, error))?;
        Ok((pages, statement))
    }

    pub(crate) fn profile_name(&self) -> Option<&Arc<str>> {
        self.profile.as_ref()
    }
}

/// Checks what was found wrong while the query was built.
pub(crate) fn ready(query: &Query) -> Result<(), Error> {
    if let Some(seconds) = query.too_long {
        return Err(Error::Ttl { seconds });
    }
    match &query.failed {
        Some(error) => Err(Error::Value { table: query.shape.meta.table, error: error.clone() }),
        None => Ok(()),
    }
}

/// Checks that the columns have the types that the model says.
fn check(meta: &'static ModelMeta, markers: &[Marker], columns: &[ColumnSpec]) -> Result<(), Error> {
    let table = meta.table;
    for (marker, column) in markers.iter().zip(columns) {
        if let Some(expected) = marker.type_def.filter(|expected| !expected.fits(column.column_type())) {
            let found = column.column_type().to_string();
            return Err(Error::SchemaMismatch {
                table,
                column: marker.name,
                expected: expected.to_string(),
                found,
            });
        }
    }
    Ok(())
}

/// An error of the driver with the statement; what leaves a conditional statement's outcome open is told apart.
pub(crate) fn failed(meta: &'static ModelMeta, statement: &Statement, error: cql_driver::Error) -> Error {
    failed_with(meta, &statement.cql, statement.is_conditional, error)
}

/// The same with its text.
#[cold]
pub(crate) fn failed_with(
    meta: &'static ModelMeta,
    cql: &str,
    is_conditional: bool,
    error: cql_driver::Error,
) -> Error {
    let is_open = match error.kind() {
        ErrorKind::Server(server) => {
            let is_of_condition = |write_type: &WriteType| *write_type == WriteType::CAS;
            match &server.details {
                ErrorDetails::CasWriteUnknown { .. } => true,
                ErrorDetails::WriteTimeout { write_type, .. } => is_of_condition(write_type),
                _ => false,
            }
        }
        ErrorKind::Timeout { .. } | ErrorKind::Connection(_) => error.was_sent(),
        _ => false,
    };
    if let Some(value) = unknown_tag(&error) {
        return Error::UnknownDiscriminator { table: meta.table, value };
    }
    let cql = cql.to_owned();
    if is_open && is_conditional { Error::LwtUnknown { cql, error } } else { Error::Driver { cql, error } }
}

/// What a row's discriminator holds, where that is why the row could not be read.
fn unknown_tag(error: &cql_driver::Error) -> Option<String> {
    let ErrorKind::Row(row) = error.kind() else { return None };
    match row.decode_error()?.problem() {
        Problem::UnknownTag(value) => Some(value.to_string()),
        _ => None,
    }
}

/// The values of a query in the order of its markers.
pub(crate) struct Bound<'a>(pub(crate) &'a Query);

impl BindRow for Bound<'_> {
    fn bind(&self, columns: &[ColumnSpec], values: &mut ValuesWriter<'_>) -> Result<(), BindError> {
        use crate::query::Clause;
        const CLAUSES: [Clause; 8] = [
            Clause::Timestamp,
            Clause::Ttl,
            Clause::Assign,
            Clause::Where,
            Clause::If,
            Clause::Order,
            Clause::PartitionLimit,
            Clause::Limit,
        ];
        const OF_INSERT: [Clause; 3] = [Clause::Assign, Clause::Timestamp, Clause::Ttl];
        let query = self.0;
        let clauses: &[Clause] =
            if matches!(query.shape.verb, Verb::Insert(_)) { &OF_INSERT } else { &CLAUSES };
        let mut columns = columns.iter();
        for clause in clauses {
            for (at, _) in query.shape.terms_of(*clause) {
                for value in crate::value::split(query.values.get(at)) {
                    if let Some(column) = columns.next() {
                        values.value(&value, column)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn bind_untyped(&self, _: &mut ValuesWriter<'_>) -> Result<(), BindError> {
        Ok(())
    }
}

/// Values behind a pointer, so that the driver's future is made for one type and not for each model's.
pub(crate) struct ByRef<'a>(pub(crate) &'a (dyn BindRow + Sync));

impl BindRow for ByRef<'_> {
    #[inline]
    fn bind(&self, columns: &[ColumnSpec], values: &mut ValuesWriter<'_>) -> Result<(), BindError> {
        self.0.bind(columns, values)
    }

    fn bind_untyped(&self, values: &mut ValuesWriter<'_>) -> Result<(), BindError> {
        self.0.bind_untyped(values)
    }
}

impl Query {
    /// The same for what counts its rows.
    pub(crate) fn counting(mut self) -> Self {
        self.shape.columns = Columns::Count;
        self
    }
}
