//! Marshal class names: how types without an `[option]` id of their own are spelled (v5 §4.2.5.2, custom types).
//!
//! The syntax is the server's `TypeParser`. Nothing here fails: what is not understood stays a class name, and values
//! of such a type are bytes.

use super::{ColumnType, UdtType, VectorType};
use std::fmt::Write;
use std::sync::Arc;

const PACKAGE: &str = "org.apache.cassandra.db.marshal.";

impl ColumnType {
    /// The type that a marshal class stands for, or [`ColumnType::Custom`] with the text as it is.
    ///
    /// ```
    /// use cql_protocol::types::ColumnType;
    ///
    /// let class = "org.apache.cassandra.db.marshal.VectorType(org.apache.cassandra.db.marshal.FloatType , 3)";
    /// assert_eq!(ColumnType::from_class(class), ColumnType::vector(ColumnType::Float, 3));
    /// assert_eq!(ColumnType::from_class("com.example.Money").to_string(), "'com.example.Money'");
    /// ```
    #[must_use]
    pub fn from_class(class: &str) -> Self {
        let mut parser = Parser { rest: class };
        match parser.column_type(0) {
            Some(ColumnType::Vector(vector)) if parser.at_end() => {
                let printed = ColumnType::Vector(Arc::clone(&vector));
                if printed.class() == class {
                    return printed;
                }
                let vector = VectorType::clone(&vector);
                ColumnType::Vector(Arc::new(vector.with_class(class)))
            }
            Some(known) if parser.at_end() => known,
            _ => ColumnType::Custom(class.into()),
        }
    }

    /// The marshal class of this type, as the server spells it.
    #[must_use]
    pub fn class(&self) -> String {
        let mut text = String::new();
        self.print_class(&mut text);
        text
    }

    fn print_class(&self, text: &mut String) {
        match self {
            ColumnType::Custom(class) => text.push_str(class),
            ColumnType::Vector(vector) if vector.class().is_some() => {
                text.push_str(vector.class().unwrap_or_default());
            }
            _ => {
                text.push_str(PACKAGE);
                text.push_str(self.class_name());
                self.print_parameters(text);
            }
        }
    }

    fn print_parameters(&self, text: &mut String) {
        match self {
            ColumnType::List(element) | ColumnType::Set(element) => print_list(text, [&**element]),
            ColumnType::Map(pair) => print_list(text, [&pair.0, &pair.1]),
            ColumnType::Tuple(components) => print_list(text, components),
            ColumnType::Vector(vector) => {
                text.push('(');
                vector.element().print_class(text);
                // The spaces on both sides of this comma are the server's.
                let _ = write!(text, " , {})", vector.dimensions());
            }
            ColumnType::Udt(udt) => {
                text.push('(');
                text.push_str(udt.keyspace());
                text.push(',');
                print_hex(text, udt.name());
                for (name, field_type) in udt.fields() {
                    text.push(',');
                    print_hex(text, name);
                    text.push(':');
                    field_type.print_class(text);
                }
                text.push(')');
            }
            _ => {}
        }
    }

    fn class_name(&self) -> &'static str {
        match self {
            ColumnType::Ascii => "AsciiType",
            ColumnType::BigInt => "LongType",
            ColumnType::Blob | ColumnType::Custom(_) | ColumnType::Unknown(_) => "BytesType",
            ColumnType::Boolean => "BooleanType",
            ColumnType::Counter => "CounterColumnType",
            ColumnType::Decimal => "DecimalType",
            ColumnType::Double => "DoubleType",
            ColumnType::Float => "FloatType",
            ColumnType::Int => "Int32Type",
            ColumnType::Text => "UTF8Type",
            ColumnType::Timestamp => "TimestampType",
            ColumnType::Uuid => "UUIDType",
            ColumnType::Varint => "IntegerType",
            ColumnType::TimeUuid => "TimeUUIDType",
            ColumnType::Inet => "InetAddressType",
            ColumnType::Date => "SimpleDateType",
            ColumnType::Time => "TimeType",
            ColumnType::SmallInt => "ShortType",
            ColumnType::TinyInt => "ByteType",
            ColumnType::Duration => "DurationType",
            ColumnType::List(_) => "ListType",
            ColumnType::Set(_) => "SetType",
            ColumnType::Map(_) => "MapType",
            ColumnType::Tuple(_) => "TupleType",
            ColumnType::Udt(_) => "UserType",
            ColumnType::Vector(_) => "VectorType",
        }
    }
}

fn print_list<'t>(text: &mut String, types: impl IntoIterator<Item = &'t ColumnType>) {
    let mut separator = '(';
    for inner in types {
        text.push(separator);
        inner.print_class(text);
        separator = ',';
    }
    text.push_str(if separator == '(' { "()" } else { ")" });
}

