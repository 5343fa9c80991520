//! The CQL that creates a keyspace and what is in it again.

use super::cql::{Literal, joined, map, thawed, words};
use super::keyspace::{Aggregate, Function, Keyspace, UserType};
use super::table::{Column, ColumnKind, Index, Mask, OptionValue, Table, Trigger, View};
use cql_protocol::types::Identifier;
use std::collections::BTreeSet;
use std::fmt;

/// Options the server tells of but takes from nobody, or that belong to what is done rather than to what is.
const NOT_SETTABLE: [&str; 3] = ["extensions", "fast_path", "transactional_migration_from"];

impl Keyspace {
    /// The statement that creates the keyspace alone.
    #[must_use]
    pub fn create_statement(&self) -> String {
        let (open, close) = if self.is_virtual { ("/* virtual: ", " */") } else { ("", "") };
        format!(
            "{open}CREATE KEYSPACE {} WITH replication = {} AND durable_writes = {};{close}",
            Identifier(&self.name),
            map(&self.replication),
            self.durable_writes,
        )
    }

    /// The statements that create the keyspace and everything in it, each before what needs it.
    #[must_use]
    pub fn to_cql(&self) -> String {
        self.to_string()
    }

    /// The same, statement by statement, to be executed one after the other. None for a virtual keyspace.
    #[must_use]
    pub fn statements(&self) -> Vec<String> {
        if self.is_virtual {
            return Vec::new();
        }
        let mut all = vec![self.create_statement()];
        all.extend(self.types_in_order().into_iter().map(ToString::to_string));
        all.extend(self.functions().map(ToString::to_string));
        all.extend(self.aggregates().map(ToString::to_string));
        for table in self.tables() {
            all.extend(table.statements());
        }
        for view in self.views() {
            all.push(view.create_statement());
            all.extend(view.table.index_statements());
        }
        all
    }

    /// Types behind those they are made of. Should the server tell of a circle, its types come last, by name.
    fn types_in_order(&self) -> Vec<&UserType> {
        let needs = |one: &UserType| -> Vec<&str> {
            let words = one.fields.iter().flat_map(|(_, field)| words(field));
            let needed = words.filter_map(|word| self.user_type(&word));
            needed.filter(|needed| needed.name != one.name).map(|needed| needed.name.as_str()).collect()
        };
        let mut waiting: Vec<(&UserType, Vec<&str>)> =
            self.user_types().map(|one| (one, needs(one))).collect();
        let mut ordered = Vec::with_capacity(waiting.len());
        let mut placed = BTreeSet::new();
        while !waiting.is_empty() {
            let is_free = |needs: &[&str]| needs.iter().all(|needed| placed.contains(needed));
            let (mut free, bound): (Vec<_>, Vec<_>) =
                waiting.into_iter().partition(|(_, needs)| is_free(needs));
            waiting = bound;
            if free.is_empty() {
                free = std::mem::take(&mut waiting);
            }
            placed.extend(free.iter().map(|(one, _)| one.name.as_str()));
            ordered.extend(free.into_iter().map(|(one, _)| one));
        }
        ordered
    }
}

