//! `BindRow`: fields to the markers of their names.

use crate::errors::Errors;
use crate::input::{Field, Input, Shape};
use crate::to_cql;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

pub(crate) fn expand(input: &Input, errors: &mut Errors) -> TokenStream {
    match &input.shape {
        Shape::Named(_) => named(input),
        Shape::Unnamed(_) | Shape::Transparent(_) => by_position(input, errors),
        Shape::Enum(..) => {
            errors.at(
                &input.ident,
                "statements take their values from structs; for an enum as a value derive `ToCql`",
            );
            TokenStream::new()
        }
        Shape::Broken => TokenStream::new(),
    }
}

pub(crate) fn skeleton(input: &Input) -> TokenStream {
    let body = quote! { ::core::unimplemented!() };
    implementation(input, false, &body, &body)
}

fn named(input: &Input) -> TokenStream {
    let (krate, self_type) = (&input.krate, input.self_type());
    let count = input.plain().count();
    let arms = input.plain().zip(0_usize..).map(|(field, at)| {
        let (name, value) = (&field.name, to_cql::value(field, input));
        let write = quote_spanned!(field.ty.span()=> __values.value(#value, __marker)?;);
        quote!(#name => { #write ::core::result::Result::Ok(::core::option::Option::Some(#at)) })
    });
    let named = input.plain().map(|field| {
        let (name, value) = (&field.name, to_cql::value(field, input));
        quote_spanned!(field.ty.span()=> __values.named(#name, #value)?;)
    });
    let names = input.plain().map(|field| &field.name);
    let inner: Vec<TokenStream> = input
        .flattened()
        .map(|field| {
            let ty = &field.ty;
            quote_spanned!(ty.span()=> <#ty as #krate::value::derived::BindFields>)
        })
        .collect();
    let members: Vec<_> = input.flattened().map(|field| &field.member).collect();
    let generics = input.bounded(|field| bound(field, input));
    let (parameters, _, bounds) = generics.split_for_impl();
    let bind = quote!(#krate::value::derived::bind_by_name(self, __columns, __values));
    let bind_untyped = quote!(#krate::value::derived::BindFields::bind_names(self, __values));
    let implementation = implementation(input, true, &bind, &bind_untyped);
    quote! {
        #implementation

        #[automatically_derived]
        #[allow(deprecated, unused_variables)]
        impl #parameters #krate::value::derived::BindFields for #self_type #bounds {
            const COUNT: usize = #count #(+ #inner::COUNT)*;

            fn bind_field(
                &self,
                __marker: &#krate::types::ColumnSpec,
                __values: &mut #krate::value::ValuesWriter<'_>,
            ) -> ::core::result::Result<::core::option::Option<usize>, #krate::value::BindError> {
                match __marker.name() {
                    #(#arms)*
                    _ => {
                        let __before = #count;
                        #(
                            if let ::core::option::Option::Some(__at) =
                                #inner::bind_field(&self.#members, __marker, __values)?
                            {
                                return ::core::result::Result::Ok(::core::option::Option::Some(__before + __at));
                            }
                            let __before = __before + #inner::COUNT;
                        )*
                        ::core::result::Result::Ok(::core::option::Option::None)
                    }
                }
            }

            fn bind_names(
                &self,
                __values: &mut #krate::value::ValuesWriter<'_>,
            ) -> ::core::result::Result<(), #krate::value::BindError> {
                #(#named)*
                #(#inner::bind_names(&self.#members, __values)?;)*
                ::core::result::Result::Ok(())
            }

            fn names(&self, __each: &mut dyn ::core::ops::FnMut(&'static str)) {
                #(__each(#names);)*
                #(#inner::names(&self.#members, __each);)*
            }
        }
    }
}

fn by_position(input: &Input, errors: &mut Errors) -> TokenStream {
    input.check_positions(to_cql::LONGEST_TUPLE, errors);
    let krate = &input.krate;
    let values: Vec<TokenStream> = input.plain().map(|field| to_cql::value(field, input)).collect();
    let bind = quote!(#krate::value::BindRow::bind(&(#(#values,)*), __columns, __values));
    let bind_untyped = quote!(#krate::value::BindRow::bind_untyped(&(#(#values,)*), __values));
    implementation(input, true, &bind, &bind_untyped)
}

fn bound(field: &Field, input: &Input) -> Option<TokenStream> {
    let krate = &input.krate;
    if field.is_flattened() {
        return Some(quote!(#krate::value::derived::BindFields));
    }
    to_cql::bound(field, input)
}

fn implementation(
    input: &Input,
    is_bounded: bool,
    bind: &TokenStream,
    bind_untyped: &TokenStream,
) -> TokenStream {
    let (krate, self_type) = (&input.krate, input.self_type());
    let generics = input.bounded(|field| if is_bounded { bound(field, input) } else { None });
    let (parameters, _, bounds) = generics.split_for_impl();
    quote! {
        #[automatically_derived]
        #[allow(deprecated, unused_variables)]
        impl #parameters #krate::value::BindRow for #self_type #bounds {
            #[inline]
            fn bind(
                &self,
                __columns: &[#krate::types::ColumnSpec],
                __values: &mut #krate::value::ValuesWriter<'_>,
            ) -> ::core::result::Result<(), #krate::value::BindError> {
                #bind
            }

            fn bind_untyped(
                &self,
                __values: &mut #krate::value::ValuesWriter<'_>,
            ) -> ::core::result::Result<(), #krate::value::BindError> {
                #bind_untyped
            }
        }
    }
}
