//! The schema's plan: what models lack is added, what contradicts them stops it, what they do not know stays.

use super::models::{Hits, Reading, User, user};
use cql_mapper::prelude::*;
use cql_mapper::schema::{ChangeKind, Keyspace, Schema, create_keyspace, sync_table};
use cql_mapper::{Error, danger};
use cql_tests::{Capability, Database, live, live_with};

#[derive(Model, Debug)]
#[cql(table = "stock", options(comment = "it's here", default_time_to_live = 600))]
struct Old {
    #[cql(partition_key)]
    id: i32,
    #[cql(clustering_key(desc))]
    at: i32,
    name: String,
    legacy: Option<bool>,
}

#[derive(Model, Debug, PartialEq)]
#[cql(table = "stock", options(comment = "it's there", default_time_to_live = 600))]
struct New {
    #[cql(partition_key)]
    id: i32,
    #[cql(clustering_key(desc))]
    at: i32,
    name: String,
    #[cql(rename = "batteryPct")]
    battery: Option<i32>,
}

#[derive(Model, Debug)]
#[cql(table = "stock")]
struct Contradicts {
    #[cql(partition_key)]
    at: i32,
    #[cql(clustering_key)]
    id: i32,
    name: i32,
    #[cql(rename = "batteryPct")]
    battery: Option<i32>,
}

/// Scenarios M13, M14 and P40.
#[test]
fn m13_a_plan_adds_and_m14_stops_at_conflicts() {
    live(async |db: &Database| {
        let name = format!("{}_plan", db.keyspace());
        let mapper = Mapper::new(db.session().clone()).keyspace(name.as_str());
        create_keyspace(&mapper, Keyspace::simple(name.as_str(), 1)).await.unwrap();
        sync_table::<Old>(&mapper).await.unwrap();
        assert!(Schema::new().model::<Old>().plan(&mapper).await.unwrap().changes().is_empty());
        Old { id: 1, at: 1, name: "a".to_owned(), legacy: Some(true) }.insert().exec(&mapper).await.unwrap();

        let newer = Schema::new().model::<New>();
        let plan = newer.plan(&mapper).await.unwrap();
        let expected = [
            format!("ALTER TABLE {name}.stock ADD \"batteryPct\" int"),
            format!("ALTER TABLE {name}.stock WITH comment = 'it''s there'"),
        ];
        assert_eq!(plan.to_cql(), expected);
        let shown = format!(
            "{name}\n  + column stock.batteryPct int\n  ? column stock.legacy boolean is not in the model\n  \
             ~ option comment of stock: 'it''s there'"
        );
        assert_eq!(plan.to_string(), shown);
        assert!(matches!(newer.verify(&mapper).await, Err(Error::SchemaConflict { .. })));
        plan.apply(&mapper).await.unwrap();
        newer.verify(&mapper).await.unwrap();
        let found = New::find((1, 1)).one(&mapper).await.unwrap();
        assert_eq!(found, New { id: 1, at: 1, name: "a".to_owned(), battery: None });
        assert_eq!(Old::find((1, 1)).one(&mapper).await.unwrap().legacy, Some(true));

        let plan = Schema::new().model::<Contradicts>().plan(&mapper).await.unwrap();
        let conflicts = plan.changes().iter().filter(|change| change.kind == ChangeKind::Conflict).count();
        assert_eq!(conflicts, 2, "{plan}");
        let error = plan.apply(&mapper).await.unwrap_err();
        assert!(!error.was_sent(), "{error}");
        let Error::SchemaConflict { conflicts } = error else { panic!("{error}") };
        assert!(
            conflicts[0]
                .ends_with("the primary key of stock is ((id), at desc), and ((at), id) in the model")
        );
        newer.verify(&mapper).await.unwrap();

        assert!(matches!(danger::truncate::<New>(&mapper, "other").await, Err(Error::OtherTable { .. })));
        danger::truncate::<New>(&mapper, "stock").await.unwrap();
        assert_eq!(New::find((1, 1)).first(&mapper).await.unwrap(), None);
        danger::drop_table::<New>(&mapper, "stock").await.unwrap();
        db.alter(&format!("DROP KEYSPACE {name}")).await;
    });
}

/// All kinds of columns: the second plan has nothing to do, and a field that a type lacks is added.
#[test]
fn m1_what_was_applied_is_complete() {
    live_with(&[Capability::Vectors], async |db: &Database| {
        if db.nodes() > 1 {
            return println!("SKIP: so many changes of the schema take half a minute on several nodes");
        }
        let name = format!("{}_whole", db.keyspace());
        let mapper = Mapper::new(db.session().clone()).keyspace(name.as_str());
        let schema = Schema::new()
            .keyspace(Keyspace::simple(name.as_str(), 1))
            .model::<Reading>()
            .model::<Hits>()
            .model::<User>();
        let plan = schema.plan(&mapper).await.unwrap();
        assert_eq!(plan.to_cql().len(), 8, "{plan}");
        plan.apply(&mapper).await.unwrap();
        let second = schema.plan(&mapper).await.unwrap();
        assert!(second.changes().is_empty(), "{second}");
        user(1).insert().exec(&mapper).await.unwrap();
        db.alter(&format!("DROP TABLE {name}.readings")).await;
        db.alter(&format!("DROP TYPE {name}.address")).await;
        db.alter(&format!("CREATE TYPE {name}.address (street text)")).await;
        let plan = schema.plan(&mapper).await.unwrap();
        assert_eq!(plan.to_cql()[0], format!("ALTER TYPE {name}.address ADD city text"));
        plan.apply(&mapper).await.unwrap();
        assert!(schema.plan(&mapper).await.unwrap().changes().is_empty());
        assert!(User::find(user(1).id).first(&mapper).await.unwrap().is_some());
        db.alter(&format!("DROP KEYSPACE {name}")).await;
    });
}
