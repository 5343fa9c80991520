//! Writes the body of a BATCH statement by statement, so that nobody has to collect them.

use super::{BatchKind, BatchParameters};
use crate::error::EncodeError;
use crate::version::ProtocolVersion;
use crate::wire::Write;

/// `<kind>` of a statement (v5 §4.1.7).
pub(super) const QUERY: u8 = 0;
pub(super) const PREPARED: u8 = 1;

/// A BATCH body being written into a vector. Unless it is [finished](BatchWriter::finish), the vector is as it was
/// before.
///
/// ```
/// use cql_protocol::request::{BatchKind, BatchParameters, BatchWriter};
/// use cql_protocol::{Consistency, EncodeError, ProtocolVersion};
///
/// let mut body = Vec::new();
/// let mut batch = BatchWriter::begin(BatchKind::UNLOGGED, ProtocolVersion::V4, &mut body);
/// batch.add_query("DELETE FROM ks.t WHERE id = 7", &[])?;
/// batch.add_prepared(b"id", &[0, 1, 0, 0, 0, 1, 42])?; // one value of one byte
/// batch.finish(BatchParameters::new(Consistency::Quorum))?;
/// # Ok::<(), EncodeError>(())
/// ```
#[derive(Debug)]
pub struct BatchWriter<'o> {
    out: &'o mut Vec<u8>,
    start: usize,
    count: u16,
    version: ProtocolVersion,
    finished: bool,
}

impl<'o> BatchWriter<'o> {
    /// Begins at the end of `out`.
    #[must_use]
    pub fn begin(kind: BatchKind, version: ProtocolVersion, out: &'o mut Vec<u8>) -> Self {
        let start = out.len();
        out.write_byte(kind.code());
        // The number of statements is known at the end.
        out.write_short(0);
        BatchWriter { out, start, count: 0, version, finished: false }
    }

    /// How many statements it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count.into()
    }

    /// Whether it has no statement.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many bytes the body has so far.
    #[must_use]
    pub fn size(&self) -> usize {
        self.out.len().saturating_sub(self.start)
    }

    /// Adds a statement as text. `values` begins with its `[short]` count and has no names; empty means none.
    ///
    /// # Errors
    /// When this is statement 65,536. The batch is then as it was and can go on.
    pub fn add_query(&mut self, text: &str, values: &[u8]) -> Result<(), EncodeError> {
        self.add_query_with(text, |out| append_values(values, out))
    }

    /// Adds a prepared statement. `values` begins with its `[short]` count; empty means none.
    ///
    /// # Errors
    /// As [`BatchWriter::add_query`], and when the id is longer than 65,535 bytes.
    pub fn add_prepared(&mut self, id: &[u8], values: &[u8]) -> Result<(), EncodeError> {
        self.add_prepared_with(id, |out| append_values(values, out))
    }

    /// Adds a statement as text whose values, with their `[short]` count and without names, `values` appends.
    ///
    /// # Errors
    /// Those of `values`, and those of [`BatchWriter::add_query`]. The batch is then as it was and can go on.
    pub fn add_query_with<E: From<EncodeError>>(
        &mut self,
        text: &str,
        values: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.add(|out| {
            out.write_byte(QUERY);
            out.write_long_string(text, "query")?;
            values(out)
        })
    }

    /// Adds a prepared statement whose values, with their `[short]` count, `values` appends.
    ///
    /// # Errors
    /// Those of `values`, and those of [`BatchWriter::add_prepared`]. The batch is then as it was and can go on.
    pub fn add_prepared_with<E: From<EncodeError>>(
        &mut self,
        id: &[u8],
        values: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.add(|out| {
            out.write_byte(PREPARED);
            out.write_short_bytes(id, "prepared statement id")?;
            values(out)
        })
    }

    fn add<E: From<EncodeError>>(
        &mut self,
        statement: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(count) = self.count.checked_add(1) else {
            return Err(EncodeError::TooLong { field: "batch", length: 65_536, limit: 65_535 }.into());
        };
        let before = self.out.len();
        if let Err(error) = statement(self.out) {
            self.out.truncate(before);
            return Err(error);
        }
        self.count = count;
        Ok(())
    }

    /// Ends the batch with its consistency and options.
    ///
    /// # Errors
    /// When the version cannot say what the parameters ask for, or the server is known to refuse it.
    pub fn finish<'p>(mut self, parameters: impl Into<BatchParameters<'p>>) -> Result<(), EncodeError> {
        parameters.into().encode(self.version, self.out)?;
        // Behind the kind: `[short] <n>`.
        if let Some([_kind, high, low, ..]) = self.out.get_mut(self.start..) {
            [*high, *low] = self.count.to_be_bytes();
        }
        self.finished = true;
        Ok(())
    }
}

fn append_values(values: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError> {
    if values.is_empty() {
        out.write_short(0);
    }
    out.extend_from_slice(values);
    Ok(())
}

impl Drop for BatchWriter<'_> {
    fn drop(&mut self) {
        if !self.finished {
            self.out.truncate(self.start);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consistency::Consistency;

    #[test]
    fn statements_are_counted_at_the_end() {
        let mut out = vec![0xEE];
        let mut batch = BatchWriter::begin(BatchKind::LOGGED, ProtocolVersion::V4, &mut out);
        batch.add_query("Q", &[]).unwrap();
        batch.add_prepared(&[7], &[]).unwrap();
        assert_eq!((batch.len(), batch.size()), (2, 3 + 8 + 6));
        batch.finish(BatchParameters::new(Consistency::One)).unwrap();
        assert_eq!(out, [0xEE, 0, 0, 2, 0, 0, 0, 0, 1, b'Q', 0, 0, 1, 0, 1, 7, 0, 0, 0, 1, 0]);
    }

    #[test]
    fn a_refused_statement_leaves_the_others() {
        let mut out = Vec::new();
        let mut batch = BatchWriter::begin(BatchKind::COUNTER, ProtocolVersion::V4, &mut out);
        batch.add_prepared(&[7], &[]).unwrap();
        let error = batch.add_prepared_with(&[8], |out| {
            out.push(1);
            Err(EncodeError::Invalid("no"))
        });
        assert_eq!(error, Err(EncodeError::Invalid("no")));
        batch.finish(BatchParameters::new(Consistency::One)).unwrap();
        assert_eq!(out, [2, 0, 1, 1, 0, 1, 7, 0, 0, 0, 1, 0]);
    }

    #[test]
    fn an_unfinished_batch_leaves_nothing() {
        let mut out = vec![0xEE];
        BatchWriter::begin(BatchKind::LOGGED, ProtocolVersion::V4, &mut out).add_query("Q", &[]).unwrap();
        assert_eq!(out, [0xEE]);
        let mut parameters = BatchParameters::new(Consistency::One);
        parameters.keyspace = Some("k");
        let batch = BatchWriter::begin(BatchKind::LOGGED, ProtocolVersion::V4, &mut out);
        assert!(batch.finish(parameters).is_err());
        assert_eq!(out, [0xEE]);
    }

    #[test]
    fn more_statements_than_a_short_counts_are_refused() {
        let mut out = Vec::new();
        let mut batch = BatchWriter::begin(BatchKind::LOGGED, ProtocolVersion::V4, &mut out);
        for _ in 0..u16::MAX {
            batch.add_prepared(&[], &[]).unwrap();
        }
        assert!(matches!(batch.add_prepared(&[], &[]), Err(EncodeError::TooLong { .. })));
    }
}
