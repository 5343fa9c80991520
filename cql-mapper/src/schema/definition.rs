//! The schema that an application wants: keyspaces and models.

use super::plan::Plan;
use super::state::KeyspaceState;
use crate::error::Error;
use crate::mapper::Mapper;
use crate::model::{Model, ModelMeta, kind};
use crate::value::UserTypeDef;
use std::collections::BTreeMap;

/// A keyspace that is to be there, by its replication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyspace {
    name: String,
    replication: BTreeMap<String, String>,
}

impl Keyspace {
    /// So many replicas, wherever nodes are: for one data centre, and for tests.
    #[must_use]
    pub fn simple(name: impl Into<String>, replicas: u32) -> Self {
        let replication =
            [("class", "SimpleStrategy".to_owned()), ("replication_factor", replicas.to_string())];
        let replication = replication.map(|(key, value)| (key.to_owned(), value)).into();
        Keyspace { name: name.into(), replication }
    }

    /// Replicas by data centre: see [`Keyspace::dc`].
    #[must_use]
    pub fn network(name: impl Into<String>) -> Self {
        let replication = [("class".to_owned(), "NetworkTopologyStrategy".to_owned())].into();
        Keyspace { name: name.into(), replication }
    }

    /// So many replicas in that data centre.
    #[must_use]
    pub fn dc(mut self, datacenter: impl Into<String>, replicas: u32) -> Self {
        self.replication.insert(datacenter.into(), replicas.to_string());
        self
    }
}

/// The keyspaces and models of an application.
///
/// ```no_run
/// # use cql_mapper::prelude::*;
/// # #[derive(Model)]
/// # #[cql(keyspace = "iot")]
/// # struct Reading { #[cql(partition_key)] id: i64 }
/// # async fn example(db: Mapper) -> Result<(), cql_mapper::Error> {
/// use cql_mapper::schema::{Keyspace, Schema};
///
/// let schema = Schema::new().keyspace(Keyspace::network("iot").dc("dc1", 3)).model::<Reading>();
/// let plan = schema.plan(&db).await?;
/// println!("{plan}");
/// plan.ensure_safe()?.apply(&db).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "a schema is nothing before it is planned"]
pub struct Schema {
    keyspaces: Vec<Keyspace>,
    models: Vec<&'static ModelMeta>,
}

impl Schema {
    /// Without anything in it.
    pub fn new() -> Self {
        Schema::default()
    }

    /// With a keyspace.
    pub fn keyspace(mut self, keyspace: Keyspace) -> Self {
        self.keyspaces.push(keyspace);
        self
    }

    /// With a model's table, its indexes, and the user-defined types in it.
    pub fn model<M: Model>(mut self) -> Self
    where
        M::Kind: kind::Kind,
    {
        self.models.push(M::META);
        self
    }

    /// Compares all of it with the schema of the cluster, which is read anew. Nothing is changed.
    ///
    /// # Errors
    /// When the schema cannot be read, or a model is in no keyspace.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn plan(&self, db: &Mapper) -> Result<Plan, Error> {
        let read = db.session().refresh_schema().await;
        let schema = read.map_err(|error| Error::Driver { cql: "the schema".to_owned(), error })?;
        let mut states: BTreeMap<String, KeyspaceState> = BTreeMap::new();
        let mut plan = Plan::default();
        for wanted in &self.keyspaces {
            let state = schema.keyspace(&wanted.name).map(KeyspaceState::of);
            plan.keyspace(&wanted.name, &wanted.replication, state.as_ref());
        }
        let mut placed = Vec::new();
        for meta in &self.models {
            let keyspace = db.keyspace_of(meta)?.to_string();
            states
                .entry(keyspace.clone())
                .or_insert_with(|| schema.keyspace(&keyspace).map(KeyspaceState::of).unwrap_or_default());
            placed.push((keyspace, *meta));
        }
        compare(&mut plan, &placed, &states);
        Ok(plan)
    }

    /// Checks that all models have their tables: for the start of an application, or CI.
    ///
    /// # Errors
    /// [`Error::SchemaConflict`] with all that is missing or contradicts; otherwise as [`Schema::plan`].
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn verify(&self, db: &Mapper) -> Result<(), Error> {
        let plan = self.plan(db).await?;
        if plan.is_empty() {
            return Ok(());
        }
        let found = plan.changes().iter().filter(|change| change.kind != super::ChangeKind::Drift);
        let conflicts = found.map(|change| format!("{}: {}", change.keyspace, change.subject)).collect();
        Err(Error::SchemaConflict { conflicts })
    }
}

/// Types first, those that others need before those.
pub(super) fn compare(
    plan: &mut Plan,
    models: &[(String, &'static ModelMeta)],
    states: &BTreeMap<String, KeyspaceState>,
) {
    let none = KeyspaceState::default();
    let mut types: Vec<(&str, &'static UserTypeDef)> = Vec::new();
    for (keyspace, meta) in models.iter().filter(|(_, meta)| meta.base.is_none()) {
        for (_, column) in meta.stored() {
            column.type_def.user_types(&mut |of| {
                if !types.iter().any(|(place, known)| *place == keyspace && known.name == of.name) {
                    types.push((keyspace, of));
                }
            });
        }
    }
    for (keyspace, of) in types {
        plan.user_type(keyspace, of, states.get(keyspace).unwrap_or(&none));
    }
    // Tables before their views.
    let (tables, views): (Vec<_>, Vec<_>) = models.iter().partition(|(_, meta)| meta.base.is_none());
    for (keyspace, meta) in tables {
        plan.table(keyspace, meta, states.get(keyspace).unwrap_or(&none));
    }
    for (keyspace, meta) in views {
        if let Some(base) = meta.base {
            plan.view(keyspace, meta, base, states.get(keyspace).unwrap_or(&none));
        }
    }
}

/// Creates what a model's table lacks: a plan for it alone, applied.
///
/// # Errors
/// As [`Plan::apply`].
///
/// # Cancel safety
/// As [`Plan::apply`].
pub async fn sync_table<M: Model>(db: &Mapper) -> Result<(), Error> {
    Schema::new().model::<M>().plan(db).await?.apply(db).await
}

/// Creates a keyspace if it is not there.
///
/// # Errors
/// As [`Plan::apply`].
///
/// # Cancel safety
/// As [`Plan::apply`].
pub async fn create_keyspace(db: &Mapper, keyspace: Keyspace) -> Result<(), Error> {
    Schema::new().keyspace(keyspace).plan(db).await?.apply(db).await
}
