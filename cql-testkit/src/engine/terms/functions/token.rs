//! `token`: the place of a partition key in the ring.

use super::Scalar;
use crate::engine::terms::Scope;
use bytes::Bytes;
use cql_protocol::murmur3::Murmur3;
use cql_protocol::types::ColumnType;

/// Of the partition key of the statement's table.
pub(super) fn find(name: &str, scope: &Scope<'_>) -> Option<Scalar> {
    if name != "token" {
        return None;
    }
    let table = scope.schema.table(scope.table.keyspace(), scope.table.table())?;
    let types: Vec<ColumnType> = table.partition_key().iter().map(|of| of.column_type.clone()).collect();
    Some(Scalar::new(name, types, ColumnType::BigInt, |arguments, _| {
        let parts: Option<Vec<&Bytes>> = arguments.iter().map(Option::as_ref).collect();
        Ok(parts.map(|parts| Bytes::copy_from_slice(&token(&parts).to_be_bytes())))
    }))
}

fn token(parts: &[&Bytes]) -> i64 {
    if let [only] = parts {
        return Murmur3::token(only);
    }
    let mut key = Vec::new();
    for part in parts {
        key.extend_from_slice(&u16::try_from(part.len()).unwrap_or(u16::MAX).to_be_bytes());
        key.extend_from_slice(part);
        key.push(0);
    }
    Murmur3::token(&key)
}
