//! Stream ids: all of them at once, and round and round.

use crate::support::{SELECT, driver, echo, ms, nodes, one, own_id, session_of, settle, simulate};
use cql_testkit::{Gate, Opcode, Prime, Received};
use std::collections::BTreeSet;
use tokio::task::JoinSet;

/// The most that the two bytes of a stream id allow, but for the one that heartbeats have.
const ALL: u16 = 32_767;

#[test]
fn all_ids_can_be_in_flight_and_each_gets_its_answer() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        let gate = Gate::new();
        sim.prime(Prime::query(SELECT).reply(own_id().when(&gate)));
        let session = session_of(driver(&sim).max_requests_per_connection(ALL)).await;
        let select = session.prepare(SELECT).await.unwrap().with_timeout(ms(60_000));
        let mut requests = JoinSet::new();
        let beyond = 100;
        for id in 0..i32::from(ALL) + beyond {
            let (session, select) = (session.clone(), select.clone());
            requests.spawn(async move { (id, session.execute(&select, (id,)).await.unwrap()) });
        }
        sim.log().wait_until(|log| log.executes(SELECT).len() == usize::from(ALL)).await;
        settle().await;
        // A silent connection is asked for a sign of life all the same: that has an id of its own.
        sim.log().wait_until(|log| !log.opcode(Opcode::OPTIONS).is_empty()).await;
        let executed = sim.log().executes(SELECT);
        assert_eq!(executed.len(), usize::from(ALL), "{beyond} wait");
        let ids: BTreeSet<i16> = executed.iter().map(Received::stream).collect();
        assert_eq!(ids.len(), usize::from(ALL), "none is used twice");
        gate.open();
        while let Some(ended) = requests.join_next().await {
            let (id, result) = ended.unwrap();
            assert_eq!(result.single_row::<(i32,)>().unwrap(), (id,));
        }
        assert_eq!(sim.log().opened(), 2);
    });
}

#[test]
fn ids_go_round_past_one_that_was_never_answered() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        sim.prime(echo());
        let session = session_of(driver(&sim).max_requests_per_connection(64)).await;
        let select = session.prepare(SELECT).await.unwrap();
        let gate = Gate::new();
        sim.prime(Prime::query(SELECT).once(one(-1).when(&gate)));
        session.execute(select.clone().with_timeout(ms(50)), (0,)).await.unwrap_err();
        let unanswered = sim.log().executes(SELECT)[0].stream();
        // Twice as many as there are ids, most of them several at a time.
        let (rounds, at_once) = (2 * i32::from(ALL) / 60 + 1, 60);
        for round in 0..rounds {
            sim.log().clear();
            let ids = (0..at_once).map(|turn| round * at_once + turn);
            let all = ids.map(|id| {
                let execution = session.execute(&select, (id,));
                async move { (id, execution.await.unwrap().single_row::<(i32,)>().unwrap().0) }
            });
            for (asked, got) in futures::future::join_all(all).await {
                assert_eq!(asked, got);
            }
            let used = sim.log().executes(SELECT);
            assert!(used.iter().all(|request| request.stream() != unanswered), "round {round}");
        }
        // Its answer comes after all; then the id is one like any other.
        gate.open();
        settle().await;
        let gate = Gate::new();
        sim.prime(Prime::query(SELECT).reply(one(1).when(&gate)));
        sim.log().clear();
        let all = futures::future::join_all((0..64).map(|id| session.execute(&select, (id,))));
        let opener = async {
            settle().await;
            let used: BTreeSet<i16> = sim.log().executes(SELECT).iter().map(Received::stream).collect();
            gate.open();
            used
        };
        let (results, used) = tokio::join!(all, opener);
        assert!(results.into_iter().all(|result| result.is_ok()));
        assert_eq!((used.len(), used.contains(&unanswered)), (64, true));
    });
}
