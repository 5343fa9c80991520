//! `PolymorphicModel`: an enum of models whose rows are in one table, told apart by a column.

use super::attributes::{self, Entry, Given};
use super::columns::{index_def, optional};
use super::field::Index;
use super::input::{absolute, options};
use crate::cql_type::snake_case;
use crate::errors::Errors;
use crate::visibility::from_within;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Data, DeriveInput, Expr, Fields, Lit, Path, Type, Visibility, parse_quote};

struct Table {
    krate: Path,
    ident: Ident,
    vis: Visibility,
    keyspace: Option<String>,
    table: String,
    options: Vec<(String, TokenStream)>,
    column: String,
    repr: Repr,
    index: Option<Index>,
    variants: Vec<Variant>,
    /// What is read where the column tells none of the variants.
    other: Option<(Ident, Type)>,
}

struct Variant {
    ident: Ident,
    ty: Type,
    tag: TokenStream,
    /// For finding two of the same.
    shown: String,
}

/// How the column stores which variant it is: CQL type and Rust type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repr {
    Text,
    TinyInt,
    SmallInt,
    Int,
    BigInt,
}

impl Repr {
    const ALL: [(&'static str, Repr); 5] = [
        ("text", Repr::Text),
        ("tinyint", Repr::TinyInt),
        ("smallint", Repr::SmallInt),
        ("int", Repr::Int),
        ("bigint", Repr::BigInt),
    ];

    fn native(self) -> Ident {
        format_ident!("{self:?}")
    }

    fn rust(self, krate: &Path) -> TokenStream {
        match self {
            Repr::Text => quote!(#krate::String),
            Repr::TinyInt => quote!(i8),
            Repr::SmallInt => quote!(i16),
            Repr::Int => quote!(i32),
            Repr::BigInt => quote!(i64),
        }
    }
}

pub(crate) fn expand(input: DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let table = Table::new(input, &mut errors);
    if !errors.is_empty() {
        return errors.into_tokens();
    }
    let Some(first) = table.variants.first() else { return TokenStream::new() };
    let (krate, ident, vis, first) = (&table.krate, &table.ident, &table.vis, &first.ty);
    let (columns, of_table) = (table.columns(first), table.of_table());
    let (model, reading) = (table.model(first), table.reading());
    quote! {
        const _: () = {
            #columns
            #of_table
            #model
            #reading
        };

        #[doc(hidden)]
        #[allow(non_upper_case_globals, dead_code)]
        #vis const #ident: <#ident as #krate::Model>::Columns = <#ident as #krate::Model>::COLUMNS;
    }
}

impl Table {
    fn new(input: DeriveInput, errors: &mut Errors) -> Self {
        let mut table = Table {
            krate: parse_quote!(::cql_mapper),
            table: snake_case(&input.ident.unraw().to_string()),
            ident: input.ident,
            vis: input.vis,
            keyspace: None,
            options: Vec::new(),
            column: String::new(),
            repr: Repr::Text,
            index: None,
            variants: Vec::new(),
            other: None,
        };
        let known = ["crate", "keyspace", "table", "options", "discriminator"];
        for entry in attributes::read(&input.attrs, &known, "a polymorphic model", errors) {
            match entry.key.to_string().as_str() {
                "crate" => {
                    if let Some(path) = absolute(entry.path(errors), &entry, errors) {
                        table.krate = path;
                    }
                }
                "keyspace" => table.keyspace = entry.text(errors).map(|text| text.value()),
                "table" => {
                    if let Some(name) = entry.text(errors) {
                        table.table = name.value();
                    }
                }
                "options" => table.options = options(&entry, errors),
                _ => table.discriminator(&entry, errors),
            }
        }
        table.krate.segments.push(parse_quote!(__private));
        if table.column.is_empty() {
            errors.at(
                &table.ident,
                "say which column tells the models apart: `#[cql(discriminator(column = \"kind\"))]`",
            );
        }
        if let Some(parameter) = input.generics.params.first() {
            errors.at(parameter, "a model has no parameters: it is one table, and owns its values");
        }
        let Data::Enum(data) = input.data else {
            errors.at(&table.ident, "a polymorphic model is an enum with a variant for each of its models");
            return table;
        };
        for variant in &data.variants {
            table.variant(variant, errors);
        }
        if table.variants.is_empty() {
            errors.at(&table.ident, "a polymorphic model has at least one variant with a model: `Cat(Cat)`");
        }
        table
    }

    fn discriminator(&mut self, entry: &Entry, errors: &mut Errors) {
        for part in entry.list(errors) {
            match part.key.to_string().as_str() {
                "column" => self.column = part.text(errors).map(|name| name.value()).unwrap_or_default(),
                "repr" => {
                    let Some(name) = part.text(errors) else { continue };
                    match Repr::ALL.iter().find(|(known, _)| *known == name.value()) {
                        Some((_, repr)) => self.repr = *repr,
                        None => errors.at(&name, "a discriminator is text, tinyint, smallint, int or bigint"),
                    }
                }
                "index" | "sai" => self.index = Some(super::field::index(part, errors)),
                other => errors.at(
                    &part.key,
                    format!("a discriminator has no `{other}`: it has column, repr, index and sai"),
                ),
            }
        }
    }

    fn variant(&mut self, variant: &syn::Variant, errors: &mut Errors) {
        let ty = match &variant.fields {
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
                fields.unnamed.first().map(|field| field.ty.clone())
            }
            _ => None,
        };
        let Some(ty) = ty else {
            return errors.at(variant, "a variant holds one model: `Cat(Cat)`");
        };
        let entries = attributes::read(&variant.attrs, &["value", "other"], "a variant", errors);
        let mut value = None;
        for entry in &entries {
            if entry.key == "other" {
                if entry.flag(errors) && self.other.replace((variant.ident.clone(), ty.clone())).is_some() {
                    errors.at(&entry.key, "one variant is for all others: remove the other");
                }
                return;
            }
            value = Some(entry);
        }
        let Some((tag, shown)) = self.tag(&variant.ident, value, errors) else { return };
        if self.variants.iter().any(|other| other.shown == shown) {
            errors.at(
                &variant.ident,
                format!("another variant is {shown}: say `#[cql(value = …)]` for one of them"),
            );
        }
        self.variants.push(Variant { ident: variant.ident.clone(), ty, tag, shown });
    }

    fn tag(
        &self,
        ident: &Ident,
        value: Option<&Entry>,
        errors: &mut Errors,
    ) -> Option<(TokenStream, String)> {
        let given = match value.map(|entry| &entry.value) {
            None => None,
            Some(Given::Value(Expr::Lit(literal))) => Some(&literal.lit),
            Some(_) => {
                errors.at(ident, "`value` is a text or a number: `#[cql(value = \"cat\")]`");
                return None;
            }
        };
        match (self.repr, given) {
            (Repr::Text, None) => {
                let name = snake_case(&ident.unraw().to_string());
                Some((quote!(Text(#name)), name))
            }
            (Repr::Text, Some(Lit::Str(text))) => {
                let text = text.value();
                Some((quote!(Text(#text)), text))
            }
            (Repr::Text, Some(other)) => {
                errors.at(other, "the discriminator is text: say a text, or `repr = \"int\"`");
                None
            }
            (_, Some(Lit::Int(number))) => match number.base10_parse::<i64>() {
                Ok(number) => Some((quote!(Integer(#number)), number.to_string())),
                Err(error) => {
                    errors.push(error);
                    None
                }
            },
            (_, Some(other)) => {
                errors.at(other, "the discriminator is a number: say a number, or `repr = \"text\"`");
                None
            }
            (_, None) => {
                errors.at(ident, "say which number this variant is: `#[cql(value = 1)]`");
                None
            }
        }
    }

    /// What the column is called as a field.
    fn field(&self) -> Ident {
        syn::parse_str::<Ident>(&self.column)
            .unwrap_or_else(|_| Ident::new("discriminator", Span::call_site()))
    }

    /// The columns are those of the first variant and the discriminator; those of others are named by their models.
    fn columns(&self, first: &Type) -> TokenStream {
        let (krate, ident, inner, field) = (&self.krate, &self.ident, from_within(&self.vis), self.field());
        let (rust, name) = (self.repr.rust(krate), &self.column);
        let role = if self.index.is_some() { quote!(Discriminator) } else { quote!(Computed) };
        quote! {
            #[allow(non_camel_case_types, missing_docs, missing_debug_implementations, dead_code, unreachable_pub)]
            mod __columns {
                #[derive(::core::clone::Clone, ::core::marker::Copy)]
                #inner struct #field {}
                #[derive(::core::clone::Clone, ::core::marker::Copy)]
                #inner struct Columns<First> { #inner #field: #field, #inner of_variants: First }
            }

            #[automatically_derived]
            impl<__First> ::core::ops::Deref for __columns::Columns<__First> {
                type Target = __First;

                fn deref(&self) -> &__First {
                    &self.of_variants
                }
            }

            #[automatically_derived]
            impl #krate::Column for __columns::#field {
                type Model = #ident;
                type Role = #krate::role::#role;
                type Field = #rust;
                const INDEX: u16 = #krate::position(<#ident as #krate::Model>::META, #name);
            }

            const __COLUMNS: __columns::Columns<<#first as #krate::Model>::Columns> = __columns::Columns {
                #field: __columns::#field {},
                of_variants: <#first as #krate::Model>::COLUMNS,
            };
        }
    }

    fn of_table(&self) -> TokenStream {
        let (krate, ident, table, column) = (&self.krate, &self.ident, &self.table, &self.column);
        let (keyspace, native) = (optional(self.keyspace.as_ref()), self.repr.native());
        let uses = if self.index.is_some() { quote!(WithIndex) } else { quote!(NoIndex) };
        let index = optional(self.index.as_ref().map(|index| index_def(index, krate)));
        let variants = self.variants.iter().map(|variant| {
            let (name, ty, tag) = (&variant.ident, &variant.ty, &variant.tag);
            quote_spanned! {ty.span()=>
                #[automatically_derived]
                impl #krate::VariantOf<#ident> for #ty {
                    const TAG: #krate::Tag = #krate::Tag::#tag;
                }

                #[automatically_derived]
                impl ::core::convert::From<#ty> for #ident {
                    fn from(__value: #ty) -> Self {
                        #ident::#name(__value)
                    }
                }
            }
        });
        quote! {
            #[automatically_derived]
            impl #krate::Polymorphic for #ident {
                type Index = #krate::#uses;
                const KEYSPACE: ::core::option::Option<&'static str> = #keyspace;
                const TABLE: &'static str = #table;
                const COLUMN: #krate::ColumnMeta = #krate::ColumnMeta {
                    name: #column,
                    field: #column,
                    type_def: #krate::TypeDef::Native(#krate::Native::#native),
                    role: #krate::ColumnRole::Regular,
                    index: #index,
                };
            }
            #(#variants)*
        }
    }

    fn model(&self, first: &Type) -> TokenStream {
        let (krate, ident) = (&self.krate, &self.ident);
        let rust_name = ident.to_string();
        let types: Vec<_> = self.variants.iter().map(|variant| &variant.ty).collect();
        let metas: Vec<_> =
            types.iter().map(|ty| quote_spanned!(ty.span()=> <#ty as #krate::Model>::META)).collect();
        let options = self.options.iter().map(|(name, value)| quote!((#name, #krate::OptionDef::#value)));
        quote! {
            #[automatically_derived]
            impl #krate::Model for #ident {
                type Kind = #krate::kind::Variants;
                type Columns = __columns::Columns<<#first as #krate::Model>::Columns>;
                type Keys = <<#first as #krate::Model>::Keys as #krate::WithoutIndex>::Out;
                type FullKey = <#first as #krate::Model>::FullKey;
                type PrimaryKey = <#first as #krate::Model>::PrimaryKey;
                type PartitionKey = <#first as #krate::Model>::PartitionKey;
                type Access = #krate::Whole;

                const COLUMNS: Self::Columns = __COLUMNS;
                const META: &'static #krate::ModelMeta = &#krate::ModelMeta {
                    rust_name: #rust_name,
                    keyspace: <#ident as #krate::Polymorphic>::KEYSPACE,
                    table: <#ident as #krate::Polymorphic>::TABLE,
                    columns: &#krate::merged::<{ #krate::distinct(&[#(#metas),*]) }>(&[#(#metas),*]),
                    partition_key: <#first as #krate::Model>::META.partition_key,
                    clustering_key: <#first as #krate::Model>::META.clustering_key,
                    options: &[#(#options),*],
                    base: ::core::option::Option::None,
                    discriminator: ::core::option::Option::None,
                    version: ::core::option::Option::None,
                };

                fn slot() -> &'static #krate::Slot {
                    static __SLOT: #krate::Slot = #krate::Slot::new();
                    &__SLOT
                }
            }

            const _: () = #krate::check_variants(&[#(#metas),*]);
        }
    }

    fn reading(&self) -> TokenStream {
        let (krate, ident) = (&self.krate, &self.ident);
        let mut readers: Vec<(&Ident, &Type)> =
            self.variants.iter().map(|variant| (&variant.ident, &variant.ty)).collect();
        let arms = self.variants.iter().enumerate().map(|(at, variant)| {
            let (name, ty, at) = (&variant.ident, &variant.ty, syn::Index::from(at + 1));
            quote! {
                if __tag.is(&<#ty as #krate::VariantOf<#ident>>::TAG) {
                    return ::core::result::Result::Ok(#ident::#name(
                        <#ty as #krate::value::FromRow<'__cql>>::from_row(&__plan.#at, __row)?,
                    ));
                }
            }
        });
        let arms: Vec<_> = arms.collect();
        let end = match &self.other {
            Some((name, ty)) => {
                let at = syn::Index::from(self.variants.len() + 1);
                readers.push((name, ty));
                quote! {
                    ::core::result::Result::Ok(#ident::#name(
                        <#ty as #krate::value::FromRow<'__cql>>::from_row(&__plan.#at, __row)?,
                    ))
                }
            }
            None => quote!(::core::result::Result::Err(__tag.unknown())),
        };
        let traits: Vec<_> = readers
            .iter()
            .map(|(_, ty)| quote_spanned!(ty.span()=> <#ty as #krate::value::FromRow<'__cql>>))
            .collect();
        quote! {
            #[automatically_derived]
            impl<'__cql> #krate::value::FromRow<'__cql> for #ident {
                type Plan = (#krate::TagPlan, #(#traits::Plan,)*);

                fn plan(
                    __columns: &[#krate::types::ColumnSpec],
                ) -> ::core::result::Result<Self::Plan, #krate::value::RowMismatch> {
                    ::core::result::Result::Ok((
                        #krate::tag_plan::<Self>(__columns)?,
                        #(#traits::plan(__columns)?,)*
                    ))
                }

                fn from_row(
                    __plan: &Self::Plan,
                    __row: &mut #krate::value::RowReader<'__cql>,
                ) -> ::core::result::Result<Self, #krate::value::RowError> {
                    let __tag = #krate::read_tag(&__plan.0, __row)?;
                    #(#arms)*
                    #end
                }
            }
        }
    }
}
