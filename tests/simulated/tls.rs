//! Encrypted connections: who is believed, and what is told when nobody is.

use crate::support::{SELECT, driver, echo, ms, nodes, session_of, settle, simulate, try_session};
use cql_driver::error::{ConnectCause, ErrorKind, TlsProblem};
use cql_driver::{ClusterBuilder, TlsConfig};
use cql_testkit::SimCluster;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, SanType, date_time_ymd};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use std::net::IpAddr;
use std::sync::Arc;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    named("test CA")
}

fn named(name: &str) -> Authority {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate with its key.
struct Identity {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

fn issue(authority: &Authority, adjust: impl FnOnce(&mut CertificateParams)) -> Identity {
    let mut params = CertificateParams::default();
    // The nodes' addresses in the process.
    for last in 1..=3 {
        params.subject_alt_names.push(SanType::IpAddress(IpAddr::from([10, 0, 0, last])));
    }
    adjust(&mut params);
    let key = KeyPair::generate().unwrap();
    Identity { certificate: params.signed_by(&key, authority).unwrap(), key }
}

fn server(identity: &Identity, clients: Option<&Authority>) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(authority.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        }
    };
    let key = PrivateKeyDer::try_from(identity.key.serialize_der()).unwrap();
    Arc::new(builder.with_single_cert(vec![identity.certificate.der().clone()], key).unwrap())
}

async fn cluster(config: Arc<ServerConfig>) -> SimCluster {
    let sim = nodes(2).tls(config).start().await.unwrap();
    sim.prime(echo());
    sim
}

fn trusting(authority: &Authority) -> cql_driver::TlsConfigBuilder {
    TlsConfig::builder().ca_pem(authority.pem())
}

async fn works(builder: ClusterBuilder) {
    let session = session_of(builder).await;
    let select = session.prepare(SELECT).await.unwrap();
    for id in 0..20 {
        let result = session.execute(&select, (id,)).await.unwrap();
        assert_eq!(result.single_row::<(i32,)>().unwrap(), (id,));
    }
    session.close().await;
}

/// What is told, which names the node, when TLS cannot be had.
async fn problem(builder: ClusterBuilder) -> (TlsProblem, String) {
    let error = try_session(builder).await.unwrap_err();
    let ErrorKind::Connect(errors) = error.kind() else { panic!("{error}") };
    let told = error.to_string();
    assert!(told.contains("10.0.0.1:9042"), "{told}");
    match &errors[0].cause {
        ConnectCause::Tls(tls) => (tls.problem, told),
        other => panic!("{other:?}"),
    }
}

// J11: addresses in the certificate, without asking for the names of addresses.
#[test]
fn j11_addresses_in_the_certificate_are_good() {
    simulate(async {
        let authority = authority();
        let sim = cluster(server(&issue(&authority, |_| {}), None)).await;
        works(driver(&sim).tls(trusting(&authority).build().unwrap())).await;
    });
}

#[test]
fn names_may_be_one_for_all_or_one_for_each() {
    simulate(async {
        let authority = authority();
        let only = |name: &'static str| {
            move |params: &mut CertificateParams| {
                params.subject_alt_names = vec![SanType::DnsName(name.try_into().unwrap())];
            }
        };
        let sim = cluster(server(&issue(&authority, only("db.example.com")), None)).await;
        works(driver(&sim).tls(trusting(&authority).server_name("db.example.com").build().unwrap())).await;
        let by_address = trusting(&authority).server_names(|node| {
            assert!(node.ip().to_string().starts_with("10.0.0."));
            Some("db.example.com".to_owned())
        });
        works(driver(&sim).tls(by_address.build().unwrap())).await;
        let wrong = trusting(&authority).server_names(|_| Some("other.example.com".to_owned()));
        let (kind, told) = problem(driver(&sim).tls(wrong.build().unwrap())).await;
        assert_eq!(kind, TlsProblem::WrongName, "{told}");
        let nonsense = trusting(&authority).server_names(|_| Some("not a name".to_owned()));
        let (kind, told) = problem(driver(&sim).tls(nonsense.build().unwrap())).await;
        assert!(kind == TlsProblem::Other && told.contains("not a name"), "{told}");
    });
}

// J11, P29.
#[test]
fn j11_what_is_wrong_with_a_certificate_is_told_with_what_to_do() {
    simulate(async {
        // One of another name, and one of the same name with another key.
        let (authority, stranger, renewed) = (authority(), named("another CA"), authority());
        let cases: [(Identity, TlsProblem, &str); 5] = [
            (issue(&stranger, |_| {}), TlsProblem::UnknownCa, "ca_file"),
            (issue(&renewed, |_| {}), TlsProblem::UnknownCa, "ca_file"),
            (
                issue(&authority, |params| params.subject_alt_names.clear()),
                TlsProblem::WrongName,
                "server_name",
            ),
            (
                issue(&authority, |params| params.not_after = date_time_ymd(2020, 1, 1)),
                TlsProblem::NotValidNow,
                "expired",
            ),
            (
                issue(&authority, |params| params.not_before = date_time_ymd(3000, 1, 1)),
                TlsProblem::NotValidNow,
                "valid",
            ),
        ];
        for (identity, expected, advice) in cases {
            let sim = cluster(server(&identity, None)).await;
            let (kind, told) = problem(driver(&sim).tls(trusting(&authority).build().unwrap())).await;
            assert_eq!(kind, expected, "{told}");
            assert!(told.contains(advice), "{told}");
            assert_eq!(sim.log().opcode(cql_testkit::Opcode::OPTIONS).len(), 0, "nothing was sent");
        }
    });
}

