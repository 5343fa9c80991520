//! The type a derive stands on, checked: what all four derives start from.

use crate::attributes::{Attributes, Place, Repr};
use crate::case::Case;
use crate::errors::Errors;
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{
    Data, DeriveInput, Expr, Fields, GenericParam, Generics, Lifetime, Member, Path, Type, parse_quote,
};

/// A struct or an enum with its attributes.
pub(crate) struct Input {
    pub(crate) krate: Path,
    /// Whether the input does not say where the crate is.
    is_default_krate: bool,
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) shape: Shape,
    /// Whether what has no field is an error.
    pub(crate) is_closed: bool,
    /// The name of a user-defined type, where it is said.
    pub(crate) type_name: Option<syn::LitStr>,
    pub(crate) vis: syn::Visibility,
}

/// What it is made of.
pub(crate) enum Shape {
    /// Fields with names.
    Named(Vec<Field>),
    /// Fields without names.
    Unnamed(Vec<Field>),
    /// One field that the whole is written as; other fields are skipped.
    Transparent(Vec<Field>),
    /// Variants without fields.
    Enum(Repr, Vec<Variant>),
    /// None of these, and it has been told.
    Broken,
}

/// A field of a struct.
pub(crate) struct Field {
    pub(crate) member: Member,
    pub(crate) span: Span,
    pub(crate) ty: Type,
    /// In CQL.
    pub(crate) name: String,
    /// In Rust.
    pub(crate) rust_name: String,
    pub(crate) attributes: Attributes,
}

impl Field {
    pub(crate) fn is_plain(&self) -> bool {
        self.attributes.skip.is_none() && self.attributes.flatten.is_none()
    }

    pub(crate) fn is_flattened(&self) -> bool {
        self.attributes.flatten.is_some()
    }
}

/// A variant of an enum.
pub(crate) struct Variant {
    pub(crate) ident: Ident,
    pub(crate) name: String,
    pub(crate) number: Option<Expr>,
    /// For the variant that holds what no other stands for: what it holds.
    pub(crate) other: Option<Type>,
}

impl Input {
    /// Checks the input; mistakes go to `errors`.
    pub(crate) fn new(input: DeriveInput, errors: &mut Errors) -> Self {
        let attributes = Attributes::read(&input.attrs, Place::Type, errors);
        let case = attributes.rename_all.map(|(_, case)| case);
        let shape = match input.data {
            Data::Struct(data) => struct_shape(&input.ident, data.fields, case, &attributes, errors),
            Data::Enum(data) => enum_shape(&input.ident, data, case, &attributes, errors),
            Data::Union(data) => {
                errors.at(data.union_token, "a union has no form in CQL: make it a struct or an enum");
                Shape::Broken
            }
        };
        Input {
            is_default_krate: attributes.krate.is_none(),
            krate: attributes.krate.unwrap_or_else(|| parse_quote!(::cql_driver)),
            ident: input.ident,
            generics: input.generics,
            shape,
            is_closed: attributes.deny_unknown_fields.is_some(),
            type_name: attributes.type_name,
            vis: input.vis,
        }
    }

    /// The same for types of `cql-mapper`: what derived code names of the driver is re-exported there.
    pub(crate) fn of_mapper(mut self) -> Self {
        if self.is_default_krate {
            self.krate = parse_quote!(::cql_mapper);
        }
        self.krate.segments.push(parse_quote!(__private));
        self
    }

    /// The path of the crate with the place of a field: the compiler shows what an expression as a whole covers.
    pub(crate) fn krate_at(&self, span: Span) -> TokenStream {
        let at = |mut token: TokenTree| {
            token.set_span(span);
            token
        };
        self.krate.to_token_stream().into_iter().map(at).collect()
    }

