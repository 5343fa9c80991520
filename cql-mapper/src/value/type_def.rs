//! CQL types as constants, so that a model's table is known before there is a cluster.

use cql_driver::types::{ColumnType, UdtType};
use std::fmt;
use std::sync::Arc;

/// A CQL type, as a model declares it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TypeDef {
    /// A type without parameters.
    Native(Native),
    /// Ordered elements.
    List(&'static TypeDef),
    /// Distinct elements.
    Set(&'static TypeDef),
    /// Keys and values.
    Map(&'static TypeDef, &'static TypeDef),
    /// A fixed sequence of types.
    Tuple(&'static [TypeDef]),
    /// A user-defined type.
    Udt(&'static UserTypeDef),
    /// Elements without nulls, and their number.
    Vector(&'static TypeDef, u32),
    /// A type whose values are stored as one cell.
    Frozen(&'static TypeDef),
}

/// A type without parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the names are those of CQL")]
pub enum Native {
    Ascii,
    BigInt,
    Blob,
    Boolean,
    Counter,
    Date,
    Decimal,
    Double,
    Duration,
    Float,
    Inet,
    Int,
    SmallInt,
    Text,
    Time,
    Timestamp,
    TimeUuid,
    TinyInt,
    Uuid,
    Varint,
}

/// A user-defined type: its name, its keyspace where it says one, and its fields in order.
#[derive(Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "derives write it")]
pub struct UserTypeDef {
    /// The name in CQL.
    pub name: &'static str,
    /// Names and types of the fields, in declared order.
    pub fields: &'static [(&'static str, TypeDef)],
}

impl Native {
    const ALL: &'static [(Native, &'static str, ColumnType)] = &[
        (Native::Ascii, "ascii", ColumnType::Ascii),
        (Native::BigInt, "bigint", ColumnType::BigInt),
        (Native::Blob, "blob", ColumnType::Blob),
        (Native::Boolean, "boolean", ColumnType::Boolean),
        (Native::Counter, "counter", ColumnType::Counter),
        (Native::Date, "date", ColumnType::Date),
        (Native::Decimal, "decimal", ColumnType::Decimal),
        (Native::Double, "double", ColumnType::Double),
        (Native::Duration, "duration", ColumnType::Duration),
        (Native::Float, "float", ColumnType::Float),
        (Native::Inet, "inet", ColumnType::Inet),
        (Native::Int, "int", ColumnType::Int),
        (Native::SmallInt, "smallint", ColumnType::SmallInt),
        (Native::Text, "text", ColumnType::Text),
        (Native::Time, "time", ColumnType::Time),
        (Native::Timestamp, "timestamp", ColumnType::Timestamp),
        (Native::TimeUuid, "timeuuid", ColumnType::TimeUuid),
        (Native::TinyInt, "tinyint", ColumnType::TinyInt),
        (Native::Uuid, "uuid", ColumnType::Uuid),
        (Native::Varint, "varint", ColumnType::Varint),
    ];

    /// The name in CQL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// The type of that name.
    #[must_use]
    pub const fn named(name: &str) -> Option<Self> {
        let mut at = 0;
        while at < Self::ALL.len() {
            if same_text(Self::ALL[at].1, name) {
                return Some(Self::ALL[at].0);
            }
            at += 1;
        }
        None
    }

    /// The type on the wire.
    #[must_use]
    pub fn column_type(self) -> &'static ColumnType {
        Self::ALL.get(self as usize).map_or(&ColumnType::Blob, |(_, _, column_type)| column_type)
    }
}

impl TypeDef {
    /// Without `frozen`, which does not show on the wire.
    #[must_use]
    pub const fn thawed(&self) -> &TypeDef {
        match self {
            TypeDef::Frozen(inner) => inner.thawed(),
            other => other,
        }
    }

    /// Whether it is a list, set or map, frozen or not.
    #[must_use]
    pub const fn is_collection(&self) -> bool {
        matches!(self.thawed(), TypeDef::List(_) | TypeDef::Set(_) | TypeDef::Map(..))
    }

    /// Whether parts of a value can be written by themselves.
    #[must_use]
    pub const fn has_cells(&self) -> bool {
        matches!(self, TypeDef::List(_) | TypeDef::Set(_) | TypeDef::Map(..) | TypeDef::Udt(_))
    }

