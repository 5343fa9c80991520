//! Changes of the schema, seen from all nodes.

use crate::whole;
use futures::future::try_join_all;

#[test]
fn what_was_created_is_there_on_every_node_at_once() {
    whole(async |db| {
        let session = db.session();
        let keyspace = db.own_keyspace("at_once", 3).await;
        for number in 0..8 {
            let table = format!("{keyspace}.t{number}");
            let created = db.alter(&format!("CREATE TABLE {table} (k int PRIMARY KEY, v int)")).await;
            assert_eq!(created.schema_agreed(), Some(true));
            // Text goes to all nodes in turn.
            let used = (0..3 * db.nodes()).map(async |k| {
                session.execute(format!("INSERT INTO {table} (k, v) VALUES ({k}, {k})"), ()).await
            });
            try_join_all(used).await.unwrap();
            db.alter(&format!("ALTER TABLE {table} ADD w int")).await;
            let used = (0..3 * db.nodes())
                .map(async |k| session.execute(format!("SELECT w FROM {table} WHERE k = {k}"), ()).await);
            try_join_all(used).await.unwrap();
        }
    });
}

#[test]
fn a_keyspace_can_be_used_on_every_node_at_once() {
    whole(async |db| {
        let session = db.builder().build().unwrap().connect().await.unwrap();
        for name in ["use_a", "use_b"] {
            let keyspace = db.own_keyspace(name, 1).await;
            db.alter_by(&session, &format!("CREATE TABLE {keyspace}.t (k int PRIMARY KEY, v text)")).await;
            session
                .execute(format!("INSERT INTO {keyspace}.t (k, v) VALUES (1, '{name}')"), ())
                .await
                .unwrap();
            session.execute(format!("USE {keyspace}"), ()).await.unwrap();
            for _ in 0..4 * db.nodes() {
                let result = session.execute("SELECT v FROM t WHERE k = 1", ()).await.unwrap();
                assert_eq!(result.single_row::<(&str,)>().unwrap(), (name,));
            }
        }
        session.close().await;
    });
}