    /// The type with its parameters.
    pub(crate) fn self_type(&self) -> TokenStream {
        let (ident, (_, parameters, _)) = (&self.ident, self.generics.split_for_impl());
        quote!(#ident #parameters)
    }

    pub(crate) fn fields(&self) -> &[Field] {
        match &self.shape {
            Shape::Named(fields) | Shape::Unnamed(fields) | Shape::Transparent(fields) => fields,
            Shape::Enum(..) | Shape::Broken => &[],
        }
    }

    /// The fields that have a value of their own in CQL.
    pub(crate) fn plain(&self) -> impl Iterator<Item = &Field> + Clone {
        self.fields().iter().filter(|field| field.is_plain())
    }

    pub(crate) fn flattened(&self) -> impl Iterator<Item = &Field> + Clone {
        self.fields().iter().filter(|field| field.is_flattened())
    }

    /// The generics with a bound for each field of a type that has parameters: what the field needs, where a derive
    /// says so.
    pub(crate) fn bounded(&self, bound: impl Fn(&Field) -> Option<TokenStream>) -> Generics {
        let mut generics = self.generics.clone();
        let parameters: Vec<Ident> =
            generics.type_params().map(|parameter| parameter.ident.clone()).collect();
        for field in self.fields().iter().filter(|field| mentions(field.ty.to_token_stream(), &parameters)) {
            if let Some(bound) = bound(field) {
                let ty = &field.ty;
                generics.make_where_clause().predicates.push(parse_quote!(#ty: #bound));
            }
        }
        generics
    }

    /// The same with the lifetime of the bytes that are read: the type's own, or another one.
    pub(crate) fn bounded_for_reading(
        &self,
        lifetime: &Lifetime,
        bound: impl Fn(&Field) -> Option<TokenStream>,
    ) -> Generics {
        let mut generics = self.bounded(bound);
        if generics.lifetimes().next().is_none() {
            generics.params.insert(0, GenericParam::Lifetime(syn::LifetimeParam::new(lifetime.clone())));
        }
        generics
    }

    /// The lifetime that is read for.
    pub(crate) fn lifetime(&self) -> Lifetime {
        let own = self.generics.lifetimes().next().map(|parameter| parameter.lifetime.clone());
        own.unwrap_or_else(|| Lifetime::new("'__cql", Span::call_site()))
    }

    /// Tells that reading borrows for one lifetime.
    pub(crate) fn check_lifetimes(&self, errors: &mut Errors) {
        for further in self.generics.lifetimes().skip(1) {
            errors.at(
                further,
                "what is read borrows from one place: use the first lifetime for all borrowed fields",
            );
        }
    }

    /// Tells of fields that are not where the whole is by position.
    pub(crate) fn check_positions(&self, limit: usize, errors: &mut Errors) {
        if let Some(field) = self.plain().nth(limit) {
            errors.at_span(field.span, format!("at most {limit} fields go by position: give them names"));
        }
    }
}

fn mentions(tokens: TokenStream, parameters: &[Ident]) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => parameters.contains(&ident),
        TokenTree::Group(group) => mentions(group.stream(), parameters),
        _ => false,
    })
}

fn struct_shape(
    ident: &Ident,
    fields: Fields,
    case: Option<Case>,
    attributes: &Attributes,
    errors: &mut Errors,
) -> Shape {
    if let Some((span, _)) = attributes.repr {
        errors.at_span(span, "`repr` is for enums: a struct is stored field by field");
    }
    let is_named = matches!(fields, Fields::Named(_));
    if matches!(fields, Fields::Unit) {
        errors.at(ident, "there is nothing to store in a struct without fields: add one");
        return Shape::Broken;
    }
    if let (Some((span, _)), false) = (attributes.rename_all, is_named) {
        errors.at_span(span, "`rename_all` has no names to change here: remove it, or name the fields");
    }
    let mut all: Vec<Field> = Vec::new();
    for (member, field) in fields.members().zip(fields.iter()) {
        all.push(read_field(member, field, case, errors));
    }
    check_names(
        all.iter().filter(|field| field.is_plain()).map(|field| (field.span, field.name.as_str())),
        errors,
    );
    if let Some(span) = attributes.deny_unknown_fields {
        if all.iter().any(Field::is_flattened) {
            errors.at_span(
                span,
                "with `flatten` it is not known which fields there are: remove one of the two",
            );
        }
        if !is_named {
            errors.at_span(span, "`deny_unknown_fields` is for named fields: by position nothing is unknown");
        }
    }
    let plain = all.iter().filter(|field| field.is_plain()).count();
    match attributes.transparent {
        Some(_) if plain == 1 && !all.iter().any(Field::is_flattened) => Shape::Transparent(all),
        Some(span) => {
            errors.at_span(
                span,
                format!("`transparent` is for one field, and here are {plain}: skip the others"),
            );
            Shape::Broken
        }
        None if is_named => Shape::Named(all),
        None => Shape::Unnamed(all),
    }
}

