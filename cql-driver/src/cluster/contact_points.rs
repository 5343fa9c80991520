//! Contact points: texts to addresses.

use std::io;
use std::net::{IpAddr, SocketAddr};

/// The port of a contact point that names none.
pub(super) const DEFAULT_PORT: u16 = 9042;

/// Resolves `host`, `host:port`, `1.2.3.4`, `::1` or `[::1]:9042`. Names are resolved anew each time, so that a cluster
/// whose addresses have all changed is found again.
pub(super) async fn resolve(point: &str) -> io::Result<Vec<SocketAddr>> {
    let point = point.trim();
    if let Ok(address) = point.parse::<SocketAddr>() {
        return Ok(vec![address]);
    }
    if let Ok(ip) = point.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, DEFAULT_PORT)]);
    }
    let found: Vec<_> = match point.contains(':') {
        true => tokio::net::lookup_host(point).await?.collect(),
        false => tokio::net::lookup_host((point, DEFAULT_PORT)).await?.collect(),
    };
    if found.is_empty() {
        return Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address"));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn addresses_need_no_port_and_no_resolver() {
        for (point, address) in [
            ("127.0.0.1", "127.0.0.1:9042"),
            ("127.0.0.1:19042", "127.0.0.1:19042"),
            ("::1", "[::1]:9042"),
            ("[::1]", "[::1]:9042"),
            ("[::1]:9043", "[::1]:9043"),
        ] {
            assert_eq!(resolve(point).await.unwrap(), [address.parse().unwrap()], "{point}");
        }
    }
}
