//! IF, and what it answers.

/// Statements, and what a server answers.
pub(super) const SCRIPT: &str = r#"
CREATE TABLE t (k int, c text, s int static, v int, w text, PRIMARY KEY (k, c))
INSERT INTO t (k, c, s, v, w) VALUES (1, 'a', 7, 1, 'x')
INSERT INTO t (k, c, v, w) VALUES (1, 'b', 2, 'y')
-- IF NOT EXISTS: static columns are told when they are written.
INSERT INTO t (k, c, v) VALUES (1, 'a', 2) IF NOT EXISTS
    = [applied] | k | c | s | v | w
    false | 1 | "a" | null | 1 | "x"
INSERT INTO t (k, c, v, s) VALUES (1, 'a', 2, 9) IF NOT EXISTS
    = [applied] | k | c | s | v | w
    false | 1 | "a" | 7 | 1 | "x"
INSERT INTO t (k, c) VALUES (1, 'a') IF NOT EXISTS
    = [applied] | k | c | s | v | w
    false | 1 | "a" | null | 1 | "x"
INSERT INTO t (k, s) VALUES (1, 9) IF NOT EXISTS
    = [applied] | k | c | s | v | w
    false | 1 | "a" | 7 | null | null
INSERT INTO t (k, c, v) VALUES (1, 'new', 2) IF NOT EXISTS USING TTL 100
    = [applied]
    true
SELECT c, v FROM t WHERE k = 1
    "a" | 1
    "b" | 2
    "new" | 2
-- Rows that do not exist.
UPDATE t SET v = 5 WHERE k = 1 AND c = 'nope' IF EXISTS
    = [applied]
    false
UPDATE t SET v = 5 WHERE k = 1 AND c = 'nope' IF v = 3
    = [applied]
    false
UPDATE t SET v = 5 WHERE k = 1 AND c = 'nope' IF s = 3
    = [applied] | s
    false | 7
UPDATE t SET v = 5 WHERE k = 1 AND c = 'nope' IF s = 3 AND v = 7
    = [applied] | v | s
    false | null | 7
UPDATE t SET v = 5 WHERE k = 90 AND c = 'nope' IF v != 3
    = [applied]
    true
SELECT * FROM t WHERE k = 90
    90 | "nope" | null | 5 | null
-- What is told of conditions: columns of rows, then static ones.
UPDATE t SET v = 5 WHERE k = 1 AND c = 'a' IF s = 3 AND v = 7
    = [applied] | v | s
    false | 1 | 7
UPDATE t SET v = 5 WHERE k = 1 AND c = 'a' IF v = 7 AND s = 3 AND v > 3
    = [applied] | v | s
    false | 1 | 7
UPDATE t SET v = 5 WHERE k = 1 AND c = 'a' IF s = 3
    = [applied] | s
    false | 7
UPDATE t SET v = 5 WHERE k = 1 AND c = 'a' IF s = 7 AND v = 1
    = [applied]
    true
UPDATE t SET s = 5 WHERE k = 1 IF s = 3
    = [applied] | s
    false | 7
UPDATE t SET s = 5 WHERE k = 77 IF s = 3
    = [applied]
    false
UPDATE t SET s = 5 WHERE k = 77 IF s != 3
    = [applied]
    true
SELECT * FROM t WHERE k = 77
    77 | null | 5 | null | null
UPDATE t SET s = 5 WHERE k = 1 IF v = 3
    ! Some clustering keys are missing: c
UPDATE t SET s = 5 WHERE k = 1 IF EXISTS
    = [applied]
    true
UPDATE t SET s = 5 WHERE k = 78 IF EXISTS
    = [applied]
    false
INSERT INTO t (k, c) VALUES (79, 'a')
UPDATE t SET s = 5 WHERE k = 79 IF EXISTS
    = [applied] | k | c | s | v | w
    false | 79 | "a" | null | null | null
UPDATE t SET s = 5 WHERE k = 79 IF s = 1
    = [applied] | s
    false | null
