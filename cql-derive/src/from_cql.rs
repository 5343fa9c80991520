//! `FromCql`: user-defined types, values in a struct around them, tuples, enums.

use crate::attributes::Repr;
use crate::errors::Errors;
use crate::input::{Field, Input, Shape, Variant};
use crate::{reading, to_cql};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;

pub(crate) fn expand(input: &Input, errors: &mut Errors) -> TokenStream {
    input.check_lifetimes(errors);
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

fn named(input: &Input) -> TokenStream {
    let (krate, lifetime) = (&input.krate, input.lifetime());
    let descriptions = reading::descriptions(input, &lifetime);
    let closed =
        input.is_closed.then(|| quote!(#krate::value::derived::check_no_more::<Self>(__type, &__fields)?;));
    let flattened = |field: &Field, function: &str| {
        let (ty, function) = (&field.ty, Ident::new(function, Span::call_site()));
        quote_spanned!(ty.span()=> <#ty as #krate::value::FromCql<#lifetime>>::#function)
    };
    let checks = input.flattened().map(|field| flattened(field, "type_check"));
    let check = quote! {
        let __fields = [#(#descriptions),*];
        #krate::value::derived::check_udt::<Self>(__type, &__fields)?;
        #closed
        #(#checks(__type)?;)*
        ::core::result::Result::Ok(())
    };
    let cells = reading::cells(input);
    let names = input.plain().map(|field| &field.name);
    // A flattened struct picks its fields from the same value.
    let values = reading::values(input, &lifetime, |_, field| {
        let read = flattened(field, "from_cql");
        quote!(#read(__type, __bytes)?)
    });
    let read = quote! {
        let [#(#cells),*] = #krate::value::derived::udt_cells(__type, __bytes, [#(#names),*])?;
        ::core::result::Result::Ok(Self { #(#values),* })
    };
    implementation(input, true, &check, &read)
}

/// One field is read as it is, several from a tuple.
fn by_position(input: &Input, errors: &mut Errors) -> TokenStream {
    input.check_positions(to_cql::LONGEST_TUPLE, errors);
    let (krate, lifetime) = (&input.krate, input.lifetime());
    let plain: Vec<&Field> = input.plain().collect();
    let functions = |name: &str| match plain.as_slice() {
        [one] => reading::function(one, name, input, &lifetime),
        several => {
            let (types, function) =
                (several.iter().map(|field| &field.ty), Ident::new(name, Span::call_site()));
            quote!(<(#(#types,)*) as #krate::value::FromCql<#lifetime>>::#function)
        }
    };
    match plain.as_slice() {
        [] => {
            errors.at(&input.ident, "there is nothing to read into a struct without fields: add one");
            return TokenStream::new();
        }
        [_] => {}
        several => {
            for field in several.iter().filter(|field| field.attributes.with.is_some()) {
                errors.at_span(
                    field.span,
                    "`with` is not for the components of a tuple: give the field a name",
                );
            }
        }
    }
    let (check, read) = (functions("type_check"), functions("from_cql"));
    let variables: Vec<Ident> =
        (0..plain.len()).map(|at| format_ident!("__value_{at}", span = Span::mixed_site())).collect();
    let pattern = match variables.as_slice() {
        [one] => quote!(#one),
        several => quote!((#(#several),*)),
    };
    let mut next = variables.iter();
    let values = input.fields().iter().map(|field| {
        let member = &field.member;
        if field.attributes.skip.is_some() {
            let default = reading::default(field);
            quote!(#member: #default())
        } else {
            let variable = next.next();
            quote!(#member: #variable)
        }
    });
    let read = quote! {
        let #pattern = #read(__type, __bytes)?;
        ::core::result::Result::Ok(Self { #(#values),* })
    };
    implementation(input, true, &quote!(#check(__type)), &read)
}

fn of_enum(input: &Input, repr: Repr, variants: &[Variant]) -> TokenStream {
    let (krate, lifetime) = (&input.krate, input.lifetime());
    let (of_type, _) = to_cql::stored_as(repr);
    let of_type = if repr == Repr::Text { quote!(&#lifetime str) } else { of_type };
    let consts: Vec<Ident> = (0..variants.len()).map(|at| format_ident!("__NUMBER_{at}")).collect();
    let mut numbers = Vec::new();
    let mut arms = Vec::new();
    let mut rest = None;
    for (Variant { ident, name, number, other }, constant) in variants.iter().zip(&consts) {
        if let Some(ty) = other {
            let value = match repr {
                Repr::Text => {
                    quote_spanned!(ty.span()=> <#ty as ::core::convert::From<#of_type>>::from(__other))
                }
                _ => quote!(__other),
            };
            rest = Some(quote!(__other => ::core::result::Result::Ok(Self::#ident(#value)),));
            continue;
        }
        match number {
            Some(number) if repr != Repr::Text => {
                numbers.push(quote!(const #constant: #of_type = #number;));
                arms.push(quote!(#constant => ::core::result::Result::Ok(Self::#ident),));
            }
            _ => arms.push(quote!(#name => ::core::result::Result::Ok(Self::#ident),)),
        }
    }
    let known: Vec<String> = variants
        .iter()
        .map(|variant| match &variant.number {
            Some(number) if repr != Repr::Text => quote!(#number).to_string().replace("- ", "-"),
            _ => variant.name.clone(),
        })
        .collect();
    let (rust_name, known) = (input.ident.to_string(), format!("the value is none of {}", known.join(", ")));
    let rest = rest.unwrap_or_else(
        || quote!(_ => ::core::result::Result::Err(#krate::value::derived::no_variant(#rust_name, #known)),),
    );
    let check = quote!(#krate::value::derived::check_as::<Self, #of_type>(__type));
    let read = quote! {
        #(#numbers)*
        match <#of_type as #krate::value::FromCql<#lifetime>>::from_cql(__type, __bytes)? {
            #(#arms)*
            #rest
        }
    };
    implementation(input, true, &check, &read)
}

fn implementation(input: &Input, is_bounded: bool, check: &TokenStream, read: &TokenStream) -> TokenStream {
    let (krate, lifetime, self_type) = (&input.krate, input.lifetime(), input.self_type());
    let bound = |field: &Field| {
        if is_bounded { reading::bound(field, input, &lifetime, &quote!(FromCql)) } else { None }
    };
    let generics = input.bounded_for_reading(&lifetime, bound);
    let (parameters, _, bounds) = generics.split_for_impl();
    quote! {
        #[automatically_derived]
        #[allow(deprecated, unused_variables)]
        impl #parameters #krate::value::FromCql<#lifetime> for #self_type #bounds {
            fn type_check(
                __type: &#krate::types::ColumnType,
            ) -> ::core::result::Result<(), #krate::value::TypeMismatch> {
                #check
            }

            fn from_cql(
                __type: &#lifetime #krate::types::ColumnType,
                __bytes: ::core::option::Option<&#lifetime [u8]>,
            ) -> ::core::result::Result<Self, #krate::value::DecodeError> {
                #read
            }
        }
    }
}
