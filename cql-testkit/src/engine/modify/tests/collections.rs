//! Collections, user-defined types and counters.

/// Statements, and what a server answers.
pub(super) const SCRIPT: &str = r#"
CREATE TYPE u (x int, y text)
CREATE TABLE co (k int PRIMARY KEY, l list<int>, st set<text>, m map<text, int>, ud u, fl frozen<list<int>>, fs frozen<set<int>>, fm frozen<map<int, int>>, fu frozen<u>, tp tuple<int, text>, vec vector<float, 2>)
INSERT INTO co (k, l, st, m, ud, fl, fs, fm, fu, tp, vec) VALUES (1, [1, 2, 1], {'b', 'a', 'b'}, {'y': 2, 'x': 1}, {x: 1, y: 'q'}, [1, 1], {4, 3, 4}, {6: 1, 5: 2}, {x: 7}, (1, 't'), [1.5, 2.5])
SELECT l, st, m, ud, fl, fs, fm, fu, tp, vec FROM co WHERE k = 1
    [1, 2, 1] | ["a", "b"] | {"x": 1, "y": 2} | {"x": 1, "y": "q"} | [1, 1] | [3, 4] | {"5": 2, "6": 1} | {"x": 7, "y": null} | [1, "t"] | [1.5, 2.5]
-- Lists.
UPDATE co SET l = l + [3, 4] WHERE k = 1
UPDATE co SET l = [7, 8] + l WHERE k = 1
UPDATE co SET l = [6] + l WHERE k = 1
SELECT l FROM co WHERE k = 1
    [6, 7, 8, 1, 2, 1, 3, 4]
UPDATE co SET l[0] = 60, l[6] = null WHERE k = 1
SELECT l FROM co WHERE k = 1
    [60, 7, 8, 1, 2, 1, 4]
UPDATE co SET l = l - [1, 2] WHERE k = 1
SELECT l FROM co WHERE k = 1
    [60, 7, 8, 4]
DELETE l[1] FROM co WHERE k = 1
SELECT l FROM co WHERE k = 1
    [60, 8, 4]
UPDATE co SET l[3] = 1 WHERE k = 1
    ! List index 3 out of bound, list has size 3
UPDATE co SET l[-1] = 1 WHERE k = 1
    ! List index -1 out of bound, list has size 3
UPDATE co SET l[null] = 1 WHERE k = 1
    ! Invalid null value for list index
DELETE l[9] FROM co WHERE k = 1
    ! List index 9 out of bound, list has size 3
DELETE l[null] FROM co WHERE k = 1
    ! Invalid null value for list index
UPDATE co SET l[0] = 1 WHERE k = 99
    ! Attempted to set an element on a list which is null
DELETE l[0] FROM co WHERE k = 99
    ! Attempted to delete an element from a list which is null
-- Each operation finds what those before it have left.
INSERT INTO co (k, l) VALUES (2, [1, 2, 3])
DELETE l[0], l[2] FROM co WHERE k = 2
    ! List index 2 out of bound, list has size 2
DELETE l[0], l[2] FROM co WHERE k = 2 IF EXISTS
    ! List index 2 out of bound, list has size 2
UPDATE co SET l[0] = null, l[1] = 8 WHERE k = 2
SELECT l FROM co WHERE k = 2
    [2, 8]
UPDATE co SET l = l + [4], l[2] = 9 WHERE k = 2
UPDATE co SET l = l - [2], l[0] = 7 WHERE k = 2
SELECT l FROM co WHERE k = 2
    [7, 9]
DELETE l[0], l[0] FROM co WHERE k = 2
SELECT l FROM co WHERE k = 2
    null
UPDATE co SET l = l + [1], l = l + [2] WHERE k = 1
UPDATE co SET l = [1], l = l + [2] WHERE k = 1
    ! 2000 Multiple incompatible setting of column l
UPDATE co SET l = l + null, l = l - null WHERE k = 1
SELECT l FROM co WHERE k = 1
    [60, 8, 4, 1, 2]
UPDATE co SET l = [9] WHERE k = 1
SELECT l FROM co WHERE k = 1
    [9]
