//! Statements, one a line, one after the other on an engine with tables.

use bytes::Bytes;
use cql_protocol::types::{ColumnSpec, ColumnType};
use cql_testkit::Bound;
use cql_testkit::engine::Sandbox;
use std::sync::LazyLock;

const TABLES: &str = include_str!("../corpus/tables.cql");

static MADE: LazyLock<Sandbox> = LazyLock::new(|| {
    let sandbox = Sandbox::default();
    for text in TABLES.lines() {
        sandbox.execute(text, "ks", (None, None), |_| Bound::Null).expect("the tables are made");
    }
    sandbox
});

/// Pages that are read of a statement's rows.
const PAGES: usize = 4;

/// Bytes for values, page sizes and paging states: those of the statements, again and again.
struct Source<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// Every line is executed, whatever became of those before. Pages are small, and what says where the next one begins is
/// changed now and then.
pub fn statements(data: &[u8]) {
    // Making the tables takes longer than most statements do.
    let sandbox = MADE.fork();
    let mut source = Source { bytes: data, at: 0 };
    for line in data.split(|byte| *byte == b'\n') {
        pages(&sandbox, &String::from_utf8_lossy(line), &mut source);
    }
}

fn pages(sandbox: &Sandbox, text: &str, source: &mut Source<'_>) {
    let mut state = source.next().is_multiple_of(16).then(|| source.bytes(24));
    let size = Some(i32::from(source.next() % 4)).filter(|size| *size > 0);
    for _ in 0..PAGES {
        let paging = (size, state.take().map(Bytes::from));
        let Ok(answer) = sandbox.execute(text, "ks", paging, |marker| source.bound(marker)) else { return };
        let Some(next) = answer.paging_state else { return };
        let mut next = next.to_vec();
        if source.next().is_multiple_of(4) {
            let at = usize::from(source.next()) % next.len().max(1);
            let new = source.next();
            next.get_mut(at).into_iter().for_each(|byte| *byte = new);
        }
        state = Some(next);
    }
}

impl Source<'_> {
    fn next(&mut self) -> u8 {
        let byte = self.bytes.get(self.at % self.bytes.len().max(1)).copied().unwrap_or_default();
        self.at += 1;
        // Statements have few different bytes: their places make more of them.
        byte.wrapping_mul(0x9D) ^ self.at.to_le_bytes()[0]
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next()).collect()
    }

    fn bound(&mut self, marker: &ColumnSpec) -> Bound {
        match self.next() % 16 {
            0 => Bound::Null,
            1 => Bound::Unset,
            2 => {
                let length = usize::from(self.next() % 32);
                Bound::Value(self.bytes(length).into())
            }
            3 => {
                let mut value = self.value(marker.column_type());
                self.spoil(&mut value);
                Bound::Value(value.into())
            }
            _ => Bound::Value(self.value(marker.column_type()).into()),
        }
    }

    /// Bytes that are a value of the type, if chance wills.
    fn value(&mut self, of: &ColumnType) -> Vec<u8> {
        let count = usize::from(self.next() % 4);
        match of {
            ColumnType::List(of) | ColumnType::Set(of) => self.collection(count, &[of]),
            ColumnType::Map(of) => self.collection(count, &[&of.0, &of.1]),
            ColumnType::Tuple(types) => types.iter().flat_map(|of| self.part(of)).collect(),
            ColumnType::Udt(udt) => udt.fields().iter().flat_map(|(_, of)| self.part(of)).collect(),
            ColumnType::Vector(vector) => {
                let element = vector.element().clone();
                (0..vector.dimensions().min(16)).flat_map(|_| self.value(&element)).collect()
            }
            ColumnType::Ascii | ColumnType::Text => {
                let at = usize::from(self.next()) % self.bytes.len().max(1);
                self.bytes.iter().copied().skip(at).take(count * 8).collect()
            }
            ColumnType::Boolean | ColumnType::TinyInt => self.number(1),
            ColumnType::SmallInt => self.number(2),
            ColumnType::Int | ColumnType::Float | ColumnType::Date => self.number(4),
            ColumnType::Decimal => [self.number(4), self.bytes(count + 1)].concat(),
            ColumnType::Duration => {
                self.bytes(count).into_iter().chain([0, 0, 0]).map(|byte| byte & 0x7E).collect()
            }
            ColumnType::Uuid | ColumnType::TimeUuid | ColumnType::Inet => self.bytes(16),
            ColumnType::Varint | ColumnType::Blob => self.bytes(count * 3 + 1),
            _ => self.number(8),
        }
    }

    /// Cuts a value, or has one of its counts or lengths be none.
    fn spoil(&mut self, value: &mut Vec<u8>) {
        let at = usize::from(self.next()) % value.len().max(1);
        if self.next().is_multiple_of(4) {
            return value.truncate(at);
        }
        let border = [-1, -2, i32::MIN, i32::MAX, 0xFFFF][usize::from(self.next() % 5)];
        // Counts and lengths stand where four bytes begin, if texts are not among what is before.
        let end = value.len().min(at / 4 * 4 + 4);
        value.splice(at / 4 * 4..end, border.to_be_bytes());
    }

    /// A number that is small, at its borders or any.
    fn number(&mut self, width: usize) -> Vec<u8> {
        let first = match self.next() % 4 {
            0 => return [vec![0; width - 1], vec![self.next() % 4]].concat(),
            1 => 0x7F,
            2 => 0x80,
            _ => return self.bytes(width),
        };
        let rest = if first == 0x7F { 0xFF } else { 0 };
        [vec![first], vec![rest; width - 1]].concat()
    }

    fn collection(&mut self, count: usize, parts: &[&ColumnType]) -> Vec<u8> {
        let mut bytes = vec![0, 0, 0, u8::try_from(count).unwrap_or_default()];
        for _ in 0..count {
            for of in parts {
                bytes.extend(self.part(of));
            }
        }
        bytes
    }

    fn part(&mut self, of: &ColumnType) -> Vec<u8> {
        let value = self.value(of);
        let length = i32::try_from(value.len()).unwrap_or_default();
        [&length.to_be_bytes()[..], &value].concat()
    }
}
