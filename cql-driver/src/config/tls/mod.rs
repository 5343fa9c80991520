//! How connections are encrypted.

mod verifier;

use crate::error::Error;
use crate::sync::{Mutex, lock};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use zeroize::Zeroizing;

/// How connections are encrypted and nodes are verified.
///
/// Nodes are verified against the CA given and by their IP address, or by a name; there is no way back to plain text.
/// Built by [`TlsConfig::builder`]. Clones share what [`TlsConfig::reload`] reads.
#[derive(Clone)]
pub struct TlsConfig {
    client_config: Arc<Mutex<Arc<ClientConfig>>>,
    /// What it was built from, to read again; `None` for an application's own configuration.
    sources: Option<Arc<Sources>>,
    names: Names,
}

/// The name that a node's certificate must have.
#[derive(Clone)]
enum Names {
    /// Its IP address.
    Address,
    /// The same one for all nodes.
    One(ServerName<'static>),
    /// That of its address, or else the address itself.
    Each(Arc<dyn Fn(SocketAddr) -> Option<String> + Send + Sync>),
}

#[derive(Clone, Default)]
struct Sources {
    ca: Vec<Pem>,
    client: Option<(Pem, Pem)>,
    accepts_any: bool,
}

/// Certificates or a key, in a file or at hand.
#[derive(Clone)]
enum Pem {
    File(PathBuf),
    Bytes(Arc<Zeroizing<Vec<u8>>>),
}

impl fmt::Debug for TlsConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsConfig").field("names", &self.names).finish_non_exhaustive()
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Names::Address => f.write_str("Address"),
            Names::One(name) => write!(f, "{name:?}"),
            Names::Each(_) => f.write_str("Each"),
        }
    }
}

impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pem::File(path) => write!(f, "{}", path.display()),
            Pem::Bytes(_) => f.write_str("(bytes)"),
        }
    }
}

impl TlsConfig {
    /// Starts with no trusted CA.
    pub fn builder() -> TlsConfigBuilder {
        TlsConfigBuilder { sources: Sources::default(), names: None, problem: None }
    }

    /// Encrypts as a configuration of the application's own says, of rustls 0.23: other roots, hardware keys, ciphers.
    /// Nodes are verified by their IP address unless the configuration's verifier does otherwise.
    #[must_use]
    pub fn from_rustls(config: Arc<ClientConfig>) -> Self {
        TlsConfig { client_config: Arc::new(Mutex::new(config)), sources: None, names: Names::Address }
    }

    /// Reads the files of certificates and keys again: connections that are opened from now on use what they hold,
    /// those that are open go on as they are. It reads files, and blocks for it.
    ///
    /// # Errors
    /// As those of [`TlsConfigBuilder::build`], and what was read before stays in use; and for a configuration of the
    /// application's own.
    pub fn reload(&self) -> Result<(), Error> {
        let Some(sources) = &self.sources else {
            return Err(Error::invalid(
                "a configuration of rustls was given: there are no files to read again",
            ));
        };
        let config = Arc::new(sources.read()?);
        *lock(&self.client_config) = config;
        Ok(())
    }

    pub(crate) fn client_config(&self) -> Arc<ClientConfig> {
        Arc::clone(&lock(&self.client_config))
    }

    /// The name that a node's certificate must have.
    pub(crate) fn server_name(&self, node: SocketAddr) -> Result<ServerName<'static>, String> {
        match &self.names {
            Names::Address => Ok(ServerName::from(node.ip())),
            Names::One(name) => Ok(name.clone()),
            Names::Each(name_of) => match name_of(node) {
                Some(name) => parse_name(&name),
                None => Ok(ServerName::from(node.ip())),
            },
        }
    }
}

fn parse_name(name: &str) -> Result<ServerName<'static>, String> {
    ServerName::try_from(name.to_owned()).map_err(|error| format!("the TLS server name `{name}`: {error}"))
}

/// Builds a [`TlsConfig`].
#[derive(Clone)]
#[must_use]
pub struct TlsConfigBuilder {
    sources: Sources,
    names: Option<Names>,
    problem: Option<String>,
}

impl fmt::Debug for TlsConfigBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsConfigBuilder")
            .field("ca", &self.sources.ca)
            .field("client", &self.sources.client)
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}

