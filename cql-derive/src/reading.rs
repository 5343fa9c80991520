//! How a field is read: what `FromRow` and `FromCql` have in common.

use crate::input::{Field, Input};
use crate::to_cql;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Lifetime;
use syn::spanned::Spanned as _;

/// The function of `FromCql` that this field is read by: its type's, or that of its `with`.
pub(crate) fn function(field: &Field, name: &str, input: &Input, lifetime: &Lifetime) -> TokenStream {
    let ty = &field.ty;
    match &field.attributes.with {
        Some((_, module)) => to_cql::within(module, name),
        None => {
            let (krate, function) = (input.krate_at(ty.span()), Ident::new(name, ty.span()));
            let lifetime =
                Lifetime { apostrophe: ty.span(), ident: Ident::new(&lifetime.ident.to_string(), ty.span()) };
            quote_spanned!(ty.span()=> <#ty as #krate::value::FromCql<#lifetime>>::#function)
        }
    }
}

/// The function that makes the value of a field that is not read.
pub(crate) fn default(field: &Field) -> TokenStream {
    let ty = &field.ty;
    match &field.attributes.default {
        Some((_, Some(path))) => quote!(#path),
        _ => quote_spanned!(ty.span()=> <#ty as ::core::default::Default>::default),
    }
}

/// `Field::required("name", "rust_name", check)` for each field that is read.
pub(crate) fn descriptions(input: &Input, lifetime: &Lifetime) -> Vec<TokenStream> {
    let krate = &input.krate;
    let description = |field: &Field| {
        let (name, rust_name) = (&field.name, &field.rust_name);
        let check = function(field, "type_check", input, lifetime);
        let kind = if field.attributes.default.is_some() { quote!(optional) } else { quote!(required) };
        quote!(#krate::value::derived::Field::#kind(#name, #rust_name, #check))
    };
    input.plain().map(description).collect()
}

/// A variable for each field that is read.
pub(crate) fn cells(input: &Input) -> Vec<Ident> {
    let cell = |at: usize| format_ident!("__cell_{at}", span = Span::mixed_site());
    (0..input.plain().count()).map(cell).collect()
}

/// `field: value` for every field, read from its cell; `flattened` reads those that are flattened.
pub(crate) fn values(
    input: &Input,
    lifetime: &Lifetime,
    flattened: impl Fn(usize, &Field) -> TokenStream,
) -> Vec<TokenStream> {
    let mut cells = cells(input).into_iter();
    let mut flattened_before = 0..;
    let value = |field: &Field| {
        let member = &field.member;
        if field.attributes.skip.is_some() {
            let default = default(field);
            return quote!(#member: #default());
        }
        if field.is_flattened() {
            let value = flattened(flattened_before.next().unwrap_or_default(), field);
            return quote!(#member: #value);
        }
        let (cell, read) = (cells.next(), function(field, "from_cql", input, lifetime));
        if field.attributes.default.is_some() {
            let default = default(field);
            quote_spanned!(field.ty.span()=> #member: #cell.read_or(#read, #default)?)
        } else {
            quote_spanned!(field.ty.span()=> #member: #cell.read(#read)?)
        }
    };
    input.fields().iter().map(value).collect()
}

/// What the type of a field must be able to do.
pub(crate) fn bound(
    field: &Field,
    input: &Input,
    lifetime: &Lifetime,
    flattened: &TokenStream,
) -> Option<TokenStream> {
    let krate = &input.krate;
    let needs_default = match &field.attributes.default {
        Some((_, path)) => path.is_none(),
        None => field.attributes.skip.is_some(),
    };
    let reads = match field {
        _ if field.attributes.skip.is_some() || field.attributes.with.is_some() => None,
        _ if field.is_flattened() => Some(quote!(#krate::value::#flattened<#lifetime>)),
        _ => Some(quote!(#krate::value::FromCql<#lifetime>)),
    };
    match (reads, needs_default) {
        (Some(reads), true) => Some(quote!(#reads + ::core::default::Default)),
        (None, true) => Some(quote!(::core::default::Default)),
        (reads, false) => reads,
    }
}
