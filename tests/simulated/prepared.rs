//! Prepared statements that nodes forget, or know by another id than they said.

use crate::support::{INSERT, SELECT, echo, nodes, session, simulate};
use bytes::Bytes;
use cql_driver::Batch;
use cql_driver::error::ErrorKind;
use cql_testkit::{ErrorDetails, Opcode, Prime, Reply};

#[test]
fn a_forgotten_statement_is_prepared_again_on_that_node_and_executed_once() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        sim.prime(echo());
        let session = session(&sim).await;
        let select = session.prepare(SELECT).await.unwrap();
        sim.log().prepares(SELECT).assert_count(1);
        for id in 0..60 {
            let result = session.execute(&select, (id,)).await.unwrap();
            assert_eq!(result.single_row::<(i32,)>().unwrap(), (id,));
        }
        assert_eq!(sim.log().prepares(SELECT).per_node(), [1, 1, 1], "each node was taught once");
        let executed = sim.log().opcode(Opcode::EXECUTE).len();
        assert_eq!((sim.log().executes(SELECT).len(), executed), (60, 62), "two were refused");
        let last = sim.log().executes(SELECT).last().unwrap().clone();
        sim.nodes().iter().for_each(|node| node.forget_all());
        sim.log().clear();
        session.execute(&select, (1,)).await.unwrap();
        let (prepared, executed) = (sim.log().prepares(SELECT), sim.log().opcode(Opcode::EXECUTE));
        assert_eq!(prepared[0].connection(), executed[0].connection());
        assert_eq!(executed.len(), 2);
        assert_eq!(executed[1].connection(), executed[0].connection());
        assert_eq!(executed[1].body(), executed[0].body(), "the same request");
        assert_eq!(executed[1].consistency(), last.consistency());
    });
}

#[test]
fn a_statement_that_is_always_forgotten_is_a_typed_error_after_two_tries() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        let session = session(&sim).await;
        let select = session.prepare(SELECT).await.unwrap();
        let id = Bytes::copy_from_slice(select.id());
        sim.prime(
            Prime::opcode(Opcode::EXECUTE).reply(Reply::error_details(ErrorDetails::Unprepared { id })),
        );
        sim.log().clear();
        let error = session.execute(&select, (1,)).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Unprepared), "{error}");
        sim.log().opcode(Opcode::EXECUTE).assert_count(3);
        sim.log().opcode(Opcode::PREPARE).assert_count(2);

        let executions = session.execute_concurrent(&select, (0..10).map(|id| (id,)));
        let results = executions.concurrency(4).collect().await;
        assert!(
            results
                .iter()
                .all(|result| { matches!(result.as_ref().unwrap_err().kind(), ErrorKind::Unprepared) })
        );
    });
}

#[test]
fn an_id_that_changes_is_tried_as_it_was_once_and_then_as_it_is() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        sim.prime(echo());
        let session = session(&sim).await;
        let select = session.prepare(SELECT).await.unwrap();
        let old = select.id().to_vec();
        sim.node(0).change_statement_id(SELECT);
        sim.log().clear();
        let result = session.execute(&select, (5,)).await.unwrap();
        assert_eq!(result.single_row::<(i32,)>().unwrap(), (5,));
        let ids = executed_ids(&sim);
        assert_eq!(ids.len(), 3, "{}", sim.log());
        assert_eq!((&ids[0], &ids[1]), (&old, &old));
        assert_ne!(ids[2], old);
        sim.log().prepares(SELECT).assert_count(2);
    });
}

#[test]
fn an_id_that_changes_every_time_ends_in_a_typed_error() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        let session = session(&sim).await;
        let select = session.prepare(SELECT).await.unwrap();
        sim.log().clear();
        let node = sim.node(0);
        sim.prime(Prime::opcode(Opcode::EXECUTE).reply(Reply::computed(move |_| {
            node.change_statement_id(SELECT);
            Reply::unprimed()
        })));
        let error = session.execute(&select, (5,)).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Unprepared), "{error}");
        sim.log().opcode(Opcode::EXECUTE).assert_count(3);
    });
}

#[test]
fn statements_of_a_batch_that_are_forgotten_are_prepared_again() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        let session = session(&sim).await;
        let insert = session.prepare(INSERT).await.unwrap();
        let other = session.prepare("DELETE FROM ks.t WHERE id = ?").await.unwrap();
        sim.node(0).forget_all();
        sim.log().clear();
        let mut batch = Batch::logged();
        batch.add(&insert, (1, 2)).unwrap().add(&other, (3,)).unwrap();
        session.batch(&batch).await.unwrap();
        sim.log().opcode(Opcode::BATCH).assert_count(3);
        sim.log().opcode(Opcode::PREPARE).assert_count(2);
    });
}

#[test]
fn columns_that_change_are_followed() {
    use cql_testkit::{ColumnType, Rows};
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        sim.prime(echo());
        let session = session(&sim).await;
        let select = session.prepare(SELECT).await.unwrap();
        session.execute(&select, (1,)).await.unwrap();
        assert!(sim.log().executes(SELECT)[0].skips_metadata());
        let wider = Rows::new([("v", ColumnType::Int), ("w", ColumnType::Text)]).row((7, "x"));
        sim.prime(Prime::query(SELECT).reply(Reply::rows(wider)));
        for _ in 0..2 {
            let result = session.execute(&select, (1,)).await.unwrap();
            assert_eq!(result.single_row::<(i32, String)>().unwrap(), (7, "x".to_owned()));
        }
        assert_eq!(select.result_columns().len(), 2);
    });
}

fn executed_ids(sim: &cql_testkit::SimCluster) -> Vec<Vec<u8>> {
    let executed = sim.log().opcode(Opcode::EXECUTE);
    executed.iter().map(|request| request.body()[2..18].to_vec()).collect()
}
