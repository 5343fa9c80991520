//! Numbers and times at their borders.

use super::COLUMNS;

const NUMBERS: [&str; 22] = [
    "0",
    "-1",
    "1",
    "127",
    "-128",
    "128",
    "32767",
    "-32768",
    "2147483647",
    "-2147483648",
    "2147483648",
    "4294967295",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "1e2147483647",
    "1e-2147483648",
    "1e400",
    "NaN",
    "-Infinity",
    "null",
    "?",
];

const TIMES: [&str; 16] = [
    "''",
    "'-5877641-06-23'",
    "'5881580-07-11'",
    "'5881580-07-12'",
    "'292278994-08-17T07:12:55.807Z'",
    "'0000-00-00'",
    "'-292275055-05-16'",
    "'2020-02-30'",
    "'23:59:59.999999999'",
    "'24:00:00'",
    "'-9223372036854775808'",
    "'9223372036854775807'",
    "-178956970y",
    "2147483647mo2147483647d9223372036854775807ns",
    "-P0001-01-01T00:00:00",
    "99999999999999999999y",
];

/// What is at its border whatever the size.
pub(in crate::engine::hostile) fn extremes() -> Vec<String> {
    let mut texts: Vec<String> = NUMBERS.into_iter().flat_map(of_number).collect();
    for value in NUMBERS.into_iter().chain(TIMES) {
        texts.extend(
            COLUMNS.iter().map(|column| format!("INSERT INTO types (p, k, {column}) VALUES (1, 1, {value})")),
        );
        texts.extend([
            format!("SELECT l + {value}, q + {value}, l - {value}, q - {value} FROM types"),
            format!("SELECT floor(l, {value}), floor(q, {value}), floor(j, {value}), floor(l, 1h, {value}) FROM types"),
            format!("SELECT floor(l, {value}, {value}), floor(q, {value}, {value}) FROM types"),
            format!("SELECT p FROM types WHERE l > {value} AND q < {value} AND j = {value} ALLOW FILTERING"),
            format!("SELECT to_unix_timestamp((date) {value}), to_timestamp((date) {value}) FROM types"),
            format!("SELECT min_timeuuid((timestamp) {value}), to_date((timestamp) {value}) FROM types"),
        ]);
    }
    texts
}

fn of_number(value: &str) -> Vec<String> {
    vec![
        format!("SELECT p FROM types LIMIT {value}"),
        format!("SELECT p FROM types PER PARTITION LIMIT {value} LIMIT {value}"),
        format!("SELECT p, count(*) FROM types GROUP BY p LIMIT {value}"),
        format!("SELECT p FROM types WHERE token(p) >= {value} AND token(p) <= {value}"),
        format!("SELECT p FROM types WHERE token(p) > {value}"),
        format!("SELECT e FROM keys ORDER BY e ANN OF [{value}, {value}] LIMIT {value}"),
        format!("SELECT e FROM keys ORDER BY e ANN OF [1, 2] LIMIT {value}"),
        format!("INSERT INTO types (p, k, t) VALUES (1, 1, 'x') USING TIMESTAMP {value}"),
        format!("INSERT INTO types (p, k, t) VALUES (1, 1, 'x') USING TTL {value}"),
        format!("DELETE FROM types USING TIMESTAMP {value} WHERE p = 1"),
        format!("DELETE l[{value}] FROM parts WHERE p = 1"),
        format!("UPDATE parts USING TIMESTAMP {value} SET l[{value}] = 1, l = l + [1] WHERE p = 1"),
        format!("UPDATE parts SET l[{value}] = 1 WHERE p = 1 IF l[{value}] = null"),
        format!("UPDATE counts SET c = c + {value} WHERE p = 1 AND k = 'a'"),
        format!("UPDATE counts SET c = c - {value} WHERE p = 1 AND k = 'a'"),
        format!("CREATE TABLE n (p int PRIMARY KEY, v vector<float, {value}>, w vector<text, {value}>)"),
        format!(
            "CREATE TABLE n (p int PRIMARY KEY, v vector<vector<vector<double, {value}>, {value}>, {value}>)"
        ),
        format!(
            "CREATE TABLE n (p int PRIMARY KEY) WITH default_time_to_live = {value} AND gc_grace_seconds = {value}"
        ),
        format!(
            "CREATE TABLE n (p int PRIMARY KEY) WITH speculative_retry = '{value}ms' AND crc_check_chance = {value}"
        ),
        format!(
            "CREATE KEYSPACE n WITH replication = {{'class': 'SimpleStrategy', 'replication_factor': '{value}'}}"
        ),
        format!("ALTER TABLE types DROP t USING TIMESTAMP {value}"),
        format!("SELECT l[{value}], m['a'][{value}], fm[{value}], fm[{value}..{value}] FROM parts"),
        format!("SELECT mask_inner(t, {value}, {value}), mask_outer(t, {value}, {value}) FROM types"),
        format!(
            "SELECT b + {value}, b * {value}, b / {value}, b % {value}, v * {value}, v / {value} FROM types"
        ),
        format!("SELECT e * {value}, e / {value}, e % {value}, e + {value}, -({value}) FROM types"),
        format!(
            "SELECT i / {value}, n % {value}, s / {value}, f % {value}, g / {value}, l + {value} FROM types"
        ),
        format!("SELECT abs({value}), exp({value}), log({value}), round({value}), log10({value}) FROM types"),
        format!("SELECT abs((tinyint) {value}), exp((varint) {value}), round((decimal) {value}) FROM types"),
        format!(
            "SELECT to_date({value}), to_timestamp({value}), min_timeuuid({value}), max_timeuuid({value}) FROM types"
        ),
        format!("SELECT cast({value} AS tinyint), cast((decimal) {value} AS varint) FROM types"),
        format!("SELECT similarity_cosine([{value}, 1], [1, {value}]) FROM types"),
    ]
}