impl fmt::Display for Keyspace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_virtual {
            writeln!(f, "{}", self.create_statement())?;
            return self.tables().try_for_each(|table| writeln!(f, "\n{}", table.to_cql()));
        }
        for (at, statement) in self.statements().iter().enumerate() {
            writeln!(f, "{}{statement}", if at == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl UserType {
    /// The statement that creates it.
    #[must_use]
    pub fn to_cql(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for UserType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields =
            self.fields.iter().map(|(name, field_type)| format!("\n    {} {field_type}", Identifier(name)));
        write!(
            f,
            "CREATE TYPE {}.{} ({}\n);",
            Identifier(&self.keyspace),
            Identifier(&self.name),
            joined(fields, ",")
        )
    }
}

impl Function {
    /// The statement that creates it.
    #[must_use]
    pub fn to_cql(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arguments =
            self.arguments.iter().map(|(name, of)| format!("{} {}", Identifier(name), thawed(of)));
        let on_null = if self.called_on_null_input { "CALLED" } else { "RETURNS NULL" };
        write!(
            f,
            "CREATE FUNCTION {}.{}({})\n    {on_null} ON NULL INPUT\n    RETURNS {}\n    LANGUAGE {}\n    AS ",
            Identifier(&self.keyspace),
            Identifier(&self.name),
            joined(arguments, ", "),
            thawed(&self.return_type),
            self.language,
        )?;
        if self.body.contains('$') {
            write!(f, "{};", Literal(&self.body))
        } else {
            write!(f, "$${}$$;", self.body)
        }
    }
}

impl Aggregate {
    /// The statement that creates it.
    #[must_use]
    pub fn to_cql(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Aggregate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "CREATE AGGREGATE {}.{}({})\n    SFUNC {}\n    STYPE {}",
            Identifier(&self.keyspace),
            Identifier(&self.name),
            joined(self.argument_types.iter().map(|of| thawed(of)), ", "),
            Identifier(&self.state_function),
            thawed(&self.state_type),
        )?;
        if let Some(function) = &self.final_function {
            write!(f, "\n    FINALFUNC {}", Identifier(function))?;
        }
        if let Some(condition) = &self.initial_condition {
            write!(f, "\n    INITCOND {condition}")?;
        }
        f.write_str(";")
    }
}

impl Table {
    /// The statements that create it, its indexes and its triggers.
    #[must_use]
    pub fn to_cql(&self) -> String {
        joined(self.statements(), "\n\n")
    }

    /// The statement that creates the table alone.
    #[must_use]
    pub fn create_statement(&self) -> String {
        let columns = self.columns.iter().map(|column| format!("\n    {column}"));
        let (open, close) = if self.is_virtual { ("/* virtual: ", " */") } else { ("", "") };
        format!(
            "{open}CREATE TABLE {}.{} ({},\n    {}\n){};{close}",
            Identifier(&self.keyspace),
            Identifier(&self.name),
            joined(columns, ","),
            self.primary_key(),
            self.with(IsView::No),
        )
    }

    /// As [`Table::to_cql`], statement by statement.
    #[must_use]
    pub fn statements(&self) -> Vec<String> {
        let mut all = vec![self.create_statement()];
        all.extend(self.index_statements());
        all.extend(self.triggers.values().map(|trigger| self.trigger_statement(trigger)));
        all
    }

    fn index_statements(&self) -> impl Iterator<Item = String> {
        self.indexes.values().map(|index| self.index_statement(index))
    }

    fn index_statement(&self, index: &Index) -> String {
        // Old releases keep the bare name of the column.
        let target = match self.column(&index.target) {
            Some(column) => Identifier(&column.name).to_string(),
            None => index.target.clone(),
        };
        let (name, keyspace, table) =
            (Identifier(&index.name), Identifier(&self.keyspace), Identifier(&self.name));
        let Some(class) = &index.class else {
            return format!("CREATE INDEX {name} ON {keyspace}.{table} ({target});");
        };
        let options = match index.options.is_empty() {
            true => String::new(),
            false => format!(" WITH OPTIONS = {}", map(&index.options)),
        };
        format!(
            "CREATE CUSTOM INDEX {name} ON {keyspace}.{table} ({target}) USING {}{options};",
            Literal(class)
        )
    }

    fn trigger_statement(&self, trigger: &Trigger) -> String {
        let (keyspace, table) = (Identifier(&self.keyspace), Identifier(&self.name));
        let (name, class) = (Identifier(&trigger.name), Literal(&trigger.class));
        format!("CREATE TRIGGER {name} ON {keyspace}.{table} USING {class};")
    }

    fn primary_key(&self) -> String {
        let partition = joined(self.partition_key().map(|column| Identifier(&column.name)), ", ");
        let clustering = self.clustering_key().map(|column| format!(", {}", Identifier(&column.name)));
        format!("PRIMARY KEY (({partition}){})", joined(clustering, ""))
    }

    fn with(&self, is_view: IsView) -> String {
        let mut parts = Vec::new();
        if self.is_compact {
            parts.push("COMPACT STORAGE".to_owned());
        }
        let mut order = self.clustering_key().peekable();
        if order.peek().is_some() && !self.is_virtual {
            let direction = |column: &Column| if column.is_descending { "DESC" } else { "ASC" };
            let order = order.map(|column| format!("{} {}", Identifier(&column.name), direction(column)));
            parts.push(format!("CLUSTERING ORDER BY ({})", joined(order, ", ")));
        }
        // 4.0 still tells of the chances of a read repair, but has none.
        let is_since_4 = self.options.contains_key("additional_write_policy");
        let is_settable = |name: &str| {
            !(NOT_SETTABLE.contains(&name)
                || (is_since_4 && name.ends_with("read_repair_chance"))
                || (matches!(is_view, IsView::Yes) && name == "default_time_to_live"))
        };
        let options = self.options.iter().filter(|(name, _)| is_settable(name));
        parts.extend(options.map(|(name, value)| format!("{name} = {value}")));
        match parts.is_empty() {
            true => String::new(),
            false => format!(" WITH {}", joined(parts, "\n    AND ")),
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_cql())
    }
}

#[derive(Clone, Copy)]
enum IsView {
    Yes,
    No,
}

impl View {
    /// The statements that create it and its indexes.
    #[must_use]
    pub fn to_cql(&self) -> String {
        joined(std::iter::once(self.create_statement()).chain(self.table.index_statements()), "\n\n")
    }

    /// The statement that creates the view alone.
    #[must_use]
    pub fn create_statement(&self) -> String {
        let table = &self.table;
        let columns = match self.includes_all_columns {
            true => "*".to_owned(),
            false => joined(table.columns.iter().map(|column| Identifier(&column.name)), ", "),
        };
        format!(
            "CREATE MATERIALIZED VIEW {0}.{1} AS\n    SELECT {columns}\n    FROM {0}.{2}\n    WHERE {3}\n    {4}{5};",
            Identifier(&table.keyspace),
            Identifier(&table.name),
            Identifier(&self.base_table),
            self.where_clause,
            table.primary_key(),
            table.with(IsView::Yes),
        )
    }
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_cql())
    }
}

