//! What is checked, and put together, when models are compiled.
#![allow(clippy::panic, reason = "constants are made of it: it is an error of whoever compiles the model")]

use super::meta::{ColumnMeta, ColumnRole, IndexDef, ModelMeta};
use crate::value::{Native, TypeDef, same_text};

/// Checks what does not show in one field alone.
pub const fn check_model(meta: &ModelMeta) {
    let (mut at, mut counters, mut others) = (0, 0, 0);
    while at < meta.columns.len() {
        let column = &meta.columns[at];
        let is_value = matches!(column.role, ColumnRole::Regular | ColumnRole::Static);
        if column.type_def.is_counter() {
            assert!(is_value, "a counter cannot be part of the primary key");
            counters += 1;
        } else if is_value {
            others += 1;
        }
        let mut before = 0;
        while before < at {
            assert!(
                !same_text(meta.columns[before].name, column.name),
                "a column of a flattened struct has the name of another column: rename one of them"
            );
            before += 1;
        }
        at += 1;
    }
    assert!(
        counters == 0 || others == 0,
        "a table has either counters or other columns beside its primary key, not both"
    );
    assert!(meta.columns.len() <= 128, "a model has at most 128 columns");
}

/// Checks columns that models share.
pub const fn check_columns(columns: &[ColumnMeta]) {
    let mut at = 0;
    while at < columns.len() {
        assert!(!columns[at].type_def.is_counter(), "a counter is a field of its model: move it there");
        at += 1;
    }
}

/// Checks a view against its table.
pub const fn check_view(meta: &ModelMeta) {
    let Some(base) = meta.base else { return };
    let (mut at, mut further) = (0, 0);
    while at < meta.columns.len() {
        let column = &meta.columns[at];
        if column.role.is_stored() {
            let Some(of_base) = find(base, column.name) else {
                panic!("a column of the view is not in its table");
            };
            assert!(
                column.type_def.same(&of_base.type_def),
                "a column of the view has another type than in its table"
            );
            if column.role.is_key() && !of_base.role.is_key() {
                assert!(
                    !matches!(of_base.role, ColumnRole::Static),
                    "a static column cannot be in the key of a view"
                );
                further += 1;
            }
        }
        at += 1;
    }
    assert!(further <= 1, "the key of a view has at most one column that is not in the key of its table");
    at = 0;
    while at < base.columns.len() {
        if base.columns[at].role.is_key() {
            assert!(
                matches!(find(meta, base.columns[at].name), Some(column) if column.role.is_key()),
                "the key of a view has all columns of its table's key"
            );
        }
        at += 1;
    }
}

/// Checks that models can be in one table.
pub const fn check_variants(metas: &[&ModelMeta]) {
    let mut at = 0;
    while at < metas.len() {
        let (first, meta) = (metas[0], metas[at]);
        let Some((_, tag)) = meta.discriminator else {
            panic!("a variant's model is not said to be one: say `#[cql(variant_of = ..)]` on its struct");
        };
        assert!(
            first.partition_key.len() == meta.partition_key.len()
                && first.clustering_key.len() == meta.clustering_key.len(),
            "all models of one table have the same primary key: one of them has more columns in it"
        );
        let mut place = 0;
        while place < first.partition_key.len() {
            check_same_key(first, first.partition_key[place], meta, meta.partition_key[place]);
            place += 1;
        }
        place = 0;
        while place < first.clustering_key.len() {
            let (one, two) = (first.clustering_key[place], meta.clustering_key[place]);
            check_same_key(first, one.0, meta, two.0);
            assert!(one.1 == two.1, "all models of one table have the same clustering order");
            place += 1;
        }
        let mut before = 0;
        while before < at {
            check_shared(metas[before], meta);
            if let Some((_, other)) = metas[before].discriminator {
                assert!(!tag.same(&other), "two variants have the same value of the discriminator");
            }
            before += 1;
        }
        at += 1;
    }
}

