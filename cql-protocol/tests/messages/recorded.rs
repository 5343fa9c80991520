//! The recorded frames: `tests/golden/README.md` says what they are.

use bytes::Bytes;
use cql_protocol::ProtocolVersion;
use cql_protocol::frame::{Direction, HEADER_SIZE, Header, Prelude};
use cql_protocol::wire::Reader;
use std::collections::HashSet;

/// A recorded frame, its parts and where it came from.
pub(crate) struct Recorded {
    pub(crate) name: String,
    pub(crate) header: Header,
    pub(crate) version: ProtocolVersion,
    pub(crate) prelude: Prelude,
    /// Prelude and message.
    pub(crate) body: Bytes,
    /// The message alone.
    pub(crate) message: Bytes,
}

impl Recorded {
    pub(crate) fn is_request(&self) -> bool {
        self.header.direction() == Direction::Request
    }
}

/// The SUPPORTED of the same node: the only message of the streams that is not among the lines.
const SUPPORTED: &str = include_str!("../golden/v4.server.stream.hex");

/// Every recorded frame, each message once.
pub(crate) fn frames() -> Vec<Recorded> {
    let files = [
        ("v3", include_str!("../golden/v3.jsonl")),
        ("v4", include_str!("../golden/v4.jsonl")),
        ("v5", include_str!("../golden/v5.jsonl")),
        ("v5-lz4", include_str!("../golden/v5-lz4.jsonl")),
    ];
    let lines = files.iter().flat_map(|(file, text)| text.lines().enumerate().map(move |line| (*file, line)));
    let mut frames: Vec<_> =
        lines.map(|(file, (line, text))| parse(format!("{file}.jsonl:{}", line + 1), text)).collect();
    assert_eq!(frames.len(), 789);
    let length = HEADER_SIZE + usize::from_str_radix(&SUPPORTED[10..18], 16).unwrap();
    frames.push(split("SUPPORTED".to_owned(), &SUPPORTED[..2 * length]));
    let mut seen = HashSet::new();
    frames.retain(|frame| seen.insert((frame.version, frame.header.opcode, frame.body.clone())));
    frames
}

/// The lines are flat objects whose last field is the only one that is needed: the others are in the frame itself.
fn parse(name: String, line: &str) -> Recorded {
    let (_, hex) = line.split_once("\"hex\": \"").unwrap();
    let frame = split(name, hex.strip_suffix("\"}").unwrap());
    assert!(line.contains(&format!("\"opcode\": \"{}\"", frame.header.opcode)), "{}", frame.name);
    frame
}

fn split(name: String, hex: &str) -> Recorded {
    let frame: Bytes =
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
    let (head, body) = frame.split_first_chunk::<HEADER_SIZE>().unwrap();
    let (header, body) = (Header::decode(head), frame.slice_ref(body));
    assert_eq!(body.len(), header.length as usize, "{name}");
    let mut reader = Reader::new(&body);
    let prelude = Prelude::decode(&mut reader, &header).unwrap();
    let message = body.slice_ref(reader.rest());
    let version = header.version().unwrap();
    Recorded { name, header, version, prelude, body, message }
}
