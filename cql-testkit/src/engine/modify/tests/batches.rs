//! Batches.

/// Statements, and what a server answers.
pub(super) const SCRIPT: &str = r#"
CREATE TABLE t (k int, c text, s int static, v int, w text, PRIMARY KEY (k, c))
CREATE TABLE b (k text PRIMARY KEY, v int)
CREATE TABLE cn (k int PRIMARY KEY, c counter)
CREATE TABLE soon (k int PRIMARY KEY, v int) WITH gc_grace_seconds = 0
BEGIN BATCH APPLY BATCH
BEGIN BATCH INSERT INTO t (k, c, v) VALUES (1, 'a', 1); UPDATE b SET v = 2 WHERE k = 'x'; DELETE FROM t WHERE k = 1 AND c = 'q'; APPLY BATCH
SELECT k, c, v FROM t
    1 | "a" | 1
SELECT * FROM b
    "x" | 2
-- All is of one time: deletions win.
BEGIN BATCH INSERT INTO t (k, c, v) VALUES (2, 'a', 1); DELETE FROM t WHERE k = 2 AND c = 'a'; APPLY BATCH
BEGIN BATCH DELETE v FROM t WHERE k = 2 AND c = 'b'; INSERT INTO t (k, c, v, w) VALUES (2, 'b', 1, 'w'); APPLY BATCH
BEGIN BATCH USING TIMESTAMP 5 INSERT INTO t (k, c, v) VALUES (2, 'c', 1); INSERT INTO t (k, c, v) VALUES (2, 'c', 3); APPLY BATCH
SELECT c, v, w FROM t WHERE k = 2
    "b" | null | "w"
    "c" | 3 | null
SELECT writetime(v) FROM t WHERE k = 2 AND c = 'c'
    5
-- What fails changes nothing.
BEGIN BATCH INSERT INTO t (k, c, v) VALUES (3, 'a', 1); INSERT INTO b (k, v) VALUES ('', 1); APPLY BATCH
    ! Key may not be empty
SELECT * FROM t WHERE k = 3
-- Rules.
BEGIN BATCH USING TIMESTAMP 3 INSERT INTO t (k, c) VALUES (1, 'a') USING TIMESTAMP 5; APPLY BATCH
    ! Timestamp must be set either on BATCH or individual statements
BEGIN BATCH UPDATE cn SET c = c + 1 WHERE k = 1; APPLY BATCH
    ! Cannot include a counter statement in a logged batch
BEGIN COUNTER BATCH INSERT INTO t (k, c) VALUES (1, 'a'); APPLY BATCH
    ! Cannot include non-counter statement in a counter batch
BEGIN COUNTER BATCH USING TIMESTAMP 4 UPDATE cn SET c = c + 1 WHERE k = 1; APPLY BATCH
    ! Cannot provide custom timestamp for counter BATCH
BEGIN UNLOGGED BATCH UPDATE cn SET c = c + 1 WHERE k = 1; INSERT INTO t (k, c) VALUES (1, 'a') APPLY BATCH
    ! Counter and non-counter mutations cannot exist in the same batch
BEGIN UNLOGGED BATCH USING TIMESTAMP 4 UPDATE cn SET c = c + 1 WHERE k = 1; APPLY BATCH
    ! Cannot provide custom timestamp for a BATCH containing counters
BEGIN UNLOGGED BATCH UPDATE cn SET c = c + 1 WHERE k = 1; UPDATE cn SET c = c + 2 WHERE k = 2; APPLY BATCH
BEGIN COUNTER BATCH UPDATE cn SET c = c + 1 WHERE k = 1; UPDATE cn SET c = c + 2 WHERE k = 1; APPLY BATCH
SELECT * FROM cn
    1 | 4
    2 | 2
-- Conditions.
BEGIN BATCH INSERT INTO t (k, c, v) VALUES (5, 'a', 1) IF NOT EXISTS; INSERT INTO t (k, c, v) VALUES (5, 'b', 2); APPLY BATCH
    = [applied]
    true
