//! What wins over what.

use super::clustering::Order;
use super::{Cell, Clustering, Deletion, Edge, Key, Liveness, Partition, Row, Store};
use crate::engine::clock::Now;
use crate::engine::schema::{Column, ColumnId, Kind};
use bytes::Bytes;
use cql_protocol::types::{ColumnType, UdtType};
use std::ops::Bound;
use std::sync::Arc;

const V: ColumnId = ColumnId(7);

fn at(seconds: i64) -> Now {
    Now::from_micros(seconds * 1_000_000)
}

fn cell(timestamp: i64, value: &[u8]) -> Cell {
    Cell::new(timestamp, 0, at(100), value)
}

fn deletion(timestamp: i64) -> Deletion {
    Deletion::new(timestamp, at(100))
}

fn order() -> Order {
    Arc::from([(ColumnType::Blob, false)])
}

fn place(value: &'static [u8]) -> Clustering {
    Clustering::row([Bytes::from_static(value)], &order())
}

fn edge(value: &'static [u8], edge: Edge) -> Clustering {
    Clustering::edge([Bytes::from_static(value)], edge, &order())
}

fn column(column_type: ColumnType) -> Column {
    Column { id: V, name: "v".into(), column_type, is_multi_cell: true, kind: Kind::Regular }
}

/// Writes a cell to the row `a`.
fn set(partition: &mut Partition, cell: Cell) {
    let timestamp = cell.timestamp;
    if let Some(row) = partition.row_mut(Some(place(b"a")), timestamp) {
        row.set(V, cell);
    }
}

fn value(partition: &Partition, now: Now) -> Option<&[u8]> {
    let cell = partition.row(&place(b"a"))?.cell(V, now)?;
    cell.live(now).map(|value| &value[..])
}

#[test]
fn of_two_cells_the_same_wins_in_any_order() {
    let now = at(100);
    let plain = |timestamp, value: &[u8]| cell(timestamp, value);
    let expiring = |ttl, from, value: &[u8]| Cell::new(5, ttl, at(from), value);
    let ordered = [
        (plain(4, b"z"), plain(5, b"a")),
        (plain(5, b"a"), plain(5, b"b")),
        (plain(5, b"ab"), plain(5, b"b")),
        (Cell::tombstone(4, now), plain(5, b"")),
        (plain(5, b"z"), Cell::tombstone(5, now)),
        (plain(5, b"z"), expiring(10, 100, b"a")),
        // Deleted, though it ends later: a deletion wins.
        (expiring(10, 100, b"z"), Cell::tombstone(5, now)),
        (expiring(10, 100, b"z"), expiring(11, 100, b"a")),
        // They end in the same second.
        (expiring(11, 100, b"z"), expiring(10, 101, b"a")),
        (expiring(10, 100, b"a"), expiring(10, 100, b"b")),
        (Cell::tombstone(5, at(99)), Cell::tombstone(5, now)),
    ];
    for (loser, winner) in ordered {
        assert!(winner.wins_over(&loser), "{winner:?} over {loser:?}");
        assert!(!loser.wins_over(&winner), "{loser:?} under {winner:?}");
        assert!(!winner.wins_over(&winner), "{winner:?} over itself");
    }
}

#[test]
fn deletions_cover_what_is_older_whenever_it_arrives() {
    type Delete = fn(&mut Partition, Deletion);
    let deletions: [Delete; 4] = [
        |partition, deletion| partition.delete(deletion),
        |partition, deletion| partition.delete_row(place(b"a"), deletion),
        |partition, deletion| {
            partition.delete_range(edge(b"a", Edge::Before), edge(b"a", Edge::Behind), deletion);
        },
        |partition, deletion| set(partition, Cell::tombstone(deletion.timestamp, at(100))),
    ];
    for (kind, delete) in deletions.into_iter().enumerate() {
        for (timestamp, survives) in [(9, false), (10, false), (11, true)] {
            for deleted_first in [false, true] {
                let mut partition = Partition::default();
                if deleted_first {
                    delete(&mut partition, deletion(10));
                }
                set(&mut partition, cell(timestamp, b"x"));
                if !deleted_first {
                    delete(&mut partition, deletion(10));
                }
                let case = format!("deletion {kind}, cell at {timestamp}, deleted first: {deleted_first}");
                assert_eq!(value(&partition, at(100)).is_some(), survives, "{case}");
                // An older deletion changes nothing.
                delete(&mut partition, deletion(5));
                assert_eq!(value(&partition, at(100)).is_some(), survives, "{case}");
                set(&mut partition, cell(10, b"y"));
                assert_eq!(value(&partition, at(100)).is_some(), survives, "{case}");
            }
        }
    }
}