fn read_field(member: Member, field: &syn::Field, case: Option<Case>, errors: &mut Errors) -> Field {
    let attributes = Attributes::read(&field.attrs, Place::Field, errors);
    let (rust_name, span) = match &field.ident {
        Some(ident) => (ident.unraw().to_string(), ident.span()),
        None => (member.to_token_stream().to_string(), field.ty.span()),
    };
    let converted = case.map_or_else(|| rust_name.clone(), |case| case.apply(&rust_name));
    let name = attributes.rename.as_ref().map_or(converted, syn::LitStr::value);
    if field.ident.is_none() {
        let named = [
            ("rename", attributes.rename.is_some()),
            ("flatten", attributes.flatten.is_some()),
            ("default", attributes.default.is_some() && attributes.skip.is_none()),
        ];
        for (key, _) in named.iter().filter(|(_, is_there)| *is_there) {
            errors.at_span(span, format!("`{key}` is for named fields: this one goes by position"));
        }
    }
    let conflicts = [
        ("skip", attributes.skip, "rename", attributes.rename.is_some()),
        ("skip", attributes.skip, "flatten", attributes.flatten.is_some()),
        ("skip", attributes.skip, "with", attributes.with.is_some()),
        ("flatten", attributes.flatten, "rename", attributes.rename.is_some()),
        ("flatten", attributes.flatten, "with", attributes.with.is_some()),
        ("flatten", attributes.flatten, "default", attributes.default.is_some()),
    ];
    for (key, span, other, is_there) in conflicts {
        if let (Some(span), true) = (span, is_there) {
            errors
                .at_span(span, format!("`{key}` leaves nothing for `{other}` to say: remove one of the two"));
        }
    }
    Field { member, span, ty: field.ty.clone(), name, rust_name, attributes }
}

fn enum_shape(
    ident: &Ident,
    data: syn::DataEnum,
    case: Option<Case>,
    attributes: &Attributes,
    errors: &mut Errors,
) -> Shape {
    let repr = attributes.repr.map_or(Repr::Text, |(_, repr)| repr);
    for (key, span) in
        [("transparent", attributes.transparent), ("deny_unknown_fields", attributes.deny_unknown_fields)]
    {
        if let Some(span) = span {
            errors.at_span(span, format!("`{key}` is for structs: remove it"));
        }
    }
    if data.variants.is_empty() {
        errors.at(ident, "an enum without variants has no values: add one");
    }
    if let (Some((span, _)), true) = (attributes.rename_all, repr != Repr::Text) {
        errors.at_span(span, "numbers are stored, not names: remove `rename_all`");
    }
    let mut variants = Vec::new();
    let mut names = Vec::new();
    for variant in data.variants {
        let read = Attributes::read(&variant.attrs, Place::Variant, errors);
        let other = read.other.and_then(|_| other(&variant, errors));
        if read.other.is_none() && !matches!(variant.fields, Fields::Unit) {
            errors.at(
                &variant,
                "a variant with fields has no form in CQL: remove them, or implement the trait by hand",
            );
        }
        if read.other.is_some() && variants.iter().any(|variant: &Variant| variant.other.is_some()) {
            errors.at(&variant.ident, "one variant is for all others: remove `other` from the second");
        }
        let number = variant.discriminant.map(|(_, number)| number);
        if repr != Repr::Text && number.is_none() && other.is_none() {
            errors.at(&variant.ident, format!("say which number is stored: `{} = 1`", variant.ident));
        }
        if let (Some(name), true) = (&read.rename, repr != Repr::Text) {
            errors.at(name, "numbers are stored, not names: remove `rename`");
        }
        let rust_name = variant.ident.unraw().to_string();
        let converted = case.map_or_else(|| rust_name.clone(), |case| case.apply(&rust_name));
        let name = read.rename.map_or(converted, |name| name.value());
        if other.is_none() {
            names.push((variant.ident.span(), name.clone()));
        }
        variants.push(Variant { ident: variant.ident, name, number, other });
    }
    if repr == Repr::Text {
        check_names(names.iter().map(|(span, name)| (*span, name.as_str())), errors);
    }
    Shape::Enum(repr, variants)
}

/// What the variant for all others holds.
fn other(variant: &syn::Variant, errors: &mut Errors) -> Option<Type> {
    match &variant.fields {
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
            fields.unnamed.first().map(|field| field.ty.clone())
        }
        _ => {
            errors.at(
                variant,
                "the variant for all others holds what is stored, so that it is not lost when it is written again: \
                 `Other(String)`, or the number's type",
            );
            None
        }
    }
}

fn check_names<'n>(names: impl Iterator<Item = (Span, &'n str)>, errors: &mut Errors) {
    let mut seen: Vec<&str> = Vec::new();
    for (span, name) in names {
        if seen.contains(&name) {
            errors.at_span(span, format!("another one has the name `{name}` in CQL: rename one of them"));
        }
        seen.push(name);
    }
}
