//! What stands in `#[cql(…)]`: on a type, a field or a variant.

use crate::case::Case;
use crate::errors::Errors;
use proc_macro2::{Ident, Span};
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::{Attribute, LitStr, Path, Token};

/// Where attributes stand, and which there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Type,
    Field,
    Variant,
}

const PLACES: &[(Place, &str, &[&str])] = &[
    (
        Place::Type,
        "the type",
        &["crate", "rename_all", "deny_unknown_fields", "transparent", "repr", "type_name"],
    ),
    (Place::Field, "a field", &["rename", "skip", "default", "flatten", "with", "frozen"]),
    (Place::Variant, "a variant", &["rename", "other"]),
];

impl Place {
    fn keys(self) -> &'static [&'static str] {
        PLACES.iter().find(|(place, ..)| *place == self).map_or(&[], |(_, _, keys)| *keys)
    }
}

/// All that `#[cql(…)]` may say, each with where it is said.
#[derive(Default)]
pub(crate) struct Attributes {
    pub(crate) krate: Option<Path>,
    pub(crate) rename_all: Option<(Span, Case)>,
    pub(crate) deny_unknown_fields: Option<Span>,
    pub(crate) transparent: Option<Span>,
    pub(crate) repr: Option<(Span, Repr)>,
    pub(crate) type_name: Option<LitStr>,
    pub(crate) rename: Option<LitStr>,
    pub(crate) skip: Option<Span>,
    pub(crate) default: Option<(Span, Option<Path>)>,
    pub(crate) flatten: Option<Span>,
    pub(crate) with: Option<(Span, Path)>,
    /// A collection in a user-defined type that is one cell.
    pub(crate) frozen: Option<Span>,
    /// The variant for all values that no other stands for.
    pub(crate) other: Option<Span>,
}

/// What the variants of an enum are stored as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repr {
    Text,
    TinyInt,
    SmallInt,
    Int,
    BigInt,
}

/// `key` or `key = value`.
struct Entry {
    key: Ident,
    value: Option<Value>,
}

enum Value {
    Text(LitStr),
    Path(Path),
}

impl Attributes {
    /// Reads those of one place; mistakes go to `errors`.
    pub(crate) fn read(attributes: &[Attribute], place: Place, errors: &mut Errors) -> Self {
        let mut read = Attributes::default();
        let mut seen: Vec<String> = Vec::new();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("cql")) {
            let list = match attribute.meta.require_list() {
                Ok(list) => list,
                Err(_) => {
                    errors.at(attribute, "write the attributes in parentheses: `#[cql(rename = \"name\")]`");
                    continue;
                }
            };
            let entries =
                |input: ParseStream<'_>| Punctuated::<_, Token![,]>::parse_terminated_with(input, entry);
            match entries.parse2(list.tokens.clone()) {
                Ok(entries) => {
                    for entry in entries {
                        read.take(entry, place, &mut seen, errors);
                    }
                }
                Err(error) => errors.push(error),
            }
        }
        read
    }

    fn take(&mut self, entry: Entry, place: Place, seen: &mut Vec<String>, errors: &mut Errors) {
        let key = entry.key.to_string();
        if !place.keys().contains(&key.as_str()) {
            errors.at(&entry.key, misplaced(&key, place));
            return;
        }
        if seen.contains(&key) {
            errors.at(&entry.key, format!("`{key}` is said twice: remove one"));
            return;
        }
        let span = entry.key.span();
        match key.as_str() {
            "skip" => self.skip = flag(&entry, errors),
            "flatten" => self.flatten = flag(&entry, errors),
            "frozen" => self.frozen = flag(&entry, errors),
            "other" => self.other = flag(&entry, errors),
            "transparent" => self.transparent = flag(&entry, errors),
            "deny_unknown_fields" => self.deny_unknown_fields = flag(&entry, errors),
            "default" if entry.value.is_none() => self.default = Some((span, None)),
            "default" => self.default = path(&entry, errors).map(|path| (span, Some(path))),
            "with" => self.with = path(&entry, errors).map(|path| (span, path)),
            "crate" => self.krate = path(&entry, errors),
            "type_name" => self.type_name = text(&entry, errors).filter(|name| is_name(name, errors)),
            "rename" => self.rename = text(&entry, errors).filter(|name| is_name(name, errors)),
            "rename_all" => {
                self.rename_all = text(&entry, errors).and_then(|name| match Case::parse(&name.value()) {
                    Ok(case) => Some((span, case)),
                    Err(message) => {
                        errors.at(&name, message);
                        None
                    }
                });
            }
            _ => {
                self.repr = text(&entry, errors).and_then(|name| repr(&name, errors)).map(|repr| (span, repr))
            }
        }
        seen.push(key);
    }
}

fn entry(input: ParseStream<'_>) -> syn::Result<Entry> {
    let key = input.call(Ident::parse_any)?;
    let value = if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        let value = if input.peek(LitStr) {
            Value::Text(input.parse()?)
        } else {
            let to_text = |_| input.error(format!("`{key}` takes text or a path: `{key} = \"…\"`"));
            Value::Path(input.call(Path::parse_mod_style).map_err(to_text)?)
        };
        Some(value)
    } else {
        None
    };
    if !input.is_empty() && !input.peek(Token![,]) {
        return Err(input.error("separate attributes by commas"));
    }
    Ok(Entry { key, value })
}

