//! Models of one table, views, shared columns, versions, mirrors: what derives make of them, on real tables.

use cql_driver::value::CqlRow;
use cql_mapper::prelude::*;
use cql_mapper::{Error, schema};
use cql_tests::{Capability, Database, live, live_with};
use serde_json::json;
use std::time::Duration;

#[derive(Model, Debug, Clone, PartialEq)]
#[cql(variant_of = Pet)]
struct Cat {
    #[cql(partition_key)]
    owner: i64,
    #[cql(clustering_key)]
    id: i32,
    name: String,
    lives: Option<i32>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[cql(variant_of = Pet)]
struct Dog {
    #[cql(partition_key)]
    owner: i64,
    #[cql(clustering_key)]
    id: i32,
    name: String,
    tricks: Vec<String>,
}

#[derive(PolymorphicModel, Debug, PartialEq)]
#[cql(table = "pets", discriminator(column = "kind", index))]
enum Pet {
    Cat(Cat),
    #[cql(value = "hound")]
    Dog(Dog),
}

/// The same table, read by a program that takes what it does not know.
#[derive(Model, Debug, PartialEq)]
#[cql(variant_of = AnyPet)]
struct OnlyCat {
    #[cql(partition_key)]
    owner: i64,
    #[cql(clustering_key)]
    id: i32,
    name: String,
}

#[derive(PolymorphicModel, Debug, PartialEq)]
#[cql(table = "pets", discriminator(column = "kind"))]
enum AnyPet {
    #[cql(value = "cat")]
    Cat(OnlyCat),
    #[cql(other)]
    Other(CqlRow),
}

/// Scenario M28: rows of several models in one table come back as what they are.
#[test]
fn m28_rows_come_back_as_the_models_they_are() {
    live(async |db: &Database| {
        let mapper = Mapper::new(db.session().clone()).keyspace(db.own_keyspace("pets", 1).await);
        schema::sync_table::<Pet>(&mapper).await.unwrap();
        let cat = Cat { owner: 1, id: 1, name: "Tom".to_owned(), lives: Some(9) };
        let dog = Dog { owner: 1, id: 2, name: "Rex".to_owned(), tricks: vec!["sit".to_owned()] };
        cat.insert().exec(&mapper).await.unwrap();
        dog.insert().exec(&mapper).await.unwrap();
        Cat::create((1, 3)).set(Cat.name.to("Kit")).exec(&mapper).await.unwrap();
        let of_owner = Pet::objects().filter(Pet.owner.eq(1));
        let kit = Cat { owner: 1, id: 3, name: "Kit".to_owned(), lives: None };
        assert_eq!(
            of_owner.clone().all(&mapper).await.unwrap(),
            [cat.clone().into(), Pet::Dog(dog.clone()), Pet::Cat(kit.clone())]
        );
        // One model alone, by the index.
        let mut cats = Cat::objects().all(&mapper).await.unwrap();
        cats.sort_by_key(|cat| cat.id);
        assert_eq!(cats, [cat.clone(), kit]);
        assert_eq!(Dog::find((1, 2)).one(&mapper).await.unwrap(), dog);
        // The row is there, and no cat.
        let error = Cat::find((1, 2)).one(&mapper).await.unwrap_err();
        assert!(
            matches!(&error, Error::UnknownDiscriminator { table: "pets", value } if value == "'hound'"),
            "{error:?}"
        );
        Pet::update((1, 2))
            .set(Pet.name.to("Max"))
            .set(Dog.tricks.append(["roll"]))
            .exec(&mapper)
            .await
            .unwrap();
        let Pet::Dog(max) = Pet::find((1, 2)).one(&mapper).await.unwrap() else { panic!("it is a dog") };
        assert_eq!((max.name.as_str(), max.tricks.len()), ("Max", 2));
        // What is of no model that is known.
        let found = AnyPet::objects().filter(AnyPet.owner.eq(1)).all(&mapper).await.unwrap();
        assert!(matches!(&found[0], AnyPet::Cat(tom) if tom.name == "Tom"));
        assert!(matches!(&found[1], AnyPet::Other(row) if row.value("name").is_some()));
        let error = dog.insert().if_not_exists().exec(&mapper).await.unwrap();
        assert!(matches!(error, Lwt::NotApplied(Some(Dog { name, .. })) if name == "Max"));
        Pet::find((1, 1)).delete().exec(&mapper).await.unwrap();
        assert_eq!(of_owner.count(&mapper).await.unwrap(), 2);
    });
}

#[derive(Columns, Debug, Clone, PartialEq, Default)]
struct Audit {
    created_by: String,
    #[cql(on_update = CqlTimestamp(77))]
    changed_at: CqlTimestamp,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[cql(table = "documents", primary_key(id, part desc), validate = named)]
struct Document {
    id: i64,
    part: i32,
    #[cql(flatten)]
    audit: Audit,
    #[cql(validate = short)]
    text: String,
    #[cql(with = cql_mapper::json)]
    meta: serde_json::Value,
    #[cql(default = 3)]
    level: i32,
    #[cql(writetime(text))]
    written: Option<i64>,
    #[cql(version)]
    version: i32,
}

fn short(text: &str) -> Result<(), &'static str> {
    if text.len() < 10 { Ok(()) } else { Err("longer than 9 bytes") }
}

fn named(document: &Document) -> Result<(), &'static str> {
    if document.audit.created_by.is_empty() { Err("nobody wrote it") } else { Ok(()) }
}

