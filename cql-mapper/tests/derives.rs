//! What models can be besides one struct for one table: variants of an enum, views, shared columns, columns of other types.
#![allow(dead_code, reason = "models are looked at, not filled")]

use cql_driver::types::ColumnType;
use cql_driver::value::{CqlRow, DecodeError, Encoded, FromCql as _, ToCql as _, TypeMismatch, ValueError};
use cql_mapper::prelude::*;
use cql_mapper::schema::create_statements;
use cql_mapper::{ColumnRole, Tag};
use std::time::Duration;

#[derive(Model, Debug, Clone, PartialEq)]
#[cql(variant_of = Pet)]
struct Cat {
    #[cql(partition_key)]
    owner: i64,
    #[cql(clustering_key)]
    id: TimeUuid,
    name: String,
    cuteness: f32,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[cql(variant_of = Pet)]
struct Dog {
    #[cql(partition_key)]
    owner: i64,
    #[cql(clustering_key)]
    id: TimeUuid,
    fierceness: f32,
    name: String,
}

#[derive(PolymorphicModel, Debug, PartialEq)]
#[cql(keyspace = "app", table = "pets", discriminator(column = "kind"), options(comment = "all kinds"))]
enum Pet {
    Cat(Cat),
    #[cql(value = "hound")]
    Dog(Dog),
    #[cql(other)]
    Other(CqlRow),
}

/// Scenario M28: one table, its columns those of all models, and the column that tells them apart.
#[test]
fn m28_models_of_one_table() {
    assert_eq!(
        create_statements::<Pet>("app"),
        [
            "CREATE TABLE IF NOT EXISTS app.pets (owner bigint, id timeuuid, name text, cuteness float, kind text, \
          fierceness float, PRIMARY KEY ((owner), id)) WITH comment = 'all kinds'"
        ]
    );
    let of_owner = Pet::objects().filter(Pet.owner.eq(1));
    assert_eq!(
        of_owner.cql(),
        "SELECT owner, id, name, cuteness, kind, fierceness FROM app.pets WHERE owner = ?"
    );
    let id = TimeUuid::now();
    let row = Dog { owner: 1, id, fierceness: 0.5, name: "Rex".to_owned() };
    assert_eq!(
        row.insert().cql(),
        "INSERT INTO app.pets (owner, id, fierceness, name, kind) VALUES (?, ?, ?, ?, ?)"
    );
    // Columns of one variant in a query of the enum: they are known by their names.
    let fierce =
        of_owner.clone().allow_filtering().filter(Dog.fierceness.gt(0.1)).columns((Dog.name, Pet.kind));
    assert_eq!(
        fierce.cql(),
        "SELECT name, kind FROM app.pets WHERE owner = ? AND fierceness > ? ALLOW FILTERING"
    );
    let renamed = Pet::update((1, id)).set(Pet.name.to("Max")).set(Dog.fierceness.to(1.0));
    assert_eq!(renamed.cql(), "UPDATE app.pets SET name = ?, fierceness = ? WHERE owner = ? AND id = ?");
    assert_eq!(Pet::find((1, id)).delete().cql(), "DELETE FROM app.pets WHERE owner = ? AND id = ?");
    assert_eq!(
        Cat::create((1, id)).set(Cat.name.to("Tom")).cql(),
        "INSERT INTO app.pets (owner, id, name, kind) VALUES (?, ?, ?, ?)"
    );
    assert_eq!(Cat::META.discriminator, Some((4, Tag::Text("cat"))));
    assert_eq!(Pet::from(row.clone()), Pet::Dog(row));
}

#[derive(Model, Debug)]
#[cql(variant_of = Event)]
struct Started {
    #[cql(partition_key)]
    id: i32,
    host: String,
}

#[derive(Model, Debug)]
#[cql(variant_of = Event)]
struct Stopped {
    #[cql(partition_key)]
    id: i32,
    code: Option<i32>,
}

#[derive(PolymorphicModel, Debug)]
#[cql(keyspace = "app", table = "events", discriminator(column = "Type", repr = "smallint", index))]
enum Event {
    #[cql(value = 1)]
    Started(Started),
    #[cql(value = 2)]
    Stopped(Stopped),
}

/// With an index on the discriminator the rows of one model can be asked for.
#[test]
fn rows_of_one_variant_are_found_by_the_index() {
    assert_eq!(Stopped::objects().cql(), "SELECT id, code, \"Type\" FROM app.events WHERE \"Type\" = ?");
    let of_enum = Event::objects().filter(Event.id.eq(1)).filter(Event.Type.eq(2));
    assert_eq!(
        of_enum.cql(),
        "SELECT id, host, \"Type\", code FROM app.events WHERE id = ? AND \"Type\" = ?"
    );
    assert_eq!(
        create_statements::<Event>("app")[1],
        "CREATE INDEX IF NOT EXISTS \"events_Type_idx\" ON app.events (\"Type\")"
    );
}

#[derive(Model, Debug)]
#[cql(keyspace = "iot", table = "readings", primary_key((tenant, day), at desc, seq), validate = whole)]
struct Reading {
    seq: i32,
    day: CqlDate,
    tenant: i32,
    at: CqlTimestamp,
    sensor: String,
    temp: f64,
    #[cql(with = seconds)]
    window: Duration,
    #[cql(default = 7)]
    level: i32,
}

fn whole(reading: &Reading) -> Result<(), String> {
    if reading.temp < reading.level.into() { Err("colder than its level".to_owned()) } else { Ok(()) }
}

/// A duration as whole seconds.
mod seconds {
    use super::*;
    use cql_mapper::{Native, TypeDef};

