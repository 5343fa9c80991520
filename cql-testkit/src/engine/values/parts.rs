//! Collections, tuples and user-defined types as bytes: their parts put together and taken apart.

use super::type_name;
use bytes::Bytes;
use cql_protocol::types::{ColumnType, VectorType};
use cql_protocol::wire::{Reader, read_unsigned_vint, write_unsigned_vint};
use std::sync::Arc;

/// A list or set: a count, then each element with its length.
pub(crate) fn join<'a>(elements: impl IntoIterator<Item = &'a Bytes>) -> Bytes {
    let mut out = vec![0; 4];
    let mut count = 0_i32;
    for element in elements {
        push(&mut out, Some(element));
        count += 1;
    }
    out.splice(..4, count.to_be_bytes());
    out.into()
}

/// A map: a count of pairs, then keys and values with their lengths.
pub(crate) fn join_pairs<'a>(pairs: impl IntoIterator<Item = (&'a Bytes, &'a Bytes)>) -> Bytes {
    let mut out = vec![0; 4];
    let mut count = 0_i32;
    for (key, value) in pairs {
        push(&mut out, Some(key));
        push(&mut out, Some(value));
        count += 1;
    }
    out.splice(..4, count.to_be_bytes());
    out.into()
}

/// A tuple or user-defined type: each field with its length, -1 for null.
pub(crate) fn join_fields<'a>(fields: impl IntoIterator<Item = Option<&'a Bytes>>) -> Bytes {
    let mut out = Vec::new();
    for field in fields {
        push(&mut out, field);
    }
    out.into()
}

/// The elements of a list or set; `None` when the bytes are none. A null element is `None`.
pub(crate) fn split(bytes: &Bytes) -> Option<Vec<Option<Bytes>>> {
    let count = usize::try_from(i32::from_be_bytes(*bytes.first_chunk()?)).ok()?;
    let elements = split_fields(&bytes.slice(4..))?;
    (elements.len() == count).then_some(elements)
}

/// The pairs of a map.
pub(crate) fn split_pairs(bytes: &Bytes) -> Option<Vec<(Option<Bytes>, Option<Bytes>)>> {
    let count = usize::try_from(i32::from_be_bytes(*bytes.first_chunk()?)).ok()?;
    let parts = split_fields(&bytes.slice(4..))?;
    let (pairs, rest) = parts.as_chunks::<2>();
    (pairs.len() == count && rest.is_empty())
        .then(|| pairs.iter().map(|[key, value]| (key.clone(), value.clone())).collect())
}

/// The fields of a tuple or user-defined type, which may be fewer than it has.
pub(crate) fn split_fields(bytes: &Bytes) -> Option<Vec<Option<Bytes>>> {
    let (mut fields, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let length = i32::from_be_bytes(*bytes.get(at..)?.first_chunk()?);
        at += 4;
        match usize::try_from(length) {
            Ok(length) => {
                let end = at.checked_add(length).filter(|end| *end <= bytes.len())?;
                fields.push(Some(bytes.slice(at..end)));
                at = end;
            }
            Err(_) => fields.push(None),
        }
    }
    Some(fields)
}

fn push(out: &mut Vec<u8>, part: Option<&Bytes>) {
    match part {
        Some(part) => {
            out.extend_from_slice(&i32::try_from(part.len()).unwrap_or(i32::MAX).to_be_bytes());
            out.extend_from_slice(part);
        }
        None => out.extend_from_slice(&(-1_i32).to_be_bytes()),
    }
}

/// A vector: its elements, with their lengths where the type has no fixed one.
pub(crate) fn join_vector<'a>(vector: &VectorType, elements: impl IntoIterator<Item = &'a Bytes>) -> Bytes {
    let is_fixed = vector.element().fixed_size().is_some();
    let mut out = Vec::new();
    for element in elements {
        if !is_fixed {
            write_unsigned_vint(element.len() as u64, &mut out);
        }
        out.extend_from_slice(element);
    }
    out.into()
}

/// The elements of a vector. The error is the server's.
pub(crate) fn vector_elements<'a>(vector: &VectorType, bytes: &'a [u8]) -> Result<Vec<&'a [u8]>, String> {
    if bytes.is_empty() {
        return Err("Invalid empty vector value".to_owned());
    }
    let name = || type_name(&ColumnType::Vector(Arc::new(vector.clone())), false);
    let too_short = || format!("Not enough bytes to read a {}", name());
    let mut rest = bytes;
    let mut elements = Vec::new();
    for _ in 0..vector.dimensions() {
        let length = match vector.element().fixed_size() {
            Some(size) => size,
            None => {
                let mut reader = Reader::new(rest);
                let length = read_unsigned_vint(&mut reader, "length").map_err(|_| too_short())?;
                rest = reader.rest();
                usize::try_from(length).map_err(|_| too_short())?
            }
        };
        let (element, behind) = rest.split_at_checked(length).ok_or_else(too_short)?;
        elements.push(element);
        rest = behind;
    }
    match rest.len() {
        0 => Ok(elements),
        extra => Err(format!("Unexpected {extra} extraneous bytes after {} value", name())),
    }
}

/// Goes through parts with lengths without copying them. Ends where the bytes do, or where they make no sense.
#[derive(Debug, Clone)]
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    /// Of a tuple or user-defined type.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Fields { rest: bytes }
    }

    /// Of a list, set or map, its count passed over.
    pub(crate) fn of_collection(bytes: &'a [u8]) -> Self {
        Fields { rest: bytes.get(4..).unwrap_or_default() }
    }

    /// What was not gone through yet.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Option<&'a [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        let (length, rest) = self.rest.split_first_chunk()?;
        match usize::try_from(i32::from_be_bytes(*length)) {
            Ok(length) => {
                let (part, rest) = rest.split_at_checked(length)?;
                self.rest = rest;
                Some(Some(part))
            }
            Err(_) => {
                self.rest = rest;
                Some(None)
            }
        }
    }
}
