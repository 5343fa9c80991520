//! Names of Rust for names of CQL.

/// Names that are taken.
#[derive(Debug, Default)]
pub(super) struct Names(Vec<String>);

impl Names {
    /// The name, with a number behind it if it is taken.
    pub(super) fn unique(&mut self, name: String) -> String {
        let mut unique = name.clone();
        let mut number = 2;
        while self.0.contains(&unique) {
            unique = format!("{name}{number}");
            number += 1;
        }
        self.0.push(unique.clone());
        unique
    }
}

/// Words that Rust has for itself, and that `r#` makes names.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait",
    "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Names that a model would take from those who use them.
const TAKEN: &[&str] = &[
    "Batch",
    "Box",
    "Columns",
    "Counter",
    "CqlDate",
    "CqlDecimal",
    "CqlDuration",
    "CqlTime",
    "CqlTimestamp",
    "CqlType",
    "CqlVarint",
    "Err",
    "Lwt",
    "Mapper",
    "Model",
    "None",
    "Ok",
    "Option",
    "PolymorphicModel",
    "Projection",
    "Result",
    "Self",
    "Some",
    "String",
    "TimeUuid",
    "UserType",
    "Vec",
    "View",
];

/// `users_by_email` as `UsersByEmail`.
pub(super) fn struct_name(name: &str) -> String {
    let mut camel = String::new();
    let mut is_start = true;
    for char in name.chars() {
        if !char.is_alphanumeric() {
            is_start = true;
        } else if std::mem::take(&mut is_start) {
            camel.extend(char.to_uppercase());
        } else {
            camel.push(char);
        }
    }
    if camel.is_empty() || camel.starts_with(|char: char| char.is_numeric()) {
        camel.insert_str(0, "Table");
    }
    if TAKEN.contains(&camel.as_str()) {
        camel.push_str("Row");
    }
    camel
}

/// A field's name, and the column's where it is another.
pub(super) fn field_name(column: &str, names: &mut Names) -> (String, Option<String>) {
    let mut field = String::new();
    let mut before = '_';
    for char in column.chars() {
        if !char.is_alphanumeric() {
            field.push('_');
        } else {
            if char.is_uppercase() && before.is_lowercase() {
                field.push('_');
            }
            field.extend(char.to_lowercase());
        }
        before = char;
    }
    if field.is_empty()
        || field.starts_with(|char: char| char.is_numeric())
        || field.chars().all(|char| char == '_')
    {
        field.insert_str(0, "column_");
    }
    if matches!(field.as_str(), "self" | "super" | "crate") {
        field.push('_');
    }
    let field = names.unique(field);
    let rename = (field != column).then(|| column.to_owned());
    if KEYWORDS.contains(&field.as_str()) { (format!("r#{field}"), rename) } else { (field, rename) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_rusts_and_the_columns_are_told() {
        let mut names = Names::default();
        let cases = [
            ("id", "id", None),
            ("zipCode", "zip_code", Some("zipCode")),
            ("type", "r#type", None),
            ("self", "self_", Some("self")),
            ("Zip Code", "zip_code2", Some("Zip Code")),
            ("2nd", "column_2nd", Some("2nd")),
            ("_", "column__", Some("_")),
        ];
        for (column, field, rename) in cases {
            assert_eq!(field_name(column, &mut names), (field.to_owned(), rename.map(str::to_owned)));
        }
        for (table, name) in [
            ("users_by_email", "UsersByEmail"),
            ("QuotedTable", "QuotedTable"),
            ("option", "OptionRow"),
            ("1", "Table1"),
        ] {
            assert_eq!(struct_name(table), name);
        }
    }
}
