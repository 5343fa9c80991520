//! What stands in `#[cql(…)]` of a model: keys with a value, with a list, or alone.

use crate::errors::Errors;
use proc_macro2::{Ident, Span};
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, LitStr, Path, Token, parenthesized};

/// `key`, `key = value` or `key(list)`.
pub(crate) struct Entry {
    pub(crate) key: Ident,
    pub(crate) value: Given,
}

/// What follows a key.
pub(crate) enum Given {
    Nothing,
    Value(Expr),
    List(Vec<Entry>),
    /// `{ key = "value", … }`
    Map(Vec<(String, LitStr)>),
    /// `mirror(Model, path::Other)`
    Paths(Vec<Path>),
    /// `primary_key((a, b), c desc)`
    Key(PrimaryKey),
}

/// The columns of a primary key, by their fields, in order.
pub(crate) struct PrimaryKey {
    pub(crate) partition: Vec<Ident>,
    /// And whether they descend.
    pub(crate) clustering: Vec<(Ident, bool)>,
}

/// Reads the entries of all `#[cql(…)]`; mistakes go to `errors`.
pub(crate) fn read(attributes: &[Attribute], known: &[&str], place: &str, errors: &mut Errors) -> Vec<Entry> {
    let mut all: Vec<Entry> = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("cql")) {
        let Ok(list) = attribute.meta.require_list() else {
            errors.at(attribute, "write the attributes in parentheses: `#[cql(rename = \"name\")]`");
            continue;
        };
        match entries.parse2(list.tokens.clone()) {
            Ok(found) => all.extend(found),
            Err(error) => errors.push(error),
        }
    }
    let mut seen: Vec<String> = Vec::new();
    all.retain(|entry| {
        let key = entry.key.to_string();
        if !known.contains(&key.as_str()) {
            errors.at(&entry.key, unknown(&key, known, place));
            return false;
        }
        if seen.contains(&key) {
            errors.at(&entry.key, format!("`{key}` is said twice: remove one"));
            return false;
        }
        seen.push(key);
        true
    });
    all
}

fn unknown(key: &str, known: &[&str], place: &str) -> String {
    let closest = known.iter().map(|name| (crate::attributes::distance(key, name), name)).min();
    match closest {
        Some((far, name)) if far <= 2 => format!("there is no attribute `{key}`: did you mean `{name}`?"),
        _ => format!("there is no attribute `{key}` on {place}: here stand {}", known.join(", ")),
    }
}

fn entries(input: ParseStream<'_>) -> syn::Result<Vec<Entry>> {
    Ok(Punctuated::<Entry, Token![,]>::parse_terminated_with(input, entry)?.into_iter().collect())
}

fn entry(input: ParseStream<'_>) -> syn::Result<Entry> {
    let key = input.call(Ident::parse_any)?;
    let value = if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        if input.peek(syn::token::Brace) { map(input)? } else { Given::Value(input.parse()?) }
    } else if input.peek(syn::token::Paren) {
        let list;
        parenthesized!(list in input);
        match key.to_string().as_str() {
            "mirror" => {
                Given::Paths(Punctuated::<Path, Token![,]>::parse_terminated(&list)?.into_iter().collect())
            }
            "primary_key" => Given::Key(primary_key(&list)?),
            _ => Given::List(entries(&list)?),
        }
    } else {
        Given::Nothing
    };
    if !input.is_empty() && !input.peek(Token![,]) {
        return Err(input.error("separate attributes by commas"));
    }
    Ok(Entry { key, value })
}

fn primary_key(input: ParseStream<'_>) -> syn::Result<PrimaryKey> {
    let partition = if input.peek(syn::token::Paren) {
        let partition;
        parenthesized!(partition in input);
        Punctuated::<Ident, Token![,]>::parse_terminated_with(&partition, Ident::parse_any)?
            .into_iter()
            .collect()
    } else {
        vec![input.call(Ident::parse_any)?]
    };
    let mut clustering = Vec::new();
    while !input.is_empty() {
        input.parse::<Token![,]>()?;
        if input.is_empty() {
            break;
        }
        let column = input.call(Ident::parse_any)?;
        let mut descends = false;
        if input.peek(syn::Ident) {
            let order = input.parse::<Ident>()?;
            match order.to_string().as_str() {
                "desc" => descends = true,
                "asc" => {}
                _ => {
                    return Err(syn::Error::new(
                        order.span(),
                        "an order is `asc` or `desc`: `primary_key(id, at desc)`",
                    ));
                }
            }
        }
        clustering.push((column, descends));
    }
    Ok(PrimaryKey { partition, clustering })
}