/// The column as in a declaration: name, type, `static`, mask.
impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", Identifier(&self.name), self.column_type)?;
        if self.kind == ColumnKind::Static {
            f.write_str(" static")?;
        }
        match &self.mask {
            Some(mask) => write!(f, " MASKED WITH {mask}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arguments = joined(&self.arguments, ", ");
        write!(f, "{}.{}({arguments})", Identifier(&self.function_keyspace), Identifier(&self.function))
    }
}

/// The value as a CQL literal.
impl fmt::Display for OptionValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OptionValue::Text(text) => write!(f, "{}", Literal(text)),
            OptionValue::Integer(number) => write!(f, "{number}"),
            OptionValue::Float(number) => write!(f, "{number:?}"),
            OptionValue::Boolean(is) => write!(f, "{is}"),
            OptionValue::Map(entries) => f.write_str(&map(entries)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn user_type(name: &str, field: &str) -> UserType {
        UserType { keyspace: "ks".into(), name: name.into(), fields: vec![("f".into(), field.into())] }
    }

    #[test]
    fn types_come_after_those_they_need_and_a_circle_comes_last() {
        let mut keyspace = Keyspace::default();
        for (name, field) in [
            ("a", "frozen<list<frozen<\"B\">>>"),
            ("B", "map<text, frozen<c>>"),
            ("c", "int"),
            ("d", "frozen<e>"),
            ("e", "frozen<d>"),
            ("f", "frozen<f>"),
        ] {
            keyspace.user_types.insert(name.into(), Arc::new(user_type(name, field)));
        }
        let order: Vec<&str> = keyspace.types_in_order().iter().map(|one| one.name.as_str()).collect();
        assert_eq!(order, ["c", "f", "B", "a", "d", "e"]);
    }

    #[test]
    fn what_needs_quotes_has_them() {
        let odd = user_type("Od\"d", "int");
        assert_eq!(odd.to_cql(), "CREATE TYPE ks.\"Od\"\"d\" (\n    f int\n);");
        let function = Function {
            keyspace: "ks".into(),
            name: "f".into(),
            arguments: vec![("order".into(), "frozen<list<int>>".into())],
            return_type: "text".into(),
            language: "java".into(),
            body: "return \"it's $$\";".into(),
            called_on_null_input: true,
        };
        let cql = function.to_cql();
        assert!(cql.contains("ks.f(\"order\" list<int>)"), "{cql}");
        assert!(cql.ends_with("AS 'return \"it''s $$\";';"), "{cql}");
    }
}