fn document(id: i64) -> Document {
    let audit = Audit { created_by: "ada".to_owned(), changed_at: CqlTimestamp(1) };
    let text = "first".to_owned();
    Document {
        id,
        part: 0,
        audit,
        text,
        meta: json!({ "a": [1, null] }),
        level: 5,
        written: None,
        version: 1,
    }
}

async fn documents(db: &Database) -> Mapper {
    static CREATED: tokio::sync::OnceCell<String> = tokio::sync::OnceCell::const_new();
    let keyspace = CREATED
        .get_or_init(|| async {
            let keyspace = db.own_keyspace("documents", 1).await;
            for statement in schema::create_statements::<Document>(&keyspace) {
                db.alter(&statement).await;
            }
            keyspace
        })
        .await;
    Mapper::new(db.session().clone()).keyspace(keyspace.as_str())
}

/// Shared columns, JSON, defaults, and what every change sets.
#[test]
fn shared_columns_and_columns_of_other_types_come_back() {
    live(async |db: &Database| {
        let mapper = documents(db).await;
        let row = document(1);
        row.insert().exec(&mapper).await.unwrap();
        let found = Document::find((1, 0)).one(&mapper).await.unwrap();
        assert_eq!(Document { written: None, ..found }, row);
        let change = Document::update((1, 0)).set(Document.meta.to(json!("text")));
        change.set(Document.audit.created_by.to("bob")).exec(&mapper).await.unwrap();
        let found = Document::find((1, 0)).one(&mapper).await.unwrap();
        assert_eq!((found.meta, found.audit.created_by.as_str()), (json!("text"), "bob"));
        assert_eq!(found.audit.changed_at, CqlTimestamp(77));
        Document::create((1, 1)).set(Document.text.to("made")).exec(&mapper).await.unwrap();
        let columns = (Document.level, Document.audit.created_by);
        let made: (i32, String) =
            Document::find((1, 1)).columns((Document.level, Document.text)).one(&mapper).await.unwrap();
        assert_eq!(made, (3, "made".to_owned()));
        let found: Vec<(i32, String)> = Document::objects()
            .filter(Document.id.eq(1))
            .filter(Document.part.le(0))
            .columns(columns)
            .all(&mapper)
            .await
            .unwrap();
        assert_eq!(found, [(5, "bob".to_owned())]);
    });
}

/// Of two that read a row and change it, the second is told that it was changed since; the version counts.
#[test]
fn a_version_tells_who_comes_second() {
    live(async |db: &Database| {
        let mapper = documents(db).await;
        document(2).insert().exec(&mapper).await.unwrap();
        let read = async || Document::find((2, 0)).tracked(&mapper).await.unwrap();
        let (mut first, mut second) = (read().await, read().await);
        assert!(!first.save().exec(&mapper).await.unwrap(), "nothing was changed");
        first.text = "mine".to_owned();
        second.text = "no, mine".to_owned();
        assert!(first.save().exec(&mapper).await.unwrap());
        assert_eq!((first.version, first.audit.changed_at), (2, CqlTimestamp(77)));
        let error = second.save().exec(&mapper).await.unwrap_err();
        assert!(matches!(error, Error::Outdated { table: "documents" }), "{error}");
        let mut third = read().await;
        assert_eq!((third.text.as_str(), third.version), ("mine", 2));
        third.level = 1;
        let saved = third.save().if_unchanged(Document.text).exec(&mapper).await.unwrap();
        assert!(saved.is_applied() && third.version == 3);
    });
}

