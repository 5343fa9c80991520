//! Texts in which something of the grammar is there again and again, or is at the border of what it may be.

mod borders;
mod literals;
mod statements;
mod terms;

pub(super) use borders::extremes;
pub(super) use statements::amplified;

/// With everything that a text may be about; it has a row of each.
pub(super) const TABLES: [&str; 13] = [
    "CREATE TYPE u (a int, b text, c frozen<list<int>>)",
    "CREATE TABLE types (p int, k int, s int STATIC, a ascii, b bigint, c blob, d boolean, e decimal, f double, \
     g float, h inet, i smallint, j time, l timestamp, m timeuuid, n tinyint, o uuid, q date, r duration, t text, \
     v varint, PRIMARY KEY (p, k))",
    "CREATE TABLE parts (p int PRIMARY KEY, l list<int>, s set<text>, m map<text, int>, fl frozen<list<int>>, \
     fs frozen<set<decimal>>, fm frozen<map<int, frozen<list<text>>>>, t tuple<int, text, frozen<u>>, u u, \
     fu frozen<u>, ve vector<float, 3>, vt vector<text, 2>)",
    "CREATE TABLE counts (p int, k text, c counter, PRIMARY KEY (p, k))",
    "CREATE TABLE keys (p int, q text, k decimal, kk varint, kkk timestamp, s set<int> STATIC, i int, \
     e vector<float, 2>, PRIMARY KEY ((p, q), k, kk, kkk)) WITH CLUSTERING ORDER BY (k DESC, kk ASC, kkk DESC)",
    "CREATE INDEX ON keys (i)",
    "CREATE CUSTOM INDEX ON keys (e) USING 'StorageAttachedIndex'",
    "CREATE INDEX ON parts (keys(m))",
    "INSERT INTO types (p, k, s, a, b, c, d, e, f, g, h, i, j, l, m, n, o, q, r, t, v) VALUES (1, 1, 1, 'a', 1, 0xCA, true, \
     1.5, 1, 1e3, '::1', 1, '01:02:03.5', '2020-01-01', 11111111-1111-11e5-8000-000000000000, 1, \
     11111111-1111-41e5-8000-000000000000, '2020-02-29', 1mo2d3h, 'text', 99999999999999999999)",
    "INSERT INTO types (p, k, b, e, f, g, i, l, n, q, t, v) VALUES (1, 2, -9223372036854775808, 1e-2147483647, NaN, \
     -Infinity, -32768, 9223372036854775807, -128, 0, '', -1)",
    "INSERT INTO parts (p, l, s, m, fl, fs, fm, t, u, fu, ve, vt) VALUES (1, [1, 2, 3], {'a', 'b'}, {'a': 1, 'b': 2}, [1], \
     {1.0, 2}, {1: ['x']}, (1, 'a', {a: 1}), {a: 1, b: 'x'}, {a: 2}, [1, 2, 3], ['a', 'b'])",
    "INSERT INTO keys (p, q, k, kk, kkk, s, i, e) VALUES (1, 'a', 1.0, 1, 0, {1}, 1, [1, 2])",
    "UPDATE counts SET c = c + 9223372036854775807 WHERE p = 1 AND k = 'a'",
];

/// Of all types.
pub(super) const COLUMNS: [&str; 19] =
    ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "l", "m", "n", "o", "q", "r", "t", "v", "s"];

/// All of them, with `size` repetitions and with as many bytes to a literal as `length`.
pub(super) fn all(size: usize, length: usize) -> Vec<String> {
    let mut texts = terms::deep(size);
    texts.extend(terms::wide(size));
    texts.extend(statements::many_columns(size));
    texts.extend(statements::many_conditions(size));
    texts.extend(statements::many_changes(size));
    texts.extend(statements::schemas(size));
    texts.extend(statements::batches(size));
    texts.extend(literals::tokens(length));
    texts.extend(literals::values(length));
    texts.extend(literals::long_json(size, length));
    texts
}