BEGIN BATCH INSERT INTO t (k, c, v) VALUES (5, 'a', 1) IF NOT EXISTS; INSERT INTO t (k, c, v) VALUES (5, 'b', 2); APPLY BATCH
    = [applied] | k | c | s | v | w
    false | 5 | "a" | null | 1 | null
BEGIN BATCH INSERT INTO t (k, c, v) VALUES (5, 'a', 1) IF NOT EXISTS; UPDATE t SET v = 3 WHERE k = 5 AND c = 'b' IF v = 9 APPLY BATCH
    = [applied] | k | c | s | v | w
    false | 5 | "a" | null | 1 | null
    false | 5 | "b" | null | 2 | null
-- Rows with conditions are put together first: deletions win there too, but those of ranges are of the moment before.
BEGIN BATCH INSERT INTO t (k, c, v) VALUES (6, 'a', 1) IF NOT EXISTS; DELETE v FROM t WHERE k = 6 AND c = 'a' APPLY BATCH
    = [applied]
    true
BEGIN BATCH INSERT INTO t (k, c, v) VALUES (6, 'b', 1) IF NOT EXISTS; DELETE FROM t WHERE k = 6 AND c = 'b' APPLY BATCH
    = [applied]
    true
SELECT c, v FROM t WHERE k = 6
    "a" | null
BEGIN BATCH INSERT INTO t (k, c, v) VALUES (6, 'c', 1) IF NOT EXISTS; DELETE FROM t WHERE k = 6 APPLY BATCH
    = [applied]
    true
SELECT c, v FROM t WHERE k = 6
    "c" | 1
-- All that are to be written are read, once a condition is about existence.
BEGIN BATCH INSERT INTO t (k, s) VALUES (6, 1) IF NOT EXISTS; UPDATE t SET v = 1 WHERE k = 6 AND c = 'd' APPLY BATCH
    = [applied]
    true
UPDATE t SET w = 'w' WHERE k = 7 AND c = 'a'
BEGIN BATCH UPDATE t SET s = 1 WHERE k = 7 IF EXISTS; UPDATE t SET v = 1 WHERE k = 7 AND c = 'd' APPLY BATCH
    = [applied] | k | c | s | v | w
    false | 7 | "a" | null | null | "w"
BEGIN BATCH UPDATE t SET v = 3 WHERE k = 5 AND c = 'b' IF v = 8 UPDATE t SET v = 3 WHERE k = 5 AND c = 'a' IF v = 9 AND w = 'x' APPLY BATCH
    = [applied] | k | c | v | w
    false | 5 | "a" | 1 | null
    false | 5 | "b" | 2 | null
BEGIN BATCH UPDATE t SET v = 3 WHERE k = 5 AND c = 'a' IF v = 8 UPDATE t SET v = 3 WHERE k = 5 AND c = 'zz' IF v = 9 AND w = 'x' APPLY BATCH
    = [applied] | k | c | v | w
    false | 5 | "a" | 1 | null
BEGIN BATCH UPDATE t SET v = 3 WHERE k = 5 AND c = 'a' IF v = 8 UPDATE t SET s = 3 WHERE k = 5 IF s = 9 APPLY BATCH
    = [applied] | k | c | v | s
    false | 5 | "a" | 1 | null
BEGIN BATCH UPDATE t SET v = 3 WHERE k = 5 AND c = 'a' IF s = 8 INSERT INTO t (k, c, v) VALUES (5, 'x', 1) APPLY BATCH
    = [applied] | k | c | s
    false | 5 | "a" | null
BEGIN BATCH UPDATE t SET v = 3 WHERE k = 5 AND c = 'a' IF v = 1 INSERT INTO t (k, c, v) VALUES (6, 'x', 1) APPLY BATCH
    ! Batch with conditions cannot span multiple partitions
BEGIN BATCH UPDATE t SET v = 3 WHERE k = 5 AND c = 'a' IF v = 1 INSERT INTO b (k, v) VALUES ('x', 1) APPLY BATCH
    ! Batch with conditions cannot span multiple tables