/// Scenario M32: what is not valid is not sent, whichever way it is written.
#[test]
fn m32_changes_are_checked_like_rows() {
    live(async |db: &Database| {
        let mapper = documents(db).await;
        document(3).insert().exec(&mapper).await.unwrap();
        let field = |error: Error| match error {
            Error::Validation { field, .. } => field,
            other => panic!("{other}"),
        };
        let update = || Document::update((3, 0)).set(Document.text.to("a long text"));
        assert_eq!(field(update().exec(&mapper).await.unwrap_err()), "text");
        assert_eq!(field(Batch::logged().add(update()).exec(&mapper).await.unwrap_err()), "text");
        let lwt = update().if_exists().exec(&mapper).await.unwrap_err();
        assert_eq!(field(lwt), "text");
        let create = Document::create((3, 1)).set(Document.text.to("a long text"));
        assert_eq!(field(create.exec(&mapper).await.unwrap_err()), "text");
        let mut tracked = Document::find((3, 0)).tracked(&mapper).await.unwrap();
        tracked.audit.created_by.clear();
        assert_eq!(field(tracked.save().exec(&mapper).await.unwrap_err()), "Document");
        assert_eq!(Document::find((3, 0)).one(&mapper).await.unwrap().text, "first");
    });
}

/// A timestamp before the epoch loses against all others, and is written as it is.
#[test]
fn timestamps_before_the_epoch_are_written() {
    live(async |db: &Database| {
        let mapper = documents(db).await;
        document(4).insert().timestamp(-5).ttl(1000).exec(&mapper).await.unwrap();
        let written = async || Document::find((4, 0)).one(&mapper).await.unwrap().written;
        assert_eq!(written().await, Some(-5));
        Document::update((4, 0)).set(Document.text.to("later")).timestamp(-3).exec(&mapper).await.unwrap();
        assert_eq!(written().await, Some(-3));
        Document::find((4, 0)).delete().timestamp(-4).exec(&mapper).await.unwrap();
        assert_eq!(Document::find((4, 0)).columns((Document.text,)).one(&mapper).await.unwrap().0, "later");
    });
}

#[derive(Model, Debug, Clone, PartialEq)]
#[cql(table = "videos", mirror(VideoByUser, VideoByTag))]
struct Video {
    #[cql(partition_key)]
    id: i32,
    user: String,
    tag: String,
}

#[derive(Model, Debug, PartialEq)]
#[cql(table = "videos_by_user")]
struct VideoByUser {
    #[cql(partition_key)]
    user: String,
    #[cql(clustering_key)]
    id: i32,
}

#[derive(Model, Debug, PartialEq)]
#[cql(table = "videos_by_tag")]
struct VideoByTag {
    #[cql(partition_key)]
    tag: String,
    #[cql(clustering_key)]
    id: i32,
}

impl From<&Video> for VideoByUser {
    fn from(video: &Video) -> Self {
        VideoByUser { user: video.user.clone(), id: video.id }
    }
}

impl From<&Video> for VideoByTag {
    fn from(video: &Video) -> Self {
        VideoByTag { tag: video.tag.clone(), id: video.id }
    }
}

#[test]
fn a_row_is_written_to_all_of_its_tables() {
    live(async |db: &Database| {
        let keyspace = db.own_keyspace("videos", 1).await;
        let mut statements = schema::create_statements::<Video>(&keyspace);
        statements.extend(schema::create_statements::<VideoByUser>(&keyspace));
        statements.extend(schema::create_statements::<VideoByTag>(&keyspace));
        for statement in statements {
            db.alter(&statement).await;
        }
        let mapper = Mapper::new(db.session().clone()).keyspace(keyspace);
        let video = Video { id: 7, user: "ada".to_owned(), tag: "engines".to_owned() };
        video.insert_all().exec(&mapper).await.unwrap();
        assert_eq!(Video::find(7).one(&mapper).await.unwrap(), video);
        assert_eq!(VideoByUser::find(("ada", 7)).one(&mapper).await.unwrap(), VideoByUser::from(&video));
        assert_eq!(VideoByTag::find(("engines", 7)).one(&mapper).await.unwrap(), VideoByTag::from(&video));
    });
}

