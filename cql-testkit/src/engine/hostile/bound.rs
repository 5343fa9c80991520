//! Values that are bound and are none, wherever a value can be bound.

use super::run::{bench, execute, for_each, number};
use super::texts::COLUMNS;
use crate::engine::testing::Bench;
use crate::engine::values::validate;
use crate::engine::{Call, Prepared};
use crate::request::Bound;
use bytes::Bytes;
use cql_protocol::types::ColumnType;

/// Columns of all types of values that have parts.
const PARTS: [&str; 11] = ["l", "s", "m", "fl", "fs", "fm", "t", "u", "fu", "ve", "vt"];

/// Where markers can be, but for values of plain columns.
const STATEMENTS: [&str; 42] = [
    "INSERT INTO keys (p, q, k, kk, kkk) VALUES (?, ?, ?, ?, ?)",
    "INSERT INTO keys (p, q, s) VALUES (?, ?, ?)",
    "INSERT INTO types (p, k) VALUES (?, ?) USING TTL ? AND TIMESTAMP ?",
    "INSERT INTO types JSON ?",
    "INSERT INTO parts JSON ? DEFAULT UNSET",
    "INSERT INTO parts (p, fm, t, u, ve) VALUES (1, from_json(?), from_json(?), from_json(?), from_json(?))",
    "INSERT INTO parts (p, t, u, ve, vt) VALUES (1, (?, ?, ?), {a: ?, c: ?}, [?, ?, 1], [?, 'a'])",
    "UPDATE parts SET l = l + ?, s = s + ?, m = m + ? WHERE p = ?",
    "UPDATE parts SET l = ? + l WHERE p = 1",
    "UPDATE parts SET l = l - ?, s = s - ?, m = m - ? WHERE p = 1",
    "UPDATE parts SET l[?] = ?, m[?] = ?, u.a = ?, u.c = ? WHERE p IN ?",
    "UPDATE parts SET l[0] = 1 WHERE p = 1 IF l[?] = ? AND m[?] IN ? AND u.c = ? AND l IN ? AND t = ?",
    "UPDATE parts SET l[0] = 1 WHERE p = 1 IF l CONTAINS ? AND m CONTAINS KEY ? AND ve = ? AND fs > ?",
    "UPDATE parts USING TTL ? AND TIMESTAMP ? SET l = [1] WHERE p = 1",
    "UPDATE counts SET c = c + ? WHERE p = ? AND k = ?",
    "DELETE l[?], m[?], s[?] FROM parts USING TIMESTAMP ? WHERE p = 1",
    "DELETE FROM keys WHERE p = ? AND q = ? AND k > ?",
    "DELETE FROM keys WHERE p = 1 AND q = 'a' AND (k, kk) >= (?, ?)",
    "SELECT * FROM keys WHERE p = ? AND q IN ? AND (k, kk, kkk) IN ?",
    "SELECT * FROM keys WHERE p = ? AND i > ? AND k > ? ALLOW FILTERING",
    "SELECT * FROM keys WHERE p = 1 AND q = 'a' AND (k, kk) IN (?, (?, ?))",
    "SELECT * FROM keys WHERE p = 1 AND q = 'a' AND k IN ? AND kk IN ? AND kkk IN ?",
    "SELECT * FROM keys WHERE p IN ? AND q IN ? ORDER BY k ASC",
    "SELECT * FROM keys WHERE token(p, q) > ? AND token(p, q) <= token(?, ?) PER PARTITION LIMIT ? LIMIT ?",
    "SELECT * FROM keys WHERE s CONTAINS ? AND kk > ? ALLOW FILTERING",
    "SELECT * FROM keys ORDER BY e ANN OF ? LIMIT ?",
    "SELECT similarity_cosine(e, ?), similarity_euclidean(e, ?), similarity_dot_product(e, ?) FROM keys",
    "SELECT * FROM parts WHERE m[?] = ? AND m CONTAINS ? AND fl = ? AND t = ? AND ve = ? ALLOW FILTERING",
    "SELECT m[?], m[?..?], s[?], fm[?] FROM parts",
    "SELECT (list<int>) ?, (set<decimal>) ?, (map<text, int>) ?, (tuple<int, text>) ?, (vector<text, 2>) ? FROM parts",
    "SELECT to_json((map<int, frozen<list<text>>>) ?), collection_sum((list<varint>) ?) FROM parts",
    "SELECT map_keys((map<decimal, text>) ?), collection_max((list<duration>) ?) FROM parts",
    "SELECT abs((decimal) ?), round((decimal) ?), abs((varint) ?), exp((varint) ?), log((decimal) ?) FROM types",
    "SELECT (decimal) ? + e, e * (decimal) ?, e / (decimal) ?, v % (varint) ?, (varint) ? * v FROM types",
    "SELECT cast((varint) ? AS text), cast((decimal) ? AS text), cast((decimal) ? AS varint) FROM types",
    "SELECT to_json((decimal) ?), to_json((varint) ?), to_json((duration) ?), to_json((inet) ?) FROM types",
    "SELECT l + (duration) ?, q - (duration) ?, floor(l, ?), floor(q, ?), floor((timestamp) ?, 1h) FROM types",
    "SELECT to_date((timestamp) ?), to_timestamp((timeuuid) ?), min_timeuuid((timestamp) ?) FROM types",
    "SELECT cast((date) ? AS text), cast((timestamp) ? AS text), to_json((time) ?), cast((uuid) ? AS text) FROM types",
    "SELECT mask_inner(t, ?, ?), mask_outer((text) ?, 1, ?, ?), mask_hash((blob) ?, ?), mask_default((ascii) ?) FROM types",
    "SELECT blob_as_int(?), blob_as_text(?), blob_as_decimal(?), blob_as_varint(?), blob_as_timeuuid(?) FROM types",
    "SELECT min(v), max(e), sum(v), sum(e), avg(v), avg(e), sum(f), avg(b) FROM types WHERE p = ?",
];

