//! Prepared statements that nodes forget, or know by another id than they said.

use crate::support::{
    INSERT, InOrder, SELECT, backoff, driver, echo, ms, nodes, one, session, session_of, simulate,
};
use bytes::Bytes;
use cql_driver::error::ErrorKind;
use cql_driver::{Batch, ExecutionProfile};
use cql_testkit::{ErrorDetails, Gate, Opcode, Prime, Reply};

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
        assert!(matches!(error.kind(), ErrorKind::Unprepared { .. }), "{error}");
        sim.log().opcode(Opcode::EXECUTE).assert_count(3);
        sim.log().opcode(Opcode::PREPARE).assert_count(2);

        let executions = session.execute_concurrent(&select, (0..10).map(|id| (id,)));
        let results = executions.concurrency(4).collect().await;
        assert!(
            results.iter().all(|result| {
                matches!(result.as_ref().unwrap_err().kind(), ErrorKind::Unprepared { .. })
            })
        );
    });
}

#[test]
fn preparing_again_takes_of_the_requests_time() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        let session = session(&sim).await;
        let select = session.prepare(SELECT).await.unwrap().with_timeout(ms(50));
        let id = Bytes::copy_from_slice(select.id());
        sim.prime(
            Prime::opcode(Opcode::EXECUTE).reply(Reply::error_details(ErrorDetails::Unprepared { id })),
        );
        let began = tokio::time::Instant::now();
        let error = session.execute(&select, (1,)).await.unwrap_err();
        assert!(error.is_timeout() && began.elapsed() <= ms(70), "{:?}: {error}", began.elapsed());
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
        sim.log().prepares(SELECT).assert_count(1);
        // From then on it is known.
        session.execute(&select, (5,)).await.unwrap();
        let later = executed_ids(&sim);
        assert_eq!((later.len(), &later[3]), (4, &ids[2]));
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
        assert!(matches!(error.kind(), ErrorKind::Unprepared { .. }), "{error}");
        sim.log().opcode(Opcode::EXECUTE).assert_count(4);
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

// P14: the error names both ids.
#[test]
fn p14_the_error_of_an_id_that_changes_names_both() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        let session = session(&sim).await;
        let select = session.prepare(SELECT).await.unwrap();
        let hex = |id: &[u8]| id.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let old = hex(select.id());
        let node = sim.node(0);
        sim.prime(Prime::opcode(Opcode::EXECUTE).reply(Reply::computed(move |_| {
            node.change_statement_id(SELECT);
            Reply::unprimed()
        })));
        let error = session.execute(&select, (5,)).await.unwrap_err();
        let ErrorKind::Unprepared { id, again } = error.kind() else { panic!("{error}") };
        assert_eq!(**id, *old);
        let again = again.clone().unwrap();
        assert_ne!(again, *id);
        assert!(error.to_string().contains(&old) && error.to_string().contains(&*again), "{error}");
    });
}

// J55: prepared again with the payload of the request.
#[test]
fn j55_a_payload_goes_along_when_a_statement_is_prepared_again() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        sim.prime(echo());
        let session = session(&sim).await;
        let payload = [("trace".to_owned(), Some(Bytes::from_static(b"7")))];
        let select = session.prepare(SELECT).await.unwrap().with_custom_payload(payload);
        sim.node(0).forget_all();
        sim.log().clear();
        session.execute(&select, (1,)).await.unwrap();
        let prepares = sim.log().prepares(SELECT);
        assert_eq!(prepares.len(), 1);
        assert_eq!(prepares[0].payload().unwrap()["trace"].as_deref(), Some(&b"7"[..]));
    });
}

// J56: a node that comes up learns all statements that are held, few at a time, and not by failures.
#[test]
fn j56_a_node_that_is_up_again_learns_what_is_held() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        sim.prime(echo());
        let session =
            session_of(driver(&sim).reprepare_on_up(2).reconnection(backoff(ms(100), ms(100)))).await;
        let texts: Vec<String> =
            (0..5).map(|n| format!("SELECT v FROM ks.t WHERE id = ? LIMIT {}", n + 1)).collect();
        let mut held = Vec::new();
        for text in &texts {
            held.push(session.prepare(text).await.unwrap());
        }
        // One that nobody holds any more.
        drop(session.prepare(SELECT).await.unwrap());
        sim.node(1).stop().await;
        sim.node(1).forget_all();
        tokio::time::sleep(ms(500)).await;
        let gate = Gate::new();
        let described =
            sim.node(1).prime(Prime::opcode(Opcode::PREPARE).reply(Reply::unprimed().when(&gate)));
        sim.log().clear();
        sim.node(1).start().await.unwrap();
        tokio::time::sleep(ms(500)).await;
        assert_eq!(sim.log().opcode(Opcode::PREPARE).per_node(), [0, 2, 0], "two at a time");
        gate.open();
        tokio::time::sleep(ms(500)).await;
        assert_eq!(sim.log().opcode(Opcode::PREPARE).per_node(), [0, 5, 0]);
        for text in &texts {
            sim.log().prepares(text).assert_count(1);
        }
        drop(described);
        // Nothing has to be found out by a refusal.
        sim.log().clear();
        for select in &held {
            let select = select.clone().with_node(sim.node(1).host_id());
            sim.prime(Prime::query(select.text()).reply(one(1)));
            session.execute(&select, (1,)).await.unwrap();
        }
        sim.log().opcode(Opcode::PREPARE).assert_count(0);
    });
}

