//! Values encoded one after the other, in one buffer.

use cql_driver::types::ColumnType;
use cql_driver::value::{Encoded, ToCql, ValueError};
use smallvec::SmallVec;
use std::ops::Range;

/// Encoded values. A value is one `[value]` or, for a condition on several columns, more of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Values {
    bytes: Vec<u8>,
    ends: SmallVec<[u32; 8]>,
}

impl Values {
    /// Appends what `write` writes, or nothing if it fails.
    pub(crate) fn push<E>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Result<(), E>
    where
        ValueError: Into<E>,
    {
        if self.bytes.capacity() == 0 {
            self.bytes.reserve(64);
        }
        let start = self.bytes.len();
        let written = write(&mut self.bytes).and_then(|()| {
            u32::try_from(self.bytes.len())
                .map_err(|_| ValueError::invalid::<Vec<u8>>("the values have more than 4 GiB").into())
        });
        match written {
            Ok(end) => {
                self.ends.push(end);
                Ok(())
            }
            Err(error) => {
                self.bytes.truncate(start);
                Err(error)
            }
        }
    }

    /// The value of that number.
    pub(crate) fn get(&self, at: usize) -> &[u8] {
        self.bytes.get(self.range(at)).unwrap_or_default()
    }

    fn range(&self, at: usize) -> Range<usize> {
        let end = |at: usize| self.ends.get(at).map_or(0, |end| *end as usize);
        let start = at.checked_sub(1).map_or(0, end);
        start..end(at)
    }
}

/// One `[value]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cell<'a> {
    Value(&'a [u8]),
    Null,
    Unset,
}

impl Cell<'_> {
    /// Appends it with its length.
    pub(crate) fn write(self, out: &mut Vec<u8>) -> Result<(), ValueError> {
        let (length, bytes): (i32, &[u8]) = match self {
            Cell::Value(bytes) => {
                let too_long = |_| ValueError::invalid::<Vec<u8>>("the value has more than 2 GiB");
                (i32::try_from(bytes.len()).map_err(too_long)?, bytes)
            }
            Cell::Null => (-1, &[]),
            Cell::Unset => (-2, &[]),
        };
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(bytes);
        Ok(())
    }
}

impl ToCql for Cell<'_> {
    #[inline]
    fn to_cql(&self, _: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        match self {
            Cell::Value(bytes) => {
                out.extend_from_slice(bytes);
                Ok(Encoded::Value)
            }
            Cell::Null => Ok(Encoded::Null),
            Cell::Unset => Ok(Encoded::Unset),
        }
    }

    fn natural_type(&self) -> Option<ColumnType> {
        None
    }
}

/// The `[value]`s in some bytes.
pub(crate) fn split(mut bytes: &[u8]) -> impl Iterator<Item = Cell<'_>> {
    std::iter::from_fn(move || {
        let (length, rest) = bytes.split_first_chunk()?;
        let length = i32::from_be_bytes(*length);
        match usize::try_from(length) {
            Ok(length) => {
                let (value, rest) = rest.split_at_checked(length)?;
                bytes = rest;
                Some(Cell::Value(value))
            }
            Err(_) => {
                bytes = rest;
                Some(if length == -1 { Cell::Null } else { Cell::Unset })
            }
        }
    })
}
