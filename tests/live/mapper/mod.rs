//! Models on a real cluster: rows are written and read by structs, and what is in the tables is what CQL says there is.

#[path = "../../../cql-mapper/tests/models/mod.rs"]
mod models;

mod derives;
#[rustfmt::skip]
#[allow(dead_code, unreachable_pub, clippy::exhaustive_structs, reason = "it is as it was generated")]
mod generated;
mod generates;
mod queries;
mod rows;
mod schemas;
mod tracked;
mod transactions;
mod updates;

use cql_mapper::{Mapper, schema};
use cql_tests::Database;
use models::{Hits, Reading, TenantId, User, reading};
use tokio::sync::OnceCell;
use uuid::Uuid;

static CREATED: OnceCell<String> = OnceCell::const_new();

/// A mapper for the keyspace that has the models' tables.
async fn mapper(db: &Database) -> Mapper {
    let keyspace = CREATED
        .get_or_init(|| async {
            let keyspace = db.own_keyspace("models", 1).await;
            create(db, &keyspace).await;
            keyspace
        })
        .await;
    Mapper::new(db.session().clone()).keyspace(keyspace.as_str())
}

async fn create(db: &Database, keyspace: &str) {
    let mut statements = schema::create_statements::<Reading>(keyspace);
    statements.extend(schema::create_statements::<Hits>(keyspace));
    statements.extend(schema::create_statements::<User>(keyspace));
    for statement in statements {
        db.alter(&statement).await;
    }
}

/// The full name of a table.
async fn table(db: &Database, name: &str) -> String {
    format!("{}.{name}", db.own_keyspace("models", 1).await)
}

/// A reading of a tenant of the test's own.
fn reading_of(tenant: u128, seq: i32) -> Reading {
    Reading { tenant: TenantId(Uuid::from_u128(tenant)), ..reading(seq) }
}

type Key = (TenantId, cql_driver::value::CqlDate, cql_driver::value::CqlTimestamp, i32);

fn key(row: &Reading) -> Key {
    (row.tenant, row.day, row.at, row.seq)
}
