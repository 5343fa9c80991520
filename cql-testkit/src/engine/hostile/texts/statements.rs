//! Statements of many parts.

use crate::engine::hostile::{listed, nested};

/// Selections, orders and groups.
pub(super) fn many_columns(size: usize) -> Vec<String> {
    let mut texts = Vec::new();
    let selectors = [
        "p",
        "t",
        "*",
        "count(*)",
        "abs(b)",
        "writetime(t)",
        "cast(e AS text)",
        "sum(v)",
        "v * v",
        "?",
        "(int) 1",
        "'x'",
        "(p, k)",
        "max(e)",
        "ks.x(p)",
        "p AS same",
        "token(p)",
        "to_json(v)",
        "(u) ?",
    ];
    for selector in selectors {
        let many = listed(size, |_| selector.to_owned());
        texts.push(format!("SELECT {many} FROM types"));
        texts.push(format!("SELECT JSON {many} FROM types WHERE p = 1 LIMIT 1"));
        texts.push(format!("SELECT DISTINCT {many} FROM types"));
    }
    for selector in
        ["l", "m", "m['a']", "m['a'..'b']", "u", "u.a", "t", "ve", "collection_sum(l)", "fu.c", "ttl(l)"]
    {
        texts.push(format!("SELECT {} FROM parts", listed(size, |_| selector.to_owned())));
        texts.push(format!("SELECT JSON {} FROM parts", listed(size, |at| format!("{selector} AS a{at}"))));
    }
    for name in ["p", "k", "token(p)", "floor(l, 1h)", "p, k", "x"] {
        texts.push(format!("SELECT p FROM types GROUP BY {}", listed(size, |_| name.to_owned())));
    }
    for order in ["k", "k DESC", "p", "e ANN OF [1, 2]"] {
        texts.push(format!(
            "SELECT p FROM keys WHERE p = 1 ORDER BY {} LIMIT 5",
            listed(size, |_| order.to_owned())
        ));
    }
    for columns in [listed(size, |_| "t".to_owned()), listed(size, |at| format!("t{at}"))] {
        texts.push(format!("INSERT INTO types ({columns}) VALUES ({})", listed(size, |_| "'x'".to_owned())));
        texts.push(format!("INSERT INTO types (p, k, {columns}) VALUES (1)"));
        texts.push(format!("DELETE {columns} FROM types WHERE p = 1 AND k = 1"));
        texts.push(format!("SELECT p FROM types WHERE ({columns}) = (1)"));
        texts.push(format!("SELECT p FROM types WHERE token({columns}) = 1"));
    }
    texts
}

fn joined(size: usize, item: impl Fn(usize) -> String) -> String {
    (0..size).map(item).collect::<Vec<_>>().join(" AND ")
}

/// WHERE, IF and USING.
pub(super) fn many_conditions(size: usize) -> Vec<String> {
    let mut texts = Vec::new();
    let conditions = [
        "p = 1",
        "p > 1",
        "k = 1",
        "k > 1",
        "k != 1",
        "p IN (1, 2)",
        "p IN ?",
        "token(p) > 1",
        "(k) > (1)",
        "(k) IN ((1), (2))",
        "t = 'a'",
        "t LIKE '%a%'",
        "b > ?",
        "t CONTAINS 'a'",
        "t IS NOT NULL",
        "p = abs(1)",
    ];
    for condition in conditions {
        let many = joined(size, |_| condition.to_owned());
        texts.push(format!("SELECT p FROM types WHERE {many} ALLOW FILTERING"));
        texts.push(format!("DELETE FROM types WHERE {many}"));
        texts.push(format!("UPDATE types SET t = 'x' WHERE p = 1 AND {many} IF {many}"));
    }
    for condition in ["m['a'] = 1", "m CONTAINS 1", "m CONTAINS KEY 'a'", "s CONTAINS 'a'", "l CONTAINS 1"] {
        texts.push(format!(
            "SELECT p FROM parts WHERE {} ALLOW FILTERING",
            joined(size, |_| condition.to_owned())
        ));
    }
    for condition in ["l[0] = 1", "m['x'] IN (1, 2)", "u.a = 1", "s CONTAINS 'a'", "fl = [1]", "p = 1"] {
        let many = joined(size, |_| condition.to_owned());
        texts.push(format!("UPDATE parts SET l = l + [1] WHERE p = 1 IF {many}"));
        texts.push(format!("DELETE FROM parts WHERE p = 1 IF {many}"));
    }
    let using = joined(size, |at| format!("TTL {at} AND TIMESTAMP {at}"));
    texts.push(format!("INSERT INTO types (p, k) VALUES (1, 1) USING {using}"));
    texts.push(format!("SELECT p FROM types WHERE p = 1{}", ";".repeat(size)));
    texts
}