    pub(super) const TYPE: TypeDef = TypeDef::Native(Native::BigInt);

    pub(super) fn to_cql(
        value: &Duration,
        of: &ColumnType,
        out: &mut Vec<u8>,
    ) -> Result<Encoded, ValueError> {
        i64::try_from(value.as_secs()).unwrap_or(i64::MAX).to_cql(of, out)
    }

    pub(super) fn natural_type(_: &Duration) -> Option<ColumnType> {
        Some(ColumnType::BigInt)
    }

    pub(super) fn from_cql(of: &ColumnType, bytes: Option<&[u8]>) -> Result<Duration, DecodeError> {
        i64::from_cql(of, bytes).map(|seconds| Duration::from_secs(seconds.unsigned_abs()))
    }

    pub(super) fn type_check(of: &ColumnType) -> Result<(), TypeMismatch> {
        i64::type_check(of)
    }
}

#[derive(View, Debug)]
#[cql(base = Reading, view = "readings_by_sensor")]
struct BySensor {
    #[cql(partition_key)]
    sensor: String,
    #[cql(clustering_key)]
    tenant: i32,
    #[cql(clustering_key)]
    day: CqlDate,
    #[cql(clustering_key(desc))]
    at: CqlTimestamp,
    #[cql(clustering_key)]
    seq: i32,
    temp: f64,
}

/// The key in one place, in an order of its own; a column that a module reads and writes.
#[test]
fn a_key_may_be_said_in_one_place() {
    assert_eq!(
        create_statements::<Reading>("iot"),
        ["CREATE TABLE IF NOT EXISTS iot.readings (seq int, day date, tenant int, at timestamp, sensor text, temp double, \
          \"window\" bigint, level int, PRIMARY KEY ((tenant, day), at, seq)) WITH CLUSTERING ORDER BY (at DESC, seq ASC)"
            .replace("\"window\"", "window")]
    );
    let key = (1, CqlDate::default(), CqlTimestamp(0), 2);
    assert_eq!(
        Reading::find(key).columns((Reading.temp,)).cql(),
        "SELECT temp FROM iot.readings WHERE tenant = ? AND day = ? AND at = ? AND seq = ?"
    );
    let update = Reading::update(key).set(Reading.window.to(Duration::from_secs(60)));
    assert_eq!(
        update.cql(),
        "UPDATE iot.readings SET window = ? WHERE tenant = ? AND day = ? AND at = ? AND seq = ?"
    );
    // What is not given has its default.
    assert_eq!(
        Reading::create(key).set(Reading.temp.to(1.0)).cql(),
        "INSERT INTO iot.readings (tenant, day, at, seq, temp, level) VALUES (?, ?, ?, ?, ?, ?)"
    );
}

#[test]
fn a_view_is_made_of_its_table() {
    assert_eq!(
        create_statements::<BySensor>("iot"),
        [
            "CREATE MATERIALIZED VIEW IF NOT EXISTS iot.readings_by_sensor AS SELECT sensor, tenant, day, at, seq, temp FROM \
          iot.readings WHERE sensor IS NOT NULL AND tenant IS NOT NULL AND day IS NOT NULL AND at IS NOT NULL AND seq IS \
          NOT NULL PRIMARY KEY ((sensor), tenant, day, at, seq) WITH CLUSTERING ORDER BY (tenant ASC, day ASC, at DESC, \
          seq ASC)"
        ]
    );
    let of_sensor = BySensor::objects().filter(BySensor.sensor.eq("s")).filter(BySensor.tenant.gt(1));
    assert_eq!(
        of_sensor.columns((BySensor.temp,)).cql(),
        "SELECT temp FROM iot.readings_by_sensor WHERE sensor = ? AND tenant > ?"
    );
}

#[derive(Columns, Debug, Clone, PartialEq, Default)]
struct Audit {
    created_by: String,
    #[cql(on_update = CqlTimestamp(5), rename = "changedAt")]
    changed_at: CqlTimestamp,
    #[cql(index)]
    reason: Option<String>,
}

#[derive(Columns, Debug, Clone, PartialEq, Default)]
struct Places {
    #[cql(static)]
    region: Option<String>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[cql(keyspace = "app", table = "documents")]
struct Document {
    #[cql(partition_key)]
    id: i64,
    #[cql(flatten)]
    audit: Audit,
    #[cql(clustering_key)]
    part: i32,
    #[cql(flatten)]
    places: Places,
    text: String,
    #[cql(writetime(text))]
    written: Option<i64>,
    #[cql(version)]
    version: i32,
}

/// Columns of a struct of its own are columns of the model, with all that they can do.
#[test]
fn columns_may_be_shared() {
    assert_eq!(
        create_statements::<Document>("app"),
        [
            "CREATE TABLE IF NOT EXISTS app.documents (id bigint, created_by text, \"changedAt\" timestamp, reason text, \
             part int, region text static, text text, version int, PRIMARY KEY ((id), part))",
            "CREATE INDEX IF NOT EXISTS documents_reason_idx ON app.documents (reason)",
        ]
    );
    assert_eq!(
        Document::objects()
            .filter(Document.audit.reason.eq("moved"))
            .columns((Document.audit.changed_at,))
            .cql(),
        "SELECT \"changedAt\" FROM app.documents WHERE reason = ?"
    );
    let names: Vec<&str> = Document::META.columns.iter().map(|column| column.name).collect();
    assert_eq!(
        names,
        ["id", "created_by", "changedAt", "reason", "part", "region", "text", "version", "written"]
    );
    assert_eq!(Document::META.columns[8].role, ColumnRole::WriteTime("text"));
    assert_eq!((Document::META.clustering_key, Document::META.version), (&[(4, false)][..], Some(7)));
}

#[derive(Model, Debug)]
#[cql(keyspace = "app", table = "names")]
struct Named {
    #[cql(partition_key)]
    id: i64,
    #[cql(index(custom = "org.apache.cassandra.index.sasi.SASIIndex", options = { mode = "CONTAINS" }))]
    name: String,
}

#[test]
fn patterns_are_for_columns_whose_index_knows_them() {
    assert_eq!(
        Named::objects().filter(Named.name.like("%ada%")).cql(),
        "SELECT id, name FROM app.names WHERE name LIKE ?"
    );
}

/// What `on_update` says goes along with every change of the row, unless it is set itself; static columns are no change
/// of the row.
#[test]
fn what_every_change_sets() {
    let update = || Document::update((1_i64, 2));
    assert_eq!(
        update().set(Document.text.to("a")).cql(),
        "UPDATE app.documents SET text = ?, \"changedAt\" = ? WHERE id = ? AND part = ?"
    );
    assert_eq!(
        update().set(Document.audit.changed_at.to(CqlTimestamp(1))).cql(),
        "UPDATE app.documents SET \"changedAt\" = ? WHERE id = ? AND part = ?"
    );
    assert_eq!(
        update().set(Document.places.region.to("eu")).cql(),
        "UPDATE app.documents SET region = ? WHERE id = ?"
    );
    assert_eq!(update().cql(), "");
}

#[derive(CqlType, Debug, Clone, PartialEq)]
#[cql(rename_all = "snake_case")]
enum Status {
    Ok,
    LowBattery,
    #[cql(other)]
    Other(String),
}

#[derive(CqlType, Debug, Clone, Copy, PartialEq)]
#[cql(repr = "smallint")]
#[repr(i16)]
enum Code {
    Good = 1,
    Bad = -2,
    #[cql(other)]
    Other(i16),
}

/// What no variant stands for is kept, and written as it was read.
#[test]
fn values_of_no_variant_are_kept() {
    let stored = |value: &dyn cql_driver::value::ToCql, of: &ColumnType| {
        let mut bytes = Vec::new();
        let _ = value.to_cql(of, &mut bytes).unwrap();
        bytes
    };
    for (status, text) in [
        (Status::Ok, "ok"),
        (Status::LowBattery, "low_battery"),
        (Status::Other("on fire".to_owned()), "on fire"),
    ] {
        assert_eq!(stored(&status, &ColumnType::Text), text.as_bytes());
        assert_eq!(Status::from_cql(&ColumnType::Text, Some(text.as_bytes())), Ok(status));
    }
    for (code, number) in [(Code::Good, 1_i16), (Code::Bad, -2), (Code::Other(300), 300)] {
        assert_eq!(stored(&code, &ColumnType::SmallInt), number.to_be_bytes());
        assert_eq!(Code::from_cql(&ColumnType::SmallInt, Some(&number.to_be_bytes())), Ok(code));
    }
}
