//! A model, checked: which columns it has and which of them are its key.

use super::attributes::{self, Entry, Given, PrimaryKey};
use super::field::{Field, Role, read_field};
use crate::case::Case;
use crate::cql_type::snake_case;
use crate::errors::Errors;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt as _;
use syn::{Data, DeriveInput, Expr, Fields, Lit, Path, Type, Visibility, parse_quote};

const ON_MODEL: &[&str] = &[
    "crate",
    "keyspace",
    "table",
    "rename_all",
    "options",
    "primary_key",
    "mirror",
    "validate",
    "variant_of",
];
const ON_VIEW: &[&str] = &["crate", "keyspace", "base", "view", "rename_all", "options", "primary_key"];
const ON_COLUMNS: &[&str] = &["crate", "rename_all"];

/// What a struct is derived as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Table,
    View,
    /// Columns that are part of other models.
    Columns,
}

pub(crate) struct Input {
    pub(crate) krate: Path,
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) kind: Kind,
    pub(crate) keyspace: Option<String>,
    pub(crate) table: String,
    /// Names, and values as `OptionDef`.
    pub(crate) options: Vec<(String, TokenStream)>,
    /// The enum of models in one table that this is one of.
    pub(crate) variant_of: Option<Path>,
    /// For a view: the model of its table.
    pub(crate) base: Option<Path>,
    /// Models of other tables that get the same rows.
    pub(crate) mirrors: Vec<Path>,
    /// What checks whole rows.
    pub(crate) validate: Option<Path>,
    pub(crate) fields: Vec<Field>,
    /// The key's columns in order, by the numbers of their fields.
    partition: Vec<usize>,
    clustering: Vec<usize>,
    /// Whether it is so wrong that no code can be made of it.
    pub(crate) is_broken: bool,
    /// Whether anything is wrong, so that what depends on all of it is not checked.
    pub(crate) has_mistakes: bool,
}

impl Input {
    /// Checks a model; mistakes go to `errors`.
    pub(crate) fn new(input: DeriveInput, kind: Kind, errors: &mut Errors) -> Self {
        let mut model = Input {
            krate: parse_quote!(::cql_mapper),
            table: snake_case(&input.ident.unraw().to_string()),
            ident: input.ident,
            vis: input.vis,
            kind,
            keyspace: None,
            options: Vec::new(),
            variant_of: None,
            base: None,
            mirrors: Vec::new(),
            validate: None,
            fields: Vec::new(),
            partition: Vec::new(),
            clustering: Vec::new(),
            is_broken: false,
            has_mistakes: false,
        };
        let (known, place) = match kind {
            Kind::Table => (ON_MODEL, "a model"),
            Kind::View => (ON_VIEW, "a view"),
            Kind::Columns => (ON_COLUMNS, "a struct of columns"),
        };
        let (mut case, mut key) = (None, None);
        for entry in attributes::read(&input.attrs, known, place, errors) {
            match entry.key.to_string().as_str() {
                "rename_all" => case = read_case(&entry, errors),
                "primary_key" => key = Some(entry),
                _ => model.take(&entry, errors),
            }
        }
        model.krate.segments.push(parse_quote!(__private));
        if let Some(parameter) = input.generics.params.first() {
            model.is_broken = true;
            errors.at(parameter, "a model has no parameters: it is one table, and owns its values");
        }
        match input.data {
            Data::Struct(syn::DataStruct { fields: Fields::Named(fields), .. }) => {
                model.fields.extend(fields.named.iter().filter_map(|field| read_field(field, case, errors)));
                model.place_key(key.as_ref(), errors);
                model.check(errors);
            }
            data => {
                model.is_broken = true;
                not_a_struct(&data, &model.ident, errors);
            }
        }
        model.has_mistakes = !errors.is_empty();
        model
    }

    fn take(&mut self, entry: &Entry, errors: &mut Errors) {
        match entry.key.to_string().as_str() {
            "crate" => {
                if let Some(path) = absolute(entry.path(errors), entry, errors) {
                    self.krate = path;
                }
            }
            "keyspace" => self.keyspace = entry.text(errors).map(|text| text.value()),
            "table" | "view" => {
                if let Some(name) = entry.text(errors) {
                    self.table = name.value();
                }
            }
            "variant_of" => self.variant_of = entry.path(errors),
            "base" => self.base = entry.path(errors),
            "validate" => self.validate = entry.path(errors),
            "mirror" => match &entry.value {
                Given::Paths(paths) => self.mirrors.clone_from(paths),
                _ => errors.at(&entry.key, "`mirror` takes models: `mirror(VideoByUser, VideoByTag)`"),
            },
            _ => self.options = options(entry, errors),
        }
        if self.variant_of.is_some()
            && matches!(entry.key.to_string().as_str(), "keyspace" | "table" | "options")
        {
            errors.at(&entry.key, format!("the enum of `variant_of` says it: move `{}` there", entry.key));
        }
    }