INSERT INTO t (k, s) VALUES (79, 1) IF NOT EXISTS
    = [applied]
    true
INSERT INTO t (k, s) VALUES (79, 2) IF NOT EXISTS
    = [applied] | k | c | s | v | w
    false | 79 | "a" | 1 | null | null
INSERT INTO t (k, s) VALUES (80, 1)
INSERT INTO t (k, s) VALUES (80, 2) IF NOT EXISTS
    = [applied] | k | c | s | v | w
    false | 80 | null | 1 | null | null
INSERT INTO t (k, c, s) VALUES (80, 'q', 2) IF NOT EXISTS
    = [applied]
    true
UPDATE t SET s = 5 WHERE k = 80 AND c = 'z' IF EXISTS
    ! Invalid restrictions on clustering columns since the UPDATE statement modifies only static columns
UPDATE t SET v = 5, s = 6 WHERE k = 80 AND c = 'z' IF EXISTS
    = [applied] | k | c | s | v | w
    false | 80 | null | 2 | null | null
UPDATE t SET s = 5 WHERE k = 80 AND c = 'z' IF v = 1
    = [applied] | v
    false | null
UPDATE t SET s = 5 WHERE k = 80 AND c = 'q' IF s = 1 AND v = 1
    = [applied] | v | s
    false | null | 2
-- A row that was never inserted is not seen when static columns alone are asked for.
UPDATE t SET w = 'x' WHERE k = 81 AND c = 'a'
UPDATE t SET v = 5 WHERE k = 81 AND c = 'a' IF v = 3
    = [applied] | v
    false | null
UPDATE t SET s = 5 WHERE k = 81 IF s = 3
    = [applied]
    false
INSERT INTO t (k, c) VALUES (81, 'b')
UPDATE t SET s = 5 WHERE k = 81 IF s = 3
    = [applied] | s
    false | null
-- DELETE.
DELETE FROM t WHERE k = 1 IF EXISTS
    ! DELETE statements must restrict all PRIMARY KEY columns with equality relations in order to delete non static columns
DELETE v FROM t WHERE k = 1 IF EXISTS
    ! DELETE statements must restrict all PRIMARY KEY columns with equality relations in order to delete non static columns
DELETE s FROM t WHERE k = 1 IF EXISTS
    = [applied]
    true
DELETE FROM t WHERE k = 1 AND c = 'a' IF EXISTS
    = [applied]
    true
DELETE FROM t WHERE k = 1 AND c = 'a' IF EXISTS
    = [applied]
    false
DELETE FROM t WHERE k = 1 AND c = 'b' IF v = 3
    = [applied] | v
    false | 2
DELETE w FROM t WHERE k = 1 AND c = 'b' IF v = 2
    = [applied]
    true
DELETE FROM t WHERE k = 1 IF v = 3
    ! DELETE statements must restrict all PRIMARY KEY columns with equality relations in order to delete non static columns
DELETE FROM t WHERE k = 1 IF s = 3
    ! DELETE statements must restrict all PRIMARY KEY columns with equality relations in order to delete non static columns
DELETE s FROM t WHERE k = 1 IF s = 3
    = [applied] | s
    false | null
DELETE FROM t WHERE k = 1 AND c > 'a' IF s = 3
    ! DELETE statements must restrict all PRIMARY KEY columns with equality relations in order to delete non static columns
DELETE FROM t WHERE k = 1 AND c IN ('a', 'b') IF EXISTS
    ! IN on the clustering key columns is not supported with conditional deletions
DELETE FROM t WHERE k IN (1, 2) AND c = 'a' IF EXISTS
    ! IN on the partition key is not supported with conditional deletions
UPDATE t SET v = 3 WHERE k IN (1, 2) AND c = 'a' IF EXISTS
    ! IN on the partition key is not supported with conditional updates
UPDATE t SET v = 3 WHERE k = 1 AND c IN ('a', 'b') IF EXISTS
    ! IN on the clustering key columns is not supported with conditional updates
