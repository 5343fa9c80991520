//! Conversations with servers of several ages and moods.

use super::*;
use crate::compression::Compression;
use crate::frame::{Flags, Opcode, StreamId};
use crate::request::Request;

const OLD: &str = "Invalid or unsupported protocol version (5); supported versions are (3/v3, 4/v4)";
const BETA: &str = "Beta version of the protocol used (5/v5-beta), but USE_BETA flag is unset";

fn byte(version: ProtocolVersion) -> u8 {
    0x80 | version.number()
}

fn handshake(change: impl FnOnce(&mut HandshakeConfig)) -> Handshake {
    let mut config = HandshakeConfig::default();
    change(&mut config);
    Handshake::new(config).unwrap()
}

fn versions(list: &[&str]) -> Response {
    Response::Supported(Supported::new([
        ("PROTOCOL_VERSIONS", list.to_vec()),
        ("COMPRESSION", vec!["snappy", "lz4"]),
    ]))
}

fn error(code: ErrorCode, message: &str) -> Response {
    Response::Error(ServerError::new(code, message))
}

#[track_caller]
fn sent(action: Action, version: ProtocolVersion) -> (Opcode, Vec<u8>) {
    match action {
        Action::Send { opcode, body } => {
            assert!(Request::decode(version, opcode, &body).is_ok());
            (opcode, body)
        }
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn failed(action: Action) -> HandshakeError {
    match action {
        Action::Fail(error) => error,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn downgrade(action: Action) -> ProtocolVersion {
    match action {
        Action::Downgrade { to } => to,
        other => panic!("{other:?}"),
    }
}

/// Goes through OPTIONS and SUPPORTED.
fn to_startup(handshake: &mut Handshake, version: ProtocolVersion) -> Startup {
    let (opcode, body) = sent(handshake.start(version), version);
    assert_eq!((opcode, body), (Opcode::OPTIONS, vec![]));
    let action = handshake.on_response(byte(version), Ok(versions(&["3/v3", "4/v4", "5/v5", "6/v6-beta"])));
    let (opcode, body) = sent(action, version);
    assert_eq!(opcode, Opcode::STARTUP);
    assert!(!handshake.in_segments(), "STARTUP and its answer are not in segments");
    Startup::decode(&body).unwrap()
}

#[test]
fn without_authentication_ready_follows_startup_in_every_version() {
    for &version in ProtocolVersion::ALL {
        let mut handshake = handshake(|config| config.startup.set("DRIVER_NAME", "d"));
        let startup = to_startup(&mut handshake, version);
        assert_eq!((startup.driver_name(), startup.compression()), (Some("d"), None));
        let Action::Ready(established) = handshake.on_response(byte(version), Ok(Response::Ready)) else {
            panic!()
        };
        assert_eq!((established.version, established.compression), (version, None));
        assert_eq!(established.supported.supports(version), Some(true));
        assert_eq!(handshake.in_segments(), version == ProtocolVersion::V5);
    }
}

#[test]
fn tokens_go_back_and_forth_until_success() {
    let version = ProtocolVersion::V5;
    let mut handshake = handshake(|config| config.authenticates = true);
    to_startup(&mut handshake, version);
    let class = "org.apache.cassandra.auth.PasswordAuthenticator".to_owned();
    let action = handshake.on_response(0x85, Ok(Response::Authenticate { class: class.clone() }));
    assert!(matches!(&action, Action::Authenticate { class: asked } if *asked == class));
    assert!(handshake.in_segments(), "the first token is in a segment already");

    let (opcode, body) = sent(handshake.respond(Some(b"\0u\0p")), version);
    assert_eq!((opcode, &body[..]), (Opcode::AUTH_RESPONSE, &b"\0\0\0\x04\0u\0p"[..]));
    let challenge = Some(Bytes::from_static(b"more"));
    let action = handshake.on_response(0x85, Ok(Response::AuthChallenge(challenge.clone())));
    assert!(matches!(&action, Action::Challenge { token } if *token == challenge));
    let (_, body) = sent(handshake.respond(None), version);
    assert_eq!(body, [0xFF; 4]);
    let Action::Ready(established) = handshake.on_response(0x85, Ok(Response::AuthSuccess(None))) else {
        panic!()
    };
    assert_eq!(established.authenticator, Some(class));
}

#[test]
fn wrong_credentials_are_told_from_a_server_in_trouble() {
    for (code, authentication) in [(ErrorCode::AUTHENTICATION_ERROR, true), (ErrorCode::OVERLOADED, false)] {
        let mut handshake = handshake(|config| config.authenticates = true);
        to_startup(&mut handshake, ProtocolVersion::V4);
        let class = "a.B".to_owned();
        let _ = handshake.on_response(0x84, Ok(Response::Authenticate { class }));
        let _ = handshake.respond(Some(b"secret"));
        let error = failed(handshake.on_response(0x84, Ok(error(code, "no"))));
        assert_eq!(error.is_authentication(), authentication);
        assert!(!authentication || error.to_string() == "authentication by a.B failed: no", "{error}");
    }
}

#[test]
fn a_server_that_wants_credentials_we_lack_is_named() {
    let mut handshake = handshake(|_| ());
    to_startup(&mut handshake, ProtocolVersion::V4);
    let class = "a.B".to_owned();
    let error = failed(handshake.on_response(0x84, Ok(Response::Authenticate { class })));
    assert!(error.is_authentication() && error.to_string().contains("a.B"), "{error}");
}

#[test]
fn a_refused_version_leads_to_the_next_older_one() {
    let mut handshake = handshake(|_| ());
    // 4.x refuses in its own version, 3.11 in the one it is asked in, 2.1 in v3 and with a server error.
    for (asked, answer, code, message, to) in [
        (ProtocolVersion::V5, 0x84, ErrorCode::PROTOCOL_ERROR, OLD, ProtocolVersion::V4),
        (ProtocolVersion::V5, 0x85, ErrorCode::PROTOCOL_ERROR, BETA, ProtocolVersion::V4),
        (ProtocolVersion::V4, 0x83, ErrorCode::SERVER_ERROR, OLD, ProtocolVersion::V3),
        (ProtocolVersion::V4, 0x86, ErrorCode::PROTOCOL_ERROR, OLD, ProtocolVersion::V3),
    ] {
        let _ = handshake.start(asked);
        assert_eq!(downgrade(handshake.on_response(answer, Ok(error(code, message)))), to);
    }
    // Servers may also let OPTIONS pass and refuse STARTUP.
    to_startup(&mut handshake, ProtocolVersion::V5);
    let refusal = error(ErrorCode::PROTOCOL_ERROR, OLD);
    assert_eq!(downgrade(handshake.on_response(0x84, Ok(refusal.clone()))), ProtocolVersion::V4);
    let _ = handshake.start(ProtocolVersion::V3);
    let error = failed(handshake.on_response(0x83, Ok(refusal)));
    assert!(matches!(error, HandshakeError::VersionRefused { asked: ProtocolVersion::V3, .. }), "{error:?}");
}

#[test]
fn a_forced_version_is_not_given_up() {
    let mut handshake = handshake(|config| config.versions = Versions::Exactly(ProtocolVersion::V5));
    let _ = handshake.start(ProtocolVersion::V5);
    let error = failed(handshake.on_response(0x84, Ok(error(ErrorCode::PROTOCOL_ERROR, OLD))));
    let text = error.to_string();
    assert!(
        text.contains("refuses protocol v5") && text.contains("v5 only") && text.contains("4/v4"),
        "{text}"
    );
    let not_allowed = failed(handshake.start(ProtocolVersion::V4));
    assert_eq!(not_allowed, HandshakeError::VersionNotAllowed { version: ProtocolVersion::V4 });
}

#[test]
fn an_error_that_is_no_refusal_does_not_lead_to_another_version() {
    for (code, message) in [
        (ErrorCode::PROTOCOL_ERROR, "Rejecting Protocol Version 4/v4 < 5/v5."),
        (ErrorCode::OVERLOADED, OLD),
        (ErrorCode::from_code(0x7777), "?"),
    ] {
        let mut handshake = handshake(|_| ());
        let _ = handshake.start(ProtocolVersion::V4);
        let error = failed(handshake.on_response(0x84, Ok(error(code, message))));
        assert!(matches!(error, HandshakeError::Server(_)), "{error:?}");
    }
}

#[test]
fn the_versions_that_a_server_lists_are_believed() {
    let mut handshake = handshake(|_| ());
    let _ = handshake.start(ProtocolVersion::V5);
    let to = downgrade(handshake.on_response(0x85, Ok(versions(&["3/v3", "4/v4", "5/v5-beta"]))));
    assert_eq!(to, ProtocolVersion::V4);
    let _ = handshake.start(ProtocolVersion::V5);
    assert_eq!(downgrade(handshake.on_response(0x85, Ok(versions(&["3/v3"])))), ProtocolVersion::V3);
    let _ = handshake.start(ProtocolVersion::V5);
    let error = failed(handshake.on_response(0x85, Ok(versions(&["7/v7"]))));
    assert!(error.to_string().contains("7/v7"), "{error}");
    // A server of 2.1 lists none.
    let _ = handshake.start(ProtocolVersion::V3);
    sent(handshake.on_response(0x83, Ok(Response::Supported(Supported::default()))), ProtocolVersion::V3);
}

#[test]
#[cfg(feature = "lz4")]
fn compression_is_asked_for_only_where_it_is_offered() {
    let mut handshake = handshake(|config| config.compression = Some(Compression::Lz4));
    assert_eq!(handshake.compression(), None);
    let startup = to_startup(&mut handshake, ProtocolVersion::V5);
    assert_eq!(startup.compression(), Some("lz4"));
    assert_eq!(handshake.compression(), Some(Compression::Lz4));

    let _ = handshake.start(ProtocolVersion::V4);
    assert_eq!(handshake.compression(), None, "a new connection has agreed on nothing");
    let only = Response::Supported(Supported::new([("COMPRESSION", ["snappy"])]));
    let error = failed(handshake.on_response(0x84, Ok(only)));
    assert_eq!(error.to_string(), "the server does not offer lz4 compression, it offers: snappy");
}

#[test]
fn a_compression_among_the_options_is_not_sent() {
    let mut handshake = handshake(|config| config.startup.set("compression", "lz4"));
    let startup = to_startup(&mut handshake, ProtocolVersion::V4);
    assert_eq!(startup, Startup::new());
    assert_eq!(handshake.compression(), None);
}

#[test]
#[cfg(feature = "lz4")]
fn the_compression_of_the_configuration_replaces_those_among_the_options() {
    let mut handshake = handshake(|config| {
        config.compression = Some(Compression::Lz4);
        // The server would take the last.
        config.startup = Startup::decode(b"\0\x02\0\x0bCOMPRESSION\0\x01a\0\x0bcompression\0\x01b").unwrap();
    });
    let startup = to_startup(&mut handshake, ProtocolVersion::V4);
    assert!(startup.options().eq([("COMPRESSION", "lz4")]), "{startup:?}");
}

#[test]
#[cfg(feature = "snappy")]
fn snappy_is_refused_on_v5_before_anything_is_sent() {
    let mut config = HandshakeConfig { compression: Some(Compression::Snappy), ..Default::default() };
    let error = Handshake::new(config.clone()).unwrap_err();
    assert!(matches!(error, HandshakeError::CompressionNotInVersion { .. }));
    config.versions = Versions::UpTo(ProtocolVersion::V4);
    let mut handshake = Handshake::new(config).unwrap();
    assert_eq!(handshake.first_version(), ProtocolVersion::V4);
    assert_eq!(to_startup(&mut handshake, ProtocolVersion::V4).compression(), Some("snappy"));
}

#[test]
#[cfg(not(feature = "lz4"))]
fn a_compression_that_was_not_built_is_refused() {
    let config = HandshakeConfig { compression: Some(Compression::Lz4), ..Default::default() };
    let error = Handshake::new(config).unwrap_err();
    assert_eq!(error.to_string(), "lz4 compression needs the cargo feature `lz4`");
}

#[test]
#[cfg(feature = "lz4")]
fn the_answer_to_startup_can_be_compressed() {
    let mut handshake = handshake(|config| {
        config.compression = Some(Compression::Lz4);
        config.authenticates = true;
    });
    to_startup(&mut handshake, ProtocolVersion::V4);
    let class = "x".repeat(300);
    let mut body = Vec::new();
    let authenticate = Response::Authenticate { class: class.clone() };
    authenticate.encode(ProtocolVersion::V4, &mut body).unwrap();
    let header = Header::decode(&[0x84, 1, 0, 0, 3, 0, 0, 0, 0]);
    let mut compressed = u32::try_from(body.len()).unwrap().to_be_bytes().to_vec();
    compressed.extend(lz4_flex::block::compress(&body));
    let action = handshake.on_frame(Frame::new(header, compressed.into()));
    assert!(matches!(action, Action::Authenticate { class: asked } if asked == class));
}

#[test]
fn a_frame_with_a_prelude_is_understood() {
    let mut handshake = handshake(|_| ());
    let _ = handshake.start(ProtocolVersion::V5);
    let header =
        Header::new(ProtocolVersion::V4, crate::frame::Direction::Response, Opcode::ERROR, StreamId::new(0))
            .with_flags(Flags::WARNING);
    let mut body = vec![0, 1, 0, 1, b'w'];
    error(ErrorCode::PROTOCOL_ERROR, OLD).encode(ProtocolVersion::V4, &mut body).unwrap();
    assert_eq!(downgrade(handshake.on_frame(Frame::new(header, body.into()))), ProtocolVersion::V4);
}

#[test]
fn nonsense_ends_the_handshake_with_a_reason() {
    let mut handshake = handshake(|_| ());
    let _ = handshake.start(ProtocolVersion::V4);
    let error = failed(handshake.on_response(0x84, Ok(Response::Ready)));
    assert_eq!(error.to_string(), "got READY where SUPPORTED was expected");
    let error = failed(handshake.on_response(0x84, Ok(Response::Ready)));
    assert_eq!(error.to_string(), "got READY where nothing more was expected");
    assert!(matches!(failed(handshake.respond(None)), HandshakeError::Unexpected { .. }));

    let _ = handshake.start(ProtocolVersion::V4);
    let error = failed(handshake.on_response(0x83, Ok(versions(&["4/v4"]))));
    assert_eq!(error, HandshakeError::WrongVersion { asked: ProtocolVersion::V4, answered: 3 });

    let _ = handshake.start(ProtocolVersion::V4);
    let body = Bytes::from_static(&[0, 9]);
    let undecodable = Response::decode(ProtocolVersion::V4, Opcode::SUPPORTED, body);
    assert!(matches!(failed(handshake.on_response(0x84, undecodable)), HandshakeError::Undecodable(_)));
}

#[test]
fn debug_shows_no_tokens() {
    let mut handshake = handshake(|config| config.authenticates = true);
    to_startup(&mut handshake, ProtocolVersion::V4);
    let _ = handshake.on_response(0x84, Ok(Response::Authenticate { class: "a.B".to_owned() }));
    let send = handshake.respond(Some(b"secret"));
    let challenge = Action::Challenge { token: Some(Bytes::from_static(b"secret")) };
    let text = format!("{send:?} {challenge:?} {handshake:?}");
    assert!(!text.contains("secret") && !text.contains("115"), "{text}");
}
