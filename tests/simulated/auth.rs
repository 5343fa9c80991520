//! Servers that ask who we are.

use crate::logged;
use crate::support::{backoff, driver, ms, nodes, session_of, settle, simulate, try_session};
use cql_driver::auth::{
    AuthError, AuthExchange, AuthFuture, AuthProvider, AuthRequest, AuthToken, PlainText,
};
use cql_driver::error::{ConnectCause, ErrorKind};
use cql_driver::{ClusterBuilder, Error};
use cql_protocol::request::Request;
use cql_protocol::response::Response;
use cql_testkit::{ErrorCode, Opcode, Prime, Reply, SimCluster};
use std::sync::{Arc, Mutex};

const PASSWORD: &str = "org.apache.cassandra.auth.PasswordAuthenticator";
const SECRET: &str = "hunter2";

/// One node that asks for `class`, and answers tokens with `answers`, one after the other.
async fn asking(class: &str, answers: impl IntoIterator<Item = Response>) -> SimCluster {
    let sim = nodes(1).start().await.unwrap();
    sim.prime(
        Prime::opcode(Opcode::STARTUP).reply(Reply::response(Response::Authenticate { class: class.into() })),
    );
    // The control connection, and then the pool's.
    let answers: Vec<Response> = answers.into_iter().collect();
    let count = answers.len();
    let mut prime = Prime::opcode(Opcode::AUTH_RESPONSE);
    for answer in answers.iter().chain(&answers).take(2 * count) {
        prime = prime.once(Reply::response(answer.clone()));
    }
    sim.prime(prime);
    sim
}

/// The tokens that nodes got, one connection after the other.
fn tokens(sim: &SimCluster) -> Vec<Option<Vec<u8>>> {
    let requests = sim.log().opcode(Opcode::AUTH_RESPONSE);
    let token = |request: &cql_testkit::Received| match request.message().unwrap() {
        Request::AuthResponse(response) => response.token().map(<[u8]>::to_vec),
        other => panic!("{other:?}"),
    };
    requests.iter().map(token).collect()
}

async fn refused(builder: ClusterBuilder) -> (ConnectCause, Error) {
    let error = try_session(builder).await.unwrap_err();
    let ErrorKind::Connect(errors) = error.kind() else { panic!("{error}") };
    (errors[0].cause.clone(), error)
}

fn success() -> Response {
    Response::AuthSuccess(None)
}

// P29, J10: whoever asks for something else gets nothing.
#[test]
fn a_password_goes_only_to_authenticators_that_are_known() {
    for class in [
        "com.example.Collector",
        "PasswordAuthenticator",
        "",
        "org.apache.cassandra.auth.PasswordAuthenticator2",
    ] {
        simulate(async move {
            let sim = asking(class, [success()]).await;
            let (cause, error) = refused(driver(&sim).credentials("user", SECRET)).await;
            assert!(matches!(cause, ConnectCause::Authentication(_)), "{error}");
            let told = error.to_string();
            assert!(told.contains(class) && told.contains("10.0.0.1:9042"), "{told}");
            assert!(!told.contains(SECRET) && told.contains("nothing was sent"), "{told}");
            assert_eq!(tokens(&sim), []);
        });
    }
}

#[test]
fn further_authenticators_can_be_allowed() {
    simulate(async {
        let sim = asking("com.example.Own", [success()]).await;
        let plain = PlainText::new("user", SECRET).also_for(["com.example.Own"]);
        session_of(driver(&sim).auth(plain)).await;
        assert_eq!(tokens(&sim)[0].as_deref(), Some(&b"\0user\0hunter2"[..]));
    });
}

#[test]
fn dse_is_told_the_mechanism_first() {
    simulate(async {
        let start = Response::AuthChallenge(Some("PLAIN-START".into()));
        let sim = asking("com.datastax.bdp.cassandra.auth.DseAuthenticator", [start, success()]).await;
        session_of(driver(&sim).credentials("user", SECRET)).await;
        let expected = [Some(b"PLAIN".to_vec()), Some(b"\0user\0hunter2".to_vec())];
        assert_eq!(tokens(&sim)[..2], expected);
    });
}

#[test]
fn a_challenge_that_plain_has_no_answer_to_is_an_error() {
    for challenge in [None, Some("more".into()), Some("PLAIN-START".into())] {
        simulate(async move {
            let sim = asking(PASSWORD, [Response::AuthChallenge(challenge), success()]).await;
            let (cause, error) = refused(driver(&sim).credentials("user", SECRET)).await;
            assert!(matches!(cause, ConnectCause::Authentication(_)), "{error}");
            assert_eq!(tokens(&sim).len(), 1);
        });
    }
}