#[test]
fn many_rows_are_as_few() {
    for count in [1_u8, 23, 24, 25, 60] {
        let mut partition = Partition::default();
        let place = |at: u8| Clustering::row([Bytes::copy_from_slice(&[at])], &order());
        // In an order of no meaning.
        for next in (0..count).rev().step_by(2).chain(0..count) {
            partition.row_mut(Some(place(next)), 1).unwrap().insert(Liveness::new(1, 0, at(100)));
        }
        let names = |rows: Vec<(&Clustering, &Row)>| {
            rows.iter().map(|(place, _)| place.values()[0][0]).collect::<Vec<_>>()
        };
        assert_eq!(names(partition.all_rows().collect()), (0..count).collect::<Vec<_>>());
        assert_eq!(names(partition.all_rows().rev().collect()), (0..count).rev().collect::<Vec<_>>());
        let (from, to) = (place(count / 3), place(count / 2));
        let within = partition.rows((Bound::Excluded(&from), Bound::Included(&to)));
        assert_eq!(names(within.collect()), (count / 3 + 1..=count / 2).collect::<Vec<_>>());
        assert!(partition.row(&place(count - 1)).is_some() && partition.row(&place(count)).is_none());
        let edges = [Edge::Behind, Edge::Before]
            .map(|edge| Clustering::edge([Bytes::copy_from_slice(&[count / 2])], edge, &order()));
        let [from, to] = edges;
        partition.delete_range(from, Clustering::edge([], Edge::Behind, &order()), deletion(2));
        partition.delete_range(Clustering::edge([], Edge::Before, &order()), to, deletion(2));
        assert_eq!(names(partition.all_rows().collect()), [count / 2]);
    }
}

#[test]
fn ranges_delete_what_is_between_their_edges() {
    let range = |from: Edge, to: Edge| {
        let mut partition = Partition::default();
        for name in [&b"a"[..], b"b", b"c", b"d"] {
            let row = partition.row_mut(Some(Clustering::row([Bytes::from_static(name)], &order())), 1);
            row.unwrap().insert(Liveness::new(1, 0, at(100)));
        }
        partition.delete_range(edge(b"b", from), edge(b"c", to), deletion(2));
        let places = partition.all_rows().map(|(place, _)| place.values()[0].clone());
        places.map(|value| char::from(value[0])).collect::<String>()
    };
    assert_eq!(range(Edge::Before, Edge::Behind), "ad");
    assert_eq!(range(Edge::Behind, Edge::Behind), "abd");
    assert_eq!(range(Edge::Before, Edge::Before), "acd");
    assert_eq!(range(Edge::Behind, Edge::Before), "abcd");
    // Edges that are the wrong way round are of nothing.
    let mut partition = Partition::default();
    set(&mut partition, cell(1, b"x"));
    partition.delete_range(edge(b"z", Edge::Before), edge(b"0", Edge::Behind), deletion(2));
    assert_eq!(value(&partition, at(100)), Some(&b"x"[..]));
}

#[test]
fn what_is_deleted_is_not_kept() {
    let mut partition = Partition::default();
    let row = partition.row_mut(Some(place(b"a")), 1).unwrap();
    row.insert(Liveness::new(1, 0, at(100)));
    row.set(V, cell(1, b"x"));
    partition.delete_range(edge(b"a", Edge::Before), edge(b"b", Edge::Behind), deletion(2));
    assert_eq!(partition.all_rows().count(), 0);
    // What the new range covers is not needed beside it.
    for timestamp in 3..100 {
        partition.delete_range(edge(b"a", Edge::Before), edge(b"c", Edge::Behind), deletion(timestamp));
    }
    assert_eq!(partition.deleted_ranges().count(), 1);
    partition.delete_row(place(b"q"), deletion(5));
    assert_eq!(partition.all_rows().count(), 1);
    partition.delete(deletion(1000));
    assert_eq!((partition.deleted_ranges().count(), partition.all_rows().count()), (0, 0));
    assert!(partition.row_mut(None, 1000).is_none());
    assert!(partition.row_mut(None, 1001).is_some());
}