UPDATE t SET v = 3 WHERE k IN (1, 1) AND c = 'a' IF EXISTS
    ! IN on the partition key is not supported with conditional updates
UPDATE t SET v = 3 WHERE k = 1 AND c IN () IF EXISTS
    ! IN on the clustering key columns is not supported with conditional updates
UPDATE t SET v = 3 WHERE k = 1 AND c = 'a' IF k = 1
    ! PRIMARY KEY column 'k' cannot have IF conditions
UPDATE t SET v = 3 WHERE k = 1 AND c = 'a' IF nope = 1
    ! Undefined column name nope in table ks.t
UPDATE t SET v = 3 WHERE k = 1 AND c = 'a' IF v[1] = 1
    ! Invalid element access syntax for non-collection column v
UPDATE t SET v = 3 WHERE k = 1 AND c = 'a' IF v CONTAINS 1
    ! Cannot use CONTAINS on non-collection column v
UPDATE t SET v = 3 WHERE k = 1 AND c = 'a' IF v CONTAINS KEY 1
    ! Cannot use CONTAINS KEY on non-map column v
UPDATE t USING TIMESTAMP 3 SET v = 3 WHERE k = 1 AND c = 'a' IF v = 1
    ! Cannot provide custom timestamp for conditional updates
-- Operators and null.
UPDATE t SET v = 3 WHERE k = 1 AND c = 'b' IF v > null
    ! Invalid comparison with null for operator ">"
UPDATE t SET v = 3 WHERE k = 1 AND c = 'b' IF v IN (1, 2) AND w = null
    = [applied]
    true
UPDATE t SET v = 4 WHERE k = 1 AND c = 'b' IF w IN ('a', null)
    = [applied]
    true
UPDATE t SET v = 4 WHERE k = 1 AND c = 'b' IF v IN ()
    = [applied] | v
    false | 4
UPDATE t SET v = 5 WHERE k = 1 AND c = 'b' IF v >= 4 AND v <= 4 AND v < 5 AND v > 3 AND v != 5 AND w != 'x'
    = [applied]
    true
UPDATE t SET v += 2, w = w + 'x' WHERE k = 1 AND c = 'b' IF v = 5
    = [applied]
    true
SELECT v, w FROM t WHERE k = 1 AND c = 'b'
    7 | null
UPDATE t SET v = v - 1 WHERE k = 1 AND c = 'b' IF v = 7
    ! Invalid operation (v = v - 1) for non counter column v
-- Parts of columns.
CREATE TYPE u (x int, y text)
CREATE TABLE co (k int PRIMARY KEY, d duration, l list<int>, st set<text>, m map<text, int>, ud u, fl frozen<list<int>>, fs frozen<set<int>>, fm frozen<map<int, int>>, fu frozen<u>, tp tuple<int, text>)
INSERT INTO co (k, l, st, m, ud, fl, fs, fm, fu, tp) VALUES (3, [1, 2, 3], {'a', 'b'}, {'x': 1, 'y': 2}, {x: 1, y: 'q'}, [1, 2], {3, 4}, {5: 6}, {x: 7}, (1, 't'))
UPDATE co SET tp = (1, 't') WHERE k = 3 IF l = [1, 2, 3]
    = [applied]
    true
UPDATE co SET tp = (1, 't') WHERE k = 3 IF l > [1, 2]
    = [applied]
    true
UPDATE co SET tp = (1, 't') WHERE k = 3 IF l < [1, 2, 3]
    = [applied] | l
    false | [1, 2, 3]
UPDATE co SET tp = (1, 't') WHERE k = 3 IF l = null
    = [applied] | l
    false | [1, 2, 3]
UPDATE co SET tp = (1, 't') WHERE k = 3 IF l = []
    = [applied] | l
    false | [1, 2, 3]
UPDATE co SET tp = (1, 't') WHERE k = 3 IF l != []
    = [applied]
    true
