//! What is selected: columns, functions, aggregates.

use super::Generator;
use super::table::{Column, Table};
use cql_driver::types::ColumnType;

impl Generator {
    pub(super) fn selectors(&mut self, table: &Table, group: bool) -> String {
        let json = if self.one_in(12) { "JSON " } else { "" };
        match self.rng.u8(..10) {
            0..3 if !group => return format!("{json}*"),
            3 | 4 => {
                let mut parts: Vec<String> = table.key().iter().map(|column| column.name.clone()).collect();
                if group {
                    parts.truncate(self.rng.usize(..=parts.len()));
                }
                for _ in 0..self.rng.usize(1..4) {
                    parts.push(self.aggregate(table));
                }
                return json.to_owned() + &parts.join(", ");
            }
            _ => {}
        }
        let parts: Vec<String> = (0..self.rng.usize(1..5))
            .map(|number| {
                let column = self.any_column(table);
                let selector =
                    if self.one_in(2) { column.name.clone() } else { self.selector(&column, table) };
                if self.one_in(8) && !selector.contains("time(") {
                    format!("{selector} AS a{number}")
                } else {
                    selector
                }
            })
            .collect();
        json.to_owned() + &parts.join(", ")
    }

    fn aggregate(&mut self, table: &Table) -> String {
        let column = self.any_column(table).name;
        match self.rng.u8(..8) {
            0 | 1 => "count(*)".to_owned(),
            2 => format!("count({column})"),
            3 => format!("min({column})"),
            4 => format!("max({column})"),
            5 => format!("max(writetime({column}))"),
            _ => {
                let numbers: Vec<&Column> =
                    table.columns.iter().filter(|column| is_number(&column.of.of)).collect();
                let name =
                    if numbers.is_empty() { &column } else { &numbers[self.rng.usize(..numbers.len())].name };
                format!("{}({name})", self.pick(&["sum", "avg", "min", "max"]))
            }
        }
    }

    fn selector(&mut self, column: &Column, table: &Table) -> String {
        let mut name = &column.name;
        let others = table.others();
        let kind = self.rng.u8(..10);
        // Keys have none.
        if kind < 3 && !others.is_empty() && !self.one_in(10) {
            name = &others[self.rng.usize(..others.len())].name;
        }
        match kind {
            0 => format!("writetime({name})"),
            1 => format!("ttl({name})"),
            2 => format!("maxwritetime({name})"),
            3 => {
                let names: Vec<&str> =
                    table.partition_key().iter().map(|column| column.name.as_str()).collect();
                format!("token({})", names.join(", "))
            }
            // A server does not find casts of descending columns to their own type.
            4 if !column.descends => format!("cast({name} AS {})", self.type_name()),
            5 => self
                .pick(&["to_json(NAME)", "toJson(NAME)", "mask_default(NAME)", "mask_null(NAME)"])
                .replace("NAME", name),
            6 if self.one_in(2) => {
                let other = self.any_column(table).name;
                let term = self.some_term(&column.of.of);
                self.pick(&[
                    "(NAME, OTHER)",
                    "(NAME, TERM)",
                    "to_json((NAME, TERM))",
                    "max((OTHER, NAME))",
                    "[NAME, NAME]",
                    "[TERM, NAME]",
                    "{NAME, TERM}",
                    "{NAME: OTHER}",
                    "collection_count([NAME, TERM])",
                    "to_json({TERM, NAME})",
                    "[(NAME, OTHER), (NAME, OTHER)]",
                    "max([NAME])",
                ])
                .replace("TERM", &term)
                .replace("OTHER", &other)
                .replace("NAME", &column.name)
            }
            _ => self.function_of(column),
        }
    }