fn flag(entry: &Entry, errors: &mut Errors) -> Option<Span> {
    if entry.value.is_some() {
        errors.at(&entry.key, format!("`{0}` takes no value: write `{0}` alone", entry.key));
        return None;
    }
    Some(entry.key.span())
}

fn text(entry: &Entry, errors: &mut Errors) -> Option<LitStr> {
    match &entry.value {
        Some(Value::Text(text)) => Some(text.clone()),
        Some(Value::Path(path)) => {
            errors.at(path, format!("`{}` takes text: put it in quotes", entry.key));
            None
        }
        None => {
            errors.at(&entry.key, format!("`{0}` needs a value: `{0} = \"…\"`", entry.key));
            None
        }
    }
}

/// A path, in quotes or without.
fn path(entry: &Entry, errors: &mut Errors) -> Option<Path> {
    match &entry.value {
        Some(Value::Path(path)) => Some(path.clone()),
        Some(Value::Text(text)) => match text.parse_with(Path::parse_mod_style) {
            Ok(path) => Some(path),
            Err(_) => {
                errors.at(text, format!("`{}` takes a path, such as `module::name`", entry.key));
                None
            }
        },
        None => {
            errors.at(&entry.key, format!("`{0}` needs a path: `{0} = module::name`", entry.key));
            None
        }
    }
}

fn is_name(name: &LitStr, errors: &mut Errors) -> bool {
    if name.value().is_empty() {
        errors.at(name, "a name in CQL is not empty");
    }
    !name.value().is_empty()
}

fn repr(name: &LitStr, errors: &mut Errors) -> Option<Repr> {
    match name.value().as_str() {
        "text" => Some(Repr::Text),
        "tinyint" => Some(Repr::TinyInt),
        "smallint" => Some(Repr::SmallInt),
        "int" => Some(Repr::Int),
        "bigint" => Some(Repr::BigInt),
        other => {
            let types = "use \"text\", \"tinyint\", \"smallint\", \"int\" or \"bigint\"";
            errors.at(name, format!("variants are not stored as `{other}`: {types}"));
            None
        }
    }
}

fn misplaced(key: &str, place: Place) -> String {
    let elsewhere = PLACES.iter().find(|(_, _, keys)| keys.contains(&key));
    if let Some((_, name, _)) = elsewhere {
        return format!("`{key}` belongs on {name}");
    }
    let known = place.keys();
    let closest = known.iter().map(|known| (distance(key, known), known)).min().filter(|(far, _)| *far <= 2);
    match closest {
        Some((_, known)) => format!("there is no attribute `{key}`: did you mean `{known}`?"),
        None => format!("there is no attribute `{key}`: here stand {}", known.join(", ")),
    }
}

/// How many characters to insert, remove or replace.
pub(crate) fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (at, char) in (1..).zip(left.chars()) {
        let mut next = vec![at];
        for ((replaced, above), other) in row.iter().zip(row.iter().skip(1)).zip(&right) {
            let before = next.last().copied().unwrap_or_default();
            next.push((replaced + usize::from(char != *other)).min(above + 1).min(before + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    fn mistakes(attribute: Attribute, place: Place) -> Vec<String> {
        let mut errors = Errors::default();
        Attributes::read(&[attribute], place, &mut errors);
        errors.messages()
    }

    #[test]
    fn values_are_paths_with_or_without_quotes() {
        let attributes =
            [parse_quote!(#[cql(with = a::b, default = "c")]), parse_quote!(#[cql(rename = "x")])];
        let mut errors = Errors::default();
        let read = Attributes::read(&attributes, Place::Field, &mut errors);
        assert!(errors.is_empty());
        let text = |path: Path| quote::quote!(#path).to_string();
        assert_eq!(text(read.with.unwrap().1), "a :: b");
        assert_eq!(text(read.default.unwrap().1.unwrap()), "c");
        assert_eq!(read.rename.unwrap().value(), "x");
    }

    #[test]
    fn a_mistake_says_what_to_write_and_all_are_told() {
        let found = mistakes(parse_quote!(#[cql(renam = "a", skip = "b", rename_all = "c")]), Place::Field);
        assert_eq!(
            found,
            [
                "there is no attribute `renam`: did you mean `rename`?",
                "`skip` takes no value: write `skip` alone",
                "`rename_all` belongs on the type",
            ]
        );
        let found = mistakes(parse_quote!(#[cql(index)]), Place::Field);
        assert_eq!(
            found,
            ["there is no attribute `index`: here stand rename, skip, default, flatten, with, frozen"]
        );
        assert_eq!(
            mistakes(parse_quote!(#[cql(skip, skip)]), Place::Field),
            ["`skip` is said twice: remove one"]
        );
        assert_eq!(
            mistakes(parse_quote!(#[cql(with)]), Place::Field),
            ["`with` needs a path: `with = module::name`"]
        );
    }
}
