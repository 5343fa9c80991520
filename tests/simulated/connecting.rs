//! From nothing to a session: versions, compression, authentication, contact points that are of no use.

use crate::support::{SELECT, driver, echo, ms, nodes, session, session_of, simulate, try_session};
use cql_driver::error::{ConnectCause, ErrorKind};
use cql_driver::{Compression, ProtocolVersion};
use cql_testkit::{ErrorCode, Opcode, Prime, Reply, SimCluster};

#[test]
fn every_version_and_compression_that_a_server_speaks_is_spoken() {
    use ProtocolVersion as V;
    for (release, max, forced, compression, expected) in [
        ("5.0.6", None, None, None, V::V5),
        ("5.0.6", None, None, Some(Compression::Lz4), V::V5),
        ("5.0.6", Some(V::V4), None, None, V::V4),
        ("4.1.10", None, None, None, V::V5),
        ("4.0.19", None, Some(V::V3), None, V::V3),
        ("3.11.19", None, None, None, V::V4),
        ("3.11.19", None, None, Some(Compression::Lz4), V::V4),
        ("3.11.19", None, Some(V::V4), Some(Compression::Snappy), V::V4),
        ("3.0.30", None, None, None, V::V4),
        ("2.2.19", None, None, None, V::V4),
        ("2.1.22", None, None, None, V::V3),
        ("2.1.22", None, Some(V::V3), Some(Compression::Snappy), V::V3),
    ] {
        simulate(async move {
            let mut builder = nodes(2).version(release);
            if let Some(max) = max {
                builder = builder.max_protocol(max);
            }
            let sim = builder.start().await.unwrap();
            sim.prime(echo());
            let mut builder = driver(&sim);
            if let Some(forced) = forced {
                builder = builder.protocol_version(forced);
            }
            if let Some(compression) = compression {
                builder = builder.compression(compression);
            }
            let session = session_of(builder).await;
            assert_eq!(session.protocol_version(), expected, "{release}");
            assert_eq!(session.topology().nodes().len(), 2, "{release}");
            let select = session.prepare(SELECT).await.unwrap();
            for id in 0..20 {
                let result = session.execute(&select, (id,)).await.unwrap();
                assert_eq!(result.single_row::<(i32,)>().unwrap(), (id,), "{release}");
            }
            session.close().await;
            assert_eq!(sim.connection_count(), 0);
        });
    }
}

#[test]
fn the_beta_answer_of_3_11_leads_down_and_not_in_circles() {
    simulate(async {
        let sim = nodes(1).version("3.11.19").start().await.unwrap();
        let session = session(&sim).await;
        assert_eq!(session.protocol_version(), ProtocolVersion::V4);
        // One connection was refused and one is the control connection's; the pool knows the version by then.
        assert_eq!(sim.log().opened(), 3, "{}", sim.log());
        let forced = try_session(driver(&sim).protocol_version(ProtocolVersion::V5)).await.unwrap_err();
        assert!(forced.to_string().contains("Beta version"), "{forced}");
    });
}

#[test]
fn nodes_of_several_releases_get_the_version_that_all_of_them_speak() {
    for (releases, expected) in [
        (["3.0.0", "2.2.0", "2.1.0"], ProtocolVersion::V3),
        (["3.0.0", "2.2.0", "3.11.0"], ProtocolVersion::V4),
        (["4.1.0", "3.11.0", "5.0.0"], ProtocolVersion::V4),
    ] {
        simulate(async move {
            let builder = nodes(3).each_node(move |node| {
                node.set_version(releases[node.index()]);
            });
            let sim = builder.start().await.unwrap();
            sim.prime(echo());
            let session = session(&sim).await;
            assert_eq!(session.protocol_version(), expected, "{releases:?}");
            let select = session.prepare(SELECT).await.unwrap();
            for id in 0..30 {
                session.execute(&select, (id,)).await.unwrap();
            }
            let executed = sim.log().executes(SELECT).per_node();
            assert!(executed.iter().all(|count| *count > 0), "{executed:?}");
            for connection in sim.nodes().iter().flat_map(cql_testkit::Node::connections) {
                if !connection.is_registered() {
                    assert_eq!(connection.version(), Some(expected));
                }
            }
        });
    }
}

#[test]
fn contact_points_that_nobody_answers_at_are_named_with_the_reason() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        sim.node(0).stop().await;
        let began = tokio::time::Instant::now();
        let error = try_session(driver(&sim)).await.unwrap_err();
        assert!(began.elapsed() < ms(5000));
        let text = error.to_string();
        assert!(text.contains("could not connect to any contact point"), "{text}");
        assert!(text.contains(&sim.node(0).address().to_string()) && text.contains("refused"), "{text}");
    });
}