    /// Finds the key's columns: those that are said to be of it, or those that `primary_key` names.
    fn place_key(&mut self, entry: Option<&Entry>, errors: &mut Errors) {
        if let Some(entry) = entry {
            let Given::Key(key) = &entry.value else {
                return errors
                    .at(&entry.key, "`primary_key` names fields: `primary_key((tenant, day), at desc)`");
            };
            for field in self.fields.iter().filter(|field| field.is_key()) {
                errors.at(&field.ident, "the key is said twice: here and by `primary_key`");
            }
            self.take_key(key, errors);
            return;
        }
        let numbers = |is_of: fn(&Role) -> bool| {
            let all = self.fields.iter().enumerate().filter(move |(_, field)| is_of(&field.role));
            all.map(|(at, _)| at).collect()
        };
        self.partition = numbers(|role| *role == Role::PartitionKey);
        self.clustering = numbers(|role| matches!(role, Role::ClusteringKey { .. }));
    }

    fn take_key(&mut self, key: &PrimaryKey, errors: &mut Errors) {
        let roles = key.partition.iter().map(|name| (name, Role::PartitionKey));
        let clustering =
            key.clustering.iter().map(|(name, descends)| (name, Role::ClusteringKey { descends: *descends }));
        for (name, role) in roles.chain(clustering) {
            let rust_name = name.unraw().to_string();
            let Some(at) = self.fields.iter().position(|field| field.rust_name == rust_name) else {
                errors.at(name, format!("there is no field `{rust_name}`"));
                continue;
            };
            if self.partition.contains(&at) || self.clustering.contains(&at) {
                errors.at(name, format!("`{rust_name}` is in the key already"));
                continue;
            }
            if role == Role::PartitionKey {
                self.partition.push(at)
            } else {
                self.clustering.push(at)
            }
            if let Some(field) = self.fields.get_mut(at) {
                field.role = role;
            }
        }
    }

    fn check(&mut self, errors: &mut Errors) {
        self.check_names(errors);
        if self.kind == Kind::Columns {
            for field in self.fields.iter().filter(|field| field.is_key()) {
                errors.at(
                    &field.ident,
                    "the key is of the model: move the field there, as each model says its own key",
                );
            }
            let of_model = |field: &&Field| {
                field.is_version
                    || matches!(
                        field.role,
                        Role::Flattened | Role::Skipped | Role::WriteTime(_) | Role::Ttl(_)
                    )
            };
            for field in self.fields.iter().filter(of_model) {
                errors.at(
                    &field.ident,
                    "version, flatten, skip, writetime and ttl are for fields of the model itself",
                );
            }
            return;
        }
        if self.kind == Kind::View && self.base.is_none() {
            errors.at(&self.ident, "say which model it is a view of: `#[cql(base = Reading)]`");
            self.is_broken = true;
        }
        if self.partition.is_empty() {
            errors.at(
                &self.ident,
                "a table has a partition key: say `#[cql(partition_key)]` on the fields that are it, in order",
            );
            // For the code that is made all the same.
            self.partition.extend(self.fields.iter().position(Field::is_stored));
        }
        let is_static = |field: &&Field| field.role == Role::Static && self.clustering.is_empty();
        if let Some(field) = self.fields.iter().find(is_static) {
            errors.at(
                &field.ident,
                "a static column is one value for all rows of a partition, and this table has one row in each: say \
                 `#[cql(clustering_key)]` on a field, or remove `static`",
            );
        }
        if let Some(second) = self.fields.iter().filter(|field| field.is_version).nth(1) {
            errors.at(&second.ident, "a model has one version: remove the other");
        }
        if self.fields.len() > 128 {
            errors.at(&self.ident, "a model has at most 128 fields");
        }
        if self.kind == Kind::View {
            let of_table = |field: &&Field| {
                field.index.is_some()
                    || field.is_version
                    || field.on_update.is_some()
                    || field.role == Role::Static
            };
            for field in self.fields.iter().filter(of_table) {
                errors.at(
                    &field.ident,
                    "a view is read: static, indexes, version and on_update are for its table",
                );
            }
        }
        self.check_computed(errors);
    }

