//! Types as they are written, looked up.

use super::Keyspace;
use crate::engine::problem::{self, Result};
use crate::engine::syntax::ast;
use crate::engine::values;
use cql_protocol::types::{ColumnType, UdtType};
use std::sync::Arc;

/// A type that was looked up.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Resolved {
    pub(crate) column_type: ColumnType,
    /// Whether its parts are written by themselves: a collection or user-defined type that is not frozen.
    pub(crate) is_multi_cell: bool,
}

/// The parts of a type may be no more, those of the types it uses included: a type that uses another one twice, which
/// uses another one twice, grows without bounds.
const MAX_PARTS: usize = 4096;

/// Looks up a type in the keyspace that a statement is about.
pub(crate) fn resolve(of: &ast::Type, name: &str, keyspace: &Keyspace) -> Result<Resolved> {
    let resolved = Resolver { name, keyspace }.resolve(of, false)?;
    check_size(&resolved.column_type)?;
    Ok(resolved)
}

/// Refuses types that are deeper or larger than any in use is.
pub(super) fn check_size(column_type: &ColumnType) -> Result<()> {
    let mut parts = MAX_PARTS;
    if fits(column_type, ColumnType::MAX_DEPTH / 2, &mut parts) {
        Ok(())
    } else {
        Err(problem::unsupported("types as large as this"))
    }
}

fn fits(column_type: &ColumnType, depth: usize, parts: &mut usize) -> bool {
    let (Some(depth), Some(left)) = (depth.checked_sub(1), parts.checked_sub(1)) else { return false };
    *parts = left;
    children(column_type).into_iter().all(|child| fits(child, depth, parts))
}

/// The types that a type is made of.
pub(super) fn children(column_type: &ColumnType) -> Vec<&ColumnType> {
    match column_type {
        ColumnType::List(element) | ColumnType::Set(element) => vec![element],
        ColumnType::Map(entry) => vec![&entry.0, &entry.1],
        ColumnType::Tuple(fields) => fields.iter().collect(),
        ColumnType::Udt(udt) => udt.fields().iter().map(|(_, field)| field).collect(),
        ColumnType::Vector(vector) => vec![vector.element()],
        _ => Vec::new(),
    }
}

pub(super) fn is_collection(column_type: &ColumnType) -> bool {
    matches!(column_type, ColumnType::List(_) | ColumnType::Set(_) | ColumnType::Map(_))
}

/// Whether there is a duration in it. The server does not look into vectors.
pub(super) fn has_duration(column_type: &ColumnType) -> bool {
    match column_type {
        ColumnType::Duration => true,
        ColumnType::Vector(_) => false,
        other => children(other).into_iter().any(has_duration),
    }
}

/// Whether it uses a user-defined type.
pub(super) fn uses(column_type: &ColumnType, name: &str) -> bool {
    matches!(column_type, ColumnType::Udt(udt) if udt.name() == name)
        || children(column_type).into_iter().any(|child| uses(child, name))
}

/// The same type, with another definition of a user-defined type in it.
pub(super) fn replace(column_type: &ColumnType, with: &Arc<UdtType>) -> ColumnType {
    let again = |inner: &ColumnType| replace(inner, with);
    match column_type {
        ColumnType::List(element) => ColumnType::list(again(element)),
        ColumnType::Set(element) => ColumnType::set(again(element)),
        ColumnType::Map(entry) => ColumnType::map(again(&entry.0), again(&entry.1)),
        ColumnType::Tuple(fields) => ColumnType::tuple(fields.iter().map(again)),
        ColumnType::Vector(vector) => ColumnType::vector(again(vector.element()), vector.dimensions()),
        ColumnType::Udt(udt) if udt.name() == with.name() => ColumnType::Udt(Arc::clone(with)),
        ColumnType::Udt(udt) => ColumnType::Udt(replace_fields(udt, with)),
        other => other.clone(),
    }
}

/// The same user-defined type, with another definition of one that its fields use.
pub(super) fn replace_fields(udt: &UdtType, with: &Arc<UdtType>) -> Arc<UdtType> {
    let fields = udt.fields().iter().map(|(name, field)| (name.clone(), replace(field, with)));
    Arc::new(UdtType::new(udt.keyspace(), udt.name(), fields))
}