#[test]
fn silence_at_each_step_ends_with_the_connect_timeout() {
    let steps = [
        ("the socket", Prime::matching(|_| false)),
        ("OPTIONS", Prime::opcode(Opcode::OPTIONS)),
        ("STARTUP", Prime::opcode(Opcode::STARTUP)),
        ("AUTH_RESPONSE", Prime::opcode(Opcode::AUTH_RESPONSE)),
        ("REGISTER", Prime::opcode(Opcode::REGISTER)),
        ("its own row", Prime::prefix("SELECT * FROM system.local")),
        ("those of its peers", Prime::prefix("SELECT * FROM system.peers")),
    ];
    for (step, prime) in steps {
        simulate(async move {
            let sim = nodes(1).credentials("user", "secret").start().await.unwrap();
            if step == "the socket" {
                sim.node(0).black_hole().await;
            }
            sim.prime(prime.reply(Reply::nothing()));
            let began = tokio::time::Instant::now();
            let builder = driver(&sim).credentials("user", "secret").connect_timeout(ms(2000));
            let error = try_session(builder).await.unwrap_err();
            let took = began.elapsed();
            assert!((ms(2000)..ms(2100)).contains(&took), "{step}: {took:?}, {error}");
            crate::support::settle().await;
            assert_eq!(sim.connection_count(), 0, "{step}");
        });
    }
}

#[test]
fn a_contact_point_that_is_no_node_is_not_kept() {
    simulate(async {
        let sim = nodes(2).start().await.unwrap();
        let mut points = vec!["10.9.9.9:9042".to_owned()];
        points.extend(sim.contact_points());
        let network = sim.network().clone();
        let builder = cql_driver::Cluster::builder()
            .contact_points(points)
            .dialer(move |address| network.dial(address));
        let session = session_of(builder).await;
        let known: Vec<_> = session.topology().nodes().iter().map(|node| node.address()).collect();
        assert_eq!(known.len(), 2);
        assert!(known.iter().all(|address| sim.addresses().contains(address)));
        tokio::time::sleep(ms(600_000)).await;
        let wrong: Vec<_> = sim
            .network()
            .dialed()
            .into_iter()
            .filter(|address| address.to_string() == "10.9.9.9:9042")
            .collect();
        assert_eq!(wrong.len(), 1, "it is not tried again");
    });
}

#[test]
fn a_server_that_asks_for_credentials_gets_them_or_an_error_comes() {
    simulate(async {
        let sim = nodes(2).credentials("user", "hunter2").start().await.unwrap();
        let error = try_session(driver(&sim)).await.unwrap_err();
        let ErrorKind::Connect(errors) = error.kind() else { panic!("{error}") };
        assert!(matches!(errors[0].cause, ConnectCause::Authentication(_)), "{error}");
        let text = error.to_string();
        assert!(text.contains("PasswordAuthenticator") && text.contains("10.0.0.1:9042"), "{text}");

        let error = try_session(driver(&sim).credentials("user", "hunter3")).await.unwrap_err();
        assert!(error.to_string().contains("10.0.0.1:9042"), "{error}");
        assert!(!error.to_string().contains("hunter"), "{error}");

        let session = session_of(driver(&sim).credentials("user", "hunter2")).await;
        session.execute("USE ks", ()).await.unwrap();
    });
}

#[test]
fn refused_credentials_are_not_tried_over_and_over() {
    simulate(async {
        let sim = nodes(2).start().await.unwrap();
        let refused = Reply::error_code(ErrorCode::AUTHENTICATION_ERROR, "no");
        sim.node(1).prime(Prime::opcode(Opcode::STARTUP).reply(refused));
        let session = session(&sim).await;
        sim.log().clear();
        tokio::time::sleep(ms(600_000)).await;
        let tries = sim.log().opcode(Opcode::STARTUP).per_node()[1];
        assert!((5..=15).contains(&tries), "{tries} tries in ten minutes");
        drop(session);
    });
}

#[test]
fn sockets_do_as_well_as_memory() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        for (release, ports) in [("5.0.6", 3), ("3.11.19", 1)] {
            let builder = SimCluster::builder().dc("dc1", 3).version(release);
            let sim = builder.table(crate::support::table()).start().await.unwrap();
            sim.prime(echo());
            let found: std::collections::BTreeSet<u16> =
                sim.addresses().iter().map(std::net::SocketAddr::port).collect();
            assert_eq!(found.len(), ports, "{release}");
            let cluster = cql_driver::Cluster::builder().contact_points(sim.contact_points());
            let session = session_of(cluster).await;
            let select = session.prepare(SELECT).await.unwrap();
            for id in 0..30 {
                let result = session.execute(&select, (id,)).await.unwrap();
                assert_eq!(result.single_row::<(i32,)>().unwrap(), (id,));
            }
            assert!(sim.log().executes(SELECT).per_node().iter().all(|count| *count > 0), "{release}");
            assert_eq!(sim.connection_count(), 4);
            session.close().await;
            sim.wait_for_connections(0).await;
        }
    });
}
