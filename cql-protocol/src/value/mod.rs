//! Values and rows, to and from Rust types (v5 §6).
//!
//! [`ToCql`] and `FromCql` are about one value, `BindRow` and `FromRow` about all values of a statement and all
//! columns of a row.

mod encode;

pub use encode::{Encoded, ToCql, ValueError};