fn map(input: ParseStream<'_>) -> syn::Result<Given> {
    let map;
    syn::braced!(map in input);
    let pair = |input: ParseStream<'_>| {
        let key = if input.peek(LitStr) {
            input.parse::<LitStr>()?.value()
        } else {
            input.call(Ident::parse_any)?.to_string()
        };
        input.parse::<Token![=]>()?;
        let value: syn::Lit = input.parse()?;
        let text = match value {
            syn::Lit::Str(text) => text,
            syn::Lit::Int(number) => LitStr::new(number.base10_digits(), number.span()),
            syn::Lit::Float(number) => LitStr::new(number.base10_digits(), number.span()),
            syn::Lit::Bool(truth) => LitStr::new(if truth.value { "true" } else { "false" }, truth.span),
            other => {
                return Err(syn::Error::new_spanned(other, "an option is a text, a number, true or false"));
            }
        };
        Ok((key, text))
    };
    let pairs = Punctuated::<(String, LitStr), Token![,]>::parse_terminated_with(&map, pair)?;
    Ok(Given::Map(pairs.into_iter().collect()))
}

impl Entry {
    pub(crate) fn span(&self) -> Span {
        self.key.span()
    }

    /// That it stands alone.
    pub(crate) fn flag(&self, errors: &mut Errors) -> bool {
        if !matches!(self.value, Given::Nothing) {
            errors.at(&self.key, format!("`{0}` takes no value: write `{0}` alone", self.key));
        }
        true
    }

    /// Its text.
    pub(crate) fn text(&self, errors: &mut Errors) -> Option<LitStr> {
        match &self.value {
            Given::Value(Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }))
                if text.value().is_empty() =>
            {
                errors.at(text, "a name in CQL is not empty");
                None
            }
            Given::Value(Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. })) => Some(text.clone()),
            _ => {
                errors.at(&self.key, format!("`{0}` takes text: `{0} = \"…\"`", self.key));
                None
            }
        }
    }

    /// Its path, in quotes or without.
    pub(crate) fn path(&self, errors: &mut Errors) -> Option<Path> {
        let path = match &self.value {
            Given::Value(Expr::Path(path)) if path.qself.is_none() => Some(path.path.clone()),
            Given::Value(Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. })) => {
                text.parse_with(Path::parse_mod_style).ok()
            }
            _ => None,
        };
        if path.is_none() {
            errors.at(&self.key, format!("`{0}` takes a path: `{0} = module::name`", self.key));
        }
        path
    }

    /// The entries of its list; there may be none.
    pub(crate) fn list(&self, errors: &mut Errors) -> &[Entry] {
        match &self.value {
            Given::Nothing => &[],
            Given::List(list) => list,
            _ => {
                errors.at(&self.key, format!("`{0}` takes a list: `{0}(…)`", self.key));
                &[]
            }
        }
    }

    /// The expression that is its value.
    pub(crate) fn expression(&self, errors: &mut Errors) -> Option<Expr> {
        let Given::Value(value) = &self.value else {
            errors.at(&self.key, format!("`{0}` takes a value: `{0} = …`", self.key));
            return None;
        };
        Some(value.clone())
    }

    /// The one name in its list.
    pub(crate) fn name(&self, errors: &mut Errors) -> Option<Ident> {
        match self.list(errors) {
            [Entry { key, value: Given::Nothing }] => Some(key.clone()),
            _ => {
                errors.at(&self.key, format!("`{0}` takes the name of a field: `{0}(field)`", self.key));
                None
            }
        }
    }
}