const fn check_same_key(first: &ModelMeta, one: u16, meta: &ModelMeta, two: u16) {
    let (one, two) = (&first.columns[one as usize], &meta.columns[two as usize]);
    assert!(
        same_text(one.name, two.name),
        "all models of one table have the same primary key: a column has another name"
    );
    assert!(
        one.type_def.same(&two.type_def),
        "all models of one table have the same primary key: a column has another CQL type"
    );
}

/// Columns that both have are the same.
const fn check_shared(one: &ModelMeta, two: &ModelMeta) {
    let mut at = 0;
    while at < one.columns.len() {
        let column = &one.columns[at];
        if let Some(other) = find(two, column.name) {
            assert!(
                column.type_def.same(&other.type_def),
                "models of one table have a column of the same name and of different CQL types"
            );
            assert!(
                column.role.is_key() == other.role.is_key()
                    && matches!(column.role, ColumnRole::Static) == matches!(other.role, ColumnRole::Static)
                    && column.role.is_stored() == other.role.is_stored(),
                "models of one table have a column of the same name that is for different things: key, static, regular"
            );
        }
        at += 1;
    }
}

const fn find(meta: &ModelMeta, name: &str) -> Option<&'static ColumnMeta> {
    let mut at = 0;
    while at < meta.columns.len() {
        if same_text(meta.columns[at].name, name) {
            return Some(&meta.columns[at]);
        }
        at += 1;
    }
    None
}

/// The number of the column of that name.
#[must_use]
#[allow(clippy::cast_possible_truncation, reason = "a model has at most 128 columns")]
pub const fn position(meta: &ModelMeta, name: &str) -> u16 {
    let mut at = 0;
    while at < meta.columns.len() {
        if same_text(meta.columns[at].name, name) {
            return at as u16;
        }
        at += 1;
    }
    panic!("there is no such column")
}

/// What an array is filled with before its columns are known.
const NONE: ColumnMeta = ColumnMeta {
    name: "",
    field: "",
    type_def: TypeDef::Native(Native::Blob),
    role: ColumnRole::Regular,
    index: None::<IndexDef>,
};

/// How many columns there are in all.
#[must_use]
pub const fn total(parts: &[&[ColumnMeta]]) -> usize {
    let (mut at, mut total) = (0, 0);
    while at < parts.len() {
        total += parts[at].len();
        at += 1;
    }
    total
}

/// The columns of all parts, one after the other.
#[must_use]
pub const fn concat<const N: usize>(parts: &[&[ColumnMeta]]) -> [ColumnMeta; N] {
    let mut all = [NONE; N];
    let (mut part, mut next) = (0, 0);
    while part < parts.len() {
        let mut at = 0;
        while at < parts[part].len() {
            all[next] = parts[part][at];
            next += 1;
            at += 1;
        }
        part += 1;
    }
    all
}

/// How many columns of different names models have.
#[must_use]
pub const fn distinct(metas: &[&ModelMeta]) -> usize {
    let (mut meta, mut count) = (0, 0);
    while meta < metas.len() {
        let mut at = 0;
        while at < metas[meta].columns.len() {
            if !is_in(metas, meta, metas[meta].columns[at].name) {
                count += 1;
            }
            at += 1;
        }
        meta += 1;
    }
    count
}

/// The columns of all models, each once.
#[must_use]
pub const fn merged<const N: usize>(metas: &[&ModelMeta]) -> [ColumnMeta; N] {
    let mut all = [NONE; N];
    let (mut meta, mut next) = (0, 0);
    while meta < metas.len() {
        let mut at = 0;
        while at < metas[meta].columns.len() {
            let column = metas[meta].columns[at];
            if !is_in(metas, meta, column.name) {
                all[next] = column;
                next += 1;
            }
            at += 1;
        }
        meta += 1;
    }
    all
}

/// Whether one of the first `until` models has the column.
const fn is_in(metas: &[&ModelMeta], until: usize, name: &str) -> bool {
    let mut meta = 0;
    while meta < until {
        if find(metas[meta], name).is_some() {
            return true;
        }
        meta += 1;
    }
    false
}
