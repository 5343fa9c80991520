//! Types of Rust for types of CQL, as text.

use super::names::{Names, struct_name};
use cql_driver::schema::Keyspace;
use std::collections::BTreeMap;

/// A type as a program writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RustType {
    pub(super) text: String,
    /// The CQL type, where the Rust type stands for another one by itself.
    pub(super) native: Option<&'static str>,
    pub(super) is_collection: bool,
    pub(super) is_user_type: bool,
    pub(super) is_frozen: bool,
    /// Whether its values have an order, so that sets and the keys of maps can hold it.
    is_ordered: bool,
}

impl RustType {
    fn of(text: impl Into<String>, is_ordered: bool) -> Self {
        RustType {
            text: text.into(),
            native: None,
            is_collection: false,
            is_user_type: false,
            is_frozen: false,
            is_ordered,
        }
    }

    pub(super) fn is_counter(&self) -> bool {
        self.text == "Counter"
    }

    /// For a column that may be null: collections are empty then.
    pub(super) fn nullable(&self) -> String {
        if self.is_collection { self.text.clone() } else { format!("Option<{}>", self.text) }
    }
}

/// The user-defined types of a keyspace by their names in CQL.
pub(super) struct Types(BTreeMap<String, String>);

const NATIVES: &[(&str, &str, bool)] = &[
    ("bigint", "i64", true),
    ("blob", "Vec<u8>", true),
    ("boolean", "bool", true),
    ("counter", "Counter", false),
    ("date", "CqlDate", true),
    ("decimal", "CqlDecimal", false),
    ("double", "f64", false),
    ("duration", "CqlDuration", false),
    ("float", "f32", false),
    ("inet", "std::net::IpAddr", true),
    ("int", "i32", true),
    ("smallint", "i16", true),
    ("text", "String", true),
    ("time", "CqlTime", true),
    ("timestamp", "CqlTimestamp", true),
    ("timeuuid", "TimeUuid", true),
    ("tinyint", "i8", true),
    ("uuid", "uuid::Uuid", true),
    ("varchar", "String", true),
    ("varint", "CqlVarint", false),
];

impl Types {
    pub(super) fn new(keyspace: &Keyspace, names: &mut Names) -> Self {
        let named = keyspace.user_types().map(|of| (of.name.clone(), names.unique(struct_name(&of.name))));
        Types(named.collect())
    }

    /// What a user-defined type is called in Rust.
    pub(super) fn name(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The type of Rust; `None` if there is none.
    pub(super) fn rust(&self, cql: &str) -> Option<RustType> {
        let (name, arguments) = parts(cql.trim());
        if let Some((_, rust, is_ordered)) = NATIVES.iter().find(|(known, ..)| *known == name) {
            return Some(RustType::of(*rust, *is_ordered));
        }
        let all = || arguments.iter().map(|argument| self.rust(argument)).collect::<Option<Vec<_>>>();
        let collection = |text: String| RustType { is_collection: true, ..RustType::of(text, false) };
        match (name, arguments.as_slice()) {
            ("ascii", []) => Some(RustType { native: Some("ascii"), ..RustType::of("String", true) }),
            ("frozen", [inner]) => Some(RustType { is_frozen: true, ..self.rust(inner)? }),
            ("list", [element]) => Some(collection(format!("Vec<{}>", self.within(element)?.text))),
            ("set", [element]) => {
                let element = self.within(element).filter(|element| element.is_ordered)?;
                Some(collection(format!("std::collections::BTreeSet<{}>", element.text)))
            }
            ("map", [key, value]) => {
                let key = self.within(key).filter(|key| key.is_ordered)?;
                Some(collection(format!(
                    "std::collections::BTreeMap<{}, {}>",
                    key.text,
                    self.within(value)?.text
                )))
            }
            ("tuple", [_, ..]) if arguments.len() <= 8 => {
                let types = all()?;
                if types.iter().any(|of| of.native.is_some()) {
                    return None;
                }
                // The parts of a tuple may be null.
                let texts: Vec<String> = types.iter().map(RustType::nullable).collect();
                let comma = if texts.len() == 1 { "," } else { "" };
                Some(RustType::of(format!("({}{comma})", texts.join(", ")), false))
            }
            ("vector", [element, dimensions]) => {
                let dimensions: u32 = dimensions.trim().parse().ok()?;
                Some(RustType::of(format!("[{}; {dimensions}]", self.within(element)?.text), false))
            }
            (_, []) => {
                let plain = name.trim_matches('"').replace("\"\"", "\"");
                Some(RustType { is_user_type: true, ..RustType::of(self.name(&plain)?, false) })
            }
            _ => None,
        }
    }

    /// The type of what another one holds: it stands for its CQL type by itself.
    fn within(&self, cql: &str) -> Option<RustType> {
        self.rust(cql).filter(|of| of.native.is_none())
    }
}

/// `map<text, list<int>>` as `map` and its two arguments.
fn parts(cql: &str) -> (&str, Vec<&str>) {
    let Some((name, rest)) = cql.split_once('<').filter(|_| !cql.starts_with('"')) else {
        return (cql, Vec::new());
    };
    let inner = rest.strip_suffix('>').unwrap_or(rest);
    let (mut depth, mut start, mut is_quoted) = (0_usize, 0, false);
    let mut arguments = Vec::new();
    for (at, char) in inner.char_indices() {
        match char {
            '"' => is_quoted = !is_quoted,
            '<' if !is_quoted => depth += 1,
            '>' if !is_quoted => depth = depth.saturating_sub(1),
            ',' if depth == 0 && !is_quoted => {
                arguments.extend(inner.get(start..at));
                start = at + 1;
            }
            _ => {}
        }
    }
    arguments.extend(inner.get(start..));
    (name, arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_rust_for_types_of_cql() {
        let types = Types(BTreeMap::from([("My Type".to_owned(), "MyType".to_owned())]));
        let text = |cql: &str| types.rust(cql).map(|of| of.nullable());
        let cases = [
            ("text", "Option<String>"),
            ("list<frozen<map<text, int>>>", "Vec<std::collections::BTreeMap<String, i32>>"),
            ("frozen<set<uuid>>", "std::collections::BTreeSet<uuid::Uuid>"),
            ("frozen<tuple<int, frozen<list<text>>>>", "Option<(Option<i32>, Vec<String>)>"),
            ("vector<float, 3>", "Option<[f32; 3]>"),
            ("map<text, frozen<\"My Type\">>", "std::collections::BTreeMap<String, MyType>"),
        ];
        for (cql, rust) in cases {
            assert_eq!(text(cql).as_deref(), Some(rust), "{cql}");
        }
        for cql in [
            "set<double>",
            "list<ascii>",
            "'org.example.Own'",
            "other",
            "map<frozen<list<int>>, int>",
            "list<",
        ] {
            assert_eq!(text(cql), None, "{cql}");
        }
    }
}