    fn check_names(&self, errors: &mut Errors) {
        let has_column = |field: &&Field| field.role != Role::Skipped && field.role != Role::Flattened;
        let names: Vec<(Span, String)> = self
            .fields
            .iter()
            .filter(has_column)
            .map(|field| (field.ident.span(), field.name.clone()))
            .collect();
        for (at, (span, name)) in names.iter().enumerate() {
            if names.iter().take(at).any(|(_, other)| other == name) {
                errors.at_span(*span, format!("another field has the column `{name}`: rename one of them"));
            }
        }
    }

    /// What is computed names a field; CQL wants its column.
    fn check_computed(&mut self, errors: &mut Errors) {
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

    /// The columns that are fields of the model itself: those that are stored, then those that are computed.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &Field> + Clone {
        let computed = |field: &&Field| matches!(field.role, Role::WriteTime(_) | Role::Ttl(_));
        self.stored().chain(self.fields.iter().filter(computed))
    }

    pub(crate) fn stored(&self) -> impl Iterator<Item = &Field> + Clone {
        self.fields.iter().filter(|field| field.is_stored())
    }

    pub(crate) fn flattened(&self) -> impl Iterator<Item = &Field> + Clone {
        self.fields.iter().filter(|field| field.role == Role::Flattened)
    }

    pub(crate) fn partition(&self) -> Vec<&Field> {
        self.partition.iter().filter_map(|at| self.fields.get(*at)).collect()
    }

    pub(crate) fn clustering(&self) -> Vec<&Field> {
        self.clustering.iter().filter_map(|at| self.fields.get(*at)).collect()
    }

    /// The number of a field's column, or of the first of those that are flattened into it, as a constant expression.
    pub(crate) fn number(&self, of: &Field) -> TokenStream {
        let is_of = |field: &&Field| field.is_stored() || field.role == Role::Flattened;
        let is_before = |field: &&Field| field.ident != of.ident;
        let stored: Vec<&Field> = self.fields.iter().filter(is_of).collect();
        if is_of(&of) {
            return self.sum(stored.into_iter().take_while(is_before), 0);
        }
        let computed = self.columns().filter(|field| !field.is_stored()).take_while(is_before).count();
        self.sum(stored.into_iter(), computed + usize::from(self.variant_of.is_some()))
    }

    /// The number of the column that tells models of one table apart.
    pub(crate) fn number_of_tag(&self) -> TokenStream {
        let is_of = |field: &&Field| field.is_stored() || field.role == Role::Flattened;
        self.sum(self.fields.iter().filter(is_of), 0)
    }

    fn sum<'f>(&self, fields: impl Iterator<Item = &'f Field>, further: usize) -> TokenStream {
        let krate = &self.krate;
        let (flattened, own): (Vec<&Field>, Vec<&Field>) =
            fields.partition(|field| field.role == Role::Flattened);
        let own = u16::try_from(own.len() + further).unwrap_or(u16::MAX);
        let widths = flattened.iter().map(|field| {
            let ty = &field.ty;
            quote!(+ #krate::width::<#ty>())
        });
        quote!(#own #(#widths)*)
    }

    /// The types that are flattened, in order.
    pub(crate) fn flattened_types(&self) -> Vec<&Type> {
        self.flattened().map(|field| &field.ty).collect()
    }
}

fn read_case(entry: &Entry, errors: &mut Errors) -> Option<Case> {
    let text = entry.text(errors)?;
    match Case::parse(&text.value()) {
        Ok(case) => Some(case),
        Err(message) => {
            errors.at(&text, message);
            None
        }
    }
}

fn not_a_struct(data: &Data, ident: &Ident, errors: &mut Errors) {
    match data {
        Data::Struct(_) => errors.at(ident, "a model's fields have names: they are columns"),
        Data::Enum(data) => errors.at(
            data.enum_token,
            "a model is a struct: an enum in a column derives `CqlType`, one of several models in a table \
             `PolymorphicModel`",
        ),
        Data::Union(data) => errors.at(data.union_token, "a model is a struct with named fields"),
    }
}

pub(super) fn absolute(path: Option<Path>, entry: &Entry, errors: &mut Errors) -> Option<Path> {
    let path = path?;
    if path.leading_colon.is_none() && path.segments.first().is_none_or(|first| first.ident != "crate") {
        errors.at(
            &entry.key,
            "say the whole path of the crate: it begins with `::` or `crate::`, as in `::app::reexports::cql_mapper`",
        );
    }
    Some(path)
}

pub(super) fn options(entry: &Entry, errors: &mut Errors) -> Vec<(String, TokenStream)> {
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
