//! Rows, static columns, deletions and times.

/// Statements, and what a server answers.
pub(super) const SCRIPT: &str = r#"
CREATE TABLE t (k int, c text, s int static, v int, w text, PRIMARY KEY (k, c))
CREATE TABLE p (a int, b text, v int, PRIMARY KEY ((a, b)))
CREATE TABLE one (k text PRIMARY KEY, v int)
-- Keys.
INSERT INTO t (k, c) VALUES (null, 'x')
    ! Invalid null value in condition for column k
INSERT INTO t (k, c) VALUES (1, null)
    ! Invalid null value in condition for column c
INSERT INTO t (k, v) VALUES (1, 2)
    ! Some clustering keys are missing: c
INSERT INTO t (c, v) VALUES ('1', 2)
    ! Some partition key parts are missing: k
INSERT INTO p (v) VALUES (2)
    ! Some partition key parts are missing: a, b
INSERT INTO one (k, v) VALUES ('', 2)
    ! Key may not be empty
INSERT INTO p (a, b, v) VALUES (1, '', 2)
SELECT * FROM p
    1 | "" | 2
INSERT INTO t (k, c, nope) VALUES (1, '', 1)
    ! Undefined column name nope in table ks.t
INSERT INTO t (k, c, c) VALUES (1, '', '')
    ! The column names contains duplicates
INSERT INTO t (k, c) VALUES (1)
    ! Unmatched column names/values
UPDATE t SET k = 1 WHERE k = 1 AND c = 'a'
    ! PRIMARY KEY part k found in SET part
UPDATE t SET nope = 1 WHERE k = 1 AND c = 'a'
    ! Undefined column name nope in table ks.t
UPDATE t SET v = 1, v = 2 WHERE k = 1 AND c = 'a'
    ! 2000 Multiple incompatible setting of column v
UPDATE t SET v = 1 WHERE k = 1
    ! Some clustering keys are missing: c
UPDATE t SET v = 1 WHERE k = 1 AND c > 'a'
    ! Slice restrictions are not supported on the clustering columns in UPDATE statements
DELETE k FROM t WHERE k = 1
    ! Invalid identifier k for deletion (should not be a PRIMARY KEY part)
DELETE nope FROM t WHERE k = 1
    ! Undefined column name nope in table ks.t
DELETE v FROM t WHERE k = 1
    ! Range deletions are not supported for specific columns
DELETE v, s FROM t WHERE k = 1
    ! Range deletions are not supported for specific columns
DELETE v FROM t WHERE k = 1 AND c > 'a'
    ! Range deletions are not supported for specific columns
DELETE s FROM t WHERE k = 1 AND c = 'a'
    ! Invalid restrictions on clustering columns since the DELETE statement modifies only static columns
UPDATE t SET s = 1 WHERE k = 1 AND c = 'a'
    ! Invalid restrictions on clustering columns since the UPDATE statement modifies only static columns
-- Rows that were inserted stay without columns, others do not.
INSERT INTO t (k, c, v) VALUES (1, 'inserted', 1)
UPDATE t SET v = 1 WHERE k = 1 AND c = 'updated'
SELECT c, v FROM t WHERE k = 1
    "inserted" | 1
    "updated" | 1
DELETE v FROM t WHERE k = 1 AND c IN ('inserted', 'updated')
SELECT c, v FROM t WHERE k = 1
    "inserted" | null
UPDATE t SET w = null WHERE k = 1 AND c = 'updated'
SELECT c, v FROM t WHERE k = 1
    "inserted" | null
-- Static columns are there without rows.
INSERT INTO t (k, s) VALUES (2, 5)
SELECT * FROM t WHERE k = 2
    2 | null | 5 | null | null
INSERT INTO t (k, c, s, v) VALUES (2, 'a', 6, 1)
UPDATE t SET s = 7, w = 'w' WHERE k = 2 AND c = 'b'
SELECT * FROM t WHERE k = 2
    2 | "a" | 7 | 1 | null
    2 | "b" | 7 | null | "w"
DELETE FROM t WHERE k = 2 AND c >= 'a'
SELECT * FROM t WHERE k = 2
    2 | null | 7 | null | null
DELETE s FROM t WHERE k = 2
SELECT * FROM t WHERE k = 2
-- Ranges.
INSERT INTO t (k, c, v) VALUES (3, 'a', 1)
INSERT INTO t (k, c, v) VALUES (3, 'b', 2)
INSERT INTO t (k, c, v) VALUES (3, 'c', 3)
INSERT INTO t (k, c, v) VALUES (3, 'd', 4)
DELETE FROM t WHERE k = 3 AND c > 'a' AND c < 'c'
SELECT c FROM t WHERE k = 3
    "a"
    "c"
    "d"
DELETE FROM t WHERE k IN (3, 4) AND c IN ('a', 'd')
SELECT c FROM t WHERE k = 3
    "c"
UPDATE t SET v = 9 WHERE k IN (3, 4) AND c IN ('c', 'e')
SELECT k, c, v FROM t WHERE k IN (3, 4)
    3 | "c" | 9
    3 | "e" | 9
    4 | "c" | 9
    4 | "e" | 9
DELETE FROM t WHERE k = 3
SELECT k, c, v FROM t WHERE k IN (3, 4)
    4 | "c" | 9
    4 | "e" | 9
-- Times.
INSERT INTO one (k, v) VALUES ('a', 1) USING TIMESTAMP 10
INSERT INTO one (k, v) VALUES ('a', 2) USING TIMESTAMP 9
SELECT v, writetime(v) FROM one WHERE k = 'a'
    1 | 10
UPDATE one USING TIMESTAMP 10 SET v = 0 WHERE k = 'a'
SELECT v FROM one WHERE k = 'a'
    1
DELETE FROM one USING TIMESTAMP 9 WHERE k = 'a'
SELECT v FROM one WHERE k = 'a'
    1
DELETE v FROM one USING TIMESTAMP 10 WHERE k = 'a'
SELECT * FROM one WHERE k = 'a'
    "a" | null
DELETE FROM one USING TIMESTAMP 10 WHERE k = 'a'
INSERT INTO one (k, v) VALUES ('a', 3) USING TIMESTAMP 10
SELECT * FROM one WHERE k = 'a'
INSERT INTO one (k, v) VALUES ('a', 3) USING TIMESTAMP 11
SELECT * FROM one WHERE k = 'a'
    "a" | 3
INSERT INTO one (k, v) VALUES ('b', 1) USING TTL -1
    ! A TTL must be greater or equal to 0, but was -1
INSERT INTO one (k, v) VALUES ('b', 1) USING TTL 630720001
    ! ttl is too large. requested (630720001) maximum (630720000)
INSERT INTO one (k, v) VALUES ('b', 1) USING TTL 630720000
    ! Request on table ks.one with ttl of 630720000 seconds exceeds maximum supported expiration date of 2038-01-19T03:14:06+00:00. In order to avoid this use a lower TTL, change the expiration date overflow policy or upgrade to a version where this limitation is fixed. See CASSANDRA-14092 and CASSANDRA-14227 for more details.
INSERT INTO one (k, v) VALUES ('b', 1) USING TIMESTAMP -9223372036854775808
    ! Out of bound timestamp, must be in [-9223372036854775807, 9223372036854775807]
INSERT INTO one (k, v) VALUES ('b', 1) IF NOT EXISTS USING TIMESTAMP 1
    ! Cannot provide custom timestamp for conditional updates
INSERT INTO one (k, v) VALUES ('b', 1) USING TTL 1000
"#;
