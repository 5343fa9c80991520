//! Values and rows, to and from Rust types (v5 §6).
//!
//! [`ToCql`] and [`FromCql`] are about one value, [`BindRow`] and [`FromRow`] about all values of a statement and all
//! columns of a row.

mod bind;
mod bind_error;
mod blob;
mod collection;
mod cql_row;
mod cql_value;
mod decimal;
mod decode;
#[doc(hidden)]
pub mod derived;
mod elements;
mod encode;
mod ext;
mod float;
mod inet;
mod integer;
mod nullable;
mod pointer;
mod raw_row;
mod row;
mod row_error;
mod rust_name;
mod temporal;
#[cfg(test)]
mod testing;
mod text;
pub mod time_uuid;
mod tuple;
mod udt;
mod uuid;
mod varint;
mod vector;

pub use crate::error::{DecodeError, Problem};
pub use bind::{BindRow, BoundValues, ValuesWriter};
pub use bind_error::BindError;
pub use cql_row::CqlRow;
pub use cql_value::{CqlTuple, CqlUdt, CqlValue};
pub use decimal::CqlDecimal;
pub use decode::{FromCql, TypeMismatch, not_null};
pub use elements::Elements;
pub use encode::{Encoded, Place, ToCql, ValueError, write_value};
pub use integer::Counter;
pub use nullable::{MaybeUnset, Unset};
pub use raw_row::RawRow;
pub use row::{FromRow, RowIter, RowReader};
pub use row_error::{RowError, RowMismatch};
pub use temporal::{CqlDate, CqlDuration, CqlTime, CqlTimestamp, LiteralError, OutOfRange};
pub use udt::{UdtField, UdtReader, UdtWriter};
pub use varint::CqlVarint;
pub use vector::Vector;

/// Calls a macro with the lengths, names and indexes of the tuples that are supported: 1 to 16.
macro_rules! tuples {
    ($implement:ident) => {
        $implement! {
            (1: A 0)
            (2: A 0, B 1)
            (3: A 0, B 1, C 2)
            (4: A 0, B 1, C 2, D 3)
            (5: A 0, B 1, C 2, D 3, E 4)
            (6: A 0, B 1, C 2, D 3, E 4, F 5)
            (7: A 0, B 1, C 2, D 3, E 4, F 5, G 6)
            (8: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
            (9: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8)
            (10: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9)
            (11: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10)
            (12: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11)
            (13: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12)
            (14: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13)
            (15: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14)
            (16: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14, P 15)
        }
    };
}
use tuples;
