//! What releases of Cassandra do differently, as far as a driver can tell.

use cql_protocol::ProtocolVersion;
use cql_protocol::compression::Compression;
use cql_protocol::frame::{Flags, Header};
use cql_protocol::response::{ErrorCode, ServerError, Supported};

/// A release, by its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Release {
    text: String,
    number: (u32, u32),
}

/// How a server turns down a protocol version: where the answer differs from others.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) version_byte: u8,
    pub(crate) flags: Flags,
    pub(crate) stream: i16,
    pub(crate) error: ServerError,
}

impl Release {
    /// `None` when the text does not begin with two numbers.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split(['.', '-', '~']).map(|number| number.parse().ok());
        let number = (numbers.next()??, numbers.next()??);
        Some(Release { text: text.to_owned(), number })
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The newest version it speaks outside of betas.
    pub(crate) fn newest_protocol(&self) -> ProtocolVersion {
        match self.number {
            (4.., _) => ProtocolVersion::V5,
            (3, _) | (2, 2..) => ProtocolVersion::V4,
            _ => ProtocolVersion::V3,
        }
    }

    /// Whether it has `system.peers_v2`, with a port for each node.
    pub(crate) fn has_peers_v2(&self) -> bool {
        self.number >= (4, 0)
    }

    /// Whether its schema is in `system_schema`.
    pub(crate) fn has_system_schema(&self) -> bool {
        self.number >= (3, 0)
    }

    /// Whether it knows v5 as a beta that has nothing to do with what became of it.
    fn has_beta_of_v5(&self) -> bool {
        self.number.0 == 3 && self.number.1 >= 10
    }

    pub(crate) fn cql_version(&self) -> &'static str {
        match self.number {
            (5.., _) => "3.4.7",
            (4, 1..) => "3.4.6",
            (4, _) => "3.4.5",
            (3, 10..) => "3.4.4",
            (3, _) => "3.4.0",
            (2, 2..) => "3.3.1",
            _ => "3.2.1",
        }
    }

    pub(crate) fn supported(&self, newest: ProtocolVersion) -> Supported {
        // In the order of real nodes.
        let compressions = [Compression::Snappy, Compression::Lz4].into_iter().filter(|it| it.is_available());
        let mut options = vec![
            (Supported::CQL_VERSION, vec![self.cql_version().to_owned()]),
            (Supported::COMPRESSION, compressions.map(|it| it.name().to_owned()).collect()),
        ];
        // 2.x has no such key.
        if self.number >= (3, 0) {
            let beta = match self.number {
                _ if self.has_beta_of_v5() => Some("5/v5-beta".to_owned()),
                (4.., _) if newest == ProtocolVersion::V5 => Some("6/v6-beta".to_owned()),
                _ => None,
            };
            options.push((Supported::PROTOCOL_VERSIONS, listed(newest).chain(beta).collect()));
        }
        Supported::new(options)
    }

    /// The answer to a header of a version that is not spoken, which is the release's own in every part.
    pub(crate) fn refuse(&self, asked: &Header, newest: ProtocolVersion) -> Refusal {
        let number = asked.version_number();
        let texts: Vec<String> = listed(newest).collect();
        let unsupported = "Invalid or unsupported protocol version";
        let (code, message) = match self.number {
            _ if self.has_beta_of_v5() && newest == ProtocolVersion::V4 && number >= 5 => (
                ErrorCode::PROTOCOL_ERROR,
                "Beta version of the protocol used (5/v5-beta), but USE_BETA flag is unset".to_owned(),
            ),
            (4.., _) => (
                ErrorCode::PROTOCOL_ERROR,
                format!("{unsupported} ({number}); supported versions are ({})", texts.join(", ")),
            ),
            (2, ..=1) => (ErrorCode::SERVER_ERROR, format!("{unsupported}: {number}")),
            _ => (
                ErrorCode::PROTOCOL_ERROR,
                format!(
                    "{unsupported} ({number}); the lowest supported version is 3 and the greatest is {}",
                    newest.number()
                ),
            ),
        };
        let answered = match self.number {
            (4.., _) => 5,
            _ if self.has_beta_of_v5() => 5,
            (3, _) | (2, 2..) => 4,
            _ => 3,
        };
        Refusal {
            version_byte: 0x80 | answered,
            flags: if self.has_beta_of_v5() { Flags::from_bits(0x10) } else { Flags::EMPTY },
            // Older ones have not read the stream when they refuse.
            stream: if self.number >= (5, 0) { asked.stream.get() } else { 0 },
            error: ServerError::new(code, message),
        }
    }
}

fn listed(newest: ProtocolVersion) -> impl Iterator<Item = String> {
    (3..=newest.number()).map(|number| format!("{number}/v{number}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use cql_protocol::frame::{Direction, Opcode, StreamId};

    fn refusal(release: &str, version: ProtocolVersion) -> Refusal {
        let release = Release::parse(release).unwrap();
        let asked = Header::new(version, Direction::Request, Opcode::OPTIONS, StreamId::new(9));
        release.refuse(&asked, release.newest_protocol())
    }

    #[test]
    fn each_release_refuses_in_its_own_way() {
        let beta = refusal("3.11.19", ProtocolVersion::V5);
        assert_eq!((beta.version_byte, beta.flags.bits(), beta.stream), (0x85, 0x10, 0));
        assert!(beta.error.message.starts_with("Beta version"));
        let old = refusal("2.1.22", ProtocolVersion::V4);
        assert_eq!((old.version_byte, old.stream, old.error.code), (0x83, 0, ErrorCode::SERVER_ERROR));
        assert_eq!(refusal("2.2.19", ProtocolVersion::V5).version_byte, 0x84);
        let new = Release::parse("5.0.6").unwrap();
        let asked = Header::new(ProtocolVersion::V5, Direction::Request, Opcode::OPTIONS, StreamId::new(9));
        let capped = new.refuse(&asked, ProtocolVersion::V4);
        assert_eq!((capped.version_byte, capped.stream), (0x85, 9));
        assert!(capped.error.message.ends_with("(5); supported versions are (3/v3, 4/v4)"));
    }

    #[test]
    fn versions_are_listed_where_the_server_lists_them() {
        let supported = |text: &str| {
            let release = Release::parse(text).unwrap();
            release.supported(release.newest_protocol()).option(Supported::PROTOCOL_VERSIONS).join(" ")
        };
        assert_eq!(supported("5.0.6"), "3/v3 4/v4 5/v5 6/v6-beta");
        assert_eq!(supported("3.11.19"), "3/v3 4/v4 5/v5-beta");
        assert_eq!(supported("2.2.19"), "");
        assert!(Release::parse("five").is_none());
    }
}
