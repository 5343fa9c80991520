//! What is as visible as the type a derive stands on, from one module further in.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Visibility;

/// The visibility for items of a module within: they are seen where the type is, and nowhere else, as the compiler does
/// not let a type be part of what more can see.
pub(crate) fn from_within(visibility: &Visibility) -> TokenStream {
    match visibility {
        Visibility::Public(_) => quote!(pub),
        Visibility::Inherited => quote!(pub(super)),
        Visibility::Restricted(restricted) => {
            let path = &restricted.path;
            match path.segments.first() {
                Some(first) if first.ident == "self" => quote!(pub(super)),
                Some(first) if first.ident == "super" => quote!(pub(in super::#path)),
                _ => quote!(pub(in #path)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    #[test]
    fn a_module_further_in_says_super_once_more() {
        let cases: [(Visibility, &str); 6] = [
            (parse_quote!(pub), "pub"),
            (Visibility::Inherited, "pub (super)"),
            (parse_quote!(pub(self)), "pub (super)"),
            (parse_quote!(pub(crate)), "pub (in crate)"),
            (parse_quote!(pub(super)), "pub (in super :: super)"),
            (parse_quote!(pub(in crate::a)), "pub (in crate :: a)"),
        ];
        for (given, expected) in cases {
            assert_eq!(from_within(&given).to_string(), expected);
        }
    }
}