#[test]
fn credentials_can_be_replaced_while_connected() {
    simulate(async {
        let sim = nodes(1).credentials("user", "old").start().await.unwrap();
        let plain = PlainText::new("user", "old");
        let session =
            session_of(driver(&sim).auth(plain.clone()).reconnection(backoff(ms(100), ms(200)))).await;
        plain.set("user", "new");
        let refused = Reply::error_code(ErrorCode::AUTHENTICATION_ERROR, "no");
        sim.prime(Prime::opcode(Opcode::AUTH_RESPONSE).reply(Reply::computed(move |request| {
            let Ok(Request::AuthResponse(response)) = request.message() else { panic!("{request:?}") };
            match response.token() {
                Some(b"\0user\0new") => Reply::response(success()),
                _ => refused.clone(),
            }
        })));
        sim.node(0).close_connections().await;
        tokio::time::sleep(ms(1000)).await;
        settle().await;
        session.execute("SELECT key FROM system.local", ()).await.unwrap();
        assert!(tokens(&sim).iter().any(|token| token.as_deref() == Some(b"\0user\0new")));
    });
}

/// Answers each challenge with its number, and notes what it is told.
#[derive(Debug, Clone, Default)]
struct Counting {
    told: Arc<Mutex<Vec<Option<Vec<u8>>>>>,
    distrusts: bool,
}

struct Count(Counting, u8);

impl AuthProvider for Counting {
    fn begin<'a>(&'a self, request: &'a AuthRequest<'a>) -> AuthFuture<'a, Box<dyn AuthExchange>> {
        Box::pin(async move {
            // A secret's keeper takes its time.
            tokio::time::sleep(ms(50)).await;
            match request.authenticator {
                "com.example.Counting" => Ok(Box::new(Count(self.clone(), 0)) as Box<dyn AuthExchange>),
                _ => Err(AuthError::not_for(request)),
            }
        })
    }
}

impl AuthExchange for Count {
    fn initial(&mut self) -> AuthFuture<'_, AuthToken> {
        Box::pin(async { Ok(AuthToken::null()) })
    }

    fn challenge<'a>(&'a mut self, token: Option<&'a [u8]>) -> AuthFuture<'a, AuthToken> {
        Box::pin(async move {
            tokio::time::sleep(ms(50)).await;
            self.0.told.lock().unwrap().push(token.map(<[u8]>::to_vec));
            self.1 += 1;
            Ok(vec![self.1; usize::from(self.1) - 1].into())
        })
    }

    fn success(&mut self, token: Option<&[u8]>) -> Result<(), AuthError> {
        self.0.told.lock().unwrap().push(token.map(<[u8]>::to_vec));
        if self.0.distrusts { Err(AuthError::new("it is not who it should be")) } else { Ok(()) }
    }
}

#[test]
fn a_mechanism_of_ones_own_may_take_rounds() {
    simulate(async {
        let answers = [
            Response::AuthChallenge(None),
            Response::AuthChallenge(Some("".into())),
            Response::AuthChallenge(Some("two".into())),
            Response::AuthSuccess(Some("done".into())),
        ];
        let sim = asking("com.example.Counting", answers).await;
        let provider = Counting::default();
        let session = session_of(driver(&sim).auth(provider.clone())).await;
        assert_eq!(tokens(&sim)[..4], [None, Some(vec![]), Some(vec![2]), Some(vec![3, 3])]);
        let told = provider.told.lock().unwrap().clone();
        assert_eq!(told[..4], [None, Some(vec![]), Some(b"two".to_vec()), Some(b"done".to_vec())]);
        session.close().await;
    });
}

// A mechanism may find that the server is not who it should be.
#[test]
fn a_server_that_does_not_prove_itself_is_left() {
    simulate(async {
        let sim = asking("com.example.Counting", [success()]).await;
        let provider = Counting { distrusts: true, ..Counting::default() };
        let (cause, error) = refused(driver(&sim).auth(provider)).await;
        assert!(matches!(cause, ConnectCause::Authentication(_)), "{error}");
        assert!(error.to_string().contains("not who it should be"), "{error}");
        settle().await;
        assert_eq!(sim.connection_count(), 0);
    });
}

#[test]
fn a_server_that_asks_without_end_ends_with_the_connect_timeout() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        let class = "com.example.Counting".to_owned();
        sim.prime(Prime::opcode(Opcode::STARTUP).reply(Reply::response(Response::Authenticate { class })));
        let more = Reply::response(Response::AuthChallenge(None));
        sim.prime(Prime::opcode(Opcode::AUTH_RESPONSE).reply(more));
        let builder = driver(&sim).auth(Counting::default()).connect_timeout(ms(2000));
        let (cause, error) = refused(builder).await;
        assert!(matches!(cause, ConnectCause::TimedOut { .. }), "{error}");
    });
}

// J10: told once, and not by every connection.
#[test]
fn j10_credentials_that_nobody_asks_for_do_no_harm() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        logged::listen();
        let session = session_of(driver(&sim).credentials("user", SECRET)).await;
        session.execute("USE ks", ()).await.unwrap();
        assert_eq!(tokens(&sim), []);
        let logged = logged::take();
        assert_eq!(logged.matches("does not ask for them").count(), 1, "{logged}");
    });
}
