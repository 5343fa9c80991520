//! The seam for mechanisms of authentication.

use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use zeroize::Zeroizing;

/// A step of an exchange, which may ask others: a secret's keeper, a ticket server.
pub type AuthFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, AuthError>> + Send + 'a>>;

/// Authenticates connections.
///
/// ```
/// use cql_driver::Cluster;
/// use cql_driver::auth::{AuthError, AuthExchange, AuthFuture, AuthProvider, AuthRequest, AuthToken};
///
/// /// Sends a ticket to servers that ask for one.
/// #[derive(Debug)]
/// struct Tickets;
///
/// struct Exchange;
///
/// impl AuthProvider for Tickets {
///     fn begin<'a>(&'a self, request: &'a AuthRequest<'a>) -> AuthFuture<'a, Box<dyn AuthExchange>> {
///         Box::pin(async move {
///             // Never send a secret to a server that asks for something else.
///             match request.authenticator {
///                 "com.example.TicketAuthenticator" => Ok(Box::new(Exchange) as Box<dyn AuthExchange>),
///                 _ => Err(AuthError::not_for(request)),
///             }
///         })
///     }
/// }
///
/// impl AuthExchange for Exchange {
///     fn initial(&mut self) -> AuthFuture<'_, AuthToken> {
///         Box::pin(async { Ok(AuthToken::from(b"ticket".to_vec())) })
///     }
/// }
///
/// let cluster = Cluster::builder().contact_points(["127.0.0.1"]).auth(Tickets).build()?;
/// # Ok::<(), cql_driver::Error>(())
/// ```
pub trait AuthProvider: fmt::Debug + Send + Sync + 'static {
    /// Begins the exchange of one connection. It is called for each connection anew, so that secrets can change, and
    /// counts as part of the connect timeout.
    ///
    /// # Errors
    /// [`AuthError::not_for`] when the server asks for something else than this provides: nothing is sent then.
    fn begin<'a>(&'a self, request: &'a AuthRequest<'a>) -> AuthFuture<'a, Box<dyn AuthExchange>>;

    /// Looks at the secrets when the cluster is built. By default anything goes.
    ///
    /// # Errors
    /// When no server could take them.
    fn check(&self) -> Result<(), AuthError> {
        Ok(())
    }
}

/// One connection's exchange with its server.
pub trait AuthExchange: Send {
    /// The first token, which answers AUTHENTICATE.
    fn initial(&mut self) -> AuthFuture<'_, AuthToken>;

    /// The answer to a challenge; `None` is a challenge that is null. By default an error: PLAIN and its like need none.
    fn challenge<'a>(&'a mut self, token: Option<&'a [u8]>) -> AuthFuture<'a, AuthToken> {
        let _ = token;
        Box::pin(async { Err(AuthError::new("the server asks for more than this mechanism has to say")) })
    }

    /// Looks at what the server says at the end, for mechanisms by which it, too, proves who it is.
    ///
    /// # Errors
    /// When it is not who it should be: the connection is closed.
    fn success(&mut self, token: Option<&[u8]>) -> Result<(), AuthError> {
        let _ = token;
        Ok(())
    }
}

/// The server that asks.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct AuthRequest<'a> {
    /// Its address.
    pub node: SocketAddr,
    /// Its authenticator's class, as `org.apache.cassandra.auth.PasswordAuthenticator`.
    pub authenticator: &'a str,
}

impl<'a> AuthRequest<'a> {
    pub(crate) fn new(node: SocketAddr, authenticator: &'a str) -> Self {
        AuthRequest { node, authenticator }
    }
}

/// Bytes for a server's authenticator. They are wiped from memory when dropped; `Debug` does not show them.
#[derive(Clone, Default)]
pub struct AuthToken(Option<Zeroizing<Vec<u8>>>);

impl AuthToken {
    /// No token, which differs from an empty one.
    #[must_use]
    pub fn null() -> Self {
        AuthToken(None)
    }

    pub(crate) fn bytes(&self) -> Option<&[u8]> {
        self.0.as_ref().map(|bytes| bytes.as_slice())
    }
}

impl From<Vec<u8>> for AuthToken {
    fn from(bytes: Vec<u8>) -> Self {
        AuthToken(Some(Zeroizing::new(bytes)))
    }
}

impl fmt::Debug for AuthToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "AuthToken(redacted)" } else { "AuthToken(null)" })
    }
}

/// Why a provider has no token, in words that go into errors and logs: without secrets.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct AuthError {
    message: Arc<str>,
}

impl AuthError {
    /// An error with that text.
    pub fn new(message: impl Into<Arc<str>>) -> Self {
        AuthError { message: message.into() }
    }

    /// The server's authenticator is none that the provider is for.
    #[must_use]
    pub fn not_for(request: &AuthRequest<'_>) -> Self {
        let authenticator = request.authenticator;
        AuthError::new(format!(
            "it asks for {authenticator}, which these credentials are not for; nothing was sent"
        ))
    }
}
