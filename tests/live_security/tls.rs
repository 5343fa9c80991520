//! Nodes that prove who they are, and those that cannot; scenarios J11 and P29.

use crate::{bare, cause, refused, tls, variable, with_certificate};
use cql_driver::error::{ConnectCause, TlsProblem};
use cql_driver::{Compression, ProtocolVersion, TlsConfig};
use cql_tests::{environment, live};

#[test]
fn j11_addresses_and_names_in_the_certificate_are_good() {
    live(async |_| {
        for name in [None, Some("localhost")] {
            let mut tls = with_certificate(TlsConfig::builder().ca_file(variable("CQL_CA_FILE")));
            if let Some(name) = name {
                tls = tls.server_name(name);
            }
            let builder = bare().tls(tls.build().unwrap());
            let builder = builder.credentials(variable("CQL_USERNAME"), variable("CQL_PASSWORD"));
            let session = builder.build().unwrap().connect().await.unwrap();
            session.execute("SELECT key FROM system.local", ()).await.unwrap();
            session.close().await;
        }
    });
}

#[test]
fn every_version_and_large_values_pass_through_tls() {
    live(async |db| {
        let table = db.rows_table().await;
        for version in db.release().versions() {
            let session = db.builder().protocol_version(version).compression(Compression::Lz4);
            let session = session.build().unwrap().connect().await.unwrap();
            assert_eq!(session.protocol_version(), version);
            let insert = format!("INSERT INTO {table} (key, id, bytes) VALUES (?, ?, ?)");
            let insert = session.prepare(insert).await.unwrap();
            let select = format!("SELECT bytes FROM {table} WHERE key = ? AND id = ?");
            let select = session.prepare(select).await.unwrap();
            let key = format!("tls {version}");
            let values = (0..100).map(|id| (&*key, id, vec![7_u8; 10_000]));
            session.execute_concurrent(&insert, values.collect::<Vec<_>>()).count().await.unwrap();
            let large: Vec<u8> = (0..3_000_000_u32).flat_map(|n| n.to_be_bytes()).take(3_000_000).collect();
            session.execute(&insert, (&key, 100, &large)).await.unwrap();
            let result = session.execute(&select, (&key, 100)).await.unwrap();
            assert!(result.single_row::<(&[u8],)>().unwrap().0 == large);
            session.close().await;
        }
        assert_eq!(db.session().protocol_version(), ProtocolVersion::V5);
    });
}

#[test]
fn j11_a_ca_that_did_not_sign_is_refused() {
    live(async |_| {
        let Some(stranger) = environment("CQL_STRANGER_CA_FILE") else {
            panic!("CQL_STRANGER_CA_FILE is not set: dev/cluster run --auth --mtls")
        };
        let tls = TlsConfig::builder().ca_file(stranger).build().unwrap();
        let error = refused(bare().tls(tls).credentials("cassandra", "cassandra")).await;
        assert_eq!(problem(&error), TlsProblem::UnknownCa, "{error:?}");
        assert!(error.to_string().to_lowercase().contains("certificate"), "{error}");
    });
}

#[test]
fn j11_another_name_than_the_certificates_is_refused() {
    live(async |_| {
        let tls = TlsConfig::builder().ca_file(variable("CQL_CA_FILE")).server_name("db.example.com");
        let error = refused(bare().tls(tls.build().unwrap()).credentials("cassandra", "cassandra")).await;
        assert_eq!(problem(&error), TlsProblem::WrongName, "{error:?}");
        assert!(error.to_string().contains("db.example.com"), "{error}");
    });
}

#[test]
fn j11_a_client_without_a_certificate_is_told_so() {
    live(async |_| {
        let tls = TlsConfig::builder().ca_file(variable("CQL_CA_FILE")).build().unwrap();
        let error = refused(bare().tls(tls).credentials("cassandra", "cassandra")).await;
        assert_eq!(problem(&error), TlsProblem::ClientCertificateRequired, "{error:?}");
        assert!(error.to_string().contains("client_certificate"), "{error}");
    });
}

fn problem(error: &cql_driver::Error) -> TlsProblem {
    match cause(error) {
        ConnectCause::Tls(tls) => tls.problem,
        other => panic!("{other:?}"),
    }
}

#[test]
fn j11_a_plain_client_is_told_and_does_not_hang() {
    live(async |_| {
        let error = refused(bare().credentials("cassandra", "cassandra")).await;
        assert!(!matches!(cause(&error), ConnectCause::Authentication(_)), "{error:?}");
    });
}

#[test]
fn files_that_are_none_are_told_by_their_name() {
    live(async |_| {
        let error = TlsConfig::builder().ca_file("/no/such/ca.pem").build().unwrap_err();
        assert!(error.to_string().contains("/no/such/ca.pem"), "{error}");
        let error = TlsConfig::builder().build().unwrap_err();
        assert!(error.to_string().contains("ca_file"), "{error}");
        let ca = variable("CQL_CA_FILE");
        let error = TlsConfig::builder().ca_file(&ca).client_certificate(&ca, &ca).build().unwrap_err();
        assert!(error.to_string().contains(&ca), "{error}");
        drop(tls());
    });
}
