//! INSERT JSON.

/// Statements, and what a server answers.
pub(super) const SCRIPT: &str = r#"
CREATE TABLE t (k int, c text, s int static, v int, w text, PRIMARY KEY (k, c))
INSERT INTO t JSON '{"k": 1, "c": "j", "v": 3, "s": 4}'
INSERT INTO t JSON '{"k": 1, "c": "j", "w": "3"}' DEFAULT UNSET
SELECT * FROM t
    1 | "j" | 4 | 3 | "3"
INSERT INTO t JSON '{"k": 1, "c": "j", "w": "4"}'
SELECT * FROM t
    1 | "j" | null | null | "4"
INSERT INTO t JSON '{"k": 1, "s": 3}'
    ! Invalid null value in condition for column c
INSERT INTO t JSON '{"k": 1, "s": 3}' DEFAULT UNSET
    ! Invalid unset value for column c
INSERT INTO t JSON '{"k": 1, "c": "j", "nope": "3"}'
    ! JSON values map contains unrecognized column: nope
INSERT INTO t JSON '{"k": 1, "c": null}'
    ! Invalid null value in condition for column c
INSERT INTO t JSON '{"c": "j"}'
    ! Invalid null value in condition for column k
INSERT INTO t JSON '{"k": "x", "c": "j"}'
    ! Error decoding JSON value for k: Unable to make int from 'x'
INSERT INTO t JSON '{"k": 1, "c": "j", "w": "5"}' IF NOT EXISTS
    = [applied] | k | c | s | v | w
    false | 1 | "j" | null | null | "4"
INSERT INTO t JSON '{"k": 1, "c": "new", "w": "5"}' IF NOT EXISTS USING TTL 100
    = [applied]
    true
INSERT INTO t JSON '{"k": 1, "c": "j", "w": "6", "w": "7"}'
SELECT * FROM t
    1 | "j" | null | null | "7"
    1 | "new" | null | null | "5"
CREATE TABLE cn (k int PRIMARY KEY, c counter)
INSERT INTO cn JSON '{"k": 1, "c": 1}'
    ! INSERT statements are not allowed on counter tables, use UPDATE instead
CREATE TABLE co (k int PRIMARY KEY, l list<int>, m map<text, int>)
INSERT INTO co JSON '{"k": 1, "l": [1, 2], "m": {"a": 1}}'
INSERT INTO co JSON '{"k": 1, "l": [3]}' DEFAULT UNSET
SELECT * FROM co
    1 | [3] | {"a": 1}
INSERT INTO co JSON '{"k": 1}'
SELECT * FROM co
    1 | null | null
BEGIN BATCH INSERT INTO co JSON '{"k": 2, "l": [1]}'; INSERT INTO co (k, l) VALUES (3, [4]); APPLY BATCH
SELECT * FROM co
    1 | null | null
    2 | [1] | null
    3 | [4] | null
"#;