fn print_hex(text: &mut String, name: &str) {
    for byte in name.bytes() {
        let _ = write!(text, "{byte:02x}");
    }
}

fn simple_type(class: &str) -> Option<ColumnType> {
    Some(match class {
        "AsciiType" => ColumnType::Ascii,
        "LongType" => ColumnType::BigInt,
        "BytesType" => ColumnType::Blob,
        "BooleanType" => ColumnType::Boolean,
        "CounterColumnType" => ColumnType::Counter,
        "DecimalType" => ColumnType::Decimal,
        "DoubleType" => ColumnType::Double,
        "FloatType" => ColumnType::Float,
        "Int32Type" => ColumnType::Int,
        "UTF8Type" => ColumnType::Text,
        // `DateType` is what timestamps were before 1.2; old schemas still name it.
        "TimestampType" | "DateType" => ColumnType::Timestamp,
        "UUIDType" => ColumnType::Uuid,
        "IntegerType" => ColumnType::Varint,
        "TimeUUIDType" => ColumnType::TimeUuid,
        "InetAddressType" => ColumnType::Inet,
        "SimpleDateType" => ColumnType::Date,
        "TimeType" => ColumnType::Time,
        "ShortType" => ColumnType::SmallInt,
        "ByteType" => ColumnType::TinyInt,
        "DurationType" => ColumnType::Duration,
        _ => return None,
    })
}

/// `None` from any of its methods means: not this syntax.
struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn column_type(&mut self, depth: usize) -> Option<ColumnType> {
        if depth >= ColumnType::MAX_DEPTH {
            return None;
        }
        let depth = depth.saturating_add(1);
        self.skip_spaces();
        let start = self.rest;
        let name = self.word()?;
        let class = name.strip_prefix(PACKAGE).unwrap_or(name);
        match class {
            "FrozenType" | "ReversedType" => {
                self.expect('(')?;
                let inner = self.column_type(depth)?;
                self.expect(')')?;
                Some(inner)
            }
            "ListType" => Some(ColumnType::list(self.one(depth)?)),
            "SetType" => Some(ColumnType::set(self.one(depth)?)),
            "MapType" => {
                self.expect('(')?;
                let key = self.column_type(depth)?;
                self.expect(',')?;
                let value = self.column_type(depth)?;
                self.expect(')')?;
                Some(ColumnType::map(key, value))
            }
            "TupleType" => self.tuple(depth),
            "UserType" => self.user_type(depth),
            "VectorType" => {
                self.expect('(')?;
                let element = self.column_type(depth)?;
                self.expect(',')?;
                let dimensions = self.word()?.parse().ok().filter(|dimensions| *dimensions > 0)?;
                self.expect(')')?;
                Some(ColumnType::vector(element, dimensions))
            }
            _ => {
                if let Some(simple) = simple_type(class) {
                    return Some(simple);
                }
                self.skip_parameters()?;
                let text = start.strip_suffix(self.rest)?;
                Some(ColumnType::Custom(text.trim_end().into()))
            }
        }
    }

    fn one(&mut self, depth: usize) -> Option<ColumnType> {
        self.expect('(')?;
        let inner = self.column_type(depth)?;
        self.expect(')')?;
        Some(inner)
    }

    fn tuple(&mut self, depth: usize) -> Option<ColumnType> {
        self.expect('(')?;
        let mut components = Vec::new();
        if self.expect(')').is_none() {
            loop {
                components.push(self.column_type(depth)?);
                if self.expect(')').is_some() {
                    break;
                }
                self.expect(',')?;
            }
        }
        Some(ColumnType::tuple(components))
    }

    /// `UserType(keyspace,hex of name,hex of field:type,…)`.
    fn user_type(&mut self, depth: usize) -> Option<ColumnType> {
        self.expect('(')?;
        let keyspace = self.word()?;
        self.expect(',')?;
        let name = unhex(self.word()?)?;
        let mut fields = Vec::new();
        while self.expect(')').is_none() {
            self.expect(',')?;
            let field = unhex(self.word()?)?;
            self.expect(':')?;
            fields.push((field, self.column_type(depth)?));
        }
        Some(ColumnType::Udt(Arc::new(UdtType::new(keyspace, name, fields))))
    }

    /// Passes over balanced parentheses, if there are any.
    fn skip_parameters(&mut self) -> Option<()> {
        if !self.rest.trim_start().starts_with('(') {
            return Some(());
        }
        let mut open = 0_usize;
        for (index, character) in self.rest.char_indices() {
            match character {
                '(' => open = open.saturating_add(1),
                ')' => open = open.checked_sub(1)?,
                _ => {}
            }
            if open == 0 && character == ')' {
                self.rest = self.rest.get(index..)?.strip_prefix(')')?;
                return Some(());
            }
        }
        None
    }

    fn word(&mut self) -> Option<&'a str> {
        self.skip_spaces();
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '&' | '$');
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        (!word.is_empty()).then_some(word)
    }

    fn expect(&mut self, character: char) -> Option<()> {
        self.skip_spaces();
        self.rest = self.rest.strip_prefix(character)?;
        Some(())
    }

    fn skip_spaces(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn at_end(&mut self) -> bool {
        self.skip_spaces();
        self.rest.is_empty()
    }
}

