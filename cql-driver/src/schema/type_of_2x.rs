//! Names of types as Cassandra 2.x stores them, classes of its own, to CQL.

use cql_protocol::types::Identifier;
use std::fmt::Write;

/// How deep types within types go at most; what is deeper is left as the class it is.
const DEPTH: usize = 32;

/// The CQL type of a class, and whether it is sorted from the greatest down.
pub(super) fn of_class(class: &str) -> (String, bool) {
    let short = class.trim_start_matches("org.apache.cassandra.db.marshal.");
    match short.strip_prefix("ReversedType(").and_then(|inner| inner.strip_suffix(')')) {
        Some(inner) => (cql(inner, 0), true),
        None => (cql(short, 0), false),
    }
}

fn cql(class: &str, depth: usize) -> String {
    let class = class.trim();
    let short = class.trim_start_matches("org.apache.cassandra.db.marshal.");
    let (name, arguments) = match short.split_once('(') {
        Some((name, rest)) => (name, parts(rest.strip_suffix(')').unwrap_or(rest))),
        None => (short, Vec::new()),
    };
    if depth > DEPTH {
        return super::cql::Literal(class).to_string();
    }
    let inner = |at: usize| arguments.get(at).map_or_else(String::new, |inner| cql(inner, depth + 1));
    let simple = match name {
        "AsciiType" => "ascii",
        "LongType" => "bigint",
        "BytesType" => "blob",
        "BooleanType" => "boolean",
        "CounterColumnType" => "counter",
        "DecimalType" => "decimal",
        "DoubleType" => "double",
        "FloatType" => "float",
        "InetAddressType" => "inet",
        "Int32Type" => "int",
        "ShortType" => "smallint",
        "ByteType" => "tinyint",
        "SimpleDateType" => "date",
        "TimeType" => "time",
        "UTF8Type" => "text",
        "TimestampType" | "DateType" => "timestamp",
        "TimeUUIDType" => "timeuuid",
        "UUIDType" => "uuid",
        "IntegerType" => "varint",
        "EmptyType" => "empty",
        "ListType" => return format!("list<{}>", inner(0)),
        "SetType" => return format!("set<{}>", inner(0)),
        "MapType" => return format!("map<{}, {}>", inner(0), inner(1)),
        "FrozenType" => {
            let inner = inner(0);
            return if inner.starts_with("frozen<") { inner } else { format!("frozen<{inner}>") };
        }
        "TupleType" => {
            let mut out = String::from("frozen<tuple<");
            for at in 0..arguments.len() {
                let _ = write!(out, "{}{}", if at == 0 { "" } else { ", " }, inner(at));
            }
            return out + ">>";
        }
        "UserType" => match arguments.get(1).and_then(|name| from_hex(name)) {
            // 2.x has no other.
            Some(name) => return format!("frozen<{}>", Identifier(&name)),
            None => return super::cql::Literal(class).to_string(),
        },
        _ => return super::cql::Literal(class).to_string(),
    };
    simple.to_owned()
}

/// What commas separate, those within parentheses aside.
pub(super) fn parts(list: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let separated = list.split(move |letter| {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == ',' && depth == 0
    });
    separated.map(str::trim).filter(|part| !part.is_empty()).collect()
}

fn from_hex(digits: &str) -> Option<String> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = digits.as_bytes().chunks(2);
    let bytes = pairs.map(|pair| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    });
    String::from_utf8(bytes.collect::<Option<_>>()?).ok()
}

#[cfg(test)]
mod tests {
    use super::of_class;

    #[test]
    fn classes_are_read() {
        let marshal = "org.apache.cassandra.db.marshal.";
        for (class, expected) in [
            ("@UTF8Type", ("text", false)),
            ("@ReversedType(@TimeUUIDType)", ("timeuuid", true)),
            (
                "@MapType(@Int32Type,@FrozenType(@ListType(@UTF8Type)))",
                ("map<int, frozen<list<text>>>", false),
            ),
            ("@FrozenType(@UserType(ks,4d79,61:@Int32Type))", ("frozen<\"My\">", false)),
            (
                "@TupleType(@Int32Type,@UserType(ks,6d,61:@Int32Type))",
                ("frozen<tuple<int, frozen<m>>>", false),
            ),
            ("com.example.Own", ("'com.example.Own'", false)),
            ("@UserType(ks,6", ("'UserType(ks,6'", false)),
        ] {
            let (found, descending) = of_class(&class.replace('@', marshal));
            assert_eq!((found.as_str(), descending), expected, "{class}");
        }
        let deep = "ListType(".repeat(100_000);
        assert!(of_class(&deep).0.len() < 2_000_000);
    }
}