UPDATE co SET tp = (1, 't') WHERE k = 3 IF l > []
    ! Invalid comparison with an empty list for operator ">"
UPDATE co SET tp = (1, 't') WHERE k = 3 IF l[0] = 1
    = [applied]
    true
UPDATE co SET tp = (1, 't') WHERE k = 3 IF l[9] = 1
    = [applied] | l
    false | [1, 2, 3]
UPDATE co SET tp = (1, 't') WHERE k = 3 IF l[9] = null
    = [applied]
    true
UPDATE co SET tp = (1, 't') WHERE k = 3 IF l[-1] = 1
    ! Invalid negative list index -1
UPDATE co SET tp = (1, 't') WHERE k = 3 IF l[null] = 1
    ! Invalid null value for list element access
UPDATE co SET tp = (1, 't') WHERE k = 3 IF l CONTAINS 2
    = [applied]
    true
UPDATE co SET tp = (1, 't') WHERE k = 3 IF l CONTAINS 9
    = [applied] | l
    false | [1, 2, 3]
UPDATE co SET tp = (1, 't') WHERE k = 3 IF l CONTAINS null
    ! Invalid comparison with null for operator "CONTAINS"
UPDATE co SET tp = (1, 't') WHERE k = 3 IF l IN ([1, 2, 3], [4])
    = [applied]
    true
UPDATE co SET tp = (1, 't') WHERE k = 3 IF l[1] IN (1, 2)
    = [applied]
    true
UPDATE co SET tp = (1, 't') WHERE k = 3 IF st = {'b', 'a'}
    = [applied]
    true
UPDATE co SET tp = (1, 't') WHERE k = 3 IF st CONTAINS 'a'
    = [applied]
    true
UPDATE co SET tp = (1, 't') WHERE k = 3 IF st['a'] = 'a'
    ! Invalid element access syntax for set column st
UPDATE co SET tp = (1, 't') WHERE k = 3 IF m['x'] = 1
    = [applied]
    true
UPDATE co SET tp = (1, 't') WHERE k = 3 IF m['z'] = null
    = [applied]
    true
UPDATE co SET tp = (1, 't') WHERE k = 3 IF m[null] = 1
    ! Invalid null value for map element access
UPDATE co SET tp = (1, 't') WHERE k = 3 IF m CONTAINS KEY 'x'
    = [applied]
    true
UPDATE co SET tp = (1, 't') WHERE k = 3 IF m CONTAINS 2
    = [applied]
    true
UPDATE co SET tp = (1, 't') WHERE k = 3 IF m = {'x': 1, 'y': 2}
    = [applied]
    true
UPDATE co SET tp = (1, 't') WHERE k = 3 IF m >= {'x': 1}
    = [applied]
    true
UPDATE co SET tp = (1, 't') WHERE k = 3 IF m['x'] > 0
    = [applied]
    true
UPDATE co SET tp = (1, 't') WHERE k = 3 IF m['x'] IN (2, null)
    = [applied] | m
    false | {"x": 1, "y": 2}
UPDATE co SET tp = (1, 't') WHERE k = 3 IF m['x'] > null
    ! Invalid comparison with null for operator ">"
UPDATE co SET tp = (1, 't') WHERE k = 3 IF ud = {x: 1, y: 'q'}
    = [applied]
    true
UPDATE co SET tp = (1, 't') WHERE k = 3 IF ud.x = 1
    = [applied]
    true
UPDATE co SET tp = (1, 't') WHERE k = 3 IF ud.y = null
    = [applied] | ud
    false | {"x": 1, "y": "q"}
UPDATE co SET tp = (1, 't') WHERE k = 3 IF ud.z = 1
    ! Unknown field z for column ud
UPDATE co SET tp = (1, 't') WHERE k = 3 IF ud IN ({x: 1, y: 'q'})
    = [applied]
    true
UPDATE co SET tp = (1, 't') WHERE k = 3 IF fl > [1]
    = [applied]
    true
UPDATE co SET tp = (1, 't') WHERE k = 3 IF fl[1] = 2
    = [applied]
    true