impl TlsConfigBuilder {
    /// The PEM file of CA certificates that nodes are verified with; those of several calls add up.
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.sources.ca.push(Pem::File(path.into()));
        self
    }

    /// CA certificates that nodes are verified with, in PEM.
    pub fn ca_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.sources.ca.push(Pem::new(pem));
        self
    }

    /// The PEM files of the client's certificate chain and private key, for clusters that ask for them.
    pub fn client_certificate(mut self, chain: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.sources.client = Some((Pem::File(chain.into()), Pem::File(key.into())));
        self
    }

    /// The client's certificate chain and private key, in PEM; they are wiped from memory when no longer needed.
    pub fn client_certificate_pem(mut self, chain: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        self.sources.client = Some((Pem::new(chain), Pem::new(key)));
        self
    }

    /// The name in the certificates of all nodes. Default: each node's IP address, as a subject alternative name.
    pub fn server_name(mut self, name: impl AsRef<str>) -> Self {
        match parse_name(name.as_ref()) {
            Ok(name) => self.names = Some(Names::One(name)),
            Err(problem) => self.problem = Some(problem),
        }
        self
    }

    /// The name in each node's certificate, by its address; `None` is the IP address.
    pub fn server_names(
        mut self,
        name_of: impl Fn(SocketAddr) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.names = Some(Names::Each(Arc::new(name_of)));
        self
    }

    /// Takes any certificate for good: whoever is between the application and a node reads and changes everything,
    /// passwords included. For tests.
    pub fn dangerous_accept_any_certificate(mut self) -> Self {
        self.sources.accepts_any = true;
        self
    }

    /// Reads the files.
    ///
    /// # Errors
    /// When a file cannot be read or holds nothing of its kind, or a server name is not one.
    pub fn build(self) -> Result<TlsConfig, Error> {
        if let Some(problem) = self.problem {
            return Err(Error::invalid(problem));
        }
        let config = Arc::new(self.sources.read()?);
        Ok(TlsConfig {
            client_config: Arc::new(Mutex::new(config)),
            sources: Some(Arc::new(self.sources)),
            names: self.names.unwrap_or(Names::Address),
        })
    }
}

impl Sources {
    fn read(&self) -> Result<ClientConfig, Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::invalid(error.to_string()))?;
        let builder = if self.accepts_any {
            let verifier = Arc::new(verifier::AcceptAny::new(provider));
            builder.dangerous().with_custom_certificate_verifier(verifier)
        } else {
            builder.with_root_certificates(self.roots()?)
        };
        match &self.client {
            None => Ok(builder.with_no_client_auth()),
            Some((chain, key)) => builder
                .with_client_auth_cert(chain.certificates()?, key.private_key()?)
                .map_err(|error| chain.unusable(&error)),
        }
    }

    fn roots(&self) -> Result<RootCertStore, Error> {
        if self.ca.is_empty() {
            return Err(Error::invalid("TLS needs a CA to verify nodes with: call ca_file or ca_pem"));
        }
        let mut roots = RootCertStore::empty();
        for ca in &self.ca {
            for certificate in ca.certificates()? {
                roots.add(certificate).map_err(|error| ca.unusable(&error))?;
            }
        }
        Ok(roots)
    }
}

impl Pem {
    fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Pem::Bytes(Arc::new(Zeroizing::new(bytes.into())))
    }

    fn read(&self) -> Result<Arc<Zeroizing<Vec<u8>>>, Error> {
        match self {
            Pem::Bytes(bytes) => Ok(Arc::clone(bytes)),
            Pem::File(path) => {
                let bytes = std::fs::read(path).map_err(|error| self.unusable(&error))?;
                Ok(Arc::new(Zeroizing::new(bytes)))
            }
        }
    }

    fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, Error> {
        let pem = self.read()?;
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
        match certificates {
            Ok(certificates) if certificates.is_empty() => Err(self.unusable(&"no certificate in it")),
            Ok(certificates) => Ok(certificates),
            Err(error) => Err(self.unusable(&error)),
        }
    }

    fn private_key(&self) -> Result<PrivateKeyDer<'static>, Error> {
        PrivateKeyDer::from_pem_slice(&self.read()?).map_err(|error| self.unusable(&error))
    }

    fn unusable(&self, error: &dyn fmt::Display) -> Error {
        match self {
            Pem::File(path) => Error::invalid(format!("{}: {error}", path.display())),
            Pem::Bytes(_) => Error::invalid(format!("PEM: {error}")),
        }
    }
}