struct Resolver<'a> {
    name: &'a str,
    keyspace: &'a Keyspace,
}

impl Resolver<'_> {
    /// `frozen`: whether it stands within a `frozen<>`, which freezes all that is in it.
    fn resolve(&self, of: &ast::Type, frozen: bool) -> Result<Resolved> {
        let inner = |inner: &ast::Type| Ok(self.resolve(inner, true)?.column_type);
        let (column_type, is_multi_cell) = match of {
            ast::Type::Named(name) => match native(name) {
                Some(native) => (native, false),
                None => (ColumnType::Udt(self.user_type(name)?), !frozen),
            },
            ast::Type::Frozen(inner) => {
                if matches!(&**inner, ast::Type::Custom(_)) || is_native(inner) {
                    let got = text(inner, false);
                    let rule = "frozen<> is only allowed on collections, tuples, and user-defined types";
                    return Err(problem::syntax(format!("{rule} (got {got})")));
                }
                return self.resolve(inner, true);
            }
            ast::Type::List(element) => {
                check_collection(of, None, element, frozen)?;
                (ColumnType::list(inner(element)?), !frozen)
            }
            ast::Type::Set(element) => {
                check_collection(of, None, element, frozen)?;
                (ColumnType::set(inner(element)?), !frozen)
            }
            ast::Type::Map(key, value) => {
                check_collection(of, Some(key), value, frozen)?;
                (ColumnType::map(inner(key)?, inner(value)?), !frozen)
            }
            ast::Type::Tuple(fields) => {
                if fields.iter().any(is_counter) {
                    return Err(problem::invalid("Counters are not allowed inside tuples"));
                }
                let fields = fields.iter().map(inner).collect::<Result<Vec<_>>>()?;
                (ColumnType::tuple(fields), false)
            }
            ast::Type::Vector(element, dimensions) => {
                if *dimensions == 0 {
                    return Err(problem::invalid("vectors may only have positive dimensions; given 0"));
                }
                (ColumnType::vector(inner(element)?, *dimensions), false)
            }
            ast::Type::Custom(class) => custom(class)?,
        };
        Ok(Resolved { column_type, is_multi_cell })
    }

    fn user_type(&self, name: &ast::Name) -> Result<Arc<UdtType>> {
        if let Some(other) = name.keyspace.as_deref().filter(|other| *other != self.name) {
            return Err(problem::invalid(format!(
                "Statement on keyspace {} cannot refer to a user type in keyspace {other}; user types can only be used in \
                 the keyspace they are defined in",
                self.name
            )));
        }
        let known = self.keyspace.types.get(&name.name);
        known
            .map(Arc::clone)
            .ok_or_else(|| problem::invalid(format!("Unknown type {}.{}", self.name, name.name)))
    }
}

/// What a collection may not be of.
fn check_collection(of: &ast::Type, key: Option<&ast::Type>, value: &ast::Type, frozen: bool) -> Result<()> {
    let refuse = |what: &str| Err(problem::invalid(format!("{what}: {}", text(of, frozen))));
    for part in key.into_iter().chain([value]) {
        if is_counter(part) {
            return refuse("Counters are not allowed inside collections");
        }
    }
    if matches!(of, ast::Type::Set(_)) && is_duration(value) {
        return refuse("Durations are not allowed inside sets");
    }
    if key.is_some_and(is_duration) {
        return refuse("Durations are not allowed as map keys");
    }
    for part in [value].into_iter().chain(key).filter(|_| !frozen) {
        match part {
            ast::Type::List(_) | ast::Type::Set(_) | ast::Type::Map(..) => {
                return refuse("Non-frozen collections are not allowed inside collections");
            }
            ast::Type::Named(name) if native(name).is_none() => {
                return refuse("Non-frozen UDTs are not allowed inside collections");
            }
            _ => {}
        }
    }
    Ok(())
}

pub(super) fn is_counter(of: &ast::Type) -> bool {
    matches!(of, ast::Type::Named(name) if native(name) == Some(ColumnType::Counter))
}

