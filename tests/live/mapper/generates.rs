//! Models are written from a schema, and fit it.

use super::generated;
use cql_mapper::Mapper;
use cql_mapper::schema::{Schema, generate};
use cql_tests::{Capability, Database, live_with};

/// What is generated is compiled with these tests, and a plan for it has nothing to do.
#[test]
fn models_are_generated_from_a_schema_and_fit_it() {
    live_with(&[Capability::Vectors, Capability::Views], async |db: &Database| {
        let keyspace = db.own_keyspace("generated", 1).await;
        for statement in [
            "CREATE TYPE {}.address (street text, \"zipCode\" int, tags frozen<set<text>>)",
            "CREATE TYPE {}.\"Home\" (at frozen<address>, since date)",
            "CREATE TABLE {}.readings (tenant uuid, day date, at timestamp, seq int, site text static, sensor text, \
             \"batteryPct\" int, type ascii, embedding vector<float, 3>, log list<text>, frozen_log frozen<list<text>>, \
             attrs map<text, frozen<map<int, text>>>, home frozen<\"Home\">, address address, pair tuple<int, text>, \
             odd set<double>, PRIMARY KEY ((tenant, day), at, seq)) WITH CLUSTERING ORDER BY (at DESC) AND \
             default_time_to_live = 60 AND comment = 'what \"sensors\" say'",
            "CREATE INDEX by_sensor ON {}.readings (sensor)",
            "CREATE INDEX ON {}.readings (keys(attrs))",
            "CREATE CUSTOM INDEX near ON {}.readings (embedding) USING 'StorageAttachedIndex' WITH OPTIONS = \
             {'similarity_function': 'cosine'}",
            "CREATE TABLE {}.hits (page text PRIMARY KEY, views counter)",
            "CREATE TABLE {}.option (key decimal PRIMARY KEY, \"By\" inet, span duration)",
            "CREATE TABLE {}.odd_keys (k frozen<set<double>> PRIMARY KEY)",
            "CREATE MATERIALIZED VIEW {}.by_site AS SELECT site, page FROM {}.pages WHERE site IS NOT NULL AND page IS NOT NULL \
             PRIMARY KEY (site, page)",
        ] {
            if statement.contains("VIEW") {
                db.alter(&format!("CREATE TABLE {keyspace}.pages (page text PRIMARY KEY, site text)")).await;
            }
            db.alter(&statement.replace("{}", &keyspace)).await;
        }
        let schema = db.session().refresh_schema().await.unwrap();
        let text = generate(schema.keyspace(&keyspace).unwrap()).replace(&keyspace, "generated");
        if std::env::var_os("CQL_GENERATED").is_some() {
            std::fs::write("live/mapper/generated.rs", &text).unwrap();
        }
        let known = include_str!("generated.rs");
        assert!(text == known, "CQL_GENERATED=1 writes what is generated now:\n{text}");
        let mapper = Mapper::new(db.session().clone()).keyspace(keyspace);
        let models = Schema::new()
            .model::<generated::Readings>()
            .model::<generated::Hits>()
            .model::<generated::OptionRow>()
            .model::<generated::Pages>()
            .model::<generated::BySite>();
        let plan = models.plan(&mapper).await.unwrap();
        assert!(plan.is_empty(), "{plan}");
    });
}
