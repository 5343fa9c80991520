//! Casts between numbers: what a number cannot hold is cut as Java cuts it, which is what Rust's casts do.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "these are the casts that lose something"
)]

/// Towards zero, and to the ends of the range; 0 for NaN.
pub(super) fn to_i64(number: f64) -> i64 {
    number as i64
}

/// Towards zero, and to the ends of the range; 0 for NaN.
pub(super) fn to_i32(number: f64) -> i32 {
    number as i32
}

pub(super) fn to_f32(number: f64) -> f32 {
    number as f32
}

pub(super) fn from_i64(number: i64) -> f64 {
    number as f64
}

pub(super) fn f32_from_i64(number: i64) -> f32 {
    number as f32
}

/// The lowest 8, 16 and 32 bits.
pub(super) fn low_bits(number: i64) -> (i8, i16, i32) {
    (number as i8, number as i16, number as i32)
}
