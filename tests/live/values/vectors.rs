//! `vector` of elements of fixed and of variable size.

use super::{Column, for_each_version};
use cql_driver::Session;
use cql_driver::error::ErrorKind;
use cql_driver::value::{CqlDecimal, CqlValue, Vector};
use cql_tests::{Capability, Database, live_with};
use std::collections::{BTreeMap, BTreeSet};
use uuid::uuid;

async fn table(db: &Database) -> String {
    let columns = "k text PRIMARY KEY, floats vector<float, 3>, doubles vector<double, 2>, ints vector<int, 2>, \
                   bigints vector<bigint, 2>, uuids vector<uuid, 1>, booleans vector<boolean, 3>, \
                   smallints vector<smallint, 2>, tinyints vector<tinyint, 3>, texts vector<text, 2>, \
                   decimals vector<decimal, 2>, blobs vector<blob, 2>, vectors vector<vector<float, 2>, 2>, \
                   text_vectors vector<vector<text, 1>, 2>, lists vector<frozen<list<int>>, 2>, \
                   sets vector<frozen<set<text>>, 2>, maps vector<frozen<map<int, text>>, 1>, \
                   tuples vector<frozen<tuple<int, text>>, 2>, in_list list<frozen<vector<int, 2>>>, \
                   in_tuple frozen<tuple<vector<float, 2>, text>>";
    db.table("vectors", &format!("({columns})")).await
}

fn texts<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.into_iter().map(str::to_owned).collect()
}

#[test]
fn vectors_are_what_their_literals_say() {
    live_with(&[Capability::Vectors], async |db| {
        let table = table(db).await;
        for_each_version(db, async |session: &Session| {
            let column = |name| Column { db, session, table: &table, name };
            column("floats").check("[1.0, -2.5, 0.0]", vec![1.0_f32, -2.5, 0.0]).await;
            column("floats").check("[1.0, -2.5, 0.0]", [1.0_f32, -2.5, 0.0]).await;
            column("floats").check("[1.0, -2.5, 0.0]", Vector(vec![1.0_f32, -2.5, 0.0])).await;
            column("doubles").check("[1.5, 2.5]", vec![1.5_f64, 2.5]).await;
            column("ints").check("[1, -2]", vec![1, -2]).await;
            column("bigints").check("[1, -2]", vec![1_i64, -2]).await;
            let id = uuid!("f47ac10b-58cc-4372-a567-0e02b2c3d479");
            column("uuids").check(&format!("[{id}]"), vec![id]).await;
            column("booleans").check("[true, false, true]", vec![true, false, true]).await;
            column("smallints").check("[1, -2]", vec![1_i16, -2]).await;
            column("tinyints").check("[1, -2, 3]", vec![1_i8, -2, 3]).await;
            column("texts").check("['a', 'größer']", texts(["a", "größer"])).await;
            column("texts").check("['', '']", texts(["", ""])).await;
            let decimals: Vec<CqlDecimal> = ["1.50", "-7"].map(|text| text.parse().unwrap()).into();
            column("decimals").check("[1.50, -7]", decimals).await;
            column("blobs").check("[0x00, 0x]", vec![vec![0_u8], vec![]]).await;
            let long = "x".repeat(300);
            column("texts").check(&format!("['{long}', 'b']"), texts([&long, "b"])).await;
        })
        .await;
    });
}

#[test]
fn vectors_of_what_holds_values_are_what_their_literals_say() {
    live_with(&[Capability::Vectors], async |db| {
        let table = table(db).await;
        for_each_version(db, async |session: &Session| {
            let column = |name| Column { db, session, table: &table, name };
            column("vectors")
                .check("[[1.0, 2.0], [3.0, 4.0]]", vec![vec![1.0_f32, 2.0], vec![3.0, 4.0]])
                .await;
            column("text_vectors").check("[['a'], ['bc']]", vec![texts(["a"]), texts(["bc"])]).await;
            column("lists").check("[[1, 2], []]", vec![vec![1, 2], vec![]]).await;
            let sets: Vec<BTreeSet<String>> = vec![texts(["a", "b"]).into_iter().collect(), BTreeSet::new()];
            column("sets").check("[{'a', 'b'}, {}]", sets).await;
            column("maps").check("[{1: 'x'}]", vec![BTreeMap::from([(1, "x".to_owned())])]).await;
            let tuples = vec![(1, Some("x".to_owned())), (2, None)];
            column("tuples").check("[(1, 'x'), (2, null)]", tuples).await;
            column("in_list").check("[[1, 2], [3, 4]]", vec![vec![1, 2], vec![3, 4]]).await;
            column("in_tuple").check("([1.0, 2.0], 'x')", (vec![1.0_f32, 2.0], "x".to_owned())).await;
        })
        .await;
    });
}

#[test]
fn a_vector_bound_to_unprepared_text_needs_to_say_that_it_is_one() {
    live_with(&[Capability::Vectors], async |db| {
        let table = table(db).await;
        let column = |name| Column { db, session: db.session(), table: &table, name };
        column("floats").check_unprepared(Vector(vec![1.0_f32, 2.0, 3.0])).await;
        column("texts").check_unprepared(Vector(texts(["a", "b"]))).await;
    });
}

#[test]
fn a_vector_of_the_wrong_length_is_refused_before_it_is_sent() {
    live_with(&[Capability::Vectors], async |db| {
        let table = table(db).await;
        let insert =
            db.session().prepare(format!("INSERT INTO {table} (k, floats) VALUES (?, ?)")).await.unwrap();
        let refused = db.session().execute(&insert, ("short", vec![1.0_f32])).await.unwrap_err();
        assert!(matches!(refused.kind(), ErrorKind::Bind(_)), "{refused:?}");
        assert!(!refused.was_sent());
        assert!(refused.to_string().contains("floats"), "{refused}");
        let nulls = CqlValue::Vector(vec![CqlValue::Null; 3]);
        let refused = db.session().execute(&insert, ("nulls", nulls)).await.unwrap_err();
        assert!(matches!(refused.kind(), ErrorKind::Bind(_)), "{refused:?}");
    });
}
