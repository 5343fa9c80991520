//! The schema as the driver knows it: complete, current, and as CQL that Cassandra takes back.

use cql_driver::response::{SchemaChangeKind, SchemaTarget};
use cql_driver::schema::ColumnKind;
use cql_driver::{SchemaMetadata, Session};
use cql_tests::{Capability, Database, live, live_with};
use std::time::{Duration, Instant};

/// Changes that use everything the release has, for a keyspace `{ks}`.
fn everything(db: &Database) -> Vec<&'static str> {
    let mut changes = vec![
        "CREATE TYPE {ks}.zz_inner (street text, \"Nr\" int)",
        "CREATE TYPE {ks}.\"Select\" (a frozen<zz_inner>, tags set<text>)",
        "CREATE TYPE {ks}.a_outer (b frozen<list<frozen<\"Select\">>>, c frozen<tuple<int, text>>)",
        "CREATE TABLE {ks}.wide (p1 int, p2 text, c1 timeuuid, c2 int, s text static, v frozen<a_outer>, \
         l list<int>, m map<text, int>, f frozen<list<int>>, PRIMARY KEY ((p1, p2), c1, c2)) WITH CLUSTERING ORDER BY (c1 DESC, c2 ASC) \
         AND comment = 'it''s wide' AND gc_grace_seconds = 3600 AND default_time_to_live = 86400 \
         AND bloom_filter_fp_chance = 0.05 AND caching = {'keys': 'NONE', 'rows_per_partition': '10'} \
         AND compaction = {'class': 'LeveledCompactionStrategy', 'sstable_size_in_mb': '64'} \
         AND compression = {squeezed} \
         AND memtable_flush_period_in_ms = 60000 AND min_index_interval = 64 AND max_index_interval = 1024 \
         AND speculative_retry = '95PERCENTILE'",
        "CREATE TABLE {ks}.\"QuotedTable\" (\"Key\" int PRIMARY KEY, \"its \"\"q\"\"\" text, \"order\" text, plain blob)",
        "CREATE TABLE {ks}.counted (k int PRIMARY KEY, n counter)",
        "CREATE TABLE {ks}.raw (k int PRIMARY KEY, v text) WITH compression = {plain}",
        "CREATE TABLE {ks}.keys_only (a int, b int, PRIMARY KEY (a, b))",
        "CREATE INDEX wide_s ON {ks}.wide (c2)",
        "CREATE INDEX wide_keys ON {ks}.wide (keys(m))",
        "CREATE INDEX wide_values ON {ks}.wide (l)",
        "CREATE INDEX wide_full ON {ks}.wide (full(f))",
        "CREATE INDEX \"Order\" ON {ks}.\"QuotedTable\" (\"order\")",
    ];
    if !db.can(Capability::Vectors) {
        changes
            .push("CREATE TABLE {ks}.dense (k int, c int, v text, PRIMARY KEY (k, c)) WITH COMPACT STORAGE");
        changes
            .push("CREATE TABLE {ks}.static_compact (k int PRIMARY KEY, a text, b int) WITH COMPACT STORAGE");
    }
    if db.can(Capability::Functions) {
        changes.extend([
            "CREATE FUNCTION {ks}.plus(a int, \"B\" int) RETURNS NULL ON NULL INPUT RETURNS int LANGUAGE java AS 'return a + B;'",
            "CREATE FUNCTION {ks}.plus(a bigint, b int) CALLED ON NULL INPUT RETURNS bigint LANGUAGE java AS $$ return b == null ? a : a + b; $$",
            "CREATE FUNCTION {ks}.\"Paid\"(a list<int>) CALLED ON NULL INPUT RETURNS text LANGUAGE java AS 'return \"it''s $$\";'",
            "CREATE FUNCTION {ks}.twice(a int) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS 'return a;'",
            "CREATE FUNCTION {ks}.keep(a int, b int) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS 'return a;'",
            "CREATE AGGREGATE {ks}.total(int) SFUNC keep STYPE int FINALFUNC twice",
        ]);
    }
    if db.can(Capability::Views) {
        changes.extend([
            "CREATE AGGREGATE {ks}.from_ten(int) SFUNC plus STYPE int INITCOND 10",
            "CREATE MATERIALIZED VIEW {ks}.by_c2 AS SELECT p1, p2, c1, c2, l FROM {ks}.wide WHERE p1 IS NOT NULL AND \
             p2 IS NOT NULL AND c1 IS NOT NULL AND c2 IS NOT NULL PRIMARY KEY (c2, p1, p2, c1) \
             WITH CLUSTERING ORDER BY (p1 DESC, p2 ASC, c1 ASC) AND comment = 'a view'",
            "CREATE MATERIALIZED VIEW {ks}.\"All\" AS SELECT * FROM {ks}.\"QuotedTable\" WHERE \"Key\" IS NOT NULL \
             AND \"order\" IS NOT NULL PRIMARY KEY (\"order\", \"Key\")",
            "CREATE CUSTOM INDEX sasi ON {ks}.raw (v) USING 'org.apache.cassandra.index.sasi.SASIIndex' \
             WITH OPTIONS = {'mode': 'CONTAINS'}",
        ]);
    }
    if db.can(Capability::Masks) {
        changes.extend([
            "CREATE TABLE {ks}.modern (k int PRIMARY KEY, e vector<float, 3>, t text MASKED WITH mask_inner(1, null, '*'), \
             d date MASKED WITH mask_replace('2020-01-02'), n int MASKED WITH DEFAULT, h text MASKED WITH mask_replace('its'), \
             o int MASKED WITH {ks}.twice())",
            "CREATE INDEX modern_e ON {ks}.modern (e) USING 'sai' WITH OPTIONS = {'similarity_function': 'dot_product'}",
            "CREATE CUSTOM INDEX modern_h ON {ks}.modern (h) USING 'StorageAttachedIndex' WITH OPTIONS = {'case_sensitive': 'false'}",
        ]);
    }
    changes
}