UPDATE co SET tp = (1, 't') WHERE k = 3 IF fl CONTAINS 2
    = [applied]
    true
UPDATE co SET tp = (1, 't') WHERE k = 3 IF fs CONTAINS 5
    = [applied] | fs
    false | [3, 4]
UPDATE co SET tp = (1, 't') WHERE k = 3 IF fm CONTAINS KEY 5
    = [applied]
    true
UPDATE co SET tp = (1, 't') WHERE k = 3 IF fm[5] = 6
    = [applied]
    true
UPDATE co SET tp = (1, 't') WHERE k = 3 IF fm[7] = null
    = [applied]
    true
UPDATE co SET tp = (1, 't') WHERE k = 3 IF fu.x = 7
    = [applied]
    true
UPDATE co SET tp = (1, 't') WHERE k = 3 IF fu.y = null
    = [applied]
    true
UPDATE co SET tp = (1, 't') WHERE k = 3 IF fu = {x: 7}
    = [applied]
    true
UPDATE co SET tp = (1, 't') WHERE k = 3 IF tp > (1, 'a')
    = [applied]
    true
UPDATE co SET tp = (1, 't') WHERE k = 3 IF tp = null
    = [applied] | tp
    false | [1, "t"]
UPDATE co SET tp = (1, 't') WHERE k = 3 IF fl = []
    = [applied] | fl
    false | [1, 2]
UPDATE co SET tp = (1, 't') WHERE k = 3 IF fl > []
    = [applied]
    true
UPDATE co SET tp = (1, 't') WHERE k = 3 IF fl IN ()
    = [applied] | fl
    false | [1, 2]
UPDATE co SET tp = (1, 't') WHERE k = 3 IF d > 1d
    ! Slice conditions ( > ) are not supported on durations
UPDATE co SET tp = (1, 't') WHERE k = 3 IF d = 1d
    = [applied] | d
    false | null
-- Columns that nothing is asked of or written to are not known.
INSERT INTO t (k, s) VALUES (83, 2)
UPDATE t SET v = 5 WHERE k = 83 AND c = 'z' IF v = 1
    = [applied]
    false
UPDATE t SET v = 5, s = 5 WHERE k = 83 AND c = 'z' IF v = 1
    = [applied] | v
    false | null
UPDATE t SET w = 'x' WHERE k = 84 AND c = 'a'
UPDATE t SET v = 5 WHERE k = 84 AND c = 'z' IF s = 1
    = [applied] | s
    false | null
BEGIN BATCH UPDATE t SET v = 5 WHERE k = 84 AND c = 'z' IF s = 1; DELETE FROM t WHERE k = 84 AND c > 'm'; APPLY BATCH
    = [applied] | k | c | s
    false | 84 | "a" | null
-- In a batch, by the statements with conditions alone.
UPDATE t SET s = 1 WHERE k = 90
BEGIN BATCH UPDATE t SET s = 2 WHERE k = 90; UPDATE t SET v = 1 WHERE k = 90 AND c = 'z' IF v = 1; APPLY BATCH
    = [applied]
    false
BEGIN BATCH UPDATE t SET s = 2 WHERE k = 90; UPDATE t SET v = 1 WHERE k = 90 AND c = 'z' IF EXISTS; APPLY BATCH
    = [applied]
    false
BEGIN BATCH UPDATE t SET v = 1, s = 3 WHERE k = 90 AND c = 'z' IF v = 1; APPLY BATCH
    = [applied] | k | c | v
    false | 90 | null | null
-- Deletions come first.
CREATE TABLE sk (k int PRIMARY KEY, v int, w int)
INSERT INTO sk (k, v, w) VALUES (2, 2, 2)
BEGIN BATCH DELETE FROM sk WHERE k = 2 IF v = 2; INSERT INTO sk (k, v) VALUES (2, 3); APPLY BATCH
    = [applied]
    true
SELECT * FROM sk
    2 | 3 | null
"#;