// J11: mutual TLS.
#[test]
fn j11_nodes_that_want_a_certificate_get_it_or_the_error_says_so() {
    simulate(async {
        let (authority, stranger) = (authority(), authority());
        let sim = cluster(server(&issue(&authority, |_| {}), Some(&authority))).await;
        let with = |identity: &Identity| {
            let (chain, key) = (identity.certificate.pem(), identity.key.serialize_pem());
            driver(&sim).tls(trusting(&authority).client_certificate_pem(chain, key).build().unwrap())
        };
        works(with(&issue(&authority, |_| {}))).await;
        let (kind, told) = problem(driver(&sim).tls(trusting(&authority).build().unwrap())).await;
        assert_eq!(kind, TlsProblem::ClientCertificateRequired, "{told}");
        assert!(told.contains("client_certificate"), "{told}");
        let (kind, told) = problem(with(&issue(&stranger, |_| {}))).await;
        assert_eq!(kind, TlsProblem::ClientCertificateRefused, "{told}");
    });
}

#[test]
fn a_node_that_does_not_encrypt_is_never_spoken_to_in_plain_text() {
    simulate(async {
        let authority = authority();
        let sim = nodes(1).credentials("user", "hunter2").start().await.unwrap();
        let tls = trusting(&authority).build().unwrap();
        let builder = driver(&sim).tls(tls).credentials("user", "hunter2").connect_timeout(ms(1000));
        let error = try_session(builder).await.unwrap_err();
        assert!(error.to_string().contains("10.0.0.1:9042"), "{error}");
        assert_eq!(sim.log().opcode(cql_testkit::Opcode::AUTH_RESPONSE).len(), 0);
    });
}

#[test]
fn a_plain_client_of_an_encrypting_node_is_told_in_time() {
    simulate(async {
        let authority = authority();
        let sim = cluster(server(&issue(&authority, |_| {}), None)).await;
        let error = try_session(driver(&sim).connect_timeout(ms(1000))).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Connect(_)), "{error}");
    });
}

// New connections use what the files hold now; those that are open go on.
#[test]
fn certificates_are_read_again_on_demand() {
    simulate(async {
        let (old, new) = (authority(), authority());
        let folder = std::env::temp_dir().join(format!("cql-tls-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("ca.pem");
        std::fs::write(&file, old.pem()).unwrap();
        let tls = TlsConfig::builder().ca_file(&file).build().unwrap();
        let before = cluster(server(&issue(&old, |_| {}), None)).await;
        let after = cluster(server(&issue(&new, |_| {}), None)).await;
        let session = session_of(driver(&before).tls(tls.clone())).await;
        assert_eq!(problem(driver(&after).tls(tls.clone())).await.0, TlsProblem::UnknownCa);
        std::fs::write(&file, new.pem()).unwrap();
        assert_eq!(problem(driver(&after).tls(tls.clone())).await.0, TlsProblem::UnknownCa, "not by itself");
        tls.reload().unwrap();
        works(driver(&after).tls(tls.clone())).await;
        session.execute("USE ks", ()).await.unwrap();
        // What cannot be read changes nothing.
        std::fs::write(&file, "no PEM").unwrap();
        let error = tls.reload().unwrap_err();
        assert!(error.to_string().contains("ca.pem"), "{error}");
        works(driver(&after).tls(tls)).await;
        std::fs::remove_dir_all(&folder).unwrap();
    });
}

#[test]
fn an_applications_own_configuration_is_used_as_it_is() {
    simulate(async {
        let authority = authority();
        let sim = cluster(server(&issue(&authority, |_| {}), None)).await;
        let mut roots = RootCertStore::empty();
        roots.add(authority.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS12])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let tls = TlsConfig::from_rustls(Arc::new(config));
        assert!(tls.reload().is_err());
        works(driver(&sim).tls(tls)).await;
    });
}

#[test]
fn any_certificate_is_taken_only_where_that_was_asked_for() {
    simulate(async {
        let (authority, stranger) = (authority(), authority());
        let sim = cluster(server(&issue(&stranger, |params| params.subject_alt_names.clear()), None)).await;
        let any = TlsConfig::builder().dangerous_accept_any_certificate().build().unwrap();
        works(driver(&sim).tls(any)).await;
        problem(driver(&sim).tls(trusting(&authority).build().unwrap())).await;
    });
}

// A request is on the wire at once, and not with the next one.
#[test]
fn a_single_small_request_is_not_held_back() {
    simulate(async {
        let authority = authority();
        let sim = cluster(server(&issue(&authority, |_| {}), None)).await;
        let session = session_of(driver(&sim).tls(trusting(&authority).build().unwrap())).await;
        let began = tokio::time::Instant::now();
        for id in 0..50 {
            session.execute(format!("SELECT v FROM ks.t WHERE id = {id}"), ()).await.unwrap_err();
        }
        settle().await;
        assert!(began.elapsed() < ms(10), "{:?}", began.elapsed());
    });
}

#[test]
fn what_is_no_certificate_is_told_when_built() {
    let error = TlsConfig::builder().ca_pem("nothing").build().unwrap_err();
    assert!(error.to_string().contains("no certificate"), "{error}");
    let authority = authority();
    let error = trusting(&authority).client_certificate_pem(authority.pem(), "no key").build().unwrap_err();
    assert!(!error.to_string().contains("no key"), "{error}");
    let error = trusting(&authority).server_name("not a name").build().unwrap_err();
    assert!(error.to_string().contains("not a name"), "{error}");
}