#[test]
fn time_to_live_ends_by_the_clock() {
    let mut partition = Partition::default();
    set(&mut partition, Cell::new(10, 5, at(100), b"x"));
    let left = |partition: &Partition, now| {
        partition.row(&place(b"a"))?.cell(V, now).and_then(|cell| cell.seconds_left(now))
    };
    assert_eq!(left(&partition, at(100)), Some(5));
    assert_eq!(left(&partition, at(104)), Some(1));
    assert_eq!(left(&partition, at(105)), None);
    assert_eq!(value(&partition, at(104)), Some(&b"x"[..]));
    assert_eq!(value(&partition, at(105)), None);
    // What was overwritten stays so, and of equal times what expires wins even after that.
    set(&mut partition, cell(9, b"older"));
    set(&mut partition, cell(10, b"equal"));
    assert_eq!(value(&partition, at(105)), None);
    set(&mut partition, cell(11, b"newer"));
    assert_eq!(value(&partition, at(1_000_000)), Some(&b"newer"[..]));
}

#[test]
fn rows_live_by_their_insertion_or_their_cells() {
    let now = at(100);
    let is_live = |row: &Row| row.is_live(now);
    let mut inserted = Row::default();
    inserted.insert(Liveness::new(1, 0, now));
    inserted.set(V, cell(1, b"x"));
    inserted.set(V, Cell::tombstone(2, now));
    assert!(is_live(&inserted) && inserted.was_inserted(now));

    let mut updated = Row::default();
    updated.set(V, cell(1, b"x"));
    assert!(is_live(&updated) && !updated.was_inserted(now));
    updated.set(V, Cell::tombstone(2, now));
    assert!(!is_live(&updated));

    // Inserted for five seconds, with a cell that was written for ever.
    let mut expiring = Row::default();
    expiring.insert(Liveness::new(1, 5, now));
    expiring.insert(Liveness::new(1, 0, now));
    assert!(expiring.was_inserted(at(104)) && !expiring.was_inserted(at(105)));
    expiring.insert(Liveness::new(2, 0, now));
    assert!(expiring.was_inserted(at(105)));
    // A deletion of an older time leaves the row, one of its time does not.
    expiring.delete(deletion(1));
    assert!(is_live(&expiring));
    expiring.delete(deletion(2));
    assert!(!is_live(&expiring));
}

#[test]
fn collections_are_kept_by_part() {
    let now = at(100);
    let map = column(ColumnType::Map(Box::new((ColumnType::Text, ColumnType::Int))));
    let entry = |row: &mut Row, key: &[u8], timestamp, value: i32| {
        row.set_part(&map, key, cell(timestamp, &value.to_be_bytes()));
    };
    let keys = |row: &Row| {
        let keys = row.parts(V, now).map(|(key, cell)| {
            let value = cell.live(now).unwrap();
            (String::from_utf8(key.to_vec()).unwrap(), i32::from_be_bytes(value[..].try_into().unwrap()))
        });
        keys.collect::<Vec<_>>()
    };
    let of = |entries: &[(&str, i32)]| {
        entries.iter().map(|(key, value)| ((*key).to_owned(), *value)).collect::<Vec<_>>()
    };
    let mut row = Row::default();
    for (key, timestamp, value) in [("b", 5, 1), ("a", 5, 2), ("b", 4, 3), ("c", 1, 4)] {
        entry(&mut row, key.as_bytes(), timestamp, value);
    }
    assert_eq!(keys(&row), of(&[("a", 2), ("b", 1), ("c", 4)]));
    // A map written anew: all is deleted just before.
    row.delete_parts(V, deletion(4));
    entry(&mut row, b"d", 4, 5);
    entry(&mut row, b"e", 5, 6);
    assert_eq!(keys(&row), of(&[("a", 2), ("b", 1), ("e", 6)]));
    row.set_part(&map, b"a", Cell::tombstone(6, now));
    assert_eq!(keys(&row), of(&[("b", 1), ("e", 6)]));
    let value = row.value(&map, now).unwrap();
    assert_eq!(&value[..10], [0, 0, 0, 2, 0, 0, 0, 1, b'b', 0]);
    row.delete_parts(V, deletion(6));
    assert_eq!(row.value(&map, now), None, "empty is null");
    assert!(!row.is_live(now));
}

