//! A field of a model, checked: what its column is for.

use super::attributes::{self, Entry, Given};
use crate::case::Case;
use crate::errors::Errors;
use proc_macro2::{Ident, Span};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Expr, Path, Type};

const ON_FIELD: &[&str] = &[
    "partition_key",
    "clustering_key",
    "static",
    "index",
    "sai",
    "rename",
    "default",
    "on_update",
    "version",
    "skip",
    "flatten",
    "with",
    "validate",
    "writetime",
    "ttl",
    "frozen",
    "unfrozen",
    "type",
];

pub(crate) struct Field {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    /// In CQL.
    pub(crate) name: String,
    /// In Rust.
    pub(crate) rust_name: String,
    pub(crate) role: Role,
    pub(crate) index: Option<Index>,
    /// `Some(None)`: that of the type.
    pub(crate) default: Option<Option<Expr>>,
    pub(crate) validate: Option<Path>,
    pub(crate) freeze: Freeze,
    /// A CQL type by its name in Rust.
    pub(crate) native: Option<Ident>,
    /// The module that reads and writes it.
    pub(crate) with: Option<Path>,
    /// What it is set to by every change.
    pub(crate) on_update: Option<Expr>,
    pub(crate) is_version: bool,
}

#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Role {
    PartitionKey,
    ClusteringKey {
        descends: bool,
    },
    Static,
    Regular,
    /// By the name of the column in CQL.
    WriteTime(String),
    Ttl(String),
    /// Columns of a struct of their own.
    Flattened,
    Skipped,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freeze {
    /// User-defined types are frozen, collections are not.
    Usual,
    Frozen,
    Unfrozen,
}

pub(crate) struct Index {
    pub(crate) is_sai: bool,
    pub(crate) name: Option<String>,
    pub(crate) of: String,
    pub(crate) class: Option<String>,
    pub(crate) options: Vec<(String, String)>,
    pub(crate) is_external: bool,
}

impl Field {
    pub(crate) fn is_stored(&self) -> bool {
        !matches!(self.role, Role::WriteTime(_) | Role::Ttl(_) | Role::Skipped | Role::Flattened)
    }

    pub(crate) fn is_key(&self) -> bool {
        matches!(self.role, Role::PartitionKey | Role::ClusteringKey { .. })
    }
}

/// Reads a field; mistakes go to `errors`.
pub(super) fn read_field(field: &syn::Field, case: Option<Case>, errors: &mut Errors) -> Option<Field> {
    let ident = field.ident.clone()?;
    let rust_name = ident.unraw().to_string();
    let mut read = Field {
        ty: field.ty.clone(),
        name: case.map_or_else(|| rust_name.clone(), |case| case.apply(&rust_name)),
        rust_name,
        ident,
        role: Role::Regular,
        index: None,
        default: None,
        validate: None,
        freeze: Freeze::Usual,
        native: None,
        with: None,
        on_update: None,
        is_version: false,
    };
    let entries = attributes::read(&field.attrs, ON_FIELD, "a field of a model", errors);
    let mut roles: Vec<Span> = Vec::new();
    for entry in &entries {
        let role = match entry.key.to_string().as_str() {
            "partition_key" => entry.flag(errors).then_some(Role::PartitionKey),
            "clustering_key" => Some(Role::ClusteringKey { descends: descends(entry, errors) }),
            "static" => entry.flag(errors).then_some(Role::Static),
            "writetime" => entry.name(errors).map(|of| Role::WriteTime(of.unraw().to_string())),
            "ttl" => entry.name(errors).map(|of| Role::Ttl(of.unraw().to_string())),
            "skip" => entry.flag(errors).then_some(Role::Skipped),
            "flatten" => entry.flag(errors).then_some(Role::Flattened),
            _ => {
                read.take(entry, errors);
                None
            }
        };
        if let Some(role) = role {
            roles.push(entry.span());
            read.role = role;
        }
    }
    if let [_, second, ..] = roles.as_slice() {
        errors.at_span(
            *second,
            "a field is one of partition_key, clustering_key, static, writetime, ttl, flatten and skip",
        );
    }
    read.check(&entries, errors);
    Some(read)
}

impl Field {
    fn take(&mut self, entry: &Entry, errors: &mut Errors) {
        match entry.key.to_string().as_str() {
            "index" | "sai" => self.index = Some(index(entry, errors)),
            "rename" => {
                if let Some(name) = entry.text(errors) {
                    self.name = name.value();
                }
            }
            "default" => {
                self.default = match &entry.value {
                    Given::Nothing => Some(None),
                    Given::Value(value) => Some(Some(value.clone())),
                    _ => {
                        errors.at(&entry.key, "`default` takes a value: `default = 7`");
                        None
                    }
                };
            }
            "validate" => self.validate = entry.path(errors),
            "with" => self.with = entry.path(errors),
            "on_update" => self.on_update = entry.expression(errors),
            "version" => self.is_version = entry.flag(errors),
            "frozen" if entry.flag(errors) => self.freeze = Freeze::Frozen,
            "unfrozen" if entry.flag(errors) => self.freeze = Freeze::Unfrozen,
            _ => self.native = entry.text(errors).and_then(|name| native(&name, errors)),
        }
    }

