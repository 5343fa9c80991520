//! Types in CQL's syntax.

use super::ColumnType;
use super::identifier::Identifier;
use std::fmt::{self, Display, Formatter};

impl Display for ColumnType {
    /// The type as CQL spells it. Collections, tuples and user types inside of others are shown `frozen`: metadata does
    /// not say it, but CQL has no other way to nest them.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            ColumnType::List(element) => write!(f, "list<{}>", Nested(element)),
            ColumnType::Set(element) => write!(f, "set<{}>", Nested(element)),
            ColumnType::Map(pair) => write!(f, "map<{}, {}>", Nested(&pair.0), Nested(&pair.1)),
            ColumnType::Tuple(components) => {
                f.write_str("tuple<")?;
                for (index, component) in components.iter().enumerate() {
                    let separator = if index == 0 { "" } else { ", " };
                    write!(f, "{separator}{}", Nested(component))?;
                }
                f.write_str(">")
            }
            ColumnType::Udt(udt) => write!(f, "{}.{}", Identifier(udt.keyspace()), Identifier(udt.name())),
            ColumnType::Vector(vector) => {
                write!(f, "vector<{}, {}>", Nested(vector.element()), vector.dimensions())
            }
            ColumnType::Custom(class) => write!(f, "'{}'", class.replace('\'', "''")),
            ColumnType::Unknown(id) => write!(f, "type {id:#06x}"),
            simple => f.write_str(simple.simple_name()),
        }
    }
}

impl ColumnType {
    fn simple_name(&self) -> &'static str {
        match self {
            ColumnType::Ascii => "ascii",
            ColumnType::BigInt => "bigint",
            ColumnType::Blob => "blob",
            ColumnType::Boolean => "boolean",
            ColumnType::Counter => "counter",
            ColumnType::Decimal => "decimal",
            ColumnType::Double => "double",
            ColumnType::Float => "float",
            ColumnType::Int => "int",
            ColumnType::Text => "text",
            ColumnType::Timestamp => "timestamp",
            ColumnType::Uuid => "uuid",
            ColumnType::Varint => "varint",
            ColumnType::TimeUuid => "timeuuid",
            ColumnType::Inet => "inet",
            ColumnType::Date => "date",
            ColumnType::Time => "time",
            ColumnType::SmallInt => "smallint",
            ColumnType::TinyInt => "tinyint",
            ColumnType::Duration => "duration",
            ColumnType::List(_) => "list",
            ColumnType::Set(_) => "set",
            ColumnType::Map(_) => "map",
            ColumnType::Tuple(_) => "tuple",
            ColumnType::Udt(_) => "user type",
            ColumnType::Vector(_) => "vector",
            ColumnType::Custom(_) => "custom",
            ColumnType::Unknown(_) => "unknown",
        }
    }
}

struct Nested<'a>(&'a ColumnType);

impl Display for Nested<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        use ColumnType::{List, Map, Set, Tuple, Udt};
        match self.0 {
            List(_) | Set(_) | Map(_) | Tuple(_) | Udt(_) => write!(f, "frozen<{}>", self.0),
            plain => plain.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::UdtType;
    use std::sync::Arc;

    #[test]
    fn types_are_spelled_as_in_cql() {
        let list = ColumnType::list(ColumnType::Int);
        assert_eq!(ColumnType::map(ColumnType::Text, list).to_string(), "map<text, frozen<list<int>>>");
        let tuple = ColumnType::tuple([ColumnType::Int, ColumnType::vector(ColumnType::Float, 3)]);
        assert_eq!(tuple.to_string(), "tuple<int, vector<float, 3>>");
        assert_eq!(ColumnType::set(tuple).to_string(), "set<frozen<tuple<int, vector<float, 3>>>>");
        assert_eq!(ColumnType::Unknown(0x55).to_string(), "type 0x0055");
    }

    #[test]
    fn names_are_quoted_where_needed() {
        let udt = |name: &str| {
            ColumnType::Udt(Arc::new(UdtType::new("ks", name, [("f", ColumnType::Int)]))).to_string()
        };
        assert_eq!(udt("address_2"), "ks.address_2");
        for (name, shown) in [("Address", "\"Address\""), ("a\"b", "\"a\"\"b\""), ("2nd", "\"2nd\"")] {
            assert_eq!(udt(name), format!("ks.{shown}"));
        }
        assert_eq!(udt("table"), "ks.\"table\"");
    }
}