#[test]
fn fields_are_told_in_their_places() {
    let now = at(100);
    let fields = [("x", ColumnType::Int), ("y", ColumnType::Int), ("z", ColumnType::Int)];
    let udt = column(ColumnType::Udt(Arc::new(UdtType::new("ks", "u", fields))));
    let mut row = Row::default();
    row.set_part(&udt, &[0, 2], cell(1, &[9]));
    row.set_part(&udt, &[0, 0], cell(1, &[7]));
    let value = row.value(&udt, now).unwrap();
    assert_eq!(&value[..], [0, 0, 0, 1, 7, 255, 255, 255, 255, 0, 0, 0, 1, 9]);
}

#[test]
fn counters_add_up_until_they_are_deleted() {
    let now = at(100);
    let count = |row: &Row| {
        let cell = row.cell(V, now)?.live(now)?;
        Some(i64::from_be_bytes(cell[..].try_into().unwrap()))
    };
    let mut row = Row::default();
    row.add(V, 5, 3, now);
    row.add(V, 4, i64::MAX, now);
    assert_eq!(count(&row), Some(i64::MIN + 2));
    row.set(V, Cell::tombstone(6, now));
    row.add(V, 7, 1, now);
    assert_eq!(count(&row), None, "one that was deleted stays so");
}

#[test]
fn static_columns_go_with_the_partition_alone() {
    let now = at(100);
    let mut partition = Partition::default();
    partition.row_mut(None, 1).unwrap().set(V, cell(1, b"s"));
    let whole = |value: Edge| Clustering::edge([], value, &order());
    partition.delete_range(whole(Edge::Before), whole(Edge::Behind), deletion(5));
    assert!(partition.statics().is_live(now));
    partition.delete(deletion(1));
    assert!(!partition.statics().is_live(now));
}

#[test]
fn a_dropped_column_takes_what_was_written_until_then() {
    let mut store = Store::default();
    let id = uuid::Uuid::from_u128(1);
    let key = Key::new(Bytes::from_static(b"k"));
    let table = store.table_mut(id);
    let partition = table.partition_mut(key.clone());
    set(partition, cell(5, b"x"));
    partition.row_mut(Some(place(b"b")), 1).unwrap().set(V, cell(9, b"y"));
    table.drop_column(V, 8);
    let partition = store.table(id).unwrap().partition(&key).unwrap();
    assert_eq!(partition.all_rows().count(), 1);
    assert_eq!(partition.row(&place(b"b")).unwrap().value(&column_of_blobs(), at(100)).unwrap(), "y");
}

fn column_of_blobs() -> Column {
    Column { is_multi_cell: false, ..column(ColumnType::Blob) }
}

#[test]
fn keys_are_taken_apart_as_they_were_put_together() {
    let values = [Bytes::from_static(b"ab"), Bytes::new(), Bytes::from_static(b"c")];
    let key = Key::of_values(&values).unwrap();
    assert_eq!(&key.bytes[..], [0, 2, b'a', b'b', 0, 0, 0, 0, 0, 1, b'c', 0]);
    assert_eq!(key.values(3), values);
    assert_eq!(Key::of_values(&values[..1]).unwrap().bytes, "ab");
    assert!(Key::of_values(&[Bytes::from(vec![0; 65_536])]).is_none());
}

#[test]
fn times_and_places_only_grow() {
    use crate::engine::values::compare;
    let store = Store::default();
    let now = at(1_700_000_000);
    let times = (0..5).map(|_| store.timestamp(now)).collect::<Vec<_>>();
    assert!(times[0] == now.micros() && times.is_sorted_by(|one, two| one < two));
    assert!(store.timestamp(at(1)) > times[4], "also when the clock goes back");
    let mut places = (0..300).map(|_| store.place_before(now)).collect::<Vec<_>>();
    places.reverse();
    places.extend((0..300).map(|_| store.place_behind(now)));
    let is_sorted = |one: &[u8; 16], two: &[u8; 16]| compare(&ColumnType::TimeUuid, one, two).is_lt();
    assert!(places.is_sorted_by(is_sorted));
    assert!(places.iter().all(|place| place[6] >> 4 == 1));
}
