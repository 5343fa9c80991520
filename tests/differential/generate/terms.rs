//! Values as they stand in statements: literals, markers, functions of literals.

use super::Generator;
use super::table::Column;
use super::types;
use super::values;
use crate::step::Value;
use cql_driver::types::ColumnType;
use cql_driver::value::CqlValue;

impl Generator {
    /// A term for a value of a type; seldom null, or one that is made by a function.
    pub(super) fn term(&mut self, of: &ColumnType) -> String {
        if self.one_in(30) {
            return self.odd_term(of);
        }
        let value = values::value(&mut self.rng, of);
        self.term_of(&value, of)
    }

    /// A term that is not null.
    pub(super) fn some_term(&mut self, of: &ColumnType) -> String {
        let value = values::value(&mut self.rng, of);
        self.term_of(&value, of)
    }

    /// A value of a column of a key: partitions belong to a sequence.
    pub(super) fn key_term(&mut self, column: &Column) -> String {
        let of = &column.of.of;
        let value = if column.name == "p0" {
            values::key_value(&mut self.rng, of, self.sequence)
        } else {
            values::value(&mut self.rng, of)
        };
        self.term_of(&value, of)
    }

    /// As a marker where the statement is to have some.
    pub(super) fn term_of(&mut self, value: &CqlValue, of: &ColumnType) -> String {
        if self.values.is_some() && !self.one_in(4) {
            let bound = values::bytes(value, of).map_or(Value::Null, Value::Bytes);
            return self.marker(bound);
        }
        literal(value)
    }

    pub(super) fn marker(&mut self, value: Value) -> String {
        if let Some(values) = &mut self.values {
            values.push(value);
        }
        "?".to_owned()
    }

    fn odd_term(&mut self, of: &ColumnType) -> String {
        if self.values.is_some() && self.one_in(2) {
            let odd = self.pick(&[Value::Null, Value::Unset, Value::Bytes(Vec::new())]);
            return self.marker(odd);
        }
        let value = values::value(&mut self.rng, of);
        let text = literal(&value);
        let spelled = types::spelled(of);
        match (of, self.rng.u8(..4)) {
            (_, 0) => "null".to_owned(),
            (_, 1) => format!("({}){text}", types::inner(of)),
            (ColumnType::Int | ColumnType::BigInt | ColumnType::Double | ColumnType::Varint, 2) => {
                let operator = self.pick(&["+", "-", "*", "/", "%"]);
                format!("{text} {operator} {}", self.rng.u8(..4))
            }
            (ColumnType::Int | ColumnType::BigInt | ColumnType::SmallInt | ColumnType::Timestamp, 3) => {
                let bytes = values::bytes(&value, of).unwrap_or_default();
                format!("blob_as_{spelled}({})", CqlValue::Blob(bytes))
            }
            (ColumnType::Blob, _) => "text_as_blob('a')".to_owned(),
            (ColumnType::Date, _) => "to_date('1970-01-02 00:00:00+0000')".to_owned(),
            (ColumnType::Timestamp, _) => "'1970-01-02T00:00:00.000+0000'".to_owned(),
            (ColumnType::Text | ColumnType::Ascii, _) => "$$it's$$".to_owned(),
            (ColumnType::Decimal | ColumnType::Float | ColumnType::Double, _) => "1E+3".to_owned(),
            (ColumnType::Duration, _) => {
                self.pick(&["P1Y2M3DT4H5M6S", "-3h5us", "1y2mo", "P0001-00-02T03:00:00"]).to_owned()
            }
            (ColumnType::Set(_) | ColumnType::Map(_), _) => "{}".to_owned(),
            (ColumnType::List(_), _) => "[]".to_owned(),
            _ => text,
        }
    }

    /// `USING TIMESTAMP ... AND TTL ...`, with a blank before it, or nothing.
    pub(super) fn using(&mut self, ttl: bool, likely: u32) -> String {
        let mut parts = Vec::new();
        if self.one_in(likely) {
            let timestamp = match self.rng.u8(..40) {
                0 => 4_000_000_000_000_000,
                1 => -5,
                2 => 0,
                _ => self.rng.i64(1..6),
            };
            let of = ColumnType::BigInt;
            parts.push(format!("TIMESTAMP {}", self.term_of(&CqlValue::BigInt(timestamp), &of)));
        }
        if ttl && self.one_in(3) {
            let seconds = match self.rng.u8(..24) {
                0 => self.pick(&[-1, 0, 630_720_000, 630_720_001]),
                // A server's indexes and conditions go by its own clock: what dies within a run is in the corpus.
                _ => self.pick(&[100_000, 200_000]),
            };
            parts.push(format!("TTL {}", self.term_of(&CqlValue::Int(seconds), &ColumnType::Int)));
        }
        if parts.is_empty() { String::new() } else { format!(" USING {}", parts.join(" AND ")) }
    }
}

/// Without quotes where CQL wants none, with them where it does.
pub(super) fn literal(value: &CqlValue) -> String {
    value.to_string()
}
