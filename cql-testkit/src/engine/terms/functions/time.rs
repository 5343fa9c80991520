//! The present, and conversions between types of time.

use super::Scalar;
use crate::engine::clock::Now;
use bytes::Bytes;
use cql_protocol::types::ColumnType;
use cql_protocol::value::time_uuid;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use uuid::Uuid;

const DAY: i64 = 86_400_000;

pub(super) fn find(name: &str) -> Vec<Scalar> {
    let present = |returns, value: fn(Now) -> Bytes| {
        vec![Scalar::new(name, [], returns, move |_, now| Ok(Some(value(now))))]
    };
    let bound = |ticks: i64, node: u64| {
        vec![Scalar::strict(name, [ColumnType::Timestamp], ColumnType::TimeUuid, move |arguments| {
            let milliseconds =
                arguments.first().and_then(|bytes| milliseconds(&ColumnType::Timestamp, bytes));
            Ok(milliseconds.map(|at| uuid_bytes(bound_time_uuid(at, ticks, node))))
        })]
    };
    let convert =
        |from: &[ColumnType], to: ColumnType| from.iter().map(|of| conversion(name, of, &to)).collect();
    match name {
        "now" | "currenttimeuuid" | "current_timeuuid" => {
            present(ColumnType::TimeUuid, |now| uuid_bytes(next_time_uuid(now)))
        }
        "currenttimestamp" | "current_timestamp" => {
            present(ColumnType::Timestamp, |now| timestamp(now.micros().div_euclid(1000)))
        }
        "currentdate" | "current_date" => {
            present(ColumnType::Date, |now| date(now.micros().div_euclid(1000)))
        }
        "currenttime" | "current_time" => {
            present(ColumnType::Time, |now| timestamp(now.micros().rem_euclid(DAY * 1000) * 1000))
        }
        "mintimeuuid" | "min_timeuuid" => bound(0, 0x8080_8080_8080_8080),
        "maxtimeuuid" | "max_timeuuid" => bound(9_999, 0x7F7F_7F7F_7F7F_7F7F),
        "todate" | "to_date" => convert(&[ColumnType::TimeUuid, ColumnType::Timestamp], ColumnType::Date),
        "totimestamp" | "to_timestamp" => {
            convert(&[ColumnType::Date, ColumnType::TimeUuid], ColumnType::Timestamp)
        }
        "tounixtimestamp" | "to_unix_timestamp" => {
            let from = [ColumnType::Date, ColumnType::TimeUuid, ColumnType::Timestamp];
            convert(&from, ColumnType::BigInt)
        }
        "uuid" => present(ColumnType::Uuid, |_| uuid_bytes(random_uuid())),
        _ => Vec::new(),
    }
}

/// From one type of time to another.
pub(super) fn conversion(name: &str, from: &ColumnType, to: &ColumnType) -> Scalar {
    let (of, into) = (from.clone(), to.clone());
    Scalar::strict(name, [from.clone()], to.clone(), move |arguments| {
        let milliseconds = arguments.first().and_then(|bytes| match (&of, &into) {
            // For a date a server counts from where UUIDs begin.
            (ColumnType::TimeUuid, ColumnType::Date) => Some(ticks(bytes)? / TICKS - GREGORIAN),
            _ => milliseconds(&of, bytes),
        });
        Ok(milliseconds.map(|at| if into == ColumnType::Date { date(at) } else { timestamp(at) }))
    })
}

/// Milliseconds since the epoch of a `timestamp`, `date` or `timeuuid`.
pub(super) fn milliseconds(of: &ColumnType, bytes: &[u8]) -> Option<i64> {
    match of {
        ColumnType::Date => {
            let days = u32::from_be_bytes(bytes.try_into().ok()?) ^ 0x8000_0000;
            i64::from(days.cast_signed()).checked_mul(DAY)
        }
        // Towards 1970, as in servers.
        ColumnType::TimeUuid => Some(ticks(bytes)?.wrapping_sub(GREGORIAN * TICKS) / TICKS),
        _ => Some(i64::from_be_bytes(bytes.try_into().ok()?)),
    }
}

/// The time of a UUID, in steps of 100 ns from the beginning of the Gregorian calendar.
fn ticks(bytes: &[u8]) -> Option<i64> {
    let (time, _) = Uuid::from_slice(bytes).ok()?.as_u64_pair();
    let ticks = (time >> 32) | ((time & 0xFFFF_0000) << 16) | ((time & 0xFFFF & !VERSION) << 48);
    Some(ticks.cast_signed())
}

pub(super) fn timestamp(milliseconds: i64) -> Bytes {
    Bytes::copy_from_slice(&milliseconds.to_be_bytes())
}

pub(super) fn date(milliseconds: i64) -> Bytes {
    // More days than a date has are cut, as they are in servers, which round towards 1970.
    let days = super::floats::low_bits(milliseconds / DAY).2;
    Bytes::copy_from_slice(&(days.cast_unsigned() ^ 0x8000_0000).to_be_bytes())
}

/// Milliseconds from the beginning of the Gregorian calendar, which UUIDs count from, to 1970.
const GREGORIAN: i64 = 12_219_292_800_000;

/// Steps of 100 ns in a millisecond.
const TICKS: i64 = 10_000;

/// What says of a UUID that it is one of a time.
const VERSION: u64 = 0x1000;

/// The UUID of a time and so many steps of 100 ns. Times that no UUID has are cut as in servers, and spoil its version.
fn bound_time_uuid(milliseconds: i64, ticks: i64, node: u64) -> Uuid {
    let since = milliseconds.wrapping_add(GREGORIAN).wrapping_mul(TICKS).wrapping_add(ticks).cast_unsigned();
    let time = ((since & 0xFFFF_FFFF) << 32) | ((since >> 16) & 0xFFFF_0000) | (since >> 48) | VERSION;
    Uuid::from_u64_pair(time, node)
}

fn uuid_bytes(uuid: Uuid) -> Bytes {
    Bytes::copy_from_slice(uuid.as_bytes())
}

/// Counts what was made, so that no two are the same.
static MADE: AtomicU64 = AtomicU64::new(0);

/// A `timeuuid` of that moment which no other call returns.
pub(crate) fn next_time_uuid(now: Now) -> Uuid {
    let made = MADE.fetch_add(1, Ordering::Relaxed);
    // A microsecond has ten steps; what is made within the same step has another sequence.
    let since = Duration::from_micros(u64::try_from(now.micros()).unwrap_or(0));
    let since = since + Duration::from_nanos(made % 10 * 100);
    let sequence = u16::try_from(made / 10 % 0x4000).unwrap_or(0);
    time_uuid::new(since, sequence, [0x63, 0x71, 0x6c, 0x2d, 0x74, 0x6b]).unwrap_or_default()
}

/// A version 4 UUID.
fn random_uuid() -> Uuid {
    use std::hash::{BuildHasher, RandomState};
    let bits = || u128::from(RandomState::new().hash_one(MADE.fetch_add(1, Ordering::Relaxed)));
    uuid::Builder::from_random_bytes(((bits() << 64) | bits()).to_be_bytes()).into_uuid()
}
