//! Credentials.

use std::fmt;
use std::sync::Arc;

/// A user name and password, for SASL PLAIN. `Debug` shows neither.
#[derive(Clone)]
pub(crate) struct Credentials {
    user: Arc<str>,
    password: Arc<str>,
}

impl Credentials {
    pub(crate) fn new(user: impl Into<Arc<str>>, password: impl Into<Arc<str>>) -> Self {
        Credentials { user: user.into(), password: password.into() }
    }

    /// Why the server could not take them: PLAIN separates its parts by NUL and knows no empty ones.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        match (self.user.as_bytes(), self.password.as_bytes()) {
            ([], _) => Some("the user name is empty"),
            (_, []) => Some("the password is empty"),
            (user, password) if user.contains(&0) || password.contains(&0) => {
                Some("user name and password must not contain a NUL")
            }
            _ => None,
        }
    }

    /// The token of SASL PLAIN (RFC 4616), without an authorisation identity.
    pub(crate) fn plain_token(&self) -> Vec<u8> {
        [b"\0", self.user.as_bytes(), b"\0", self.password.as_bytes()].concat()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_plain_and_debug_shows_nothing_of_it() {
        let credentials = Credentials::new("user", "secret");
        assert_eq!(credentials.plain_token(), b"\0user\0secret");
        assert_eq!(format!("{credentials:?}"), "Credentials(…)");
        assert!(credentials.problem().is_none());
        assert!(Credentials::new("", "x").problem().is_some());
        assert!(Credentials::new("u", "a\0b").problem().is_some());
    }
}
