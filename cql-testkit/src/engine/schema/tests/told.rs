//! What the server's tables tell.

use super::check;
use crate::engine::schema::{affects, system};
use crate::engine::testing::Bench;
use bytes::Bytes;
use cql_protocol::response::{SchemaChange, SchemaChangeKind, SchemaTarget};

/// The rows that a table of the server tells about keyspace `ks`: columns with their values, where they have one.
fn told(bench: &Bench, keyspace: &str, name: &str) -> Vec<Vec<(String, Bytes)>> {
    let state = crate::sync::lock(&bench.engine.state);
    let call = bench.call(&[]);
    let table = state.schema.table(keyspace, name).unwrap();
    let data = system::contents(table, &state.schema, call.view, call.now).unwrap();
    let mut rows = Vec::new();
    for (key, partition) in data.partitions() {
        for (place, row) in partition.all_rows() {
            let key = key.values(table.partition_key().len());
            let mut keys = key.into_iter().chain(place.values().iter().cloned());
            let value = |column| keys.next().or_else(|| row.value(column, call.now));
            let values = table.columns.iter().zip(table.columns.iter().map(value));
            let named = values.filter_map(|(column, value)| Some((column.name.to_string(), value?)));
            rows.push(named.collect::<Vec<_>>());
        }
    }
    rows.retain(|row| row[0].1 == "ks");
    rows
}

/// Some columns of these rows as text.
fn texts(rows: &[Vec<(String, Bytes)>], columns: &[&str]) -> Vec<String> {
    let text = |row: &Vec<(String, Bytes)>| {
        let value = |name: &&str| {
            let found = row.iter().find(|(column, _)| column == name);
            found.map_or("null".to_owned(), |(_, value)| String::from_utf8_lossy(value).into_owned())
        };
        columns.iter().map(value).collect::<Vec<_>>().join(" | ")
    };
    rows.iter().map(text).collect()
}

fn map(row: &[(String, Bytes)], name: &str) -> Vec<(String, String)> {
    let (_, value) = row.iter().find(|(column, _)| column == name).unwrap();
    let pairs = crate::engine::values::parts::split_pairs(value).unwrap();
    let text = |bytes: Option<Bytes>| String::from_utf8(bytes.unwrap().to_vec()).unwrap();
    pairs.into_iter().map(|(key, value)| (text(key), text(value))).collect()
}

#[test]
fn columns_are_told_with_their_types_and_places() {
    let bench = Bench::new();
    bench.ok("CREATE TYPE u (a int, l list<int>)");
    bench.ok("CREATE TABLE t (p int, k int, c int, s int static, a list<frozen<list<int>>>, b frozen<list<list<int>>>, \
              e tuple<int, list<text>>, f frozen<u>, g map<frozen<u>, frozen<set<int>>>, h vector<float, 3>, \
              PRIMARY KEY ((p, k), c)) WITH CLUSTERING ORDER BY (c DESC)");
    let rows = told(&bench, "system_schema", "columns");
    assert_eq!(
        texts(&rows, &["column_name", "kind", "clustering_order", "type"]),
        [
            "a | regular | none | list<frozen<list<int>>>",
            "b | regular | none | frozen<list<frozen<list<int>>>>",
            "c | clustering | desc | int",
            "e | regular | none | frozen<tuple<int, frozen<list<text>>>>",
            "f | regular | none | frozen<u>",
            "g | regular | none | map<frozen<u>, frozen<set<int>>>",
            "h | regular | none | vector<float, 3>",
            "k | partition_key | none | int",
            "p | partition_key | none | int",
            "s | static | none | int",
        ]
    );
    let places: Vec<i32> =
        rows.iter().map(|row| i32::from_be_bytes(*row[6].1.first_chunk().unwrap())).collect();
    assert_eq!(places, [-1, -1, 0, -1, -1, -1, -1, 1, 0, -1]);
}

#[test]
fn options_are_told_as_the_server_keeps_them() {
    let bench = Bench::new();
    bench.ok("CREATE TABLE t (k int PRIMARY KEY, v counter) WITH caching = {'rows_per_partition': 10} AND comment = 'x' AND \
              compaction = {'class': 'LeveledCompactionStrategy'} AND compression = {} AND \
              speculative_retry = 'min(95PERCENTILE, 50ms)' AND additional_write_policy = 'none'");
    let rows = told(&bench, "system_schema", "tables");
    let columns = ["comment", "speculative_retry", "additional_write_policy", "read_repair"];
    assert_eq!(texts(&rows, &columns), ["x | MIN(95p,50ms) | NEVER | BLOCKING"]);
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    assert_eq!(map(&rows[0], "caching"), [pair("keys", "NONE"), pair("rows_per_partition", "10")]);
    let class = "org.apache.cassandra.db.compaction.LeveledCompactionStrategy";
    let compaction = [pair("class", class), pair("max_threshold", "32"), pair("min_threshold", "4")];
    assert_eq!(map(&rows[0], "compaction"), compaction);
    assert_eq!(map(&rows[0], "compression"), [pair("enabled", "false")]);
    let get = |name: &str| rows[0].iter().find(|(column, _)| column == name).map(|(_, value)| value.clone());
    assert_eq!(get("bloom_filter_fp_chance").unwrap()[..], 0.1_f64.to_be_bytes());
    assert_eq!(get("gc_grace_seconds").unwrap()[..], 864_000_i32.to_be_bytes());
    assert_eq!(get("cdc"), None);
    let flags = crate::engine::values::parts::split(&get("flags").unwrap()).unwrap();
    assert_eq!(flags, [Some(Bytes::from("compound")), Some(Bytes::from("counter"))]);
}

