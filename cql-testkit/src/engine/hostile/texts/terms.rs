//! Terms and types that are deep or wide.

use crate::engine::hostile::{listed, nested};

/// What may be within itself, wherever it may stand.
pub(super) fn deep(size: usize) -> Vec<String> {
    let mut texts = Vec::new();
    let terms = [
        ("(", "1", ")"),
        ("(1, ", "1", ")"),
        ("[", "1", "]"),
        ("[", "", ""),
        ("{", "1", "}"),
        ("{1: ", "1", "}"),
        ("{a: ", "1", "}"),
        ("{", "1", ": 1}"),
        ("abs(", "1", ")"),
        ("to_json(", "t", ")"),
        ("ks.f(", "?", ")"),
        ("cast(", "v", " AS varint)"),
        ("(int)", "1", ""),
        ("(list<int>)[", "1", "]"),
        ("- ", "1", ""),
        ("-(", "1", ")"),
        ("-", "a", ""),
        ("1 + ", "1", ""),
        ("1 * ", "1", ""),
        ("(1 - ", "1", ")"),
        ("v % ", "v", ""),
        ("m[", "'a'", "]"),
        ("'", "", "'"),
    ];
    for (open, inner, close) in terms {
        let term = nested(open, size, inner, close);
        texts.extend([
            format!("SELECT {term} FROM types"),
            format!("SELECT p FROM types WHERE p = {term}"),
            format!("SELECT p FROM types WHERE token(p) > {term} GROUP BY {term} LIMIT {term}"),
            format!("SELECT p FROM types WHERE (p, k) IN ({term})"),
            format!("SELECT e FROM keys ORDER BY e ANN OF {term} LIMIT 1"),
            format!(
                "INSERT INTO parts (p, l, fm, t) VALUES ({term}, {term}, {term}, {term}) USING TTL {term}"
            ),
            format!("UPDATE parts SET l[{term}] = {term}, l = l + {term} WHERE p = 1 IF l[{term}] = {term}"),
            format!("DELETE m[{term}] FROM parts WHERE p IN ({term})"),
        ]);
    }
    for (open, inner, close) in [
        ("frozen<", "int", ">"),
        ("list<frozen<", "int", ">>"),
        ("map<int, ", "int", ">"),
        ("tuple<int, ", "u", ">"),
        ("vector<", "float", ", 3>"),
        ("vector<", "float", ", 4294967295>"),
        ("set<", "", ""),
        ("ks.", "u", ""),
    ] {
        let of = nested(open, size, inner, close);
        texts.push(format!("CREATE TABLE n (p int PRIMARY KEY, v {of})"));
        texts.push(format!("CREATE TYPE n (v {of})"));
        texts.push(format!("ALTER TABLE types ADD v2 {of}"));
        texts.push(format!("SELECT ({of}) ? FROM types"));
        texts.push(format!("SELECT p FROM types WHERE p = ({of}) 1"));
    }
    for (open, close) in
        [("ListType(", ")"), ("FrozenType(ListType(", "))"), ("VectorType(", ", 4294967295)")]
    {
        texts.push(format!(
            "CREATE TABLE n (p int PRIMARY KEY, v '{}')",
            nested(open, size, "Int32Type", close)
        ));
    }
    texts
}

/// Lists of values in terms.
pub(super) fn wide(size: usize) -> Vec<String> {
    let numbers = listed(size, |at| at.to_string());
    let texts = listed(size, |at| format!("'{at}'"));
    let pairs = listed(size, |at| format!("'{at}': {at}"));
    let fields = listed(size, |at| format!("f{at}: {at}"));
    let exponents = listed(size, |at| format!("1e{}", i64::from(i32::MAX) - i64::try_from(at).unwrap()));
    let markers = listed(size, |_| "?".to_owned());
    let named = listed(size, |at| format!(":n{at}"));
    let nulls = listed(size, |_| "null".to_owned());
    let tuples = listed(size, |at| format!("({at}, {at})"));
    let calls = listed(size, |_| "abs(1)".to_owned());
    let mut all = Vec::new();
    for values in [&numbers, &texts, &exponents, &markers, &named, &nulls, &tuples, &calls] {
        all.extend([
            format!("SELECT p FROM types WHERE p IN ({values})"),
            format!("SELECT p FROM types WHERE p = 1 AND k IN ({values}) ORDER BY k DESC"),
            format!("SELECT p FROM types WHERE (k) IN ({values}) ALLOW FILTERING"),
            format!("SELECT p FROM types WHERE p = 1 AND (p, k) IN ({values})"),
            format!("SELECT p FROM types WHERE b IN ({values}) ALLOW FILTERING"),
            format!("SELECT p FROM keys WHERE p IN ({values}) AND q IN ({values}) AND k IN ({values})"),
            format!("SELECT p FROM keys WHERE p = 1 AND q = 'a' AND k IN ({values}) AND kk IN ({values})"),
            format!("SELECT e FROM keys ORDER BY e ANN OF [{values}] LIMIT 1"),
            format!("INSERT INTO parts (p, l, fl) VALUES (1, [{values}], [{values}])"),
            format!("INSERT INTO parts (p, s, fs) VALUES (1, {{{texts}}}, {{{values}}})"),
            format!("INSERT INTO parts (p, t, ve) VALUES (1, ({values}), [{values}])"),
            format!("UPDATE parts SET l = [{values}] + l, s = s + {{{values}}} WHERE p IN ({values})"),
            format!("UPDATE parts SET l = l - [{values}] WHERE p = 1 IF l IN ({values}) AND l = [{values}]"),
            format!("DELETE FROM types WHERE p = 1 AND k IN ({values})"),
            format!("DELETE FROM types WHERE p IN ({values}) AND k > 1"),
            format!("SELECT p FROM types WHERE token({values}) > 1"),
            format!("SELECT abs({values}), [{values}], ({values}), (tuple<int>) ({values}) FROM types"),
        ]);
    }
    all.push(format!("INSERT INTO parts (p, m) VALUES (1, {{{pairs}}})"));
    all.push(format!("UPDATE parts SET m = m - {{{texts}}} WHERE p = 1 IF m = {{{pairs}}}"));
    all.push(format!("INSERT INTO parts (p, u, fu) VALUES (1, {{{fields}}}, {{{fields}}})"));
    all.push(format!(
        "INSERT INTO parts (p, fs) VALUES (1, {{{}}})",
        listed(size, |at| format!("{at}e{at}"))
    ));
    let columns = listed(size, |_| "k".to_owned());
    all.push(format!("SELECT p FROM types WHERE p = 1 AND ({columns}) > ({numbers})"));
    all
}
