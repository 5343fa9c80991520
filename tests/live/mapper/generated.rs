//! Models of the keyspace generated.

use cql_mapper::prelude::*;

#[derive(UserType, Debug, Clone, PartialEq)]
#[cql(type_name = "Home")]
pub struct Home {
    pub at: Option<Address>,
    pub since: Option<CqlDate>,
}

#[derive(UserType, Debug, Clone, PartialEq)]
#[cql(type_name = "address")]
pub struct Address {
    pub street: Option<String>,
    #[cql(rename = "zipCode")]
    pub zip_code: Option<i32>,
    #[cql(frozen)]
    pub tags: std::collections::BTreeSet<String>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[cql(keyspace = "generated", table = "hits")]
pub struct Hits {
    #[cql(partition_key)]
    pub page: String,
    pub views: Counter,
}

// odd_keys: no type in Rust stands for its key's k frozen<set<double>>

#[derive(Model, Debug, Clone, PartialEq)]
#[cql(keyspace = "generated", table = "option")]
pub struct OptionRow {
    #[cql(partition_key)]
    pub key: CqlDecimal,
    #[cql(rename = "By")]
    pub by: Option<std::net::IpAddr>,
    pub span: Option<CqlDuration>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[cql(keyspace = "generated", table = "pages")]
pub struct Pages {
    #[cql(partition_key)]
    pub page: String,
    pub site: Option<String>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[cql(keyspace = "generated", table = "readings", options(default_time_to_live = 60, comment = "what \"sensors\" say"))]
pub struct Readings {
    #[cql(partition_key)]
    pub tenant: uuid::Uuid,
    #[cql(partition_key)]
    pub day: CqlDate,
    #[cql(clustering_key(desc))]
    pub at: CqlTimestamp,
    #[cql(clustering_key)]
    pub seq: i32,
    #[cql(static)]
    pub site: Option<String>,
    #[cql(unfrozen)]
    pub address: Option<Address>,
    #[cql(index(name = "readings_attrs_idx", keys))]
    pub attrs: std::collections::BTreeMap<String, std::collections::BTreeMap<i32, String>>,
    #[cql(rename = "batteryPct")]
    pub battery_pct: Option<i32>,
    #[cql(sai(name = "near", similarity = "cosine"))]
    pub embedding: Option<[f32; 3]>,
    #[cql(frozen)]
    pub frozen_log: Vec<String>,
    pub home: Option<Home>,
    pub log: Vec<String>,
    // odd set<double>: no type in Rust stands for it
    pub pair: Option<(Option<i32>, Option<String>)>,
    #[cql(index(name = "by_sensor"))]
    pub sensor: Option<String>,
    #[cql(type = "ascii")]
    pub r#type: Option<String>,
}

#[derive(View, Debug, Clone, PartialEq)]
#[cql(base = Pages, view = "by_site")]
pub struct BySite {
    #[cql(partition_key)]
    pub site: String,
    #[cql(clustering_key)]
    pub page: String,
}