    /// Whether it is a counter.
    #[must_use]
    pub const fn is_counter(&self) -> bool {
        matches!(self, TypeDef::Native(Native::Counter))
    }

    /// As a column has it: user-defined types are frozen, collections are not, and within a collection all that has
    /// parts is frozen.
    #[must_use]
    pub fn cql(&self, quote: &dyn Fn(&str) -> String) -> String {
        let within = |inner: &TypeDef| match inner {
            TypeDef::List(_) | TypeDef::Set(_) | TypeDef::Map(..) | TypeDef::Udt(_) => {
                format!("frozen<{}>", inner.cql(quote))
            }
            other => other.cql(quote),
        };
        match self {
            TypeDef::Native(native) => native.name().to_owned(),
            TypeDef::List(element) => format!("list<{}>", within(element)),
            TypeDef::Set(element) => format!("set<{}>", within(element)),
            TypeDef::Map(key, value) => format!("map<{}, {}>", within(key), within(value)),
            TypeDef::Tuple(parts) => {
                let parts: Vec<String> = parts.iter().map(within).collect();
                format!("tuple<{}>", parts.join(", "))
            }
            TypeDef::Udt(udt) => quote(udt.name),
            TypeDef::Vector(element, dimensions) => format!("vector<{}, {dimensions}>", within(element)),
            TypeDef::Frozen(inner) => match inner.thawed() {
                // A tuple or a plain value is one cell in any case.
                plain @ (TypeDef::Native(_) | TypeDef::Vector(..) | TypeDef::Tuple(_)) => plain.cql(quote),
                inner => format!("frozen<{}>", inner.cql(quote)),
            },
        }
    }

    /// The type on the wire, of a table in `keyspace`.
    #[must_use]
    pub fn column_type(&self, keyspace: &str) -> ColumnType {
        match self {
            TypeDef::Native(native) => native.column_type().clone(),
            TypeDef::List(element) => ColumnType::list(element.column_type(keyspace)),
            TypeDef::Set(element) => ColumnType::set(element.column_type(keyspace)),
            TypeDef::Map(key, value) => {
                ColumnType::map(key.column_type(keyspace), value.column_type(keyspace))
            }
            TypeDef::Tuple(parts) => {
                ColumnType::Tuple(parts.iter().map(|part| part.column_type(keyspace)).collect())
            }
            TypeDef::Udt(udt) => {
                let fields = udt.fields.iter().map(|(name, field)| (*name, field.column_type(keyspace)));
                ColumnType::Udt(Arc::new(UdtType::new(keyspace, udt.name, fields)))
            }
            TypeDef::Vector(element, dimensions) => {
                ColumnType::vector(element.column_type(keyspace), *dimensions)
            }
            TypeDef::Frozen(inner) => inner.column_type(keyspace),
        }
    }

    /// Whether values of this type can be sent where the server has `column_type`: the same, but for fields that a
    /// user-defined type has got since.
    #[must_use]
    pub fn fits(&self, column_type: &ColumnType) -> bool {
        match (self, column_type) {
            (TypeDef::Native(native), other) => native.column_type() == other,
            (TypeDef::List(of), ColumnType::List(element)) | (TypeDef::Set(of), ColumnType::Set(element)) => {
                of.fits(element)
            }
            (TypeDef::Map(key, value), ColumnType::Map(entry)) => key.fits(&entry.0) && value.fits(&entry.1),
            (TypeDef::Tuple(parts), ColumnType::Tuple(others)) => {
                parts.len() == others.len() && parts.iter().zip(others).all(|(part, other)| part.fits(other))
            }
            (TypeDef::Vector(element, dimensions), ColumnType::Vector(vector)) => {
                *dimensions == vector.dimensions() && element.fits(vector.element())
            }
            (TypeDef::Udt(udt), ColumnType::Udt(other)) => {
                let same = |((name, of), (other, field)): (&(&str, TypeDef), &(Box<str>, ColumnType))| {
                    *name == &**other && of.fits(field)
                };
                udt.fields.len() <= other.fields().len() && udt.fields.iter().zip(other.fields()).all(same)
            }
            (TypeDef::Frozen(inner), other) => inner.fits(other),
            _ => false,
        }
    }

