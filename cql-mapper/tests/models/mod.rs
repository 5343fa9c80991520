//! The models of the scenarios: readings of sensors, users, counted hits.
#![allow(dead_code, reason = "each test program uses some of them")]

use cql_mapper::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

#[derive(CqlType, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TenantId(pub Uuid);

#[derive(CqlType, Debug, Clone, Copy, PartialEq)]
#[cql(repr = "text", rename_all = "snake_case")]
pub(crate) enum Status {
    Ok,
    LowBattery,
}

#[derive(UserType, Debug, Clone, PartialEq)]
#[cql(type_name = "address")]
pub(crate) struct Address {
    pub street: String,
    pub city: String,
    #[cql(rename = "zipCode")]
    pub zip: Option<i32>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[cql(keyspace = "iot", table = "readings", options(default_time_to_live = 604_800,
    compaction = { class = "TimeWindowCompactionStrategy", compaction_window_unit = "DAYS", compaction_window_size = 1 }))]
pub(crate) struct Reading {
    #[cql(partition_key)]
    pub tenant: TenantId,
    #[cql(partition_key)]
    pub day: CqlDate,
    #[cql(clustering_key(desc))]
    pub at: CqlTimestamp,
    #[cql(clustering_key)]
    pub seq: i32,
    #[cql(static)]
    pub site: Option<String>,
    #[cql(sai)]
    pub sensor: String,
    pub temp: f64,
    pub note: Option<String>,
    pub tags: BTreeSet<String>,
    pub log: Vec<String>,
    pub attrs: BTreeMap<String, String>,
    #[cql(default = Status::Ok)]
    pub status: Status,
    #[cql(unfrozen)]
    pub address: Option<Address>,
    #[cql(rename = "batteryPct", validate = percent)]
    pub battery: i32,
    #[cql(sai(similarity = "cosine"))]
    pub embedding: [f32; 3],
    #[cql(writetime(temp))]
    pub temp_written: Option<i64>,
    #[cql(skip)]
    pub cache: (),
}

fn percent(value: &i32) -> Result<(), &'static str> {
    if (0..=100).contains(value) { Ok(()) } else { Err("0..=100") }
}

#[derive(Model, Debug, Clone, PartialEq)]
#[cql(keyspace = "iot", table = "hits")]
pub(crate) struct Hits {
    #[cql(partition_key)]
    pub page: String,
    pub views: Counter,
    pub clicks: Counter,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[cql(keyspace = "app", table = "users")]
pub(crate) struct User {
    #[cql(partition_key)]
    pub id: Uuid,
    #[cql(index)]
    pub email: String,
    pub name: String,
    pub nick: Option<String>,
    pub tags: BTreeSet<String>,
    pub version: i32,
}

#[derive(Projection, Debug, PartialEq)]
#[cql(model = Reading)]
pub(crate) struct Card {
    pub at: CqlTimestamp,
    pub temp: f64,
}

pub(crate) fn tenant() -> TenantId {
    TenantId(Uuid::from_u128(7))
}

pub(crate) fn reading(seq: i32) -> Reading {
    Reading {
        tenant: tenant(),
        day: CqlDate::default(),
        at: CqlTimestamp(1_000),
        seq,
        site: None,
        sensor: "s1".to_owned(),
        temp: 20.5,
        note: None,
        tags: BTreeSet::new(),
        log: Vec::new(),
        attrs: BTreeMap::new(),
        status: Status::LowBattery,
        address: None,
        battery: 80,
        embedding: [1.0, 0.0, 0.0],
        temp_written: None,
        cache: (),
    }
}

pub(crate) fn user(id: u128) -> User {
    User {
        id: Uuid::from_u128(id),
        email: format!("{id}@example.org"),
        name: "Ada".to_owned(),
        nick: None,
        tags: BTreeSet::new(),
        version: 1,
    }
}
