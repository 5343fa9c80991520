//! `ToCql`: user-defined types, values in a struct around them, tuples, enums.

use crate::attributes::Repr;
use crate::errors::Errors;
use crate::input::{Field, Input, Shape, Variant};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Path;
use syn::spanned::Spanned as _;

/// The longest tuple that can be written.
pub(crate) const LONGEST_TUPLE: usize = 16;

pub(crate) fn expand(input: &Input, errors: &mut Errors) -> TokenStream {
    match &input.shape {
        Shape::Named(_) => named(input),
        Shape::Unnamed(_) | Shape::Transparent(_) => by_position(input, errors),
        Shape::Enum(repr, variants) => of_enum(input, *repr, variants),
        Shape::Broken => TokenStream::new(),
    }
}

pub(crate) fn skeleton(input: &Input) -> TokenStream {
    let body = quote! { ::core::unimplemented!() };
    implementation(input, false, &body, &body)
}

/// The value of a field, as something that is `ToCql`.
pub(crate) fn value(field: &Field, input: &Input) -> TokenStream {
    let (member, krate) = (&field.member, &input.krate);
    match &field.attributes.with {
        Some((_, module)) => {
            let (to_cql, natural_type) = (within(module, "to_cql"), within(module, "natural_type"));
            quote! {
                &#krate::value::derived::With::new(
                    |__type, __out| #to_cql(&self.#member, __type, __out),
                    || #natural_type(&self.#member),
                )
            }
        }
        None => quote_spanned!(field.ty.span()=> &self.#member),
    }
}

/// A function of the module that `with` names; the compiler shows the module where the function is not there.
pub(crate) fn within(module: &Path, function: &str) -> TokenStream {
    let function = Ident::new(function, module.span());
    quote_spanned!(module.span()=> #module::#function)
}

/// What the type of a field must be able to do.
pub(crate) fn bound(field: &Field, input: &Input) -> Option<TokenStream> {
    let krate = &input.krate;
    (field.is_plain() && field.attributes.with.is_none()).then(|| quote!(#krate::value::ToCql))
}

fn named(input: &Input) -> TokenStream {
    let (krate, self_type) = (&input.krate, input.self_type());
    let arms = input.plain().map(|field| {
        let (name, value) = (&field.name, value(field, input));
        let write = quote_spanned!(field.ty.span()=> __fields.write(#value)?);
        quote!(#name => #write,)
    });
    let names = input.plain().map(|field| &field.name);
    let inner: Vec<TokenStream> = input
        .flattened()
        .map(|field| {
            let ty = &field.ty;
            quote_spanned!(ty.span()=> <#ty as #krate::value::derived::UdtFields>)
        })
        .collect();
    let members: Vec<_> = input.flattened().map(|field| &field.member).collect();
    let generics = input.bounded(|field| udt_bound(field, input));
    let (parameters, _, bounds) = generics.split_for_impl();
    let write = quote!(#krate::value::derived::write_udt(self, __type, __out));
    // Which type it is, the statement says: the struct knows neither its name nor all of its fields.
    let implementation = implementation(input, true, &write, &quote!(::core::option::Option::None));
    quote! {
        #implementation

        #[automatically_derived]
        #[allow(deprecated, unused_variables)]
        impl #parameters #krate::value::derived::UdtFields for #self_type #bounds {
            fn names(&self, __each: &mut dyn ::core::ops::FnMut(&'static str)) {
                #(__each(#names);)*
                #(#inner::names(&self.#members, __each);)*
            }

            fn write_field(
                &self,
                __name: &str,
                __fields: &mut #krate::value::UdtWriter<'_, '_>,
            ) -> ::core::result::Result<bool, #krate::value::ValueError> {
                match __name {
                    #(#arms)*
                    _ => return ::core::result::Result::Ok(
                        false #(|| #inner::write_field(&self.#members, __name, __fields)?)*
                    ),
                }
                ::core::result::Result::Ok(true)
            }
        }
    }
}

fn udt_bound(field: &Field, input: &Input) -> Option<TokenStream> {
    let krate = &input.krate;
    if field.is_flattened() {
        return Some(quote!(#krate::value::derived::UdtFields));
    }
    bound(field, input)
}

/// One field is written as it is, several as a tuple.
fn by_position(input: &Input, errors: &mut Errors) -> TokenStream {
    input.check_positions(LONGEST_TUPLE, errors);
    let krate = &input.krate;
    let values: Vec<TokenStream> = input.plain().map(|field| value(field, input)).collect();
    let whole = match values.as_slice() {
        [] => {
            errors.at(&input.ident, "there is nothing to store in a struct without fields: add one");
            return TokenStream::new();
        }
        [one] => one.clone(),
        several => quote!(&(#(#several),*)),
    };
    let span = input.plain().next().map_or_else(Span::call_site, |field| field.ty.span());
    let write = quote_spanned!(span=> #krate::value::ToCql::to_cql(#whole, __type, __out));
    let natural = quote!(#krate::value::ToCql::natural_type(#whole));
    implementation(input, true, &write, &natural)
}

fn of_enum(input: &Input, repr: Repr, variants: &[Variant]) -> TokenStream {
    let krate = &input.krate;
    let (of_type, column_type) = stored_as(repr);
    let arms = variants.iter().map(|Variant { ident, name, number, other }| match (number, other) {
        (_, Some(_)) => quote!(Self::#ident(__other) => __other),
        (Some(number), None) if repr != Repr::Text => quote!(Self::#ident => &(#number)),
        _ => quote!(Self::#ident => #name),
    });
    let write = quote! {
        let __value: &#of_type = match self { #(#arms),* };
        #krate::value::derived::write_as::<Self, #of_type>(__value, __type, __out)
    };
    let natural = quote!(::core::option::Option::Some(#krate::types::ColumnType::#column_type));
    implementation(input, true, &write, &natural)
}

/// The Rust type that an enum is stored as, and the CQL type.
pub(crate) fn stored_as(repr: Repr) -> (TokenStream, Ident) {
    let (of_type, column_type) = match repr {
        Repr::Text => (quote!(str), "Text"),
        Repr::TinyInt => (quote!(i8), "TinyInt"),
        Repr::SmallInt => (quote!(i16), "SmallInt"),
        Repr::Int => (quote!(i32), "Int"),
        Repr::BigInt => (quote!(i64), "BigInt"),
    };
    (of_type, Ident::new(column_type, Span::call_site()))
}

fn implementation(
    input: &Input,
    is_bounded: bool,
    write: &TokenStream,
    natural: &TokenStream,
) -> TokenStream {
    let (krate, self_type) = (&input.krate, input.self_type());
    let generics = input.bounded(|field| if is_bounded { udt_bound(field, input) } else { None });
    let (parameters, _, bounds) = generics.split_for_impl();
    quote! {
        #[automatically_derived]
        #[allow(deprecated, unused_variables)]
        impl #parameters #krate::value::ToCql for #self_type #bounds {
            fn to_cql(
                &self,
                __type: &#krate::types::ColumnType,
                __out: &mut ::std::vec::Vec<u8>,
            ) -> ::core::result::Result<#krate::value::Encoded, #krate::value::ValueError> {
                #write
            }

            fn natural_type(&self) -> ::core::option::Option<#krate::types::ColumnType> {
                #natural
            }
        }
    }
}
