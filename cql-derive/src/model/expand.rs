//! The code of a model, a view, and of columns that models share.

use super::columns::{codecs, column_metas, field_type, markers, meta, role};
use super::field::{Field, span_of};
use super::input::{Input, Kind};
use super::row::{filling, mirrors, reading, writing};
use crate::errors::Errors;
use crate::visibility::from_within;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::DeriveInput;

/// `Model`.
pub(crate) fn expand(input: DeriveInput) -> TokenStream {
    derived(input, Kind::Table, of_model)
}

/// `View`.
pub(crate) fn expand_view(input: DeriveInput) -> TokenStream {
    derived(input, Kind::View, of_model)
}

/// `Columns`.
pub(crate) fn expand_columns(input: DeriveInput) -> TokenStream {
    derived(input, Kind::Columns, of_columns)
}

/// The mistakes, and what can be made of the rest: who edits a struct sees them, and not every use of what is missing.
fn derived(input: DeriveInput, kind: Kind, expand: fn(&Input) -> TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let model = Input::new(input, kind, &mut errors);
    let code = if model.is_broken { TokenStream::new() } else { expand(&model) };
    let mistakes = errors.into_tokens();
    quote!(#mistakes #code)
}

fn of_model(model: &Input) -> TokenStream {
    let (ident, vis, krate) = (&model.ident, &model.vis, &model.krate);
    let (markers, implementation, reading) = (markers(model), implementation(model), reading(model));
    quote! {
        const _: () = {
            #markers
            #implementation
            #reading
        };

        #[doc(hidden)]
        #[allow(non_upper_case_globals, dead_code)]
        #vis const #ident: <#ident as #krate::Model>::Columns = <#ident as #krate::Model>::COLUMNS;
    }
}

fn implementation(model: &Input) -> TokenStream {
    let (krate, ident) = (&model.krate, &model.ident);
    let idents: Vec<_> = model.columns().map(|field| &field.ident).collect();
    let (partition, clustering) = (model.partition(), model.clustering());
    let slots = |fields: &[&Field], state: &TokenStream| {
        fields.iter().rev().fold(quote!(()), |rest, field| {
            let name = &field.ident;
            quote!((#state<__columns::#name>, #rest))
        })
    };
    let index = model
        .variant_of
        .as_ref()
        .map_or_else(|| quote!(#krate::NoIndex), |of| quote!(<#of as #krate::Polymorphic>::Index));
    let keys = |state: &TokenStream, index: &TokenStream| {
        let (partition, clustering) = (slots(&partition, state), slots(&clustering, state));
        quote!(#krate::Keys<#partition, #clustering, #index>)
    };
    let (open, full) =
        (keys(&quote!(#krate::Unset), &index), keys(&quote!(#krate::Eq), &quote!(#krate::NoIndex)));
    let types = |fields: &mut dyn Iterator<Item = &&Field>| {
        let types = fields.map(|field| field_type(field, krate));
        quote!((#(#types,)*))
    };
    let primary_key = types(&mut partition.iter().chain(&clustering));
    let partition_key = types(&mut partition.iter());
    let (kind, access) = (kind(model), access(model));
    let (meta, filling) = (meta(model), filling(model));
    let (flattened, groups) = flattened(model);
    let members = model.flattened().map(|field| &field.ident);
    let writing = (model.kind == Kind::Table).then(|| {
        let methods = writing(model);
        quote! {
            #[automatically_derived]
            #[allow(deprecated, unused_variables, clippy::all, clippy::pedantic)]
            impl #krate::WriteRow for #ident {
                #methods
            }
        }
    });
    let mirrors = mirrors(model);
    let relations = relations(model);
    quote! {
        #[automatically_derived]
        #[allow(deprecated, unused_variables, clippy::all, clippy::pedantic)]
        impl #krate::Model for #ident {
            type Kind = #kind;
            type Columns = __columns::Columns<#(#groups),*>;
            type Keys = #open;
            type FullKey = #full;
            type PrimaryKey = #primary_key;
            type PartitionKey = #partition_key;
            type Access = #access;

            const COLUMNS: Self::Columns = __columns::Columns {
                #(#idents: __columns::#idents {},)*
                #(#members: <#groups as #krate::MarkersOf>::VALUE),*
            };
            const META: &'static #krate::ModelMeta = &#meta;

            fn slot() -> &'static #krate::Slot {
                static __SLOT: #krate::Slot = #krate::Slot::new();
                &__SLOT
            }

            #filling
        }

        #writing
        #flattened
        #mirrors
        #relations
    }
}

/// The kind of table, by the first column that is not of the key.
fn kind(model: &Input) -> TokenStream {
    let krate = &model.krate;
    if model.kind == Kind::View {
        return quote!(#krate::kind::View);
    }
    match model.stored().find(|field| !field.is_key()) {
        Some(field) => {
            let ty = field_type(field, krate);
            quote_spanned!(span_of(field)=> <<#ty as #krate::CqlType>::Content as #krate::RoleOf>::Kind)
        }
        None => quote!(#krate::kind::Table),
    }
}

/// Whether rows are found without the other models of the same table.
fn access(model: &Input) -> TokenStream {
    let krate = &model.krate;
    match &model.variant_of {
        Some(of) => quote!(<#of as #krate::Polymorphic>::Index),
        None => quote!(#krate::Whole),
    }
}

/// What is checked when it is compiled, and which enum a model belongs to.
fn relations(model: &Input) -> TokenStream {
    let (krate, ident) = (&model.krate, &model.ident);
    let check = if model.kind == Kind::View { quote!(check_view) } else { quote!(check_model) };
    let variant = model.variant_of.as_ref().map(|of| {
        quote! {
            #[automatically_derived]
            impl #krate::PartOf<#of> for #ident {}
        }
    });
    let check =
        (!model.has_mistakes).then(|| quote!(const _: () = #krate::#check(<#ident as #krate::Model>::META);));
    quote! {
        #variant
        #check
    }
}

/// Where flattened columns are, and the types of their markers.
fn flattened(model: &Input) -> (TokenStream, Vec<TokenStream>) {
    let (krate, ident) = (&model.krate, &model.ident);
    let types = model.flattened_types();
    let firsts = model.flattened().map(|field| model.number(field));
    let places = quote! {
        #(
            #[automatically_derived]
            impl #krate::Flattens<#types> for #ident {
                const FIRST: u16 = #firsts;
            }
        )*
    };
    let groups = model
        .flattened()
        .map(|field| {
            let ty = &field.ty;
            quote_spanned!(span_of(field)=> <#ty as #krate::ColumnsIn<#ident>>::Columns)
        })
        .collect();
    (places, groups)
}

/// Columns that are part of several models: their types have the model as a parameter.
fn of_columns(group: &Input) -> TokenStream {
    let (krate, ident, inner) = (&group.krate, &group.ident, from_within(&group.vis));
    let idents: Vec<_> = group.columns().map(|field| &field.ident).collect();
    let columns = group.columns().map(|field| {
        let (name, role, of) = (&field.ident, role(group, field), field_type(field, krate));
        let number = group.number(field);
        quote! {
            impl<__M> ::core::clone::Clone for __columns::#name<__M> {
                fn clone(&self) -> Self {
                    *self
                }
            }
            impl<__M> ::core::marker::Copy for __columns::#name<__M> {}
            #[automatically_derived]
            impl<__M: #krate::Model + #krate::Flattens<#ident>> #krate::Column for __columns::#name<__M> {
                type Model = __M;
                type Role = #role;
                type Field = #of;
                const INDEX: u16 = <__M as #krate::Flattens<#ident>>::FIRST + #number;
            }
        }
    });
    let (writing, filling, reading, codecs) = (writing(group), filling(group), reading(group), codecs(group));
    let metas = column_metas(group);
    quote! {
        const _: () = {
            #[allow(non_camel_case_types, missing_docs, missing_debug_implementations, dead_code, unreachable_pub)]
            mod __columns {
                #(#inner struct #idents<M>(#inner ::core::marker::PhantomData<fn() -> M>);)*
                #inner struct Columns<M> { #(#inner #idents: #idents<M>),* }
            }
            impl<__M> ::core::clone::Clone for __columns::Columns<__M> {
                fn clone(&self) -> Self {
                    *self
                }
            }
            impl<__M> ::core::marker::Copy for __columns::Columns<__M> {}
            #(#columns)*
            #codecs

            impl<__M: 'static> #krate::MarkersOf for __columns::Columns<__M> {
                const VALUE: Self =
                    __columns::Columns { #(#idents: __columns::#idents(::core::marker::PhantomData)),* };
            }

            #[automatically_derived]
            impl<__M: #krate::Model> #krate::ColumnsIn<__M> for #ident {
                type Columns = __columns::Columns<__M>;
            }

            #[automatically_derived]
            #[allow(deprecated, unused_variables, clippy::all, clippy::pedantic)]
            impl #krate::Columns for #ident {
                const COLUMNS: &'static [#krate::ColumnMeta] = #metas;

                #writing
                #filling
            }

            const _: () = #krate::check_columns(<#ident as #krate::Columns>::COLUMNS);
            #reading
        };
    }
}
