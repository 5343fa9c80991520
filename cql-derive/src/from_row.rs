//! `FromRow`: a plan made once per result, and rows read by it.

use crate::errors::Errors;
use crate::input::{Input, Shape};
use crate::reading;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

pub(crate) fn expand(input: &Input, errors: &mut Errors) -> TokenStream {
    input.check_lifetimes(errors);
    match &input.shape {
        Shape::Named(_) => named(input),
        Shape::Unnamed(_) | Shape::Transparent(_) => by_position(input, errors),
        Shape::Enum(..) => {
            errors.at(&input.ident, "rows are read into structs; for an enum in a column derive `FromCql`");
            TokenStream::new()
        }
        Shape::Broken => TokenStream::new(),
    }
}

pub(crate) fn skeleton(input: &Input) -> TokenStream {
    let body = quote! { ::core::unimplemented!() };
    implementation(input, false, &quote!(()), &body, &body)
}

fn named(input: &Input) -> TokenStream {
    let (krate, lifetime) = (&input.krate, input.lifetime());
    let count = input.plain().count();
    let descriptions = reading::descriptions(input, &lifetime);
    let plan = quote!(#krate::value::derived::RowPlan<#count>);
    let closed = input.is_closed.then(|| quote!(?.without_unused::<Self>(__columns)));
    let own = quote!(#krate::value::derived::RowPlan::new::<Self>(__columns, [#(#descriptions),*]) #closed);
    let cells = reading::cells(input);
    let inner: Vec<&syn::Type> = input.flattened().map(|field| &field.ty).collect();
    let inner_trait: Vec<TokenStream> = inner
        .iter()
        .map(|ty| quote_spanned!(ty.span()=> <#ty as #krate::value::FromRow<#lifetime>>))
        .collect();
    let values = reading::values(input, &lifetime, |at, field| {
        let (at, ty) = (syn::Index::from(at + 1), &field.ty);
        quote_spanned!(ty.span()=> <#ty as #krate::value::FromRow<#lifetime>>::from_row(
            &__plan.#at,
            &mut ::core::clone::Clone::clone(&__start),
        )?)
    });
    if inner.is_empty() {
        let body = quote! {
            let [#(#cells),*] = __plan.cells(__row)?;
            ::core::result::Result::Ok(Self { #(#values),* })
        };
        return implementation(input, true, &plan, &own, &body);
    }
    // Each flattened struct reads the row from its start.
    let plans = quote!((#plan, #(#inner_trait::Plan),*));
    let make = quote!(::core::result::Result::Ok((#own?, #(#inner_trait::plan(__columns)?),*)));
    let body = quote! {
        let __start = ::core::clone::Clone::clone(&*__row);
        let [#(#cells),*] = __plan.0.cells(__row)?;
        ::core::result::Result::Ok(Self { #(#values),* })
    };
    implementation(input, true, &plans, &make, &body)
}

fn by_position(input: &Input, errors: &mut Errors) -> TokenStream {
    let krate = &input.krate;
    if let Some(field) = input.plain().find(|field| field.attributes.with.is_some()) {
        errors.at_span(field.span, "`with` needs a column's name: give the field one");
    }
    let count = input.plain().count();
    let checks = input.plain().zip(0_usize..).map(|(field, at)| {
        let ty = &field.ty;
        quote_spanned!(ty.span()=> #krate::value::RowMismatch::check_column::<#ty>(#at, __columns)?;)
    });
    let plan = quote! {
        #krate::value::RowMismatch::check_count::<Self>(#count, __columns)?;
        #(#checks)*
        ::core::result::Result::Ok(())
    };
    let values = input.fields().iter().map(|field| {
        let (member, ty, default) = (&field.member, &field.ty, reading::default(field));
        if field.attributes.skip.is_some() {
            quote!(#member: #default())
        } else {
            quote_spanned!(ty.span()=> #member: __row.value::<#ty>()?)
        }
    });
    let body = quote!(::core::result::Result::Ok(Self { #(#values),* }));
    implementation(input, true, &quote!(()), &plan, &body)
}

fn implementation(
    input: &Input,
    is_bounded: bool,
    plan: &TokenStream,
    make: &TokenStream,
    read: &TokenStream,
) -> TokenStream {
    let (krate, lifetime, self_type) = (&input.krate, input.lifetime(), input.self_type());
    let bound = |field: &_| {
        if is_bounded { reading::bound(field, input, &lifetime, &quote!(FromRow)) } else { None }
    };
    let generics = input.bounded_for_reading(&lifetime, bound);
    let (parameters, _, bounds) = generics.split_for_impl();
    quote! {
        #[automatically_derived]
        #[allow(deprecated, unused_variables)]
        impl #parameters #krate::value::FromRow<#lifetime> for #self_type #bounds {
            type Plan = #plan;

            fn plan(
                __columns: &[#krate::types::ColumnSpec],
            ) -> ::core::result::Result<Self::Plan, #krate::value::RowMismatch> {
                #make
            }

            #[inline]
            fn from_row(
                __plan: &Self::Plan,
                __row: &mut #krate::value::RowReader<#lifetime>,
            ) -> ::core::result::Result<Self, #krate::value::RowError> {
                #read
            }
        }
    }
}
