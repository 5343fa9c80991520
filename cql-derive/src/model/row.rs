//! How a row is written, read and checked.

use super::columns::field_type;
use super::field::{Field, Role, span_of};
use super::input::{Input, Kind};
use crate::to_cql::within;
use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};

/// The methods of what is written: `write_row`, `validate`, `is_null`, `touch`.
pub(super) fn writing(model: &Input) -> TokenStream {
    let (write_row, validate, is_null, touch) =
        (write_row(model), validate(model), is_null(model), touch(model));
    quote!(#write_row #validate #is_null #touch)
}

/// The flattened fields, as calls of one function of theirs.
fn of_flattened<'m>(
    model: &'m Input,
    call: impl Fn(TokenStream, &'m Field) -> TokenStream + 'm,
) -> impl Iterator<Item = TokenStream> + 'm {
    let krate = &model.krate;
    model.flattened().map(move |field| {
        let ty = &field.ty;
        call(quote_spanned!(span_of(field)=> <#ty as #krate::Columns>), field)
    })
}

fn write_row(model: &Input) -> TokenStream {
    let krate = &model.krate;
    let writes = model.fields.iter().filter_map(|field| {
        let (name, ty) = (&field.ident, &field.ty);
        if field.role == Role::Flattened {
            return Some(
                quote_spanned!(span_of(field)=> <#ty as #krate::Columns>::write_row(&self.#name, __out)?;),
            );
        }
        if !field.is_stored() {
            return None;
        }
        if let Some(module) = &field.with {
            let (to_cql, natural_type) = (within(module, "to_cql"), within(module, "natural_type"));
            return Some(quote! {
                __out.column(
                    &#krate::value::derived::With::new(
                        |__type, __bytes| #to_cql(&self.#name, __type, __bytes),
                        || #natural_type(&self.#name),
                    ),
                    false,
                )?;
            });
        }
        let is_null = if field.is_key() {
            quote!(false)
        } else {
            quote_spanned!(span_of(field)=> <#ty as #krate::CqlType>::is_null(&self.#name))
        };
        Some(quote_spanned!(span_of(field)=> __out.column(&self.#name, #is_null)?;))
    });
    let tag = model.variant_of.as_ref().map(|of| {
        let ident = &model.ident;
        quote!(__out.column(&<#ident as #krate::VariantOf<#of>>::TAG, false)?;)
    });
    quote! {
        fn write_row(
            &self,
            __out: &mut #krate::RowWriter<'_, '_>,
        ) -> ::core::result::Result<(), #krate::value::BindError> {
            #(#writes)*
            #tag
            ::core::result::Result::Ok(())
        }
    }
}

fn validate(model: &Input) -> TokenStream {
    let krate = &model.krate;
    let checks = model.fields.iter().filter_map(|field| {
        let (path, name, rust_name) = (field.validate.as_ref()?, &field.ident, &field.rust_name);
        Some(quote!(#krate::validated(#rust_name, #path(&self.#name))?;))
    });
    let inner = of_flattened(model, |group, field| {
        let name = &field.ident;
        quote!(#group::validate(&self.#name)?;)
    });
    let whole = model.validate.as_ref().map(|path| {
        let rust_name = model.ident.to_string();
        quote!(#krate::validated(#rust_name, #path(self))?;)
    });
    quote! {
        fn validate(&self) -> ::core::result::Result<(), #krate::Error> {
            #(#checks)*
            #(#inner)*
            #whole
            ::core::result::Result::Ok(())
        }
    }
}

fn is_null(model: &Input) -> TokenStream {
    let krate = &model.krate;
    let nulls = model.stored().filter(|field| !field.is_key() && field.with.is_none()).map(|field| {
        let (name, ty, at) = (&field.ident, &field.ty, model.number(field));
        quote_spanned!(span_of(field)=> __at if __at == #at => <#ty as #krate::CqlType>::is_null(&self.#name),)
    });
    let inner = of_flattened(model, |group, field| {
        let (name, ty, first) = (&field.ident, &field.ty, model.number(field));
        quote!(__at if #krate::is_within::<#ty>(__at, #first) => #group::is_null(&self.#name, __at - (#first)),)
    });
    quote! {
        fn is_null(&self, __column: u16) -> bool {
            match __column {
                #(#nulls)*
                #(#inner)*
                _ => false,
            }
        }
    }
}

/// Sets what `on_update` says, and counts the version on.
fn touch(model: &Input) -> TokenStream {
    let krate = &model.krate;
    let updates: Vec<_> = model
        .stored()
        .filter_map(|field| {
            let (value, name, at) = (field.on_update.as_ref()?, &field.ident, model.number(field));
            Some(quote!(if __is_unchanged(__first + #at) { self.#name = #value; }))
        })
        .collect();
    let inner: Vec<_> = of_flattened(model, |group, field| {
        let (name, first) = (&field.ident, model.number(field));
        quote!(#group::touch(&mut self.#name, __first + #first, __is_unchanged);)
    })
    .collect();
    let version = model.stored().find(|field| field.is_version).map(|field| {
        let (name, ty) = (&field.ident, &field.ty);
        let next = quote_spanned!(span_of(field)=> <#ty as #krate::Version>::next(&self.#name));
        quote! {
            fn next_version(&mut self) {
                self.#name = #next;
            }
        }
    });
    let (first, declared) = match model.kind {
        Kind::Columns => (quote!(__first: u16,), TokenStream::new()),
        _ => (TokenStream::new(), quote!(let __first = 0_u16;)),
    };
    if updates.is_empty() && inner.is_empty() {
        return version.unwrap_or_default();
    }
    quote! {
        fn touch(&mut self, #first __is_unchanged: &dyn ::core::ops::Fn(u16) -> bool) {
            #declared
            #(#updates)*
            #(#inner)*
        }

        #version
    }
}

/// What a statement gives to columns that it leaves out, and how a value of one column is checked.
pub(super) fn filling(model: &Input) -> TokenStream {
    let krate = &model.krate;
    let fill = |field: &Field, value: TokenStream| {
        let (at, of) = (model.number(field), field_type(field, krate));
        let value = match &field.with {
            Some(_) => quote!(<#of>::new(#value)),
            None => value,
        };
        quote_spanned!(span_of(field)=> __out.column::<#of>(__first + #at, || #value);)
    };
    let defaults: Vec<_> = model
        .stored()
        .filter_map(|field| match field.default.as_ref()? {
            Some(value) => Some(fill(field, quote!(#value))),
            None => {
                let ty = &field.ty;
                Some(fill(
                    field,
                    quote_spanned!(span_of(field)=> <#ty as ::core::default::Default>::default()),
                ))
            }
        })
        .collect();
    let updates: Vec<_> = model
        .stored()
        .filter_map(|field| field.on_update.as_ref().map(|value| fill(field, quote!(#value))))
        .collect();
    let inner: Vec<_> = of_flattened(model, |group, field| {
        let first = model.number(field);
        quote!(#group::fill(__first + #first, __when, __out);)
    })
    .collect();
    let tag = model.variant_of.as_ref().map(|of| {
        let (ident, at) = (&model.ident, model.number_of_tag());
        quote! {
            __out.tag(
                __first + #at,
                &<#of as #krate::Polymorphic>::COLUMN.type_def,
                &<#ident as #krate::VariantOf<#of>>::TAG,
            );
        }
    });
    let (first, declared) = match model.kind {
        Kind::Columns => (quote!(__first: u16,), TokenStream::new()),
        _ => (TokenStream::new(), quote!(let __first = 0_u16;)),
    };
    let filling =
        (!defaults.is_empty() || !updates.is_empty() || !inner.is_empty() || tag.is_some()).then(|| {
            quote! {
                fn fill(#first __when: #krate::Fill, __out: &mut #krate::Filler<'_>) {
                    #declared
                    match __when {
                        #krate::Fill::Create => { #(#defaults)* #tag }
                        #krate::Fill::Update => { #(#updates)* }
                    }
                    #(#inner)*
                }
            }
        });
    let validating = validate_cell(model);
    quote!(#filling #validating)
}

fn validate_cell(model: &Input) -> TokenStream {
    let krate = &model.krate;
    let checks: Vec<_> = model
        .stored()
        .filter_map(|field| {
            let (path, rust_name, at) = (field.validate.as_ref()?, &field.rust_name, model.number(field));
            let (ty, of) = (&field.ty, field_type(field, krate));
            let value = if field.with.is_some() { quote!(__value.get()) } else { quote!(__value) };
            Some(quote_spanned! {span_of(field)=>
                __at if __at == #at => #krate::validated_cell(#rust_name, __cell, |__value: &#of| {
                    let __value: &#ty = #value;
                    #path(__value)
                }),
            })
        })
        .collect();
    let inner: Vec<_> = of_flattened(model, |group, field| {
        let (ty, first) = (&field.ty, model.number(field));
        quote!(__at if #krate::is_within::<#ty>(__at, #first) => #group::validate_cell(__at - (#first), __cell),)
    })
    .collect();
    if checks.is_empty() && inner.is_empty() {
        return TokenStream::new();
    }
    quote! {
        fn validate_cell(
            __column: u16,
            __cell: ::core::option::Option<&[u8]>,
        ) -> ::core::result::Result<(), #krate::Error> {
            match __column {
                #(#checks)*
                #(#inner)*
                _ => ::core::result::Result::Ok(()),
            }
        }
    }
}

/// `FromRow`, by the columns' names, found once per result.
pub(super) fn reading(model: &Input) -> TokenStream {
    let (krate, ident) = (&model.krate, &model.ident);
    let own: Vec<&Field> = model.columns().collect();
    let has_tag = model.variant_of.is_some();
    let count = own.len() + usize::from(has_tag);
    let mut descriptions: Vec<TokenStream> = own.iter().map(|field| description(field, krate)).collect();
    let cells: Vec<_> = (0..count).map(|at| format_ident!("__cell_{at}")).collect();
    let values = own.iter().zip(&cells).map(|(field, cell)| {
        let (name, read) = (&field.ident, function(field, "from_cql", krate));
        if has_default(field) {
            let default = default_of(field);
            quote_spanned!(span_of(field)=> #name: #cell.read_or(#read, #default)?)
        } else {
            quote_spanned!(span_of(field)=> #name: #cell.read(#read)?)
        }
    });
    let tag = model.variant_of.as_ref().map(|of| {
        let cell = cells.last();
        descriptions.push(quote! {
            #krate::value::derived::Field::required(
                <#of as #krate::Polymorphic>::COLUMN.name,
                <#of as #krate::Polymorphic>::COLUMN.name,
                #krate::Tag::type_check,
            )
        });
        quote! {
            #cell.read(|__type, __bytes| <#ident as #krate::VariantOf<#of>>::TAG.check(__type, __bytes))?;
        }
    });
    let inner: Vec<TokenStream> = model
        .flattened()
        .map(|field| {
            let ty = &field.ty;
            quote_spanned!(span_of(field)=> <#ty as #krate::value::FromRow<'__cql>>)
        })
        .collect();
    let members = model.flattened().map(|field| &field.ident);
    let places = (1..=inner.len()).map(syn::Index::from);
    let skipped = model.fields.iter().filter(|field| field.role == Role::Skipped).map(|field| {
        let (name, default) = (&field.ident, default_of(field));
        quote!(#name: (#default)())
    });
    quote! {
        #[automatically_derived]
        #[allow(deprecated, unused_variables)]
        impl<'__cql> #krate::value::FromRow<'__cql> for #ident {
            type Plan = (#krate::value::derived::RowPlan<#count>, #(#inner::Plan,)*);

            fn plan(
                __columns: &[#krate::types::ColumnSpec],
            ) -> ::core::result::Result<Self::Plan, #krate::value::RowMismatch> {
                ::core::result::Result::Ok((
                    #krate::value::derived::RowPlan::new::<Self>(__columns, [#(#descriptions),*])?,
                    #(#inner::plan(__columns)?,)*
                ))
            }

            #[inline]
            fn from_row(
                __plan: &Self::Plan,
                __row: &mut #krate::value::RowReader<'__cql>,
            ) -> ::core::result::Result<Self, #krate::value::RowError> {
                let __start = ::core::clone::Clone::clone(&*__row);
                let [#(#cells),*] = __plan.0.cells(__row)?;
                #tag
                ::core::result::Result::Ok(Self {
                    #(#values,)*
                    #(#members: #inner::from_row(&__plan.#places, &mut ::core::clone::Clone::clone(&__start))?,)*
                    #(#skipped),*
                })
            }
        }
    }
}

fn has_default(field: &Field) -> bool {
    field.default.is_some() || !field.is_stored()
}

fn description(field: &Field, krate: &syn::Path) -> TokenStream {
    let (name, rust_name) = (&field.name, &field.rust_name);
    let kind = if has_default(field) { quote!(optional) } else { quote!(required) };
    let check = function(field, "type_check", krate);
    quote!(#krate::value::derived::Field::#kind(#name, #rust_name, #check))
}

/// The function of `FromCql` that this field is read by: its type's, or that of its `with`.
fn function(field: &Field, name: &str, krate: &syn::Path) -> TokenStream {
    let ty = &field.ty;
    if let Some(module) = &field.with {
        return within(module, name);
    }
    let function = proc_macro2::Ident::new(name, span_of(field));
    quote_spanned!(span_of(field)=> <#ty as #krate::value::FromCql<'__cql>>::#function)
}

/// The function that makes the value of a field that is not read.
fn default_of(field: &Field) -> TokenStream {
    let ty = &field.ty;
    match &field.default {
        Some(Some(value)) => quote!(|| #value),
        _ => quote_spanned!(span_of(field)=> <#ty as ::core::default::Default>::default),
    }
}

/// The rows that other tables get with each of this one.
pub(super) fn mirrors(model: &Input) -> Option<TokenStream> {
    let (krate, ident, mirrors) = (&model.krate, &model.ident, &model.mirrors);
    (!mirrors.is_empty()).then(|| {
        quote! {
            #[automatically_derived]
            impl #krate::Mirrored for #ident {
                fn mirrors(&self, __out: &mut #krate::Mirrors<'_>) {
                    #(__out.row(<#mirrors as ::core::convert::From<&#ident>>::from(self));)*
                }
            }
        }
    })
}
