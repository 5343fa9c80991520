//! Collections and tuples, in each other.

use super::{Column, for_each_version};
use cql_driver::Session;
use cql_driver::value::{CqlTuple, CqlValue};
use cql_tests::{Database, live};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr};
use uuid::{Uuid, uuid};

async fn table(db: &Database) -> String {
    let columns = "k text PRIMARY KEY, numbers list<int>, names set<text>, ages map<text, int>, \
                   frozen_numbers frozen<list<int>>, frozen_names frozen<set<text>>, \
                   frozen_ages frozen<map<text, int>>, lists list<frozen<list<int>>>, \
                   deep map<text, frozen<map<int, frozen<set<uuid>>>>>, pair frozen<tuple<int, text>>, \
                   pairs list<frozen<tuple<int, text>>>, by_pair map<frozen<tuple<int, int>>, text>, \
                   tuples frozen<tuple<int, tuple<text, list<int>>, inet>>";
    db.table("nested", &format!("({columns})")).await
}

fn names<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

fn ages<const N: usize>(ages: [(&str, i32); N]) -> BTreeMap<String, i32> {
    ages.into_iter().map(|(name, age)| (name.to_owned(), age)).collect()
}

#[test]
fn collections_are_what_their_literals_say() {
    live(async |db| {
        let table = table(db).await;
        for_each_version(db, async |session: &Session| {
            let column = |name| Column { db, session, table: &table, name };
            for name in ["numbers", "frozen_numbers"] {
                column(name).check("[3, 1, 1]", vec![3, 1, 1]).await;
                column(name).check_unprepared(vec![1, 2]).await;
            }
            for name in ["names", "frozen_names"] {
                column(name).check("{'b', 'a', 'it''s'}", names(["a", "b", "it's"])).await;
                column(name).check("{'b'}", HashSet::from(["b".to_owned()])).await;
                column(name).check_unprepared(names(["x"])).await;
            }
            for name in ["ages", "frozen_ages"] {
                column(name).check("{'bo': 4, 'al': 3}", ages([("al", 3), ("bo", 4)])).await;
                column(name).check("{'': 0}", HashMap::from([(String::new(), 0)])).await;
                column(name).check_unprepared(ages([("x", 1)])).await;
            }
        })
        .await;
    });
}

#[test]
fn empty_collections_are_stored_when_frozen_and_null_when_not() {
    live(async |db| {
        let table = table(db).await;
        for_each_version(db, async |session: &Session| {
            let column = |name| Column { db, session, table: &table, name };
            column("frozen_numbers").check("[]", Some(Vec::<i32>::new())).await;
            column("frozen_names").check("{}", Some(BTreeSet::<String>::new())).await;
            column("frozen_ages").check("{}", Some(BTreeMap::<String, i32>::new())).await;
            column("numbers").write("none", &Vec::<i32>::new()).await;
            assert_eq!(column("numbers").read::<Option<Vec<i32>>>("none").await, None);
            assert_eq!(column("numbers").read::<Vec<i32>>("none").await, Vec::<i32>::new());
        })
        .await;
    });
}

#[test]
fn collections_in_collections_are_what_their_literals_say() {
    live(async |db| {
        let table = table(db).await;
        for_each_version(db, async |session: &Session| {
            let column = |name| Column { db, session, table: &table, name };
            column("lists").check("[[1, 2], [], [3]]", vec![vec![1, 2], vec![], vec![3]]).await;
            let id = uuid!("f47ac10b-58cc-4372-a567-0e02b2c3d479");
            let deep: BTreeMap<String, BTreeMap<i32, BTreeSet<Uuid>>> = BTreeMap::from([
                ("a".to_owned(), BTreeMap::from([(1, BTreeSet::from([id])), (2, BTreeSet::new())])),
                ("b".to_owned(), BTreeMap::new()),
            ]);
            column("deep").check(&format!("{{'a': {{1: {{{id}}}, 2: {{}}}}, 'b': {{}}}}"), deep).await;
        })
        .await;
    });
}

#[test]
fn tuples_are_what_their_literals_say() {
    live(async |db| {
        let table = table(db).await;
        for_each_version(db, async |session: &Session| {
            let column = |name| Column { db, session, table: &table, name };
            column("pair").check("(1, 'a')", (1, "a".to_owned())).await;
            column("pair").check("(null, 'a')", (None::<i32>, Some("a".to_owned()))).await;
            column("pair").check("(1, null)", (Some(1), None::<String>)).await;
            column("pairs").check("[(1, 'a'), (2, null)]", vec![(1, Some("a".to_owned())), (2, None)]).await;
            column("by_pair").check("{(1, 2): 'x'}", BTreeMap::from([((1, 2), "x".to_owned())])).await;
            let local = IpAddr::V4(Ipv4Addr::LOCALHOST);
            let nested = (1, ("a".to_owned(), vec![1, 2]), local);
            column("tuples").check("(1, ('a', [1, 2]), '127.0.0.1')", nested).await;
            let nothing = (1, None::<(String, Vec<i32>)>, None::<IpAddr>);
            column("tuples").check("(1, null, null)", nothing).await;
        })
        .await;
    });
}

#[test]
fn a_tuple_with_fewer_components_than_its_type_is_filled_with_nulls() {
    live(async |db| {
        let table = table(db).await;
        let column = Column { db, session: db.session(), table: &table, name: "pair" };
        column.write("short", &(7,)).await;
        assert_eq!(column.read::<(Option<i32>, Option<String>)>("short").await, (Some(7), None));
        let read = column.read::<CqlValue>("short").await;
        assert_eq!(read, CqlTuple::from_iter([CqlValue::Int(7), CqlValue::Null]).into());
        column.write("dynamic", &CqlValue::from(CqlTuple::from_iter([7]))).await;
        assert_eq!(column.read::<(Option<i32>, Option<String>)>("dynamic").await, (Some(7), None));
    });
}

#[test]
fn parts_of_collections_are_changed_by_bound_values() {
    live(async |db| {
        let table = table(db).await;
        let session = db.session();
        let run = async |text: &str, value: CqlValue| {
            let update = session.prepare(text.replace("{t}", &table)).await.unwrap();
            session.execute(&update, (value,)).await.unwrap();
        };
        run("UPDATE {t} SET numbers = numbers + ? WHERE k = 'parts'", vec![2, 3].into()).await;
        run("UPDATE {t} SET numbers = ? + numbers WHERE k = 'parts'", vec![1].into()).await;
        run("UPDATE {t} SET numbers[1] = ? WHERE k = 'parts'", 20.into()).await;
        let added = CqlValue::Set(vec!["a".into(), "b".into()]);
        run("UPDATE {t} SET names = names + ? WHERE k = 'parts'", added).await;
        run("UPDATE {t} SET names = names - ? WHERE k = 'parts'", CqlValue::Set(vec!["a".into()])).await;
        run("UPDATE {t} SET ages['x'] = ? WHERE k = 'parts'", 9.into()).await;
        run("DELETE ages[?] FROM {t} WHERE k = 'parts'", "y".into()).await;
        let row: (Vec<i32>, BTreeSet<String>, BTreeMap<String, i32>) =
            db.row(&format!("SELECT numbers, names, ages FROM {table} WHERE k = 'parts'")).await;
        assert_eq!(row, (vec![1, 20, 3], names(["b"]), ages([("x", 9)])));
    });
}