UPDATE co SET l = [] WHERE k = 1
SELECT l FROM co WHERE k = 1
    null
-- Sets and maps.
UPDATE co SET st = st + {'c', 'a'}, m = m + {'z': 3, 'x': 9} WHERE k = 1
SELECT st, m FROM co WHERE k = 1
    ["a", "b", "c"] | {"x": 9, "y": 2, "z": 3}
UPDATE co SET st = st - {'b', 'nope'}, m = m - {'y'}, m['w'] = 4, m['z'] = null WHERE k = 1
SELECT st, m FROM co WHERE k = 1
    ["a", "c"] | {"w": 4, "x": 9}
DELETE st['a'], m['x'] FROM co WHERE k = 1
SELECT st, m FROM co WHERE k = 1
    ["c"] | {"w": 4}
UPDATE co SET m[null] = 1 WHERE k = 1
    ! Invalid null map key
DELETE m[null] FROM co WHERE k = 1
    ! Invalid null map key
DELETE st[null] FROM co WHERE k = 1
    ! Invalid null set element
UPDATE co SET st[0] = 1 WHERE k = 1
    ! Invalid operation (st[0] = 1) for set column st
UPDATE co SET m = m - {'a': 1} WHERE k = 1
    ! Value for a map substraction has to be a set, but was: '{'a': 1}'
UPDATE co SET m = m + {'a'} WHERE k = 1
    ! Value for a map addition has to be a map, but was: '{'a'}'
UPDATE co SET st = {'a'} + st WHERE k = 1
    ! Invalid operation (st = {'a'} - st) for non list column st
UPDATE co SET st = null, m = {'n': 1} WHERE k = 1
SELECT st, m FROM co WHERE k = 1
    null | {"n": 1}
DELETE m FROM co WHERE k = 1
SELECT m FROM co WHERE k = 1
    null
-- A collection that is written anew wins over what was there at the time before, not over what is of the same time.
UPDATE co USING TIMESTAMP 5 SET m = m + {'a': 1} WHERE k = 5
UPDATE co USING TIMESTAMP 5 SET m = {'b': 1} WHERE k = 5
UPDATE co USING TIMESTAMP 4 SET m = m + {'c': 1} WHERE k = 5
SELECT m FROM co WHERE k = 5
    {"a": 1, "b": 1}
DELETE m FROM co USING TIMESTAMP 5 WHERE k = 5
SELECT m FROM co WHERE k = 5
-- Fields.
UPDATE co SET ud.y = 'r' WHERE k = 1
SELECT ud FROM co WHERE k = 1
    {"x": 1, "y": "r"}
UPDATE co SET ud.x = null WHERE k = 1
SELECT ud FROM co WHERE k = 1
    {"x": null, "y": "r"}
DELETE ud.y FROM co WHERE k = 1
SELECT ud FROM co WHERE k = 1
    null
UPDATE co SET ud = {x: 3} WHERE k = 1
SELECT ud FROM co WHERE k = 1
    {"x": 3, "y": null}
UPDATE co SET ud.z = 1 WHERE k = 1
    ! UDT column ud does not have a field named z
UPDATE co SET l.z = 1 WHERE k = 1
    ! Invalid operation (l.z = 1) for non-UDT column l
UPDATE co SET ud.x = 1, ud.x = 2 WHERE k = 1
    ! 2000 Multiple incompatible setting of column ud
-- What is frozen is written whole.
UPDATE co SET fl[0] = 1 WHERE k = 1
    ! Invalid operation (fl[0] = 1) for frozen collection column fl
UPDATE co SET fl = fl + [1] WHERE k = 1
    ! Invalid operation (fl = fl + [1]) for frozen collection column fl
UPDATE co SET fl = [1] + fl WHERE k = 1
    ! Invalid operation (fl = [1] - fl) for frozen list column fl
UPDATE co SET fm = fm - {1} WHERE k = 1
    ! Invalid operation (fm = fm - {1}) for frozen collection column fm
UPDATE co SET fu.x = 1 WHERE k = 1
    ! Invalid operation (fu.x = 1) for frozen UDT column fu