async fn drop_keyspace(db: &Database, keyspace: &str) {
    db.alter(&format!("DROP KEYSPACE {keyspace}")).await;
}

/// Everything the release has is created, exported, dropped, created from the export and exported again. Not on several
/// nodes: it makes some seventy changes, each of which waits for all nodes, and what one node takes back they do.
#[test]
fn a_keyspace_can_be_created_from_its_export() {
    live(async |db| {
        if db.nodes() > 1 {
            return;
        }
        let session = db.session();
        let keyspace = format!("{}_Exported", db.keyspace());
        let quoted = format!("\"{keyspace}\"");
        let topology = session.topology();
        let datacenter = topology.local_datacenter().unwrap();
        let replication = format!("{{'class': 'NetworkTopologyStrategy', '{datacenter}': '1'}}");
        db.alter(&format!(
            "CREATE KEYSPACE {quoted} WITH replication = {replication} AND durable_writes = false"
        ))
        .await;
        for change in everything(db) {
            // 2.x has other words for the same.
            let (squeezed, plain) = match db.can(Capability::FieldUpdates) {
                true => ("{'class': 'SnappyCompressor', 'chunk_length_in_kb': '32'}", "{'enabled': 'false'}"),
                false => (
                    "{'sstable_compression': 'SnappyCompressor', 'chunk_length_kb': '32'}",
                    "{'sstable_compression': ''}",
                ),
            };
            let change = change.replace("{squeezed}", squeezed).replace("{plain}", plain);
            db.alter(&change.replace("{ks}", &quoted)).await;
        }
        let told = session.schema();
        let told = told.keyspace(&keyspace).unwrap().clone();
        let read = session.refresh_schema().await.unwrap();
        assert_eq!(*read.keyspace(&keyspace).unwrap(), told, "read object by object, and all at once");
        let exported = told.to_cql();

        drop_keyspace(db, &quoted).await;
        assert!(session.schema().keyspace(&keyspace).is_none());
        for statement in told.statements() {
            db.alter(&statement).await;
        }
        let schema = session.schema();
        let again = schema.keyspace(&keyspace).unwrap();
        assert_eq!(again.to_cql(), exported);
        assert_eq!(*again, told);

        let wide = again.table("wide").unwrap();
        let names = |kind| wide.columns().iter().filter(move |c| c.kind == kind).map(|c| c.name.as_str());
        assert_eq!(names(ColumnKind::PartitionKey).collect::<Vec<_>>(), ["p1", "p2"]);
        assert_eq!(names(ColumnKind::Clustering).collect::<Vec<_>>(), ["c1", "c2"]);
        assert_eq!(names(ColumnKind::Static).collect::<Vec<_>>(), ["s"]);
        assert!(wide.column("c1").unwrap().is_descending && !wide.column("c2").unwrap().is_descending);
        assert_eq!(wide.indexes.len(), 4);
        for part in [
            "gc_grace_seconds = 3600",
            "default_time_to_live = 86400",
            "comment = 'it''s wide'",
            "'sstable_size_in_mb': '64'",
        ] {
            assert!(wide.to_cql().contains(part), "{part} is not in {wide}");
        }
        assert!(exported.contains("durable_writes = false"));
        assert!(again.table("WIDE").is_none(), "names are compared as they are");
        if db.can(Capability::Masks) {
            let modern = again.table("modern").unwrap();
            assert_eq!(modern.column("e").unwrap().column_type, "vector<float, 3>");
            let mask = modern.column("t").unwrap().mask.as_ref().unwrap();
            assert_eq!(mask.to_string(), "system.mask_inner(1, null, '*')");
        }
        drop_keyspace(db, &quoted).await;
    });
}