BEGIN BATCH UPDATE t SET v = 3 WHERE k = 5 AND c = 'a' IF v = 1 UPDATE t SET w = 'x' WHERE k = 5 AND c IN ('a', 'b') APPLY BATCH
    ! IN on the clustering key columns is not supported with conditional updates
BEGIN BATCH UPDATE t SET v = 3 WHERE k = 5 AND c = 'a' IF EXISTS; INSERT INTO t (k, c, v) VALUES (5, 'a', 1) IF NOT EXISTS; APPLY BATCH
    ! Cannot mix IF EXISTS and IF NOT EXISTS conditions for the same row
BEGIN BATCH UPDATE t SET v = 3 WHERE k = 5 AND c = 'a' IF v = 1; INSERT INTO t (k, c, v) VALUES (5, 'a', 1) IF NOT EXISTS; APPLY BATCH
    ! Cannot mix IF conditions and IF NOT EXISTS for the same row
BEGIN BATCH INSERT INTO t (k, c, v) VALUES (5, 'a', 1) IF NOT EXISTS; UPDATE t SET v = 3 WHERE k = 5 AND c = 'a' IF v = 1; APPLY BATCH
    ! Cannot mix IF conditions and IF NOT EXISTS for the same row
BEGIN BATCH UPDATE t SET v = 3 WHERE k = 5 AND c = 'a' IF v = 1; UPDATE t SET v = 3 WHERE k = 5 AND c = 'a' IF EXISTS; APPLY BATCH
    ! Cannot mix IF conditions and IF EXISTS for the same row
BEGIN BATCH INSERT INTO t (k, c, v) VALUES (15, 'ts', 1) IF NOT EXISTS; UPDATE t USING TIMESTAMP 5 SET v = 2 WHERE k = 15 AND c = 'ts'; APPLY BATCH
    = [applied]
    true
SELECT v FROM t WHERE k = 15
    2
BEGIN BATCH USING TIMESTAMP 4 UPDATE t SET v = 3 WHERE k = 5 AND c = 'a' IF v = 1; APPLY BATCH
    ! Cannot provide custom timestamp for conditional BATCH
BEGIN BATCH UPDATE t SET v = 3 WHERE k = 5 AND c = 'a' IF v = 1; DELETE FROM t WHERE k = 5 AND c > 'a'; APPLY BATCH
    = [applied]
    true
SELECT c, v FROM t WHERE k = 5
    "a" | 3
BEGIN BATCH UPDATE t SET v = 3 WHERE k = 5 AND c = 'a' IF v = 1; DELETE FROM t WHERE k = 5; APPLY BATCH
    = [applied] | k | c | v
    false | 5 | "a" | 3
-- Warnings.
BEGIN BATCH INSERT INTO soon (k, v) VALUES (1, 1); APPLY BATCH
    warning: Executing a LOGGED BATCH on table [ks.soon], configured with a gc_grace_seconds of 0. The gc_grace_seconds is used to TTL batchlog entries, so setting gc_grace_seconds too low on tables involved in an atomic batch might cause batchlog entries to expire before being replayed.
BEGIN UNLOGGED BATCH INSERT INTO t (k, c) VALUES (0, 'a'); INSERT INTO t (k, c) VALUES (1, 'a'); INSERT INTO t (k, c) VALUES (2, 'a'); INSERT INTO t (k, c) VALUES (3, 'a'); INSERT INTO t (k, c) VALUES (4, 'a'); INSERT INTO t (k, c) VALUES (5, 'a'); INSERT INTO t (k, c) VALUES (6, 'a'); INSERT INTO t (k, c) VALUES (7, 'a'); INSERT INTO t (k, c) VALUES (8, 'a'); INSERT INTO t (k, c) VALUES (9, 'a'); INSERT INTO t (k, c) VALUES (10, 'a'); INSERT INTO t (k, c) VALUES (11, 'a'); APPLY BATCH
    warning: Unlogged batch covering 12 partitions detected against table [ks.t]. You should use a logged batch for atomicity, or asynchronous writes for performance.
"#;