/// Assignments and what DELETE names.
pub(super) fn many_changes(size: usize) -> Vec<String> {
    let mut texts = Vec::new();
    let changes = [
        "l[0] = 1",
        "l[2147483647] = 1",
        "l[?] = ?",
        "l = l + [1]",
        "l += [1]",
        "l = [1] + l",
        "l = l - [1]",
        "m['a'] = 1",
        "m = m + {'b': 1}",
        "m = m - {'a'}",
        "s = s + {'c'}",
        "u.a = 1",
        "u = null",
        "fl = [1]",
        "x = 1",
    ];
    for change in changes {
        let many = listed(size, |_| change.to_owned());
        texts.push(format!("UPDATE parts SET {many} WHERE p = 1"));
        texts.push(format!("UPDATE parts SET {many} WHERE p = 1 IF EXISTS"));
    }
    texts.push(format!("UPDATE parts SET {} WHERE p = 1", listed(size, |at| format!("m['{at}'] = {at}"))));
    texts.push(format!(
        "UPDATE counts SET {} WHERE p = 1 AND k = 'a'",
        listed(size, |_| "c = c + 1".to_owned())
    ));
    for name in ["l[0]", "m['a']", "s['a']", "u.a", "l", "l[?]"] {
        texts.push(format!("DELETE {} FROM parts WHERE p = 1", listed(size, |_| name.to_owned())));
    }
    texts
}

/// Statements that change the schema.
pub(super) fn schemas(size: usize) -> Vec<String> {
    let of = |of: &str| listed(size, |at| format!("c{at} {of}"));
    let names = listed(size, |at| format!("c{at}"));
    let mut texts = Vec::new();
    for of in [
        of("int"),
        of("u"),
        of("list<int>"),
        of("vector<float, 2147483647>"),
        listed(size, |_| "c int".to_owned()),
    ] {
        texts.extend([
            format!("CREATE TABLE n (p int PRIMARY KEY, {of})"),
            format!("CREATE TABLE n ({of}, PRIMARY KEY ({names}))"),
            format!("CREATE TABLE n ({of}, PRIMARY KEY (({names})))"),
            format!("CREATE TYPE n ({of})"),
            format!("ALTER TABLE types ADD ({of})"),
            format!("ALTER TYPE u ADD {of}"),
        ]);
    }
    texts.push(format!("CREATE TABLE n (p int, {})", listed(size, |_| "PRIMARY KEY (p)".to_owned())));
    texts.push(format!("CREATE TABLE n (p int PRIMARY KEY{})", ",".repeat(size)));
    texts.push(format!(
        "CREATE TABLE n (p int PRIMARY KEY) WITH CLUSTERING ORDER BY ({})",
        listed(size, |at| format!("c{at} DESC"))
    ));
    for options in
        [joined(size, |at| format!("o{at} = 1")), joined(size, |_| "gc_grace_seconds = 1".to_owned())]
    {
        texts.push(format!("CREATE TABLE n (p int PRIMARY KEY) WITH {options}"));
        texts.push(format!("ALTER TABLE types WITH {options}"));
        texts.push(format!("ALTER KEYSPACE ks WITH {options}"));
    }
    let pairs = listed(size, |at| format!("'dc{at}': {at}"));
    for option in ["compaction", "compression", "caching", "extensions", "replication"] {
        texts.push(format!("CREATE TABLE n (p int PRIMARY KEY) WITH {option} = {{'class': 'x', {pairs}}}"));
    }
    for class in ["NetworkTopologyStrategy", "SimpleStrategy"] {
        texts.push(format!("CREATE KEYSPACE n WITH replication = {{'class': '{class}', {pairs}}}"));
    }
    texts.push(format!(
        "CREATE CUSTOM INDEX ON types (t) USING 'StorageAttachedIndex' WITH OPTIONS = {{{pairs}}}"
    ));
    texts.push(format!("CREATE INDEX ON types ({names})"));
    texts.push(format!("ALTER TABLE types DROP ({names})"));
    texts.push(format!("ALTER TABLE types DROP ({})", listed(size, |_| "t".to_owned())));
    texts.push(format!("ALTER TABLE types RENAME {}", joined(size, |at| format!("k TO k{at}"))));
    texts.push(format!("ALTER TYPE u RENAME {}", joined(size, |at| format!("a TO a{at}"))));
    for of in ["int", "u", "frozen<tuple<u, u>>", "vector<u, 1000>"] {
        let types = listed(size, |_| of.to_owned());
        texts.push(format!("CREATE TABLE n (p int PRIMARY KEY, v tuple<{types}>)"));
        texts.push(format!("SELECT (tuple<{types}>) ? FROM types"));
    }
    let class = listed(size, |_| "Int32Type".to_owned());
    texts.push(format!("CREATE TABLE n (p int PRIMARY KEY, v 'TupleType({class})')"));
    texts
}