    /// A function that takes the column's type, mostly.
    fn function_of(&mut self, column: &Column) -> String {
        let name = &column.name;
        let of = &column.of.of;
        let template: String = match of {
            of if is_number(of) => {
                let one = self.pick(&[
                    "NAME + 1",
                    "NAME - 1",
                    "NAME * 2",
                    "NAME / 2",
                    "NAME % 2",
                    "-NAME",
                    "abs(NAME)",
                    "round(NAME)",
                    "exp(NAME)",
                    "log(NAME)",
                    "log10(NAME)",
                    "NAME + NAME",
                    "NAME + 1.5",
                    "NAME / 0",
                    "int_as_blob(NAME)",
                    "bigint_as_blob(NAME)",
                    "mask_replace(NAME, 1)",
                    "to_timestamp(NAME)",
                ]);
                // How many zeros a server leaves behind whole logarithms of decimals is decided by what it rounds within.
                let is_rounded = one == "log10(NAME)" && *of == ColumnType::Decimal;
                if is_rounded { "log(NAME)" } else { one }.to_owned()
            }
            ColumnType::Text | ColumnType::Ascii => self
                .pick(&[
                    "text_as_blob(NAME)",
                    "textasblob(NAME)",
                    "ascii_as_blob(NAME)",
                    "mask_inner(NAME, 1, 1)",
                    "mask_outer(NAME, 1, null)",
                    "NAME + 'x'",
                    "mask_replace(NAME, 'x')",
                    "mask_inner(NAME, null, 1, '#')",
                ])
                .to_owned(),
            ColumnType::Timestamp | ColumnType::Date | ColumnType::Time => self.of_time(of).to_owned(),
            ColumnType::TimeUuid => self
                .pick(&[
                    "to_date(NAME)",
                    "to_timestamp(NAME)",
                    "to_unix_timestamp(NAME)",
                    "timeuuid_as_blob(NAME)",
                    "dateOf(NAME)",
                ])
                .to_owned(),
            ColumnType::Blob => {
                self.pick(&["blob_as_text(NAME)", "blob_as_int(NAME)", "blobAsBigint(NAME)"]).to_owned()
            }
            ColumnType::List(_) | ColumnType::Set(_) | ColumnType::Map(_) => self.of_collection(of),
            ColumnType::Udt(udt) => format!("NAME.{}", udt.fields()[self.rng.usize(..udt.fields().len())].0),
            ColumnType::Vector(_) => self
                .pick(&[
                    "similarity_cosine(NAME, NAME)",
                    "similarity_euclidean(NAME, [1, 2])",
                    "similarity_dot_product(NAME, NAME)",
                ])
                .to_owned(),
            _ => self.pick(&["NAME", "to_json(NAME)", "mask_default(NAME)"]).to_owned(),
        };
        template.replace("NAME", name)
    }

    fn of_time(&mut self, of: &ColumnType) -> &'static str {
        match of {
            ColumnType::Timestamp => self.pick(&[
                "to_date(NAME)",
                "to_unix_timestamp(NAME)",
                "NAME + 2d",
                "NAME - 1h",
                "toUnixTimestamp(NAME)",
                "floor(NAME, 2d)",
                "floor(NAME, 1h, '1970-01-01')",
                "timestamp_as_blob(NAME)",
                "min_timeuuid(NAME)",
            ]),
            ColumnType::Date => self.pick(&[
                "to_timestamp(NAME)",
                "to_unix_timestamp(NAME)",
                "NAME + 1mo",
                "NAME - 2d",
                "floor(NAME, 7d)",
                "date_as_blob(NAME)",
            ]),
            ColumnType::Time => self.pick(&["floor(NAME, 1h)", "time_as_blob(NAME)", "NAME"]),
            _ => "NAME",
        }
    }

    fn of_collection(&mut self, of: &ColumnType) -> String {
        match of {
            ColumnType::Map(pair) if self.one_in(2) => match self.rng.u8(..4) {
                0 => format!("NAME[{}..{}]", self.some_term(&pair.0), self.some_term(&pair.0)),
                1 => self.pick(&["map_keys(NAME)", "map_values(NAME)"]).to_owned(),
                _ => format!("NAME[{}]", self.some_term(&pair.0)),
            },
            ColumnType::Set(element) if self.one_in(2) => format!("NAME[{}]", self.some_term(element)),
            _ => self
                .pick(&[
                    "collection_count(NAME)",
                    "collection_min(NAME)",
                    "collection_max(NAME)",
                    "collection_sum(NAME)",
                    "collection_avg(NAME)",
                    "writetime(NAME)",
                    "ttl(NAME)",
                    "maxwritetime(NAME)",
                ])
                .to_owned(),
        }
    }
}

fn is_number(of: &ColumnType) -> bool {
    use ColumnType::{BigInt, Counter, Decimal, Double, Float, Int, SmallInt, TinyInt, Varint};
    matches!(of, BigInt | Counter | Decimal | Double | Float | Int | SmallInt | TinyInt | Varint)
}