fn is_duration(of: &ast::Type) -> bool {
    matches!(of, ast::Type::Named(name) if native(name) == Some(ColumnType::Duration))
}

fn is_native(of: &ast::Type) -> bool {
    matches!(of, ast::Type::Named(name) if native(name).is_some())
}

/// Whether it is written as a user-defined type that is not frozen.
pub(super) fn is_unfrozen_user_type(of: &ast::Type) -> bool {
    matches!(of, ast::Type::Named(name) if native(name).is_none())
}

fn native(name: &ast::Name) -> Option<ColumnType> {
    if name.keyspace.is_some() { None } else { values::native_type(&name.name) }
}

/// The server's classes that have no type of their own in CQL.
const OTHER_CLASSES: &[&str] = &[
    "CompositeType",
    "UserType",
    "DynamicCompositeType",
    "EmptyType",
    "LexicalUUIDType",
    "LegacyTimeUUIDType",
    "PartitionerDefinedOrder",
];

/// The type of a class, and whether it is multi-cell.
fn custom(class: &str) -> Result<(ColumnType, bool)> {
    let has_parameters = class.trim_end().ends_with(')');
    let name = class.split('(').next().unwrap_or_default().trim();
    let short = name.strip_prefix("org.apache.cassandra.db.marshal.").unwrap_or(name);
    if short.is_empty() {
        return Ok((ColumnType::Blob, false));
    }
    if OTHER_CLASSES.contains(&short) {
        return Err(problem::unsupported(&format!("the type {short}")));
    }
    let column_type = ColumnType::from_class(class);
    if has_custom(&column_type) {
        let why = if matches!(short, "ListType" | "SetType" | "MapType" | "TupleType") && !has_parameters {
            format!("Invalid definition for comparator org.apache.cassandra.db.marshal.{short}.")
        } else if name.contains('.') {
            format!("Unable to find abstract-type class '{name}'")
        } else {
            format!("Unable to find abstract-type class 'org.apache.cassandra.db.marshal.{name}'")
        };
        return Err(problem::syntax(format!("Error setting type {class}: {why}")));
    }
    let is_multi_cell = matches!(short, "ListType" | "SetType" | "MapType");
    Ok((column_type, is_multi_cell))
}

fn has_custom(column_type: &ColumnType) -> bool {
    matches!(column_type, ColumnType::Custom(_) | ColumnType::Unknown(_))
        || children(column_type).into_iter().any(has_custom)
}

/// A type as messages repeat it. What is frozen says so, and so do the collections in it.
fn text(of: &ast::Type, frozen: bool) -> String {
    with_keyspace(of, frozen, None)
}

/// The same, with the keyspace in the names of user-defined types.
pub(super) fn with_keyspace(of: &ast::Type, frozen: bool, keyspace: Option<&str>) -> String {
    let inner = |inner: &ast::Type| with_keyspace(inner, frozen, keyspace);
    let text = match of {
        ast::Type::Named(name) if native(name).is_some() => return name.name.clone(),
        ast::Type::Named(name) => match name.keyspace.as_deref().or(keyspace) {
            Some(keyspace) => format!("{keyspace}.{}", name.name),
            None => name.name.clone(),
        },
        ast::Type::Frozen(inner) => return with_keyspace(inner, true, keyspace),
        ast::Type::List(element) => format!("list<{}>", inner(element)),
        ast::Type::Set(element) => format!("set<{}>", inner(element)),
        ast::Type::Map(key, value) => format!("map<{}, {}>", inner(key), inner(value)),
        ast::Type::Tuple(fields) => {
            let fields: Vec<String> = fields.iter().map(inner).collect();
            return format!("tuple<{}>", fields.join(", "));
        }
        ast::Type::Vector(element, dimensions) => return format!("vector<{}, {dimensions}>", inner(element)),
        ast::Type::Custom(class) => {
            return custom(class).map_or_else(|_| class.clone(), |(known, _)| format!("'{}'", known.class()));
        }
    };
    if frozen { format!("frozen<{text}>") } else { text }
}
