//! `Projection`: some of a model's columns.

use super::attributes;
use crate::errors::Errors;
use crate::from_row;
use crate::input::{Input, Shape};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{DeriveInput, Path, parse_quote};

pub(crate) fn expand(mut input: DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let (model, krate) = take_model(&mut input, &mut errors);
    let mut read = Input::new(input, &mut errors);
    read.krate = krate.unwrap_or_else(|| parse_quote!(::cql_mapper));
    read.krate.segments.push(parse_quote!(__private));
    let Some(model) = model else {
        errors.at(&read.ident, "say which model it is of: `#[cql(model = User)]`");
        return errors.into_tokens();
    };
    if !matches!(read.shape, Shape::Named(_)) {
        errors.at(&read.ident, "a projection's fields have the names of the model's fields");
    }
    for field in read.fields().iter().filter(|field| !field.is_plain() || field.attributes.rename.is_some()) {
        errors.at_span(field.span, "a projection's fields are fields of the model, by their names there");
    }
    let from_row = from_row::expand(&read, &mut errors);
    if !errors.is_empty() {
        return errors.into_tokens();
    }
    let (krate, self_type) = (&read.krate, read.self_type());
    let (parameters, _, bounds) = read.generics.split_for_impl();
    let checks = read.plain().map(|field| {
        let (member, ty) = (&field.member, &field.ty);
        quote_spanned!(ty.span()=> #krate::reads_as::<_, #ty>(&__COLUMNS.#member);)
    });
    let named = read.plain().map(|field| {
        let member = &field.member;
        quote_spanned!(field.span=> #krate::index_of(&__COLUMNS.#member))
    });
    quote! {
        #from_row

        const _: () = {
            const __COLUMNS: <#model as #krate::Model>::Columns = <#model as #krate::Model>::COLUMNS;

            #[automatically_derived]
            impl #parameters #krate::Projection<#model> for #self_type #bounds {
                const COLUMNS: &'static [u16] = {
                    #(#checks)*
                    &[#(#named),*]
                };
            }
        };
    }
}

/// Takes `model` and `crate` out of the attributes; what is left is as for `FromRow`.
fn take_model(input: &mut DeriveInput, errors: &mut Errors) -> (Option<Path>, Option<Path>) {
    let is_ours = |attribute: &syn::Attribute| {
        let known = ["model", "crate"];
        attribute.path().is_ident("cql")
            && known.iter().any(|key| {
                attribute.meta.require_list().is_ok_and(|list| list.tokens.to_string().contains(*key))
            })
    };
    let (ours, others): (Vec<_>, Vec<_>) = std::mem::take(&mut input.attrs).into_iter().partition(is_ours);
    input.attrs = others;
    let (mut model, mut krate) = (None, None);
    for entry in attributes::read(&ours, &["model", "crate"], "a projection", errors) {
        let path = entry.path(errors);
        if entry.key == "model" { model = path } else { krate = path }
    }
    (model, krate)
}