UPDATE co SET fu[0] = 1 WHERE k = 1
    ! Invalid operation (fu[0] = 1) for non collection column fu
UPDATE co SET vec[0] = 1 WHERE k = 1
    ! Invalid operation (vec[0] = 1) for non collection column vec
UPDATE co SET tp = tp + (1, 'a') WHERE k = 1
    ! Invalid operation (tp = tp + (1, 'a')) for tuple column tp
UPDATE co SET ud = ud + {x: 1} WHERE k = 1
    ! Invalid operation (ud = ud + {x: 1}) for tuple column ud
UPDATE co SET vec = vec + [1.0, 2.0] WHERE k = 1
    ! Invalid operation (vec = vec + [1.0, 2.0]) for non counter column vec
DELETE fl[0] FROM co WHERE k = 1
    ! Invalid deletion operation for frozen collection column fl
DELETE tp[0] FROM co WHERE k = 1
    ! Invalid deletion operation for non collection column tp
DELETE ud.z FROM co WHERE k = 1
    ! UDT column ud does not have a field named z
DELETE fu.x FROM co WHERE k = 1
    ! Frozen UDT column fu does not support field deletions
DELETE l.x FROM co WHERE k = 1
    ! Invalid field deletion operation for non-UDT column l
UPDATE co SET fl = [], fs = {}, fm = null, fu = {y: 'only'} WHERE k = 1
SELECT fl, fs, fm, fu FROM co WHERE k = 1
    [] | [] | null | {"x": null, "y": "only"}
-- Counters.
CREATE TABLE cn (k int PRIMARY KEY, c counter, d counter)
UPDATE cn SET c = c + 5, d -= 2 WHERE k = 1
UPDATE cn SET c += -7 WHERE k = 1
UPDATE cn SET c = c - 1 WHERE k IN (1, 2)
SELECT * FROM cn
    1 | -3 | -2
    2 | -1 | null
UPDATE cn SET c = c + 9223372036854775807 WHERE k = 2
UPDATE cn SET c = c + 9223372036854775807 WHERE k = 2
SELECT c FROM cn WHERE k = 2
    -3
DELETE c FROM cn WHERE k = 1
UPDATE cn SET c = c + 3 WHERE k = 1
SELECT * FROM cn WHERE k = 1
    1 | null | -2
DELETE FROM cn WHERE k = 1
SELECT * FROM cn WHERE k = 1
INSERT INTO cn (k, c) VALUES (1, 1)
    ! INSERT statements are not allowed on counter tables, use UPDATE instead
UPDATE cn SET c = 5 WHERE k = 1
    ! Cannot set the value of counter column c (counters can only be incremented/decremented, not set)
UPDATE cn SET c = null WHERE k = 1
    ! Invalid null value for counter increment/decrement
UPDATE cn SET c = c + null WHERE k = 1
    ! Invalid null value for counter increment/decrement
UPDATE cn SET c = c - -9223372036854775808 WHERE k = 1
    ! The negation of -9223372036854775808 overflows supported counter precision (signed 8 bytes integer)
UPDATE cn USING TTL 5 SET c = c + 1 WHERE k = 1
    ! Cannot provide custom TTL for counter updates
UPDATE cn USING TIMESTAMP 5 SET c = c + 1 WHERE k = 1
    ! Cannot provide custom timestamp for counter updates
DELETE c FROM cn USING TIMESTAMP 1 WHERE k = 1
    ! Cannot provide custom timestamp for counter updates
UPDATE cn SET c = c + 1 WHERE k = 1 IF EXISTS
    ! Conditional updates are not supported on counter tables
UPDATE cn SET c = c + 1 WHERE k = 1 IF c = 1
    ! Conditions on counters are not supported
CREATE TABLE plain (k int PRIMARY KEY, v int, w text)
UPDATE plain SET v = v + 1 WHERE k = 1
    ! Invalid operation (v = v + 1) for non counter column v
UPDATE plain SET v = v - 1 WHERE k = 1
    ! Invalid operation (v = v - 1) for non counter column v
UPDATE plain SET w += 'x' WHERE k = 1
    ! Invalid operation (w = w + 'x') for non counter column w
"#;
