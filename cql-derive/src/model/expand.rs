//! The code of a model.

use super::input::{Field, Freeze, Index, Input, Role, span_of};
use crate::errors::Errors;
use crate::visibility::from_within;
use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::DeriveInput;

pub(crate) fn expand(input: DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let model = Input::new(input, &mut errors);
    if !errors.is_empty() {
        return errors.into_tokens();
    }
    let (ident, vis, krate) = (&model.ident, &model.vis, &model.krate);
    let columns = columns(&model);
    let implementation = implementation(&model);
    let reading = reading(&model);
    quote! {
        const _: () = {
            #columns
            #implementation
            #reading
        };

        #[doc(hidden)]
        #[allow(non_upper_case_globals, dead_code)]
        #vis const #ident: <#ident as #krate::Model>::Columns = <#ident as #krate::Model>::COLUMNS;
    }
}

/// Where a key's column is in its key, as a type.
fn place(at: usize, krate: &syn::Path) -> TokenStream {
    (0..at).fold(quote!(#krate::Here), |place, _| quote!(#krate::Next<#place>))
}

fn columns(model: &Input) -> TokenStream {
    let (krate, inner) = (&model.krate, from_within(&model.vis));
    let idents: Vec<_> = model.columns().map(|field| &field.ident).collect();
    let (mut partition, mut clustering) = (0, 0);
    let columns = model.columns().zip(0_u16..).map(|(field, number)| {
        let (name, ty) = (&field.ident, &field.ty);
        let own = quote_spanned!(span_of(field)=> <#ty as #krate::CqlType>::Content);
        let role = match (&field.role, &field.index) {
            (Role::PartitionKey, _) => {
                partition += 1;
                let place = place(partition - 1, krate);
                quote!(#krate::role::PartitionKey<#place>)
            }
            (Role::ClusteringKey { .. }, _) => {
                clustering += 1;
                let place = place(clustering - 1, krate);
                quote!(#krate::role::ClusteringKey<#place>)
            }
            (Role::Static, _) => quote!(#krate::role::Static),
            (Role::WriteTime(_) | Role::Ttl(_) | Role::Skipped, _) => quote!(#krate::role::Computed),
            (Role::Regular, Some(index)) if index.is_sai => quote!(<#own as #krate::SaiRoleOf>::Role),
            (Role::Regular, Some(_)) => quote!(#krate::role::Indexed),
            (Role::Regular, None) => quote!(<#own as #krate::RoleOf>::Role),
        };
        let ident = &model.ident;
        let unfrozen = (field.freeze == Freeze::Unfrozen)
            .then(|| quote!(#[automatically_derived] impl #krate::Unfrozen for __columns::#name {}));
        quote! {
            #[automatically_derived]
            impl #krate::Column for __columns::#name {
                type Model = #ident;
                type Role = #role;
                type Field = #ty;
                const INDEX: u16 = #number;
            }
            #[automatically_derived]
            impl #krate::ColumnOf<#ident> for __columns::#name {}
            #unfrozen
        }
    });
    quote! {
        #[allow(non_camel_case_types, missing_docs, missing_debug_implementations, dead_code, unreachable_pub)]
        mod __columns {
            #(#[derive(::core::clone::Clone, ::core::marker::Copy)] #inner struct #idents {})*
            #[derive(::core::clone::Clone, ::core::marker::Copy)]
            #inner struct Columns { #(#inner #idents: #idents),* }
        }
        #(#columns)*
    }
}

fn implementation(model: &Input) -> TokenStream {
    let (krate, ident) = (&model.krate, &model.ident);
    let idents: Vec<_> = model.columns().map(|field| &field.ident).collect();
    let of_role = |is_of: fn(&Role) -> bool| model.stored().filter(move |field| is_of(&field.role));
    let partition: Vec<&Field> = of_role(|role| *role == Role::PartitionKey).collect();
    let clustering: Vec<&Field> = of_role(|role| matches!(role, Role::ClusteringKey { .. })).collect();
    let slots = |fields: &[&Field], state: &TokenStream| {
        fields.iter().rev().fold(quote!(()), |rest, field| {
            let name = &field.ident;
            quote!((#state<__columns::#name>, #rest))
        })
    };
    let keys = |state: &TokenStream| {
        let (partition, clustering) = (slots(&partition, state), slots(&clustering, state));
        quote!(#krate::Keys<#partition, #clustering, #krate::NoIndex>)
    };
    let (open, full) = (keys(&quote!(#krate::Unset)), keys(&quote!(#krate::Eq)));
    let types = |fields: &mut dyn Iterator<Item = &&Field>| {
        let types = fields.map(|field| &field.ty);
        quote!((#(#types,)*))
    };
    let primary_key = types(&mut partition.iter().chain(&clustering));
    let partition_key = types(&mut partition.iter());
    let kind = match model.stored().find(|field| !field.is_key()) {
        Some(field) => {
            let ty = &field.ty;
            quote_spanned!(span_of(field)=> <<#ty as #krate::CqlType>::Content as #krate::RoleOf>::Kind)
        }
        None => quote!(#krate::kind::Table),
    };
    let (meta, methods) = (meta(model), methods(model));
    quote! {
        #[automatically_derived]
        #[allow(deprecated, unused_variables)]
        impl #krate::Model for #ident {
            type Kind = #kind;
            type Columns = __columns::Columns;
            type Keys = #open;
            type FullKey = #full;
            type PrimaryKey = #primary_key;
            type PartitionKey = #partition_key;

            const COLUMNS: __columns::Columns = __columns::Columns { #(#idents: __columns::#idents {}),* };
            const META: &'static #krate::ModelMeta = &#meta;

            #methods
        }

        const _: () = #krate::check_model(<#ident as #krate::Model>::META);
    }
}

/// How a row is written and checked.
fn methods(model: &Input) -> TokenStream {
    let krate = &model.krate;
    let writes = model.stored().map(|field| {
        let (name, ty) = (&field.ident, &field.ty);
        let is_null = if field.is_key() {
            quote!(false)
        } else {
            quote_spanned!(span_of(field)=> <#ty as #krate::CqlType>::is_null(&self.#name))
        };
        quote_spanned!(span_of(field)=> __out.column(&self.#name, #is_null)?;)
    });
    let nulls = model.stored().zip(0_u16..).filter(|(field, _)| !field.is_key()).map(|(field, at)| {
        let (name, ty) = (&field.ident, &field.ty);
        quote_spanned!(span_of(field)=> #at => <#ty as #krate::CqlType>::is_null(&self.#name),)
    });
    let checks = model.fields.iter().filter_map(|field| {
        let (path, name, rust_name) = (field.validate.as_ref()?, &field.ident, &field.rust_name);
        Some(quote!(#krate::validated(#rust_name, #path(&self.#name))?;))
    });
    quote! {
        fn write_row(
            &self,
            __out: &mut #krate::RowWriter<'_, '_>,
        ) -> ::core::result::Result<(), #krate::value::BindError> {
            #(#writes)*
            ::core::result::Result::Ok(())
        }

        fn validate(&self) -> ::core::result::Result<(), #krate::Error> {
            #(#checks)*
            ::core::result::Result::Ok(())
        }

        fn is_null(&self, __column: u16) -> bool {
            match __column {
                #(#nulls)*
                _ => false,
            }
        }
    }
}

fn meta(model: &Input) -> TokenStream {
    let krate = &model.krate;
    let (ident, table) = (model.ident.to_string(), &model.table);
    let keyspace = optional(model.keyspace.as_ref());
    let columns = model.columns().map(|field| column_meta(field, krate));
    let numbers = |is_of: fn(&Role) -> bool| {
        model
            .columns()
            .zip(0_u16..)
            .filter(move |(field, _)| is_of(&field.role))
            .map(|(field, at)| (at, field))
    };
    let partition = numbers(|role| *role == Role::PartitionKey).map(|(at, _)| at);
    let clustering = numbers(|role| matches!(role, Role::ClusteringKey { .. })).map(|(at, field)| {
        let descends = field.role == Role::ClusteringKey { descends: true };
        quote!((#at, #descends))
    });
    let options = model.options.iter().map(|(name, value)| quote!((#name, #krate::OptionDef::#value)));
    quote! {
        #krate::ModelMeta {
            rust_name: #ident,
            keyspace: #keyspace,
            table: #table,
            columns: &[#(#columns),*],
            partition_key: &[#(#partition),*],
            clustering_key: &[#(#clustering),*],
            options: &[#(#options),*],
            base: ::core::option::Option::None,
            discriminator: ::core::option::Option::None,
        }
    }
}

fn column_meta(field: &Field, krate: &syn::Path) -> TokenStream {
    let (name, rust_name, ty) = (&field.name, &field.rust_name, &field.ty);
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
        Role::Regular | Role::Skipped => quote!(Regular),
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

fn index_def(index: &Index, krate: &syn::Path) -> TokenStream {
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

fn optional(value: Option<impl quote::ToTokens>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}

/// `FromRow`, by the columns' names, found once per result.
fn reading(model: &Input) -> TokenStream {
    let (krate, ident) = (&model.krate, &model.ident);
    let count = model.columns().count();
    let has_default = |field: &Field| field.default.is_some() || !field.is_stored();
    let descriptions = model.columns().map(|field| {
        let (name, rust_name, ty) = (&field.name, &field.rust_name, &field.ty);
        let kind = if has_default(field) { quote!(optional) } else { quote!(required) };
        let check = quote_spanned!(span_of(field)=> <#ty as #krate::value::FromCql<'__cql>>::type_check);
        quote!(#krate::value::derived::Field::#kind(#name, #rust_name, #check))
    });
    let cells: Vec<_> = (0..count).map(|at| format_ident!("__cell_{at}")).collect();
    let values = model.columns().zip(&cells).map(|(field, cell)| {
        let (name, ty) = (&field.ident, &field.ty);
        let read = quote_spanned!(span_of(field)=> <#ty as #krate::value::FromCql<'__cql>>::from_cql);
        if has_default(field) {
            let default = default_of(field);
            quote_spanned!(span_of(field)=> #name: #cell.read_or(#read, #default)?)
        } else {
            quote_spanned!(span_of(field)=> #name: #cell.read(#read)?)
        }
    });
    let skipped = model.fields.iter().filter(|field| field.role == Role::Skipped).map(|field| {
        let (name, default) = (&field.ident, default_of(field));
        quote!(#name: (#default)())
    });
    quote! {
        #[automatically_derived]
        #[allow(deprecated, unused_variables)]
        impl<'__cql> #krate::value::FromRow<'__cql> for #ident {
            type Plan = #krate::value::derived::RowPlan<#count>;

            fn plan(
                __columns: &[#krate::types::ColumnSpec],
            ) -> ::core::result::Result<Self::Plan, #krate::value::RowMismatch> {
                #krate::value::derived::RowPlan::new::<Self>(__columns, [#(#descriptions),*])
            }

            #[inline]
            fn from_row(
                __plan: &Self::Plan,
                __row: &mut #krate::value::RowReader<'__cql>,
            ) -> ::core::result::Result<Self, #krate::value::RowError> {
                let [#(#cells),*] = __plan.cells(__row)?;
                ::core::result::Result::Ok(Self { #(#values,)* #(#skipped),* })
            }
        }
    }
}

/// The function that makes the value of a field that is not read.
fn default_of(field: &Field) -> TokenStream {
    let ty = &field.ty;
    match &field.default {
        Some(Some(value)) => quote!(|| #value),
        _ => quote_spanned!(span_of(field)=> <#ty as ::core::default::Default>::default),
    }
}