/// A value of the type.
fn valid(of: &ColumnType) -> Vec<u8> {
    let part = |of: &ColumnType| {
        let value = valid(of);
        [&u32::try_from(value.len()).unwrap().to_be_bytes()[..], &value].concat()
    };
    let collection = |parts: &[&ColumnType]| {
        let entries = [0, 0, 0, 1].into_iter().chain(parts.iter().flat_map(|of| part(of)));
        entries.collect()
    };
    match of {
        ColumnType::List(of) | ColumnType::Set(of) => collection(&[of]),
        ColumnType::Map(of) => collection(&[&of.0, &of.1]),
        ColumnType::Tuple(types) => types.iter().flat_map(part).collect(),
        ColumnType::Udt(udt) => udt.fields().iter().flat_map(|(_, of)| part(of)).collect(),
        ColumnType::Vector(vector) => {
            let element = valid(vector.element());
            let length =
                vector.element().fixed_size().is_none().then(|| u8::try_from(element.len()).unwrap());
            (0..vector.dimensions()).flat_map(|_| length.into_iter().chain(element.clone())).collect()
        }
        ColumnType::Boolean | ColumnType::TinyInt => vec![1],
        ColumnType::SmallInt => vec![0, 1],
        ColumnType::Int | ColumnType::Float | ColumnType::Date | ColumnType::Inet => vec![0, 0, 0, 1],
        ColumnType::Uuid | ColumnType::TimeUuid => vec![0x11; 16],
        ColumnType::Decimal => vec![0, 0, 0, 1, 5],
        ColumnType::Duration => vec![2, 2, 2],
        ColumnType::Varint | ColumnType::Blob => vec![1],
        ColumnType::Text | ColumnType::Ascii => b"{}".to_vec(),
        _ => vec![0, 0, 0, 0, 0, 0, 0, 1],
    }
}

/// Whether a value without its last bytes is none.
fn needs_all(of: &ColumnType) -> bool {
    !matches!(
        of,
        ColumnType::Blob | ColumnType::Text | ColumnType::Ascii | ColumnType::Varint | ColumnType::Decimal
    )
}

/// Where fields begin in a value of a type that has some.
fn starts(of: &ColumnType) -> Vec<usize> {
    let fields: Vec<&ColumnType> = match of {
        ColumnType::Tuple(types) => types.iter().collect(),
        ColumnType::Udt(udt) => udt.fields().iter().map(|(_, of)| of).collect(),
        _ => Vec::new(),
    };
    let place = |at: &mut usize, of: &ColumnType| Some(std::mem::replace(at, *at + 4 + valid(of).len()));
    fields.into_iter().scan(0, place).collect()
}

/// Bytes of all lengths, a value of the type cut, and with numbers in it that are borders of counts and lengths.
fn hostile(of: &ColumnType) -> Vec<Vec<u8>> {
    let fills = [0x00, 0x01, 0x7F, 0x80, 0xFF];
    let lengths = [0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 24, 33];
    let mut values: Vec<Vec<u8>> =
        lengths.into_iter().flat_map(|length| fills.map(|fill| vec![fill; length])).collect();
    let whole = valid(of);
    values.push([&whole[..], &[0]].concat());
    for at in 0..whole.len() {
        values.push(whole[..at].to_vec());
        for border in [-1, -2, i32::MIN, i32::MAX, 0, 2, 0xFFFF] {
            let (before, behind) = whole.split_at(at);
            values.push([before, &border.to_be_bytes(), behind.get(4..).unwrap_or_default()].concat());
        }
        values.extend(fills.map(|fill| {
            let mut value = whole.clone();
            value[at] = fill;
            value
        }));
    }
    values
}

