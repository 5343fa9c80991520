//! `CqlType` and `UserType` of `cql-mapper`: both directions of a value, and the CQL type as a constant.

use crate::attributes::Repr;
use crate::errors::Errors;
use crate::input::{Input, Shape};
use crate::visibility::from_within;
use crate::{from_cql, to_cql};
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;

/// Newtypes and enums.
pub(crate) fn expand(input: &Input, errors: &mut Errors) -> TokenStream {
    let krate = &input.krate;
    check(input, errors);
    let of_type = match &input.shape {
        Shape::Enum(repr, _) => {
            let native = match repr {
                Repr::Text => quote!(Text),
                Repr::TinyInt => quote!(TinyInt),
                Repr::SmallInt => quote!(SmallInt),
                Repr::Int => quote!(Int),
                Repr::BigInt => quote!(BigInt),
            };
            quote!(#krate::TypeDef::Native(#krate::Native::#native))
        }
        Shape::Unnamed(_) | Shape::Transparent(_) => {
            let types: Vec<_> = input.plain().map(|field| &field.ty).collect();
            match types.as_slice() {
                [one] => quote_spanned!(one.span()=> <#one as #krate::CqlType>::TYPE),
                several => {
                    let parts =
                        several.iter().map(|ty| quote_spanned!(ty.span()=> <#ty as #krate::CqlType>::TYPE));
                    quote!(#krate::TypeDef::Tuple(&[#(#parts),*]))
                }
            }
        }
        Shape::Named(_) => {
            errors.at(
                &input.ident,
                "a struct with named fields is a user-defined type: derive `UserType`, or say `#[cql(transparent)]`",
            );
            return TokenStream::new();
        }
        Shape::Broken => return TokenStream::new(),
    };
    let values = both_ways(input, errors);
    let implementation = implementation(input, &of_type);
    quote!(#values #implementation)
}

/// Structs as user-defined types.
pub(crate) fn expand_user_type(input: &Input, errors: &mut Errors) -> TokenStream {
    check(input, errors);
    if !matches!(input.shape, Shape::Named(_)) {
        errors.at(
            &input.ident,
            "a user-defined type is a struct with named fields; for others derive `CqlType`",
        );
        return TokenStream::new();
    }
    for field in input.fields().iter().filter(|field| field.is_flattened() || field.attributes.with.is_some())
    {
        errors
            .at_span(field.span, "fields of a user-defined type have a CQL type: remove `flatten` or `with`");
    }
    let (krate, ident, vis, inner) = (&input.krate, &input.ident, &input.vis, from_within(&input.vis));
    let name =
        input.type_name.as_ref().map_or_else(|| snake_case(&ident.unraw().to_string()), syn::LitStr::value);
    let fields = input.plain().map(|field| {
        let (name, ty) = (&field.name, &field.ty);
        match field.attributes.frozen {
            Some(_) => {
                quote_spanned!(ty.span()=> (#name, #krate::frozen(&<#ty as #krate::CqlType>::TYPE, true)))
            }
            None => quote_spanned!(ty.span()=> (#name, <#ty as #krate::CqlType>::TYPE)),
        }
    });
    let idents: Vec<_> =
        input.plain().map(|field| format_ident!("{}", field.rust_name, span = field.span)).collect();
    let idents: Vec<_> = idents
        .iter()
        .zip(input.plain())
        .map(|(ident, field)| match &field.member {
            syn::Member::Named(name) => name.clone(),
            syn::Member::Unnamed(_) => ident.clone(),
        })
        .collect();
    let types = input.plain().map(|field| &field.ty);
    let numbers = 0_u16..;
    let values = both_ways(input, errors);
    let implementation =
        implementation(input, &quote!(#krate::TypeDef::Udt(<Self as #krate::UserType>::DEF)));
    quote! {
        #values
        #implementation

        const _: () = {
            #[allow(non_camel_case_types, missing_docs, missing_debug_implementations, dead_code, unreachable_pub)]
            mod __fields {
                #(#[derive(::core::clone::Clone, ::core::marker::Copy)] #inner struct #idents {})*
                #[derive(::core::clone::Clone, ::core::marker::Copy)]
                #inner struct Fields { #(#inner #idents: #idents),* }
            }

            #[automatically_derived]
            impl #krate::UserType for #ident {
                const DEF: &'static #krate::UserTypeDef =
                    &#krate::UserTypeDef { name: #name, fields: &[#(#fields),*] };
                type Fields = __fields::Fields;
                const FIELDS: __fields::Fields = __fields::Fields { #(#idents: __fields::#idents {}),* };
            }

            #(
                #[automatically_derived]
                impl #krate::Field for __fields::#idents {
                    type Of = #ident;
                    type Type = #types;
                    const INDEX: u16 = #numbers;
                }
            )*
        };

        #[doc(hidden)]
        #[allow(non_upper_case_globals, dead_code)]
        #vis const #ident: <#ident as #krate::UserType>::Fields = <#ident as #krate::UserType>::FIELDS;
    }
}

fn both_ways(input: &Input, errors: &mut Errors) -> TokenStream {
    let (from, to) = (from_cql::expand(input, errors), to_cql::expand(input, errors));
    quote!(#from #to)
}

fn check(input: &Input, errors: &mut Errors) {
    if let Some(parameter) = input.generics.params.first() {
        errors.at(parameter, "what a column holds has no parameters: it is a constant, and owns its values");
    }
}

fn implementation(input: &Input, of_type: &TokenStream) -> TokenStream {
    let (krate, ident) = (&input.krate, &input.ident);
    quote! {
        #[automatically_derived]
        impl #krate::CqlType for #ident {
            type NonNull = Self;
            type Content = #krate::content::Value;
            const TYPE: #krate::TypeDef = #of_type;
        }
    }
}

pub(crate) fn skeleton(input: &Input) -> TokenStream {
    let (from, to) = (from_cql::skeleton(input), to_cql::skeleton(input));
    let krate = &input.krate;
    let any = quote_spanned!(Span::call_site()=> #krate::TypeDef::Native(#krate::Native::Blob));
    if !input.generics.params.is_empty() {
        return TokenStream::new();
    }
    let implementation = implementation(input, &any);
    quote!(#from #to #implementation)
}

/// `TypeName` as `type_name`.
pub(crate) fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for (at, char) in name.char_indices() {
        if char.is_uppercase() && at > 0 {
            snake.push('_');
        }
        snake.extend(char.to_lowercase());
    }
    snake
}
