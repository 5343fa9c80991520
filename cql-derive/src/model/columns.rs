//! The columns of a model: a type for each, and what the table is, as constants.

use super::field::{Field, Freeze, Index, Role, span_of};
use super::input::{Input, Kind};
use crate::to_cql::within;
use crate::visibility::from_within;
use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};

/// Where a key's column is in its key, as a type.
fn place(at: usize, krate: &syn::Path) -> TokenStream {
    (0..at).fold(quote!(#krate::Here), |place, _| quote!(#krate::Next<#place>))
}

/// A type for each column, and what it is for.
pub(super) fn markers(model: &Input) -> TokenStream {
    let (krate, inner, ident) = (&model.krate, from_within(&model.vis), &model.ident);
    let idents: Vec<_> = model.columns().map(|field| &field.ident).collect();
    let flattened: Vec<_> = model.flattened().map(|field| &field.ident).collect();
    let groups: Vec<_> = (0..flattened.len()).map(|at| format_ident!("Group{at}")).collect();
    let columns = model.columns().map(|field| {
        let (name, role, of) = (&field.ident, role(model, field), field_type(field, krate));
        let number = model.number(field);
        let unfrozen = (field.freeze == Freeze::Unfrozen)
            .then(|| quote!(#[automatically_derived] impl #krate::Unfrozen for __columns::#name {}));
        quote! {
            #[automatically_derived]
            impl #krate::Column for __columns::#name {
                type Model = #ident;
                type Role = #role;
                type Field = #of;
                const INDEX: u16 = #number;
            }
            #unfrozen
        }
    });
    let codecs = codecs(model);
    quote! {
        #[allow(non_camel_case_types, missing_docs, missing_debug_implementations, dead_code, unreachable_pub)]
        mod __columns {
            #(#[derive(::core::clone::Clone, ::core::marker::Copy)] #inner struct #idents {})*
            #[derive(::core::clone::Clone, ::core::marker::Copy)]
            #inner struct Columns<#(#groups),*> { #(#inner #idents: #idents,)* #(#inner #flattened: #groups),* }
        }
        #(#columns)*
        #codecs
    }
}

/// What a column is for, as a type.
pub(super) fn role(model: &Input, field: &Field) -> TokenStream {
    let (krate, ty) = (&model.krate, field_type(field, &model.krate));
    let own = quote_spanned!(span_of(field)=> <#ty as #krate::CqlType>::Content);
    let place = |key: &[&Field]| {
        place(key.iter().position(|other| other.ident == field.ident).unwrap_or_default(), krate)
    };
    match (&field.role, &field.index) {
        (Role::PartitionKey, _) => {
            let place = place(&model.partition());
            quote!(#krate::role::PartitionKey<#place>)
        }
        (Role::ClusteringKey { .. }, _) => {
            let place = place(&model.clustering());
            quote!(#krate::role::ClusteringKey<#place>)
        }
        (Role::Static, _) => quote!(#krate::role::Static),
        (Role::WriteTime(_) | Role::Ttl(_) | Role::Skipped | Role::Flattened, _) => {
            quote!(#krate::role::Computed)
        }
        (Role::Regular, Some(index)) if index.is_sai => quote!(<#own as #krate::SaiRoleOf>::Role),
        (Role::Regular, Some(_)) => quote!(#krate::role::Indexed),
        (Role::Regular, None) => quote!(<#own as #krate::RoleOf>::Role),
    }
}

/// What a column holds: the field's type, or for `with` what its module makes of it.
pub(super) fn field_type(field: &Field, krate: &syn::Path) -> TokenStream {
    let (ty, name) = (&field.ty, &field.ident);
    match &field.with {
        Some(_) => quote_spanned!(span_of(field)=> #krate::Coded<#ty, __codecs::#name>),
        None => quote_spanned!(span_of(field)=> #ty),
    }
}

/// The modules of `with` as types.
pub(super) fn codecs(model: &Input) -> TokenStream {
    let (krate, inner) = (&model.krate, from_within(&model.vis));
    let coded: Vec<(&Field, &syn::Path)> =
        model.stored().filter_map(|field| Some((field, field.with.as_ref()?))).collect();
    if coded.is_empty() {
        return TokenStream::new();
    }
    let idents: Vec<_> = coded.iter().map(|(field, _)| &field.ident).collect();
    let implementations = coded.iter().map(|(field, module)| {
        let (name, ty) = (&field.ident, &field.ty);
        let function = |name| within(module, name);
        let (to_cql, from_cql, check) = (function("to_cql"), function("from_cql"), function("type_check"));
        let of_type = function("TYPE");
        quote! {
            #[automatically_derived]
            impl #krate::Codec<#ty> for __codecs::#name {
                const TYPE: #krate::TypeDef = #of_type;

                fn to_cql(
                    __value: &#ty,
                    __type: &#krate::types::ColumnType,
                    __out: &mut #krate::Vec<u8>,
                ) -> ::core::result::Result<#krate::value::Encoded, #krate::value::ValueError> {
                    #to_cql(__value, __type, __out)
                }

                fn from_cql<'__cql>(
                    __type: &'__cql #krate::types::ColumnType,
                    __bytes: ::core::option::Option<&'__cql [u8]>,
                ) -> ::core::result::Result<#ty, #krate::value::DecodeError> {
                    #from_cql(__type, __bytes)
                }

                fn type_check(
                    __type: &#krate::types::ColumnType,
                ) -> ::core::result::Result<(), #krate::value::TypeMismatch> {
                    #check(__type)
                }
            }
        }
    });
    quote! {
        #[allow(non_camel_case_types, missing_docs, missing_debug_implementations, dead_code, unreachable_pub)]
        mod __codecs {
            #(#inner struct #idents {})*
        }
        #(#implementations)*
    }
}

/// The table as constants.
pub(super) fn meta(model: &Input) -> TokenStream {
    let krate = &model.krate;
    let ident = model.ident.to_string();
    let columns = column_metas(model);
    let partition = model.partition().into_iter().map(|field| model.number(field)).collect::<Vec<_>>();
    let clustering = model.clustering().into_iter().map(|field| {
        let (number, descends) = (model.number(field), field.role == Role::ClusteringKey { descends: true });
        quote!((#number, #descends))
    });
    let options = model.options.iter().map(|(name, value)| quote!((#name, #krate::OptionDef::#value)));
    let version = optional(model.stored().find(|field| field.is_version).map(|field| model.number(field)));
    let (keyspace, table, discriminator) = match &model.variant_of {
        None => {
            let (keyspace, table) = (optional(model.keyspace.as_ref()), &model.table);
            (keyspace, quote!(#table), quote!(::core::option::Option::None))
        }
        Some(of) => {
            let (of, at, own) = (quote!(<#of as #krate::Polymorphic>), model.number_of_tag(), &model.ident);
            let variant = &model.variant_of;
            let tag = quote!(<#own as #krate::VariantOf<#variant>>::TAG);
            (quote!(#of::KEYSPACE), quote!(#of::TABLE), quote!(::core::option::Option::Some((#at, #tag))))
        }
    };
    let base = model.base.as_ref().filter(|_| model.kind == Kind::View);
    let keyspace = match (base, &model.keyspace) {
        (Some(base), None) => quote!(<#base as #krate::Model>::META.keyspace),
        _ => keyspace,
    };
    let base = optional(base.map(|base| quote!(<#base as #krate::Model>::META)));
    quote! {
        #krate::ModelMeta {
            rust_name: #ident,
            keyspace: #keyspace,
            table: #table,
            columns: #columns,
            partition_key: &[#(#partition),*],
            clustering_key: &[#(#clustering),*],
            options: &[#(#options),*],
            base: #base,
            discriminator: #discriminator,
            version: #version,
        }
    }
}

/// The columns as constants: its own and those of flattened structs in the order of the fields, then what tells models of
/// one table apart, then what is computed.
pub(super) fn column_metas(model: &Input) -> TokenStream {
    let krate = &model.krate;
    let mut parts: Vec<TokenStream> = Vec::new();
    let mut own: Vec<TokenStream> = Vec::new();
    let close = |own: &mut Vec<TokenStream>, parts: &mut Vec<TokenStream>| {
        if !own.is_empty() {
            parts.push(quote!(&[#(#own),*]));
            own.clear();
        }
    };
    for field in &model.fields {
        if field.role == Role::Flattened {
            close(&mut own, &mut parts);
            let ty = &field.ty;
            parts.push(quote_spanned!(span_of(field)=> <#ty as #krate::Columns>::COLUMNS));
        } else if field.is_stored() {
            own.push(column_meta(field, krate));
        }
    }
    if let Some(of) = &model.variant_of {
        own.push(quote!(<#of as #krate::Polymorphic>::COLUMN));
    }
    own.extend(model.columns().filter(|field| !field.is_stored()).map(|field| column_meta(field, krate)));
    close(&mut own, &mut parts);
    match parts.as_slice() {
        [] => quote!(&[]),
        [one] => one.clone(),
        several => quote!(&#krate::concat::<{ #krate::total(&[#(#several),*]) }>(&[#(#several),*])),
    }
}

fn column_meta(field: &Field, krate: &syn::Path) -> TokenStream {
    let (name, rust_name, ty) = (&field.name, &field.rust_name, field_type(field, krate));
    let of_type = quote_spanned!(span_of(field)=> <#ty as #krate::CqlType>::TYPE);
    let is_frozen = field.freeze == Freeze::Frozen || field.is_key();
    let type_def = match (&field.native, field.freeze) {
        (Some(native), _) => quote!(#krate::TypeDef::Native(#krate::Native::#native)),
        (None, Freeze::Unfrozen) => of_type,
        (None, _) => quote_spanned!(span_of(field)=> #krate::frozen(&#of_type, #is_frozen)),
    };
    let role = match &field.role {
        Role::PartitionKey => quote!(PartitionKey),
        Role::ClusteringKey { .. } => quote!(ClusteringKey),
        Role::Static => quote!(Static),
        Role::WriteTime(of) => quote!(WriteTime(#of)),
        Role::Ttl(of) => quote!(Ttl(#of)),
        Role::Regular | Role::Skipped | Role::Flattened => quote!(Regular),
    };
    let index = optional(field.index.as_ref().map(|index| index_def(index, krate)));
    quote! {
        #krate::ColumnMeta {
            name: #name,
            field: #rust_name,
            type_def: #type_def,
            role: #krate::ColumnRole::#role,
            index: #index,
        }
    }
}

pub(super) fn index_def(index: &Index, krate: &syn::Path) -> TokenStream {
    let (name, class) = (optional(index.name.as_ref()), optional(index.class.as_ref()));
    let (of, is_external) = (&index.of, index.is_external);
    let options = index.options.iter().map(|(name, value)| quote!((#name, #value)));
    quote! {
        #krate::IndexDef {
            name: #name,
            of: #of,
            class: #class,
            options: &[#(#options),*],
            is_external: #is_external,
        }
    }
}

pub(super) fn optional(value: Option<impl quote::ToTokens>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}
