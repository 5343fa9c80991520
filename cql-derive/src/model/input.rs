//! A model, checked: which columns it has and what each is for.

use super::attributes::{self, Entry, Given};
use crate::case::Case;
use crate::cql_type::snake_case;
use crate::errors::Errors;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Data, DeriveInput, Expr, Fields, Lit, Path, Type, Visibility, parse_quote};

const ON_MODEL: &[&str] = &["crate", "keyspace", "table", "rename_all", "options"];
const ON_FIELD: &[&str] = &[
    "partition_key",
    "clustering_key",
    "static",
    "index",
    "sai",
    "rename",
    "default",
    "skip",
    "validate",
    "writetime",
    "ttl",
    "frozen",
    "unfrozen",
    "type",
];

pub(crate) struct Input {
    pub(crate) krate: Path,
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) keyspace: Option<String>,
    pub(crate) table: String,
    /// Names, and values as `OptionDef`.
    pub(crate) options: Vec<(String, TokenStream)>,
    pub(crate) fields: Vec<Field>,
}

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
        !matches!(self.role, Role::WriteTime(_) | Role::Ttl(_) | Role::Skipped)
    }

    pub(crate) fn is_key(&self) -> bool {
        matches!(self.role, Role::PartitionKey | Role::ClusteringKey { .. })
    }
}

impl Input {
    /// Checks a model; mistakes go to `errors`.
    pub(crate) fn new(input: DeriveInput, errors: &mut Errors) -> Self {
        let mut model = Input {
            krate: parse_quote!(::cql_mapper),
            table: snake_case(&input.ident.unraw().to_string()),
            ident: input.ident,
            vis: input.vis,
            keyspace: None,
            options: Vec::new(),
            fields: Vec::new(),
        };
        let mut case = None;
        for entry in attributes::read(&input.attrs, ON_MODEL, "a model", errors) {
            match entry.key.to_string().as_str() {
                "crate" => model.krate = absolute(entry.path(errors), &entry, errors).unwrap_or(model.krate),
                "keyspace" => model.keyspace = entry.text(errors).map(|text| text.value()),
                "table" => model.table = entry.text(errors).map_or(model.table, |text| text.value()),
                "options" => model.options = options(&entry, errors),
                _ => {
                    case = entry.text(errors).and_then(|text| match Case::parse(&text.value()) {
                        Ok(case) => Some(case),
                        Err(message) => {
                            errors.at(&text, message);
                            None
                        }
                    });
                }
            }
        }
        model.krate.segments.push(parse_quote!(__private));
        if let Some(parameter) = input.generics.params.first() {
            errors.at(parameter, "a model has no parameters: it is one table, and owns its values");
        }
        match input.data {
            Data::Struct(data) => match data.fields {
                Fields::Named(fields) => {
                    for field in &fields.named {
                        let field = read_field(field, case, errors);
                        model.fields.extend(field);
                    }
                    model.check(errors);
                }
                _ => errors.at(&model.ident, "a model's fields have names: they are columns"),
            },
            Data::Enum(data) => {
                errors.at(data.enum_token, "a model is a struct: an enum in a column derives `CqlType`");
            }
            Data::Union(data) => errors.at(data.union_token, "a model is a struct with named fields"),
        }
        model
    }

