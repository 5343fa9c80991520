//! What a failure of TLS means.

use std::sync::Arc;

/// Why an encrypted connection could not be had. Nothing was sent in plain text instead.
#[derive(Debug, Clone, thiserror::Error)]
#[error("TLS: {message}{}", advice(*problem))]
#[non_exhaustive]
pub struct TlsError {
    /// What kind of failure it is.
    pub problem: TlsProblem,
    /// What the TLS library says.
    pub message: Arc<str>,
}

/// A kind of failure of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsProblem {
    /// The node's certificate is signed by a CA that is not trusted.
    UnknownCa,
    /// The node's certificate is for another name or address.
    WrongName,
    /// The node's certificate is not valid any more, or not yet.
    NotValidNow,
    /// The node wants a certificate of the client.
    ClientCertificateRequired,
    /// The node does not accept the client's certificate.
    ClientCertificateRefused,
    /// What answers does not speak TLS.
    NotTls,
    /// Anything else, as the message says.
    Other,
}

fn advice(problem: TlsProblem) -> &'static str {
    match problem {
        TlsProblem::UnknownCa => " (the CA that signed the node's certificate belongs in ca_file)",
        TlsProblem::WrongName => " (server_name or server_names say which name a node's certificate has)",
        TlsProblem::ClientCertificateRequired => " (the node asks for a certificate: client_certificate)",
        TlsProblem::ClientCertificateRefused => " (the node does not accept this client's certificate)",
        TlsProblem::NotTls => " (does the node encrypt this port?)",
        TlsProblem::NotValidNow | TlsProblem::Other => "",
    }
}

impl TlsError {
    #[cfg(feature = "rustls")]
    pub(crate) fn other(message: String) -> Self {
        TlsError { problem: TlsProblem::Other, message: message.into() }
    }

    /// The failure of TLS within an error of a socket, if there is one.
    #[cfg(feature = "rustls")]
    pub(crate) fn within(error: &std::io::Error) -> Option<Self> {
        let inner = error.get_ref()?.downcast_ref::<rustls::Error>()?;
        Some(TlsError { problem: problem_of(inner), message: inner.to_string().into() })
    }
}

#[cfg(feature = "rustls")]
fn problem_of(error: &rustls::Error) -> TlsProblem {
    use rustls::{AlertDescription as Alert, CertificateError as Certificate, Error};
    match error {
        // A bad signature: a CA of the same name with another key, as after its renewal.
        Error::InvalidCertificate(Certificate::UnknownIssuer | Certificate::BadSignature) => {
            TlsProblem::UnknownCa
        }
        Error::InvalidCertificate(
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. },
        ) => TlsProblem::WrongName,
        Error::InvalidCertificate(
            Certificate::Expired
            | Certificate::ExpiredContext { .. }
            | Certificate::NotValidYet
            | Certificate::NotValidYetContext { .. },
        ) => TlsProblem::NotValidNow,
        Error::AlertReceived(Alert::CertificateRequired | Alert::NoCertificate) => {
            TlsProblem::ClientCertificateRequired
        }
        Error::AlertReceived(
            Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::UnknownCA
            | Alert::AccessDenied
            | Alert::DecryptError,
        ) => TlsProblem::ClientCertificateRefused,
        Error::InvalidMessage(_) | Error::InappropriateMessage { .. } => TlsProblem::NotTls,
        _ => TlsProblem::Other,
    }
}
