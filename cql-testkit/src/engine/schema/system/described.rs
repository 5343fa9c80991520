//! `system_schema` and `system_virtual_schema`: what there is, as rows.

use super::rows::{Rows, bigint, boolean, double, int, map, text, texts, uuid};
use crate::engine::schema::{Column, DroppedColumn, Index, Keyspace, Kind, Schema, Table};
use crate::engine::values::type_name;
use bytes::Bytes;
use cql_protocol::types::ColumnType;

type Values<'n> = Vec<(&'n str, Bytes)>;

pub(super) fn tables(rows: &mut Rows<'_>, name: &str, schema: &Schema) {
    for (keyspace_name, keyspace) in schema.keyspaces.iter().filter(|(_, keyspace)| !keyspace.is_virtual) {
        match name {
            "keyspaces" => rows.push(of_keyspace(keyspace_name, keyspace)),
            "types" => types(rows, keyspace_name, keyspace),
            "tables" => keyspace.tables.values().for_each(|table| rows.push(of_table(table))),
            "columns" => columns(rows, keyspace),
            "indexes" => {
                for table in keyspace.tables.values() {
                    table.indexes.iter().for_each(|index| rows.push(of_index(table, index)));
                }
            }
            "dropped_columns" => {
                for table in keyspace.tables.values() {
                    table.dropped.values().for_each(|dropped| rows.push(of_dropped(table, dropped)));
                }
            }
            // Functions, views, triggers and masks there are none.
            _ => {}
        }
    }
}

pub(super) fn virtual_tables(rows: &mut Rows<'_>, name: &str, schema: &Schema) {
    for (keyspace_name, keyspace) in schema.keyspaces.iter().filter(|(_, keyspace)| keyspace.is_virtual) {
        match name {
            "keyspaces" => rows.push([("keyspace_name", text(keyspace_name))]),
            "tables" => {
                for table in keyspace.tables.values() {
                    let comment = [("comment", text(&table.options.comment))];
                    rows.push(name_of(table).into_iter().chain(comment));
                }
            }
            "columns" => columns(rows, keyspace),
            _ => {}
        }
    }
}

fn name_of(table: &Table) -> Values<'static> {
    vec![("keyspace_name", text(table.keyspace())), ("table_name", text(table.name()))]
}

fn of_keyspace(name: &str, keyspace: &Keyspace) -> Values<'static> {
    vec![
        ("keyspace_name", text(name)),
        ("durable_writes", boolean(keyspace.durable_writes)),
        ("replication", map(&keyspace.replication)),
    ]
}

fn types(rows: &mut Rows<'_>, keyspace_name: &str, keyspace: &Keyspace) {
    for udt in keyspace.types.values() {
        let multi_cell = keyspace.multi_cell_fields.get(udt.name()).map(Vec::as_slice).unwrap_or_default();
        let type_of = |(at, (_, of)): (usize, &(Box<str>, ColumnType))| {
            type_name(of, multi_cell.get(at).copied().unwrap_or(false))
        };
        rows.push([
            ("keyspace_name", text(keyspace_name)),
            ("type_name", text(udt.name())),
            ("field_names", texts(udt.fields().iter().map(|(name, _)| name))),
            ("field_types", texts(udt.fields().iter().enumerate().map(type_of))),
        ]);
    }
}

fn of_table(table: &Table) -> Values<'static> {
    let options = &table.options;
    let mut flags = vec!["compound"];
    if table.is_counter() {
        flags.push("counter");
    }
    let is_leveled = options
        .map("compaction")
        .iter()
        .any(|(name, class)| name == "class" && class.ends_with(".LeveledCompactionStrategy"));
    let number = |name: &str, default: f64| {
        let said = options.said(name).and_then(|text| text.parse().ok());
        double(said.unwrap_or(default))
    };
    let policy = |name: &str| text(options.said(name).unwrap_or("99p"));
    let mut values = name_of(table);
    values.extend([
        ("additional_write_policy", policy("additional_write_policy")),
        ("bloom_filter_fp_chance", number("bloom_filter_fp_chance", if is_leveled { 0.1 } else { 0.01 })),
        ("caching", map(&options.map("caching"))),
        ("comment", text(&options.comment)),
        ("compaction", map(&options.map("compaction"))),
        ("compression", map(&options.map("compression"))),
        ("crc_check_chance", number("crc_check_chance", 1.0)),
        ("dclocal_read_repair_chance", double(0.0)),
        ("default_time_to_live", int(options.default_time_to_live)),
        ("extensions", map(&[])),
        ("flags", texts(flags)),
        ("gc_grace_seconds", int(options.gc_grace_seconds)),
        ("id", uuid(table.id)),
        ("max_index_interval", int(options.number("max_index_interval"))),
        ("memtable_flush_period_in_ms", int(options.number("memtable_flush_period_in_ms"))),
        ("min_index_interval", int(options.number("min_index_interval"))),
        ("read_repair", text(options.said("read_repair").unwrap_or("BLOCKING"))),
        ("read_repair_chance", double(0.0)),
        ("speculative_retry", policy("speculative_retry")),
    ]);
    // Told where they are off alone.
    for name in ["allow_auto_snapshot", "incremental_backups"] {
        if options.said(name) == Some("false") {
            values.push((name, boolean(false)));
        }
    }
    values
}

fn columns(rows: &mut Rows<'_>, keyspace: &Keyspace) {
    for table in keyspace.tables.values() {
        for column in &table.columns {
            let (position, order) = match column.kind {
                Kind::PartitionKey(position) => (i32::try_from(position).unwrap_or(i32::MAX), "none"),
                Kind::Clustering { position, descends } => {
                    (i32::try_from(position).unwrap_or(i32::MAX), if descends { "desc" } else { "asc" })
                }
                Kind::Static | Kind::Regular => (-1, "none"),
            };
            rows.push(name_of(table).into_iter().chain([
                ("column_name", text(&column.name)),
                ("clustering_order", text(order)),
                ("column_name_bytes", text(&column.name)),
                ("kind", text(kind(column))),
                ("position", int(position)),
                ("type", text(&type_name(&column.column_type, column.is_multi_cell))),
            ]));
        }
    }
}

fn kind(column: &Column) -> &'static str {
    match column.kind {
        Kind::PartitionKey(_) => "partition_key",
        Kind::Clustering { .. } => "clustering",
        Kind::Static => "static",
        Kind::Regular => "regular",
    }
}

fn of_index(table: &Table, index: &Index) -> Values<'static> {
    let mut options = index.options.clone();
    options.push(("target".to_owned(), index.target_text()));
    options.extend(index.class.clone().map(|class| ("class_name".to_owned(), class)));
    let mut values = name_of(table);
    values.extend([
        ("index_name", text(&index.name)),
        ("kind", text(if index.class.is_some() { "CUSTOM" } else { "COMPOSITES" })),
        ("options", map(&options)),
    ]);
    values
}

fn of_dropped(table: &Table, dropped: &DroppedColumn) -> Values<'static> {
    let DroppedColumn { column, at } = dropped;
    let type_text =
        type_name(&crate::engine::schema::without_user_types(&column.column_type), column.is_multi_cell);
    let mut values = name_of(table);
    values.extend([
        ("column_name", text(&column.name)),
        ("dropped_time", bigint(at.div_euclid(1000))),
        ("kind", text(kind(column))),
        ("type", text(&type_text)),
    ]);
    values
}