#[test]
fn virtual_tables_are_known() {
    live_with(&[Capability::VirtualTables], async |db| {
        let schema = db.session().schema();
        let keyspace = schema.keyspace("system_views").unwrap();
        assert!(keyspace.is_virtual && keyspace.statements().is_empty());
        let clients = keyspace.table("clients").unwrap();
        assert_eq!(
            clients.partition_key().map(|column| column.name.as_str()).collect::<Vec<_>>(),
            ["address"]
        );
        assert!(clients.to_cql().starts_with("/* virtual"));
    });
}

async fn until(session: &Session, what: &str, is_so: impl Fn(&Session) -> bool) {
    let start = Instant::now();
    while !is_so(session) {
        assert!(start.elapsed() < Duration::from_secs(5), "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Another session makes changes, each of another kind of object. Each is looked for as soon as its turn was over: other
/// tests' changes go before it. A second is what a quiet machine takes.
#[test]
fn changes_by_others_show_within_a_second() {
    live(async |db| {
        let session = db.builder().build().unwrap().connect().await.unwrap();
        let keyspace = db.own_keyspace("watched", 1).await;
        let mut changes = session.schema_changes();
        let has = |session: &Session, table: &str, column: &str| {
            let schema = session.schema();
            let table = schema.keyspace(&keyspace).and_then(|keyspace| keyspace.table(table));
            table.is_some_and(|table| table.column(column).is_some())
        };
        until(&session, "the keyspace is known", |session| session.schema().keyspace(&keyspace).is_some())
            .await;
        db.alter(&format!("CREATE TABLE {keyspace}.t (k int PRIMARY KEY)")).await;
        until(&session, "a table", |session| has(session, "t", "k")).await;
        db.alter(&format!("ALTER TABLE {keyspace}.t ADD v int")).await;
        until(&session, "a column", |session| has(session, "t", "v")).await;
        db.alter(&format!("CREATE TYPE {keyspace}.u (a int)")).await;
        until(&session, "a type", |session| {
            session.schema().keyspace(&keyspace).is_some_and(|keyspace| keyspace.user_type("u").is_some())
        })
        .await;
        db.alter(&format!("DROP TABLE {keyspace}.t")).await;
        until(&session, "a table that is gone", |session| !has(session, "t", "k")).await;
        let mut kinds = Vec::new();
        while kinds.last() != Some(&SchemaChangeKind::DROPPED) {
            let change = changes.next().await.unwrap();
            if let SchemaTarget::Table { keyspace: of, name } = &change.target
                && (of.as_str(), name.as_str()) == (keyspace.as_str(), "t")
            {
                kinds.push(change.kind);
            }
        }
        assert_eq!(kinds, [SchemaChangeKind::CREATED, SchemaChangeKind::UPDATED, SchemaChangeKind::DROPPED]);
        session.close().await;
    });
}

#[test]
fn the_cluster_is_described() {
    live(async |db| {
        let session = db.session();
        let cluster = session.describe_cluster().await.unwrap();
        assert!(cluster.partitioner.ends_with("Murmur3Partitioner"), "{cluster:?}");
        assert!(!cluster.name.is_empty());
        assert_eq!(cluster.snitch.is_some(), db.can(Capability::VirtualTables), "{cluster:?}");
        let versions = session.schema_versions().await.unwrap();
        assert_eq!(versions.values().map(Vec::len).sum::<usize>(), db.nodes(), "{versions:?}");
        let ranges = session.token_ranges(db.keyspace());
        assert_eq!(ranges.len(), session.topology().ring().len());
        assert!(ranges.iter().all(|range| range.replicas.len() == 1));
        assert!(session.token_ranges("no such keyspace").is_empty());
    });
}

#[test]
fn schema_metadata_can_be_less_or_none() {
    live(async |db| {
        let some = db.builder().schema_metadata(SchemaMetadata::keyspaces(["system", db.keyspace()]));
        let some = some.build().unwrap().connect().await.unwrap();
        let schema = some.schema();
        let names: Vec<&str> = schema.keyspaces().map(|keyspace| keyspace.name.as_str()).collect();
        assert_eq!(names.len(), 2, "{names:?}");
        some.close().await;
        let none =
            db.builder().schema_metadata(SchemaMetadata::off()).build().unwrap().connect().await.unwrap();
        assert!(none.schema().is_empty());
        assert!(none.refresh_schema().await.unwrap().is_empty());
        none.close().await;
    });
}