#[test]
fn types_indexes_and_dropped_columns_are_told() {
    let bench = Bench::new();
    bench.ok("CREATE TYPE u (a int, l list<int>, f frozen<list<int>>, t tuple<int, text>)");
    bench.ok("CREATE TABLE t (k int PRIMARY KEY, m map<text, int>, v text, d frozen<u>)");
    bench.ok("CREATE INDEX ON t (keys(m))");
    bench.ok("CREATE INDEX ON t (v) USING 'sai' WITH OPTIONS = {'case_sensitive': 'false'}");
    bench.ok("ALTER TABLE t DROP d USING TIMESTAMP 5000");
    let types = told(&bench, "system_schema", "types");
    let list = |value: &Bytes| {
        crate::engine::values::parts::split(value).unwrap().into_iter().flatten().collect::<Vec<_>>()
    };
    assert_eq!(list(&types[0][2].1), ["a", "l", "f", "t"]);
    assert_eq!(list(&types[0][3].1), ["int", "list<int>", "frozen<list<int>>", "frozen<tuple<int, text>>"]);
    let indexes = told(&bench, "system_schema", "indexes");
    assert_eq!(texts(&indexes, &["index_name", "kind"]), ["t_m_idx | COMPOSITES", "t_v_idx | CUSTOM"]);
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    assert_eq!(map(&indexes[0], "options"), [pair("target", "keys(m)")]);
    let custom = [pair("case_sensitive", "false"), pair("class_name", "sai"), pair("target", "v")];
    assert_eq!(map(&indexes[1], "options"), custom);
    let dropped = told(&bench, "system_schema", "dropped_columns");
    let of = "frozen<tuple<int, frozen<list<int>>, frozen<list<int>>, frozen<tuple<int, text>>>>";
    assert_eq!(texts(&dropped, &["column_name", "kind", "type"]), [format!("d | regular | {of}")]);
    let time = dropped[0].iter().find(|(column, _)| column == "dropped_time").unwrap();
    assert_eq!(time.1[..], 5_i64.to_be_bytes());
}

#[test]
fn changes_make_statements_on_what_they_change_invalid() {
    let change = |kind, target| SchemaChange::new(kind, target);
    let (keyspace, name) = ("ks".to_owned(), "t".to_owned());
    let table = SchemaTarget::Table { keyspace: keyspace.clone(), name: name.clone() };
    let of_type = SchemaTarget::Type { keyspace: keyspace.clone(), name };
    let whole = SchemaTarget::Keyspace { keyspace };
    for (kind, target, other, expected) in [
        (SchemaChangeKind::UPDATED, &table, "t", true),
        (SchemaChangeKind::UPDATED, &table, "other", false),
        (SchemaChangeKind::CREATED, &table, "t", false),
        (SchemaChangeKind::UPDATED, &of_type, "other", true),
        (SchemaChangeKind::UPDATED, &whole, "t", false),
        (SchemaChangeKind::DROPPED, &whole, "t", true),
    ] {
        let change = change(kind, target.clone());
        assert_eq!(affects(&change, ("ks", other)), expected, "{change:?} {other}");
        assert!(!affects(&change, ("ks2", other)));
    }
}

#[test]
fn what_is_told_can_be_selected_and_not_written() {
    let bench = Bench::new();
    bench.ok("CREATE TABLE t (k int PRIMARY KEY, v int)");
    let columns =
        "SELECT column_name, kind FROM system_schema.columns WHERE keyspace_name = 'ks' AND table_name = 't'";
    assert_eq!(bench.rows(columns), ["\"k\" | \"partition_key\"", "\"v\" | \"regular\""]);
    assert_eq!(bench.rows("SELECT * FROM system_virtual_schema.keyspaces").len(), 2);
    assert_eq!(bench.rows("SELECT * FROM system_views.clients").len(), 0);
    check(
        &bench,
        &[
            (
                "INSERT INTO system_views.settings (name, value) VALUES ('a', 'b')",
                "2200 Modification is not supported by table system_views.settings",
            ),
            (
                "TRUNCATE system_views.queries",
                "2200 Truncation is not supported by table system_views.queries",
            ),
            (
                "DELETE FROM system_schema.views WHERE keyspace_name = 'ks'",
                "2200 cql-testkit does not support writing to system_schema.views",
            ),
            ("DELETE FROM system.built_views WHERE keyspace_name = 'ks'", "nothing"),
        ],
    );
}