pub(super) fn batches(size: usize) -> Vec<String> {
    let of = |kind: &str, statement: &dyn Fn(usize) -> String| {
        let statements = (0..size).map(statement).collect::<Vec<_>>().join("; ");
        format!("BEGIN {kind} BATCH {statements} APPLY BATCH")
    };
    vec![
        of("", &|at| format!("INSERT INTO types (p, k, t) VALUES (1, {at}, 'x')")),
        of("UNLOGGED", &|at| format!("INSERT INTO types (p, k, t) VALUES ({at}, 1, 'x')")),
        of("", &|_| "INSERT INTO types (p, k, t) VALUES (?, ?, ?)".to_owned()),
        of("", &|at| format!("INSERT INTO types (p, k) VALUES (1, {at}) IF NOT EXISTS")),
        of("", &|at| format!("UPDATE types SET t = 'x' WHERE p = 1 AND k = {at} IF t = 'y'")),
        of("", &|_| "UPDATE parts SET l = l + [1], l[0] = 2 WHERE p = 1".to_owned()),
        of("", &|_| "UPDATE parts SET l = l - [1] WHERE p = 1 IF EXISTS".to_owned()),
        of("", &|at| format!("DELETE FROM types WHERE p = 1 AND k > {at} AND k < {}", at + 5)),
        of("", &|_| "DELETE FROM types WHERE p = 1".to_owned()),
        of("COUNTER", &|at| format!("UPDATE counts SET c = c + 1 WHERE p = {at} AND k = 'a'")),
        of("COUNTER", &|_| "UPDATE counts SET c += 9223372036854775807 WHERE p = 1 AND k = 'a'".to_owned()),
        of("", &|_| "SELECT * FROM types".to_owned()),
        nested("BEGIN BATCH ", size, "", " APPLY BATCH"),
    ]
}

/// What is long already, named again and again.
pub(in crate::engine::hostile) fn amplified(size: usize) -> Vec<String> {
    let mut texts = Vec::new();
    let selectors = [
        "t",
        "(t, t)",
        "to_json(t)",
        "max(t)",
        "mask_hash(t)",
        "cast(t AS text)",
        "l",
        "to_json(l)",
        "max(l)",
        "collection_count(l)",
        "collection_sum(l)",
        "m",
        "m['a']",
        "m['a'..'b']",
        "map_keys(m)",
        "writetime(l)",
        "ttl(m)",
        "s",
        "s['a']",
        "count(s)",
    ];
    for selector in selectors {
        let many = listed(size, |_| selector.to_owned());
        texts.push(format!("SELECT {many} FROM long"));
        texts.push(format!("SELECT ({many}) FROM long"));
        texts.push(format!("SELECT JSON {} FROM long", listed(size, |at| format!("{selector} AS a{at}"))));
    }
    for change in
        ["l[1] = 1", "l = l + [1], l[0] = 1", "l = l - [1]", "t = t + 'x'", "m['a'] = 1", "s = s - {'a'}"]
    {
        let batch = format!("UPDATE long SET {change} WHERE p = 1; ").repeat(size);
        texts.push(format!("BEGIN BATCH {batch} APPLY BATCH"));
        texts.push(format!("BEGIN BATCH {batch} UPDATE long SET t = 'x' WHERE p = 1 IF EXISTS APPLY BATCH"));
    }
    for test in ["l[1] = 1", "l = [1]", "m['a'] = 1", "s CONTAINS 'a'", "t = 'x'", "l IN ([1], [2])"] {
        texts.push(format!("UPDATE long SET t = 'x' WHERE p = 1 IF {}", joined(size, |_| test.to_owned())));
    }
    for condition in ["m CONTAINS 'a'", "s CONTAINS 'a'", "m['a'] = 1", "t > 'x'"] {
        let many = joined(size, |_| condition.to_owned());
        texts.push(format!("SELECT p FROM long WHERE {many} ALLOW FILTERING"));
    }
    texts
}