    /// The user-defined types in it, those that others need first.
    pub fn user_types(&self, each: &mut dyn FnMut(&'static UserTypeDef)) {
        match self {
            TypeDef::Native(_) => {}
            TypeDef::List(inner)
            | TypeDef::Set(inner)
            | TypeDef::Vector(inner, _)
            | TypeDef::Frozen(inner) => {
                inner.user_types(each);
            }
            TypeDef::Map(key, value) => {
                key.user_types(each);
                value.user_types(each);
            }
            TypeDef::Tuple(parts) => parts.iter().for_each(|part| part.user_types(each)),
            TypeDef::Udt(udt) => {
                udt.fields.iter().for_each(|(_, field)| field.user_types(each));
                each(udt);
            }
        }
    }

    /// Whether two are the same; `==` for constants.
    #[must_use]
    pub const fn same(&self, other: &TypeDef) -> bool {
        match (self, other) {
            (TypeDef::Native(one), TypeDef::Native(two)) => *one as u8 == *two as u8,
            (TypeDef::List(one), TypeDef::List(two))
            | (TypeDef::Set(one), TypeDef::Set(two))
            | (TypeDef::Frozen(one), TypeDef::Frozen(two)) => one.same(two),
            (TypeDef::Map(key, value), TypeDef::Map(other_key, other_value)) => {
                key.same(other_key) && value.same(other_value)
            }
            (TypeDef::Tuple(one), TypeDef::Tuple(two)) => {
                let mut at = 0;
                while at < one.len() && at < two.len() {
                    if !one[at].same(&two[at]) {
                        return false;
                    }
                    at += 1;
                }
                one.len() == two.len()
            }
            (TypeDef::Udt(one), TypeDef::Udt(two)) => same_text(one.name, two.name),
            (TypeDef::Vector(one, count), TypeDef::Vector(two, other)) => *count == *other && one.same(two),
            _ => false,
        }
    }
}

/// `==` of texts, for constants.
pub(crate) const fn same_text(one: &str, two: &str) -> bool {
    let (one, two) = (one.as_bytes(), two.as_bytes());
    let mut at = 0;
    while at < one.len() && at < two.len() {
        if one[at] != two[at] {
            return false;
        }
        at += 1;
    }
    one.len() == two.len()
}

/// As CQL has it, names without quotes.
impl fmt::Display for TypeDef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.cql(&str::to_owned))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: TypeDef = TypeDef::Native(Native::Text);
    const ADDRESS: UserTypeDef = UserTypeDef { name: "address", fields: &[("street", TEXT), ("zip", TEXT)] };

    #[test]
    fn what_has_parts_is_frozen_within_others() {
        const UDT: TypeDef = TypeDef::Udt(&ADDRESS);
        let types = [
            (TypeDef::List(&UDT), "list<frozen<address>>"),
            (TypeDef::Map(&TEXT, &TypeDef::Set(&TEXT)), "map<text, frozen<set<text>>>"),
            (TypeDef::Frozen(&UDT), "frozen<address>"),
            (TypeDef::Frozen(&TEXT), "text"),
            (TypeDef::Vector(&TypeDef::Native(Native::Float), 3), "vector<float, 3>"),
            (TypeDef::Tuple(&[TEXT, TypeDef::List(&TEXT)]), "tuple<text, frozen<list<text>>>"),
        ];
        for (of, text) in types {
            assert_eq!(of.to_string(), text);
            assert!(of.fits(&of.column_type("ks")) && of.same(&of));
        }
    }

    #[test]
    fn natives_stand_in_their_table_by_number() {
        for (at, (native, name, _)) in Native::ALL.iter().enumerate() {
            assert_eq!(*native as usize, at);
            assert_eq!(Native::named(name), Some(*native));
        }
    }

    #[test]
    fn a_type_that_got_a_field_still_fits() {
        let known = TypeDef::Udt(&ADDRESS);
        let fields = [("street", ColumnType::Text), ("zip", ColumnType::Text), ("city", ColumnType::Text)];
        let of = |fields: &[(&str, ColumnType)]| {
            ColumnType::Udt(Arc::new(UdtType::new("ks", "address", fields.iter().cloned())))
        };
        assert!(known.fits(&of(&fields)));
        assert!(!known.fits(&of(&fields[1..])));
        assert!(!known.fits(&of(&fields[..1])));
    }
}
