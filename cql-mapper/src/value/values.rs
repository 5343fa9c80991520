//! Values encoded one after the other, in one buffer.

use cql_driver::value::ValueError;
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

/// The `[value]`s in some bytes, without their lengths; `None` for null.
pub(crate) fn split(mut bytes: &[u8]) -> impl Iterator<Item = Option<&[u8]>> {
    std::iter::from_fn(move || {
        let (length, rest) = bytes.split_first_chunk()?;
        match usize::try_from(i32::from_be_bytes(*length)) {
            Ok(length) => {
                let (value, rest) = rest.split_at_checked(length)?;
                bytes = rest;
                Some(Some(value))
            }
            Err(_) => {
                bytes = rest;
                Some(None)
            }
        }
    })
}