#[test]
fn all_nodes_learn_a_statement_at_once_if_asked_to() {
    simulate(async {
        let sim = nodes(4).start().await.unwrap();
        // One that never answers delays it, and no more.
        sim.node(3).prime(Prime::opcode(Opcode::PREPARE).reply(Reply::nothing()));
        sim.prime(echo());
        let profile = ExecutionProfile::builder().load_balancing(InOrder).build().unwrap();
        let session = session_of(driver(&sim).default_profile(profile).prepare_everywhere()).await;
        let select = session.prepare(SELECT).await.unwrap();
        assert_eq!(sim.log().prepares(SELECT).per_node(), [2, 1, 1, 1]);
        sim.log().clear();
        for id in 0..30 {
            let node = sim.node(id as usize % 3).host_id();
            session.execute(&select.clone().with_node(node), (id,)).await.unwrap();
        }
        sim.log().opcode(Opcode::PREPARE).assert_count(0);
    });
}

// M29: one PREPARE for all who want the same statement at once; one that is given up holds up nobody.
#[test]
fn a_statement_is_prepared_once_for_all_who_want_it() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        let session = session(&sim).await;
        sim.prime(Prime::prepare(SELECT).reply(Reply::unprimed().after(ms(50))));
        // The first of them is given up in the middle.
        let first = tokio::time::timeout(ms(20), session.prepare(SELECT));
        let others = futures::future::join_all((0..1000).map(|_| session.prepare(SELECT)));
        let (first, others) = tokio::join!(first, others);
        assert!(first.is_err());
        let others: Vec<_> = others.into_iter().map(Result::unwrap).collect();
        sim.log().prepares(SELECT).assert_count(2);
        assert!(others.iter().all(|statement| statement.id() == others[0].id()));
        session.prepare(SELECT).await.unwrap();
        sim.log().prepares(SELECT).assert_count(2);
        // An error is nobody's but those who waited for it.
        let broken = "SELECT nothing FROM ks.t";
        let invalid = Reply::error_code(cql_testkit::ErrorCode::INVALID, "no");
        sim.prime(Prime::prepare(broken).once(invalid).reply(Reply::unprimed()));
        session.prepare(broken).await.unwrap_err();
        let again = session.prepare(broken).await;
        assert!(again.is_ok() || again.unwrap_err().server_error().is_some());
        sim.log().prepares(broken).assert_count(2);
    });
}

// A first node that is dead is no reason not to prepare.
#[test]
fn a_statement_is_prepared_on_the_next_node_when_one_fails() {
    for trouble in [Reply::close(), Reply::error_code(cql_testkit::ErrorCode::IS_BOOTSTRAPPING, "not yet")] {
        simulate(async move {
            let sim = nodes(3).start().await.unwrap();
            let session = session(&sim).await;
            sim.prime(Prime::prepare(SELECT).times(2, trouble).reply(Reply::unprimed()));
            session.prepare(SELECT).await.unwrap();
            let mut nodes = sim.log().prepares(SELECT).nodes();
            nodes.sort_unstable();
            assert_eq!(nodes, [0, 1, 2]);
        });
    }
}

// What its markers mean has changed: values bound for the old types are not sent as others.
#[test]
fn a_statement_whose_markers_have_changed_is_not_executed() {
    use cql_testkit::{ColumnType, Declared};
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        sim.prime(echo());
        let session = session(&sim).await;
        let select = session.prepare(SELECT).await.unwrap();
        sim.node(0).forget_all();
        let text = Declared::new(SELECT).marker("id", ColumnType::Text).partition_key([0]);
        sim.declare(text.column("v", ColumnType::Int));
        sim.node(0).change_statement_id(SELECT);
        sim.log().clear();
        let error = session.execute(&select, (5,)).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Reprepared), "{error}");
        assert!(error.to_string().contains("prepare it anew"), "{error}");
        sim.log().executes(SELECT).assert_count(0);
    });
}