    fn check(&mut self, errors: &mut Errors) {
        let names: Vec<(Span, String)> = self
            .fields
            .iter()
            .filter(|field| field.role != Role::Skipped)
            .map(|field| (field.ident.span(), field.name.clone()))
            .collect();
        for (at, (span, name)) in names.iter().enumerate() {
            if names.iter().take(at).any(|(_, other)| other == name) {
                errors.at_span(*span, format!("another field has the column `{name}`: rename one of them"));
            }
        }
        if !self.fields.iter().any(|field| field.role == Role::PartitionKey) {
            errors.at(
                &self.ident,
                "a table has a partition key: say `#[cql(partition_key)]` on the fields that are it, in order",
            );
        }
        let has_clustering = self.fields.iter().any(|field| matches!(field.role, Role::ClusteringKey { .. }));
        if let Some(field) = self.fields.iter().find(|field| field.role == Role::Static && !has_clustering) {
            errors.at(
                &field.ident,
                "a static column is one value for all rows of a partition, and this table has one row in each: say \
                 `#[cql(clustering_key)]` on a field, or remove `static`",
            );
        }
        if self.fields.len() > 128 {
            errors.at(&self.ident, "a model has at most 128 fields");
        }
        // What is computed names a field; CQL wants its column.
        let columns: Vec<(String, String, bool)> = self
            .fields
            .iter()
            .map(|field| (field.rust_name.clone(), field.name.clone(), field.is_stored() && !field.is_key()))
            .collect();
        for field in &mut self.fields {
            let (Role::WriteTime(of) | Role::Ttl(of)) = &mut field.role else { continue };
            match columns.iter().find(|(rust_name, ..)| rust_name == of) {
                Some((_, name, true)) => of.clone_from(name),
                Some(_) => errors
                    .at(&field.ident, format!("`{of}` has no write time: it is of the key or not stored")),
                None => errors.at(&field.ident, format!("there is no field `{of}`")),
            }
        }
    }

    /// The columns that are stored, then those that are computed.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &Field> + Clone {
        let computed = self.fields.iter().filter(|field| !field.is_stored() && field.role != Role::Skipped);
        self.stored().chain(computed)
    }

    pub(crate) fn stored(&self) -> impl Iterator<Item = &Field> + Clone {
        self.fields.iter().filter(|field| field.is_stored())
    }
}

fn absolute(path: Option<Path>, entry: &Entry, errors: &mut Errors) -> Option<Path> {
    let path = path?;
    if path.leading_colon.is_none() && path.segments.first().is_none_or(|first| first.ident != "crate") {
        errors.at(
            &entry.key,
            "say the whole path of the crate: it begins with `::` or `crate::`, as in `::app::reexports::cql_mapper`",
        );
    }
    Some(path)
}

fn read_field(field: &syn::Field, case: Option<Case>, errors: &mut Errors) -> Option<Field> {
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
            "a field is one of partition_key, clustering_key, static, writetime, ttl and skip",
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
                    Given::List(_) | Given::Map(_) => {
                        errors.at(&entry.key, "`default` takes a value: `default = 7`");
                        None
                    }
                };
            }
            "validate" => self.validate = entry.path(errors),
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

fn index(entry: &Entry, errors: &mut Errors) -> Index {
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

fn options(entry: &Entry, errors: &mut Errors) -> Vec<(String, TokenStream)> {
    let mut options = Vec::new();
    for option in entry.list(errors) {
        let value = match &option.value {
            Given::Map(map) => {
                let pairs = map.iter().map(|(name, value)| quote!((#name, #value)));
                Some(quote!(Map(&[#(#pairs),*])))
            }
            Given::Value(Expr::Lit(literal)) => match &literal.lit {
                Lit::Str(text) => Some(quote!(Text(#text))),
                Lit::Int(number) => {
                    let digits = number.base10_parse::<i64>().unwrap_or_default();
                    Some(quote!(Integer(#digits)))
                }
                Lit::Float(number) => {
                    let value = number.base10_parse::<f64>().unwrap_or_default();
                    Some(quote!(Float(#value)))
                }
                Lit::Bool(truth) => Some(quote!(Boolean(#truth))),
                _ => None,
            },
            _ => None,
        };
        match value {
            Some(value) => options.push((option.key.to_string(), value)),
            None => errors.at(
                &option.key,
                "an option is a text, a number, true, false or texts by name: `compaction = { class = \"…\" }`",
            ),
        }
    }
    options
}

/// The place of a type, for what the compiler says of it.
pub(crate) fn span_of(field: &Field) -> Span {
    field.ty.span()
}
