//! How connections are encrypted.

use crate::error::Error;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How connections are encrypted and nodes are verified.
///
/// Nodes are verified against the CA given and by their IP address, or by one name for all of them; there is no way
/// back to plain text. Built by [`TlsConfig::builder`].
#[derive(Clone)]
pub struct TlsConfig {
    client_config: Arc<ClientConfig>,
    server_name: Option<ServerName<'static>>,
}

impl fmt::Debug for TlsConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsConfig").field("server_name", &self.server_name).finish_non_exhaustive()
    }
}

impl TlsConfig {
    /// Starts with no trusted CA.
    pub fn builder() -> TlsConfigBuilder {
        TlsConfigBuilder { ca: None, client: None, server_name: None }
    }

    pub(crate) fn client_config(&self) -> &Arc<ClientConfig> {
        &self.client_config
    }

    /// The name that a node's certificate must have.
    pub(crate) fn server_name(&self, node: SocketAddr) -> ServerName<'static> {
        self.server_name.clone().unwrap_or_else(|| ServerName::from(node.ip()))
    }
}

/// Builds a [`TlsConfig`].
#[derive(Debug, Clone)]
#[must_use]
pub struct TlsConfigBuilder {
    ca: Option<PathBuf>,
    client: Option<(PathBuf, PathBuf)>,
    server_name: Option<String>,
}

impl TlsConfigBuilder {
    /// The PEM file of the CA certificates that nodes are verified with.
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca = Some(path.into());
        self
    }

    /// The PEM files of the client's certificate chain and private key, for clusters that ask for them.
    pub fn client_certificate(mut self, chain: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.client = Some((chain.into(), key.into()));
        self
    }

    /// The name in the certificates of all nodes. Default: each node's IP address, as a subject alternative name.
    pub fn server_name(mut self, name: impl Into<String>) -> Self {
        self.server_name = Some(name.into());
        self
    }

    /// Reads the files.
    ///
    /// # Errors
    /// When a file cannot be read or holds nothing of its kind, or the server name is not one.
    pub fn build(self) -> Result<TlsConfig, Error> {
        let mut roots = RootCertStore::empty();
        let Some(ca) = &self.ca else {
            return Err(Error::invalid("TLS needs a CA to verify nodes with: call ca_file"));
        };
        for certificate in certificates(ca)? {
            roots.add(certificate).map_err(|error| unusable(ca, &error))?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::invalid(error.to_string()))?
            .with_root_certificates(roots);
        let config = match &self.client {
            None => builder.with_no_client_auth(),
            Some((chain, key)) => {
                let private = PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(key, &error))?;
                builder
                    .with_client_auth_cert(certificates(chain)?, private)
                    .map_err(|error| unusable(chain, &error))?
            }
        };
        let server_name = match self.server_name {
            None => None,
            Some(name) => Some(
                ServerName::try_from(name)
                    .map_err(|error| Error::invalid(format!("the TLS server name: {error}")))?,
            ),
        };
        Ok(TlsConfig { client_config: Arc::new(config), server_name })
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let certificates: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(path).map_err(|error| unusable(path, &error))?.collect();
    match certificates {
        Ok(certificates) if certificates.is_empty() => {
            Err(Error::invalid(format!("{}: no certificate in it", path.display())))
        }
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(unusable(path, &error)),
    }
}

fn unusable(path: &Path, error: &dyn fmt::Display) -> Error {
    Error::invalid(format!("{}: {error}", path.display()))
}
