//! SASL PLAIN: user name and password.

use super::{AuthError, AuthExchange, AuthFuture, AuthProvider, AuthRequest, AuthToken};
use crate::sync::{Mutex, lock};
use std::fmt;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Authenticators that take PLAIN and keep what they are told: Cassandra's own, and those of services built on it.
const AUTHENTICATORS: &[&str] = &[
    "org.apache.cassandra.auth.PasswordAuthenticator",
    "org.apache.cassandra.auth.MutualTlsWithPasswordFallbackAuthenticator",
    "com.amazon.helenus.auth.HelenusAuthenticator",
    "com.ericsson.bss.cassandra.ecaudit.auth.AuditAuthenticator",
    "com.ericsson.bss.cassandra.ecaudit.auth.AuditPasswordAuthenticator",
    "com.instaclustr.cassandra.auth.InstaclustrPasswordAuthenticator",
    "com.instaclustr.cassandra.auth.SharedSecretAuthenticator",
    "com.scylladb.auth.SaslauthdAuthenticator",
    "com.scylladb.auth.TransitionalAuthenticator",
    "io.aiven.cassandra.auth.AivenAuthenticator",
    DSE,
];

/// Asks for the name of the mechanism first.
const DSE: &str = "com.datastax.bdp.cassandra.auth.DseAuthenticator";
const DSE_MECHANISM: &[u8] = b"PLAIN";
const DSE_CHALLENGE: &[u8] = b"PLAIN-START";

/// A user name and password (SASL PLAIN, RFC 4616). `Debug` shows neither.
///
/// They go only to servers whose authenticator is known to take them: whoever could answer in a node's place would
/// otherwise just have to ask. Without TLS they travel in plain text.
///
/// Clones share what [`PlainText::set`] sets.
///
/// ```
/// use cql_driver::Cluster;
/// use cql_driver::auth::PlainText;
///
/// let secret = PlainText::new("app", "first");
/// let cluster = Cluster::builder().contact_points(["127.0.0.1"]).auth(secret.clone()).build()?;
/// // Later: connections that are opened from now on say the new one.
/// secret.set("app", "second");
/// # Ok::<(), cql_driver::Error>(())
/// ```
#[derive(Clone)]
pub struct PlainText {
    pair: Arc<Mutex<Pair>>,
    further: Arc<[String]>,
}

struct Pair {
    user: Zeroizing<String>,
    password: Zeroizing<String>,
}

impl PlainText {
    /// A user name and a password.
    pub fn new(user: impl Into<String>, password: impl Into<String>) -> Self {
        PlainText { pair: Arc::new(Mutex::new(Pair::new(user, password))), further: Arc::default() }
    }

    /// Replaces both, for connections that are opened from now on.
    pub fn set(&self, user: impl Into<String>, password: impl Into<String>) {
        *lock(&self.pair) = Pair::new(user, password);
    }

    /// Sends them to servers with these authenticators, too: full names of classes.
    #[must_use]
    pub fn also_for<C: Into<String>>(mut self, authenticators: impl IntoIterator<Item = C>) -> Self {
        self.further =
            self.further.iter().cloned().chain(authenticators.into_iter().map(Into::into)).collect();
        self
    }

    fn is_for(&self, authenticator: &str) -> bool {
        AUTHENTICATORS.contains(&authenticator) || self.further.iter().any(|further| further == authenticator)
    }
}

impl Pair {
    fn new(user: impl Into<String>, password: impl Into<String>) -> Self {
        Pair { user: Zeroizing::new(user.into()), password: Zeroizing::new(password.into()) }
    }

    /// PLAIN separates its parts by NUL and knows no empty ones.
    fn check(&self) -> Result<(), AuthError> {
        let problem = match (self.user.as_bytes(), self.password.as_bytes()) {
            ([], _) => "the user name is empty",
            (_, []) => "the password is empty",
            (user, password) if user.contains(&0) || password.contains(&0) => {
                "user name and password must not contain a NUL"
            }
            _ => return Ok(()),
        };
        Err(AuthError::new(problem))
    }

    /// Without an authorisation identity.
    fn token(&self) -> AuthToken {
        [b"\0", self.user.as_bytes(), b"\0", self.password.as_bytes()].concat().into()
    }
}

impl AuthProvider for PlainText {
    fn begin<'a>(&'a self, request: &'a AuthRequest<'a>) -> AuthFuture<'a, Box<dyn AuthExchange>> {
        Box::pin(async move {
            if !self.is_for(request.authenticator) {
                return Err(AuthError::not_for(request));
            }
            let pair = lock(&self.pair);
            pair.check()?;
            let names_mechanism = request.authenticator == DSE;
            Ok(Box::new(Exchange { token: pair.token(), names_mechanism }) as Box<dyn AuthExchange>)
        })
    }

    fn check(&self) -> Result<(), AuthError> {
        lock(&self.pair).check()
    }
}

struct Exchange {
    token: AuthToken,
    names_mechanism: bool,
}

impl AuthExchange for Exchange {
    fn initial(&mut self) -> AuthFuture<'_, AuthToken> {
        let token = if self.names_mechanism { DSE_MECHANISM.to_vec().into() } else { self.token.clone() };
        Box::pin(async { Ok(token) })
    }

    fn challenge<'a>(&'a mut self, token: Option<&'a [u8]>) -> AuthFuture<'a, AuthToken> {
        Box::pin(async move {
            match token {
                Some(DSE_CHALLENGE) if self.names_mechanism => Ok(self.token.clone()),
                _ => Err(AuthError::new("the server asks for more than user name and password")),
            }
        })
    }
}

impl fmt::Debug for PlainText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlainText").field("further", &self.further).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_plain_and_debug_shows_nothing_of_it() {
        let plain = PlainText::new("user", "secret");
        assert_eq!(lock(&plain.pair).token().bytes(), Some(&b"\0user\0secret"[..]));
        let told = format!("{plain:?} {:?}", lock(&plain.pair).token());
        assert!(!told.contains("user") && !told.contains("secret"), "{told}");
        assert!(plain.check().is_ok());
        assert!(PlainText::new("", "x").check().is_err());
        assert!(PlainText::new("u", "a\0b").check().is_err());
    }
}
