//! Statements of models: prepared once, bounded in number, told apart by whether they may be repeated.

use crate::support::{echo, nodes, session, simulate};
use cql_mapper::Error;
use cql_mapper::prelude::*;
use cql_testkit::{Consistency, ErrorDetails, Prime, Reply, WriteType};
use futures::future::join_all;

#[derive(Model, Debug)]
#[cql(keyspace = "ks", table = "t")]
struct Row {
    #[cql(partition_key)]
    id: i32,
    v: i32,
}

/// Scenario M29.
#[test]
fn m29_a_thousand_first_calls_prepare_once() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        sim.prime(echo());
        let db = Mapper::new(session(&sim).await);
        let calls = (0..1000).map(|id| Row::find(id).columns((Row.v,)).first(&db));
        for outcome in join_all(calls).await {
            outcome.unwrap();
        }
        let text = "SELECT v FROM ks.t WHERE id = ?";
        sim.log().prepares(text).assert_count(1);
        assert_eq!(sim.log().executes(text).len(), 1000);
        assert_eq!(db.statement_counts(), (1, 0));
    });
}

/// Of shapes beyond the bound the one that was not used for longest is forgotten; it is prepared again when it is used.
#[test]
fn m29_statements_are_bounded() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        let db = Mapper::new(session(&sim).await).with_statements(2);
        // What the answer is does not matter here.
        let one = async || drop(Row::find(1).columns((Row.v,)).first(&db).await);
        let two = async || drop(Row::find(1).columns((Row.id,)).first(&db).await);
        let three = async || drop(Row::find(1).first(&db).await);
        one().await;
        two().await;
        one().await;
        three().await;
        assert_eq!(db.statement_counts(), (3, 1));
        one().await;
        assert_eq!(db.statement_counts(), (3, 1), "it was used after the other");
        two().await;
        assert_eq!(db.statement_counts(), (4, 2));
    });
}

/// Whether a transaction was applied is not known when its write timed out: it is told so, and not tried again.
#[test]
fn a_transaction_that_timed_out_is_neither_applied_nor_not() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        let db = Mapper::new(session(&sim).await);
        let text = "UPDATE ks.t SET v = ? WHERE id = ? IF v = ?";
        let timeout = ErrorDetails::WriteTimeout {
            consistency: Consistency::Quorum,
            received: 1,
            block_for: 2,
            write_type: WriteType::CAS,
            contentions: None,
        };
        sim.prime(Prime::query(text).reply(Reply::error_details(timeout)));
        let update = Row::update(1).set(Row.v.to(2)).iff(Row.v.eq(1));
        let error = update.exec(&db).await.unwrap_err();
        assert!(
            matches!(&error, Error::LwtUnknown { cql, .. } if cql == text) && error.was_sent(),
            "{error}"
        );
        assert_eq!(sim.log().executes(text).len(), 1);
    });
}