#[derive(Model, Debug, Clone, PartialEq)]
#[cql(table = "measured")]
struct Measured {
    #[cql(partition_key)]
    id: i32,
    #[cql(clustering_key)]
    at: i32,
    sensor: String,
    value: f64,
}

#[derive(View, Debug, PartialEq)]
#[cql(base = Measured, view = "measured_by_sensor")]
struct BySensor {
    #[cql(partition_key)]
    sensor: String,
    #[cql(clustering_key(desc))]
    at: i32,
    #[cql(clustering_key)]
    id: i32,
    value: f64,
}

/// A view is planned, created after its table, and read.
#[test]
fn a_view_is_read_like_a_table() {
    live_with(&[Capability::Views], async |db: &Database| {
        let mapper = Mapper::new(db.session().clone()).keyspace(db.own_keyspace("views", 1).await);
        let wanted = || schema::Schema::new().model::<BySensor>().model::<Measured>();
        wanted().plan(&mapper).await.unwrap().apply(&mapper).await.unwrap();
        assert!(wanted().plan(&mapper).await.unwrap().is_empty());
        for at in 0..3 {
            Measured { id: 1, at, sensor: "s".to_owned(), value: f64::from(at) }
                .insert()
                .exec(&mapper)
                .await
                .unwrap();
        }
        // Views follow their tables in a while.
        for _ in 0..100 {
            let rows =
                BySensor::objects().filter(BySensor.sensor.eq("s")).filter(BySensor.at.ge(1)).all(&mapper);
            let rows = rows.await.unwrap();
            if rows.len() == 2 {
                assert_eq!(rows[0], BySensor { sensor: "s".to_owned(), at: 2, id: 1, value: 2.0 });
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the view did not follow");
    });
}

/// Places in a partition, ranges of tokens, and conditions written by hand.
#[test]
fn rows_behind_a_place_and_in_a_range_of_tokens() {
    live(async |db: &Database| {
        let keyspace = db.own_keyspace("slices", 1).await;
        for statement in schema::create_statements::<Slot>(&keyspace) {
            db.alter(&statement).await;
        }
        let mapper = Mapper::new(db.session().clone()).keyspace(keyspace);
        let rows =
            (0..27).map(|at| Slot { id: at / 9, day: at / 3 % 3, seq: at % 3, note: format!("n{at}") });
        mapper.insert_many(rows).exec().await.unwrap();
        let of = |id| Slot::objects().filter(Slot.id.eq(id));
        let notes = async |select: cql_mapper::DynamicSelect<Slot>| {
            let rows = select.all(&mapper).await.unwrap();
            rows.into_iter().map(|row| row.note).collect::<Vec<_>>()
        };
        let places = of(0).filter((Slot.day, Slot.seq).gt((1, 1))).filter((Slot.day, Slot.seq).le((2, 0)));
        assert_eq!(notes(places.clone().dynamic()).await, ["n5", "n6"]);
        assert_eq!(places.all(&mapper).await.unwrap().len(), 2);
        assert_eq!(of(0).limit(1).one(&mapper).await.unwrap().note, "n0");
        let all = Slot::objects().token_range(..).all(&mapper).await.unwrap();
        assert_eq!(all.len(), 27);
        let (below, above) = (Slot::objects().token_range(..0), Slot::objects().token_range(0..=i64::MAX));
        assert_eq!(below.count(&mapper).await.unwrap() + above.count(&mapper).await.unwrap(), 27);
        let first = all.first().unwrap().id;
        let rest = Slot::objects().after_token_of(first).all(&mapper).await.unwrap();
        assert_eq!(rest, all[9..]);
        let raw = Slot::raw("WHERE id = ? AND day >= ? ORDER BY day DESC LIMIT 2", (1, 0));
        let raw: Vec<(String,)> = raw.columns((Slot.note,)).all(&mapper).await.unwrap();
        assert_eq!(raw, [("n17".to_owned(),), ("n16".to_owned(),)]);
        let none = Slot::raw("WHERE id = ?", (99,)).first(&mapper).await.unwrap();
        assert_eq!(none, None);
    });
}

#[derive(Model, Debug, Clone, PartialEq)]
#[cql(table = "slots")]
struct Slot {
    #[cql(partition_key)]
    id: i32,
    #[cql(clustering_key)]
    day: i32,
    #[cql(clustering_key)]
    seq: i32,
    note: String,
}
