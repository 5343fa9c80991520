//! CREATE INDEX and DROP INDEX.

use super::{check, check_invalid};
use crate::engine::testing::Bench;

fn bench() -> Bench {
    let bench = Bench::new();
    bench.ok("CREATE TYPE u (a int)");
    bench.ok("CREATE TABLE t (k int, p int, c int, v int, w text, l list<int>, m map<text, int>, fl frozen<list<int>>, u u, \
              d duration, td tuple<duration>, b blob, vec vector<float, 3>, vi vector<int, 3>, \"q y\" int, \
              PRIMARY KEY ((k, p), c))");
    bench.ok("CREATE TABLE one (k int PRIMARY KEY, v int)");
    bench.ok("CREATE TABLE n (k int PRIMARY KEY, v counter)");
    bench
}

#[test]
fn indexes_get_names_that_are_free() {
    let bench = bench();
    for column in ["v", "m", "keys(m)", "entries(m)", "\"q y\"", "k", "fl"] {
        let column = if column == "fl" { "full(fl)" } else { column };
        bench.ok(&format!("CREATE INDEX ON t ({column})"));
    }
    bench.ok("CREATE INDEX own ON t (w)");
    let state = crate::sync::lock(&bench.engine.state);
    let table = state.schema.table("ks", "t").unwrap();
    let all: Vec<_> = table.indexes.iter().map(|index| (index.name.as_str(), index.target_text())).collect();
    let expected = [
        ("t_v_idx", "v"),
        ("t_m_idx", "values(m)"),
        ("t_m_idx_1", "keys(m)"),
        ("t_m_idx_2", "entries(m)"),
        ("t_qy_idx", "\"q y\""),
        ("t_k_idx", "k"),
        ("t_fl_idx", "full(fl)"),
        ("own", "w"),
    ];
    assert_eq!(all, expected.map(|(name, target)| (name, target.to_owned())));
}

#[test]
fn indexes_are_there_once() {
    check(
        &bench(),
        &[
            ("CREATE INDEX ON t (v)", "UPDATED table ks.t"),
            ("CREATE INDEX ON t (v)", "2200 Index t_v_idx_1 is a duplicate of existing index t_v_idx"),
            ("CREATE INDEX IF NOT EXISTS ON t (v)", "nothing"),
            ("CREATE INDEX t_v_idx ON one (v)", "2200 Index 't_v_idx' already exists"),
            ("CREATE INDEX IF NOT EXISTS t_v_idx ON one (v)", "nothing"),
            ("CREATE INDEX ON t (v) USING 'sai'", "UPDATED table ks.t"),
            (
                "CREATE CUSTOM INDEX ON t (v) USING 'StorageAttachedIndex'",
                "2200 Cannot create more than one storage-attached index on the same column: v",
            ),
            (
                "ALTER TABLE t DROP v",
                "2200 Cannot drop column v because it has dependent secondary indexes (t_v_idx, t_v_idx_1)",
            ),
            ("DROP INDEX t_v_idx", "UPDATED table ks.t"),
            ("DROP INDEX t_v_idx", "2200 Index 'ks.t_v_idx' doesn't exist'"),
        ],
    );
}