/// Bytes that are many, and a count of as many elements without bytes.
fn large(of: &ColumnType, length: usize) -> Vec<Vec<u8>> {
    let mut values = [0x00, 0x01, 0x7F, 0x80, 0xFF].map(|fill| vec![fill; length]).to_vec();
    if matches!(of, ColumnType::List(_) | ColumnType::Set(_) | ColumnType::Map(_)) {
        let count = u32::try_from(length / 8).unwrap();
        values.push([&count.to_be_bytes()[..], &[0, 0, 0, 0].repeat(length / 4)].concat());
        values.push([&count.to_be_bytes()[..], &[0, 0, 0, 4, 1, 2, 3, 4].repeat(length / 8)].concat());
    }
    values.push([&[0x7F, 0xFF, 0xFF, 0xFF][..], &vec![9; length]].concat());
    values.push([&[0x80, 0, 0, 0][..], &vec![9; length]].concat());
    values
}

/// Has each of the markers be each of the values, while the others are fine.
fn bind(text: &str, values: impl Fn(&ColumnType) -> Vec<Vec<u8>>) {
    let bench = bench();
    let prepared = bench.engine.prepare(text, Some("ks")).unwrap_or_else(|error| panic!("{text}: {error}"));
    let markers = prepared.markers.clone();
    let fine = |of: &ColumnType| Bound::Value(valid(of).into());
    let mut bound: Vec<Bound> = markers.iter().map(|marker| fine(marker.column_type())).collect();
    for (at, marker) in markers.iter().enumerate() {
        let of = marker.column_type();
        for value in values(of) {
            bound[at] = Bound::Value(Bytes::from(value));
            check(&bench, &prepared, &bound, of, at);
        }
        bound[at] = fine(of);
    }
    super::run::read(&bench);
}

/// What is no value of its type is refused; what is one can be read.
fn check(bench: &Bench, prepared: &Prepared, bound: &[Bound], of: &ColumnType, at: usize) {
    let Bound::Value(value) = &bound[at] else { return };
    let call = bench.call(bound);
    let result = execute(bench, prepared, &call);
    let _ = execute(bench, prepared, &Call { page_size: Some(1), paging_state: Some(value.clone()), ..call });
    let is_written = matches!(prepared.plan, crate::engine::Plan::Modify(_)) && prepared.markers.len() == 1;
    if is_written && validate(of, value).is_err() {
        assert!(result.is_err(), "{of:?} {value:?}");
    }
}

/// What sets one column to one value, and what looks for it.
fn of_columns() -> Vec<String> {
    let mut texts = Vec::new();
    for column in COLUMNS {
        let row = if column == "s" { "" } else { " AND k = 1" };
        texts.extend([
            format!("INSERT INTO types (p, k, {column}) VALUES (1, 1, ?)"),
            format!("UPDATE types SET {column} = ? WHERE p = 1{row} IF {column} = ? AND {column} IN ?"),
        ]);
        if column != "r" {
            texts.push(format!(
                "SELECT {column} FROM types WHERE {column} > ? AND {column} <= ? ALLOW FILTERING"
            ));
        }
    }
    for column in PARTS {
        texts.push(format!("INSERT INTO parts (p, {column}) VALUES (1, ?)"));
        texts.push(format!("UPDATE parts SET {column} = ? WHERE p = 1 IF {column} = ? AND {column} IN ?"));
    }
    texts
}

#[test]
fn values_without_all_their_bytes_are_none() {
    let bench = bench();
    for text in of_columns().iter().filter(|text| text.starts_with("INSERT")) {
        let prepared = bench.engine.prepare(text, Some("ks")).unwrap();
        let of = prepared.markers[0].column_type();
        let whole = valid(of);
        let outcome = |value: &[u8]| bench.outcome(text, &[Bound::Value(Bytes::copy_from_slice(value))]);
        assert!(outcome(&whole).is_ok(), "{text}");
        // Nothing at all is an empty value, and fields that were never written are null.
        let starts = starts(of);
        for length in (1..whole.len()).filter(|length| !starts.contains(length)) {
            let is_none = needs_all(of) || (length < 4 && *of == ColumnType::Decimal);
            assert_eq!(outcome(&whole[..length]).is_err(), is_none, "{text} {length}");
        }
    }
}

#[test]
fn values_that_are_none_are_answered() {
    let texts = STATEMENTS.into_iter().map(str::to_owned).chain(of_columns()).collect();
    for_each(texts, |text| bind(text, hostile));
}

#[test]
fn long_values_are_answered() {
    let length = number("CQL_HOSTILE_LENGTH").unwrap_or(1000);
    let texts = STATEMENTS.into_iter().map(str::to_owned).chain(of_columns()).collect();
    for_each(texts, move |text| bind(text, |of| large(of, length)));
}
