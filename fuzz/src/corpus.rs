//! What fuzzing begins with: what a real server and a real client said to each other
//! (`cql-protocol/tests/golden/README.md`), cut to what each target takes; statements of CQL; and inputs that once were a finding.

use bytes::Bytes;
use cql_protocol::ProtocolVersion;
use cql_protocol::frame::{Direction, HEADER_SIZE, Header, Opcode, Prelude};
use cql_protocol::response::{CqlResult, Response};
use cql_protocol::wire::Reader;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../cql-protocol/tests/golden");
const FINDINGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/findings");
const STATEMENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/statements.cql");
const DIFFERENTIAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/differential/corpus");
const GRAMMAR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../cql-testkit/corpus/statements.cql");
/// Longer streams begin alike.
const LONGEST: usize = 4096;

/// All inputs of a target, each once.
///
/// # Panics
/// When the recorded files are not where they belong.
#[must_use]
pub fn inputs(target: &str) -> Vec<Vec<u8>> {
    let frames = frames();
    let mut inputs: BTreeSet<Vec<u8>> = findings(target).into_iter().collect();
    match target {
        "frame_stream" => {
            inputs.extend(streams("v4").into_iter().map(|bytes| [&[1, 0x40][..], &bytes].concat()));
            inputs.extend(streams("v4-lz4").into_iter().map(|bytes| [&[1, 0][..], &bytes].concat()));
            inputs.extend(frames.iter().map(|frame| [&[0x41, frame.direction()][..], &frame.bytes].concat()));
        }
        "segment_stream" => inputs.extend(frames.iter().map(Recorded::in_a_segment)),
        "response_body" => inputs.extend(of(&frames, Direction::Response)),
        "request_body" => inputs.extend(of(&frames, Direction::Request)),
        "type_names" => {
            let classes =
                ["UTF8Type", "ListType(Int32Type)", "VectorType(FloatType,3)", "TupleType(BytesType)"];
            let class = |class: &str| format!("\u{80}org.apache.cassandra.db.marshal.{class}").into_bytes();
            // The character takes two bytes, of which the second is the switch.
            inputs.extend(classes.into_iter().map(|name| class(name).split_off(1)));
            inputs.extend(values(&frames).into_iter().map(|(option, _)| [&[2][..], &option].concat()));
        }
        "statements" => inputs.extend(scenarios()),
        _ => inputs.extend(values(&frames).into_iter().map(|(option, value)| [option, value].concat())),
    }
    inputs.into_iter().collect()
}

/// Statements that belong together, one a line: the engine's own, those that it is compared with a server by, and those
/// of its grammar.
fn scenarios() -> Vec<Vec<u8>> {
    let read = |path: &Path| {
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let folder = std::fs::read_dir(DIFFERENTIAL).unwrap_or_else(|error| panic!("{DIFFERENTIAL}: {error}"));
    let mut files: Vec<PathBuf> = folder.flatten().map(|entry| entry.path()).collect();
    files.push(STATEMENTS.into());
    let texts: Vec<String> = files.iter().map(|file| read(file)).collect();
    let scenarios = texts.iter().flat_map(|text| text.split("-- == ")).map(|scenario| {
        let lines: Vec<&str> = scenario.lines().skip(1).filter(|line| !line.starts_with("--")).collect();
        lines.join("\n").replace(";\n", "\0").replace('\n', " ").replace('\0', "\n")
    });
    let grammar = read(Path::new(GRAMMAR));
    scenarios.chain(grammar.lines().map(str::to_owned)).map(String::into_bytes).collect()
}

/// Where the findings of a target are kept.
#[must_use]
pub fn findings_folder(target: &str) -> PathBuf {
    Path::new(FINDINGS).join(target)
}

fn findings(target: &str) -> Vec<Vec<u8>> {
    let Ok(entries) = std::fs::read_dir(findings_folder(target)) else { return Vec::new() };
    entries.flatten().map(|entry| std::fs::read(entry.path()).expect("a finding is a file")).collect()
}

struct Recorded {
    header: Header,
    bytes: Vec<u8>,
    message: Bytes,
}

impl Recorded {
    fn direction(&self) -> u8 {
        u8::from(self.header.direction() == Direction::Request)
    }

    fn in_a_segment(&self) -> Vec<u8> {
        let length = u16::try_from(self.bytes.len()).unwrap_or(u16::MAX) | 0x8000;
        [&[4 | self.direction(), 0][..], &length.to_be_bytes(), &self.bytes].concat()
    }

    fn version(&self) -> ProtocolVersion {
        self.header.version().expect("what was recorded is known")
    }
}

fn read(name: &str) -> String {
    let path = Path::new(GOLDEN).join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.trim().as_bytes().chunks_exact(2);
    pairs.filter_map(|pair| Some(digit(pair.first()?)? << 4 | digit(pair.last()?)?)).collect()
}

fn streams(version: &str) -> Vec<Vec<u8>> {
    let stream = |side: &str| {
        let mut bytes = unhex(&read(&format!("{version}.{side}.stream.hex")));
        bytes.truncate(LONGEST);
        bytes
    };
    vec![stream("client"), stream("server")]
}

fn frames() -> Vec<Recorded> {
    let files = ["v3.jsonl", "v4.jsonl", "v5.jsonl"];
    let lines: Vec<String> =
        files.iter().flat_map(|file| read(file).lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    lines.iter().filter_map(|line| parse(line)).collect()
}

fn parse(line: &str) -> Option<Recorded> {
    let (_, hex) = line.split_once("\"hex\": \"")?;
    let bytes = unhex(hex.strip_suffix("\"}")?);
    let (head, body) = bytes.split_first_chunk::<HEADER_SIZE>()?;
    let header = Header::decode(head);
    let body = Bytes::copy_from_slice(body);
    let mut fields = Reader::new(&body);
    Prelude::decode(&mut fields, &header).ok()?;
    let message = body.slice(fields.offset()..);
    Some(Recorded { header, message, bytes })
}

fn of(frames: &[Recorded], direction: Direction) -> Vec<Vec<u8>> {
    let wanted = frames.iter().filter(|frame| frame.header.direction() == direction);
    let input = |frame: &Recorded| {
        let version = frame.version().number() - 3;
        [&[version, frame.header.opcode.code()][..], &frame.message].concat()
    };
    wanted.map(input).collect()
}

/// Types with values of theirs, as they were sent.
fn values(frames: &[Recorded]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut found = Vec::new();
    for frame in frames.iter().filter(|frame| frame.header.opcode == Opcode::RESULT) {
        let response = Response::decode(frame.version(), Opcode::RESULT, frame.message.clone());
        let Ok(Response::Result(CqlResult::Rows(rows))) = response else { continue };
        let Some(columns) = &rows.metadata.columns else { continue };
        let mut cells = Reader::new(&rows.data);
        for column in columns.iter().cycle().take(columns.len() * rows.rows_count.min(8)) {
            let Ok(cell) = cells.opt_bytes("cell") else { break };
            let mut option = Vec::new();
            if column.column_type().encode(ProtocolVersion::V5, &mut option).is_ok() {
                found.push((option, cell.unwrap_or_default().to_vec()));
            }
        }
    }
    found
}