#[test]
fn what_cannot_be_indexed_is_refused() {
    let bench = bench();
    let frozen =
        "Frozen collections are immutable and must be fully indexed by using the 'full(fl)' modifier";
    for (target, message) in [
        ("nope", "Undefined column name nope in table ks.t"),
        ("v, w", "Only CUSTOM indexes support multiple columns"),
        ("", "Only CUSTOM indexes can be created without specifying a target column"),
        ("keys(l)", "Cannot create index on keys of column l with non-map type"),
        ("full(l)", "full() indexes can only be created on frozen collections"),
        ("fl", &format!("Cannot create values() index on frozen column fl. {frozen}")),
        ("keys(v)", "Cannot create keys() index on v. Non-collection columns only support simple indexes"),
        ("u", "Cannot create index on non-frozen UDT column u"),
        ("d", "Secondary indexes are not supported on duration columns"),
        ("td", "Secondary indexes are not supported on tuples containing durations"),
    ] {
        check_invalid(&bench, &[(&format!("CREATE INDEX ON t ({target})"), message)]);
    }
    check(
        &bench,
        &[
            (
                "CREATE INDEX ON one (k)",
                "2200 Cannot create secondary index on the only partition key column k",
            ),
            ("CREATE INDEX ON n (v)", "2200 Secondary indexes on counter tables aren't supported"),
            ("CREATE INDEX \"bad name\" ON t (b)", "2300 Illegal index name bad name"),
            (
                "CREATE INDEX ON t (b) WITH OPTIONS = {'a': 'b'}",
                "2200 Cannot specify options for a non-CUSTOM index",
            ),
            ("CREATE CUSTOM INDEX ON t (b) USING 'foo'", "2300 Unable to find custom indexer class 'foo'"),
            ("CREATE CUSTOM INDEX ON t (b) USING 'sai'", "2200 Unsupported type: blob"),
            (
                "CREATE CUSTOM INDEX ON t (vi) USING 'sai'",
                "2200 SAI ANN indexes are only allowed on vector columns with float elements",
            ),
            (
                "CREATE CUSTOM INDEX ON t (v) USING 'sai' WITH OPTIONS = {'foo': 'bar'}",
                "2300 Properties specified [foo] are not understood by StorageAttachedIndex",
            ),
            (
                "CREATE CUSTOM INDEX ON t (v) USING 'sai' WITH OPTIONS = {'case_sensitive': 'false'}",
                "2200 CQL type int cannot be analyzed.",
            ),
            (
                "CREATE CUSTOM INDEX ON t (w) USING 'org.apache.cassandra.index.sasi.SASIIndex'",
                "2200 cql-testkit does not support SASI indexes",
            ),
        ],
    );
}

#[test]
fn indexes_on_vectors_come_with_a_warning() {
    let bench = bench();
    let warnings = |text: &str| bench.outcome(text, &[]).unwrap().warnings;
    assert!(warnings("CREATE INDEX ON t (v) USING 'sai'").is_empty());
    let warned = warnings("CREATE INDEX ON t (vec) USING 'sai'");
    assert!(warned[0].starts_with("SAI ANN indexes on vector columns are experimental"));
    assert_eq!(warned[0].lines().count(), 9);
}

/// What of a column can be attached, and with which options.
#[test]
fn attached_indexes_are_checked() {
    let bench = Bench::new();
    bench.ok(
        "CREATE TABLE t (k int PRIMARY KEY, v vector<float, 3>, w vector<float, 1>, x text, lb list<blob>, \
              mb map<blob, int>, mt map<text, blob>, fb frozen<list<blob>>)",
    );
    let custom = "cannot be set without enabling SAI_VECTOR_ALLOW_CUSTOM_PARAMETERS";
    for (target, options, expected) in [
        (
            "v",
            "'similarity_function': 'foo'",
            "2200 Similarity function FOO was not recognized for index null. Valid values are: EUCLIDEAN, DOT_PRODUCT, COSINE",
        ),
        ("v", "'maximum_node_connections': 5", &*format!("2200 Maximum node connections {custom}")),
        ("v", "'construction_beam_width': 5", &format!("2200 Construction beam width {custom}")),
        ("v", "'ascii': 'true'", "2200 CQL type vector<float, 3> cannot be analyzed."),
        ("x", "'similarity_function': 'cosine'", "2200 CQL type text cannot have vector options"),
        ("x", "'ascii': 'maybe'", "2200 Illegal value for boolean option 'ascii': maybe"),
        ("w", "", "2200 Cosine similarity is not supported for single-dimension vectors"),
        ("w", "'similarity_function': 'euclidean'", "UPDATED table ks.t"),
        ("lb", "", "2200 Unsupported type: blob"),
        ("keys(mb)", "", "2200 Unsupported type: blob"),
        ("entries(mt)", "", "2200 Unsupported type: blob"),
        ("keys(mt)", "", "UPDATED table ks.t"),
        ("full(fb)", "", "UPDATED table ks.t"),
        ("x", "'case_sensitive': 'false'", "UPDATED table ks.t"),
    ] {
        let text = format!("CREATE INDEX ON t ({target}) USING 'sai' WITH OPTIONS = {{{options}}}");
        check(&bench, &[(&text, expected)]);
    }
}