    /// What does not go together.
    fn check(&self, entries: &[Entry], errors: &mut Errors) {
        let find = |key: &str| entries.iter().find(|entry| entry.key == key);
        if self.role == Role::Skipped {
            for entry in entries.iter().filter(|entry| entry.key != "skip" && entry.key != "default") {
                errors.at(
                    &entry.key,
                    format!("`skip` leaves nothing for `{}` to say: remove one of the two", entry.key),
                );
            }
        }
        if self.role == Role::Flattened {
            for entry in entries.iter().filter(|entry| entry.key != "flatten") {
                errors.at(
                    &entry.key,
                    format!("`flatten` leaves the columns to their own struct: say `{}` there", entry.key),
                );
            }
        }
        for key in ["on_update", "version"] {
            if let (Some(entry), true) = (find(key), self.role != Role::Regular && self.role != Role::Static)
            {
                errors.at(
                    &entry.key,
                    format!("`{key}` is for columns that are written by changes: remove one of the two"),
                );
            }
        }
        if let (Some(entry), true) = (find("with"), find("type").is_some()) {
            errors.at(&entry.key, "the module of `with` says the type: remove `type`");
        }
        if let (Some(entry), true) = (find("index").or(find("sai")), !self.is_stored()) {
            errors.at(&entry.key, "what is not stored has no index");
        }
        if let (Some(_), Some(entry)) = (find("index"), find("sai")) {
            errors.at(&entry.key, "a column has one index: remove `index` or `sai`");
        }
        if let (Some(_), Some(entry)) = (find("frozen"), find("unfrozen")) {
            errors.at(&entry.key, "`frozen` and `unfrozen` contradict one another: remove one");
        }
        if let (Some(entry), true) = (find("unfrozen"), self.is_key()) {
            errors.at(
                &entry.key,
                "columns of the primary key are frozen: their values are compared as a whole",
            );
        }
        if let (Some(entry), true) = (find("default"), self.is_key()) {
            errors.at(&entry.key, "a column of the primary key is never null: remove `default`");
        }
    }
}

/// CQL types without parameters, and what they are called in Rust.
const NATIVES: &[(&str, &str)] = &[
    ("ascii", "Ascii"),
    ("bigint", "BigInt"),
    ("blob", "Blob"),
    ("boolean", "Boolean"),
    ("date", "Date"),
    ("decimal", "Decimal"),
    ("double", "Double"),
    ("duration", "Duration"),
    ("float", "Float"),
    ("inet", "Inet"),
    ("int", "Int"),
    ("smallint", "SmallInt"),
    ("text", "Text"),
    ("time", "Time"),
    ("timestamp", "Timestamp"),
    ("timeuuid", "TimeUuid"),
    ("tinyint", "TinyInt"),
    ("uuid", "Uuid"),
    ("varint", "Varint"),
];

fn native(name: &syn::LitStr, errors: &mut Errors) -> Option<Ident> {
    let found = NATIVES.iter().find(|(known, _)| *known == name.value());
    if found.is_none() {
        let known: Vec<&str> = NATIVES.iter().map(|(known, _)| *known).collect();
        errors.at(name, format!("`type` names a CQL type without parameters: {}", known.join(", ")));
    }
    found.map(|(_, variant)| Ident::new(variant, name.span()))
}

fn descends(entry: &Entry, errors: &mut Errors) -> bool {
    match entry.list(errors) {
        [] => false,
        [Entry { key, value: Given::Nothing }] if key == "desc" => true,
        [Entry { key, value: Given::Nothing }] if key == "asc" => false,
        _ => {
            errors.at(&entry.key, "an order is `asc` or `desc`: `clustering_key(desc)`");
            false
        }
    }
}

pub(super) fn index(entry: &Entry, errors: &mut Errors) -> Index {
    let is_sai = entry.key == "sai";
    let mut index = Index {
        is_sai,
        name: None,
        of: String::new(),
        class: is_sai.then(|| "sai".to_owned()),
        options: Vec::new(),
        is_external: false,
    };
    for part in entry.list(errors) {
        match part.key.to_string().as_str() {
            "name" => index.name = part.text(errors).map(|name| name.value()),
            "external" => index.is_external = part.flag(errors),
            "keys" | "entries" | "full" if part.flag(errors) => index.of = part.key.to_string(),
            "custom" if !is_sai => index.class = part.text(errors).map(|class| class.value()),
            "similarity" if is_sai => {
                if let Some(function) = part.text(errors) {
                    similarity(&function, &mut index, errors);
                }
            }
            "options" => match &part.value {
                Given::Map(map) => {
                    index.options.extend(map.iter().map(|(name, value)| (name.clone(), value.value())));
                }
                _ => errors.at(
                    &part.key,
                    "`options` takes texts by name: `options = { case_sensitive = \"false\" }`",
                ),
            },
            other => {
                let known = if is_sai {
                    "name, similarity, keys, entries, full, options, external"
                } else {
                    "name, custom, keys, entries, full, options, external"
                };
                errors.at(&part.key, format!("an index has no `{other}`: it has {known}"));
            }
        }
    }
    index
}

fn similarity(function: &syn::LitStr, index: &mut Index, errors: &mut Errors) {
    let name = function.value();
    if !["cosine", "dot_product", "euclidean"].contains(&name.as_str()) {
        errors.at(
            function,
            format!("`{name}` is no similarity: use \"cosine\", \"dot_product\" or \"euclidean\""),
        );
    }
    index.options.push(("similarity_function".to_owned(), name));
}

/// The place of a type, for what the compiler says of it.
pub(crate) fn span_of(field: &Field) -> Span {
    field.ty.span()
}