fn unhex(text: &str) -> Option<String> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let bytes = pairs.iter().map(|[high, low]| u8::try_from(digit(*high)? * 16 + digit(*low)?).ok());
    String::from_utf8(bytes.collect::<Option<Vec<u8>>>()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(class: &str) -> String {
        ColumnType::from_class(class).to_string()
    }

    #[test]
    fn classes_are_read_with_and_without_package_and_spaces() {
        for (class, shown) in [
            ("org.apache.cassandra.db.marshal.Int32Type", "int"),
            ("Int32Type", "int"),
            ("DateType", "timestamp"),
            ("ReversedType(TimeUUIDType)", "timeuuid"),
            ("FrozenType(ListType(Int32Type))", "list<int>"),
            ("MapType( UTF8Type , SetType(LongType) )", "map<text, frozen<set<bigint>>>"),
            ("TupleType(Int32Type,UTF8Type)", "tuple<int, text>"),
            ("TupleType()", "tuple<>"),
            ("VectorType(FloatType , 3)", "vector<float, 3>"),
            ("VectorType(FloatType,3)", "vector<float, 3>"),
            ("VectorType(VectorType(FloatType, 2), 2)", "vector<vector<float, 2>, 2>"),
            ("VectorType(FrozenType(ListType(Int32Type)) , 2)", "vector<frozen<list<int>>, 2>"),
        ] {
            assert_eq!(parsed(class), shown, "{class}");
        }
    }

    #[test]
    fn user_types_have_their_names_in_hex() {
        let class =
            "org.apache.cassandra.db.marshal.UserType(ks,61646472657373,63697479:UTF8Type,7a6970:Int32Type)";
        let ColumnType::Udt(udt) = ColumnType::from_class(class) else { panic!("{class}") };
        assert_eq!((udt.keyspace(), udt.name()), ("ks", "address"));
        assert_eq!(udt.fields(), [("city".into(), ColumnType::Text), ("zip".into(), ColumnType::Int)]);
        let printed = ColumnType::Udt(udt.clone()).class();
        assert_eq!(ColumnType::from_class(&printed), ColumnType::Udt(udt));
        assert!(
            printed.starts_with("org.apache.cassandra.db.marshal.UserType(ks,61646472657373,63697479:org.")
        );
    }

    #[test]
    fn what_is_not_understood_is_kept() {
        for class in [
            "com.example.Money",
            "org.apache.cassandra.db.marshal.EmptyType",
            "CompositeType(UTF8Type,Int32Type)",
            "VectorType(FloatType , 0)",
            "VectorType(FloatType , 4294967296)",
            "VectorType(FloatType)",
            "UserType(ks,6,63:UTF8Type)",
            "UserType(ks,ff,63:UTF8Type)",
            "ListType(Int32Type",
            "ListType(Int32Type))",
            "ListType(Int32Type)x",
            "Int32Type é",
            "(",
            "",
        ] {
            assert_eq!(ColumnType::from_class(class), ColumnType::Custom(class.into()), "{class}");
        }
        let inner = ColumnType::from_class("ListType(com.example.Money(x(y),z) )");
        assert_eq!(inner, ColumnType::list(ColumnType::Custom("com.example.Money(x(y),z)".into())));
        let deep = "ListType(".repeat(100_000);
        assert_eq!(ColumnType::from_class(&deep), ColumnType::Custom(deep.as_str().into()));
    }

    #[test]
    fn vectors_remember_a_spelling_that_is_not_the_servers() {
        let usual = format!("{PACKAGE}VectorType({PACKAGE}UTF8Type , 2)");
        let unusual = "VectorType(UTF8Type,2)";
        assert_eq!(ColumnType::from_class(&usual).class(), usual);
        assert_eq!(ColumnType::from_class(unusual).class(), unusual);
        assert_eq!(ColumnType::from_class(unusual), ColumnType::from_class(&usual));
    }
}
