//! `uuid` and `timeuuid` (v5 §6.20, §6.22).

use super::decode::{FromCql, TypeMismatch, fixed};
use super::encode::{Encoded, ToCql, ValueError};
use crate::error::DecodeError;
use crate::types::ColumnType;
use uuid::Uuid;

impl ToCql for Uuid {
    /// A `timeuuid` must be of version 1: the server refuses others, here it is refused with the column's name.
    #[inline]
    fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        match column_type {
            ColumnType::Uuid => {}
            ColumnType::TimeUuid if self.get_version_num() == 1 => {}
            ColumnType::TimeUuid => {
                return Err(ValueError::invalid::<Self>("timeuuid takes version 1 only"));
            }
            other => return Err(ValueError::mismatch::<Self>(other)),
        }
        out.extend_from_slice(self.as_bytes());
        Ok(Encoded::Value)
    }

    fn natural_type(&self) -> Option<ColumnType> {
        Some(ColumnType::Uuid)
    }
}

impl<'a> FromCql<'a> for Uuid {
    fn type_check(column_type: &ColumnType) -> Result<(), TypeMismatch> {
        match column_type {
            ColumnType::Uuid | ColumnType::TimeUuid => Ok(()),
            other => Err(TypeMismatch::new::<Self>(other)),
        }
    }

    #[inline]
    fn from_cql(_: &'a ColumnType, bytes: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        fixed(bytes, "uuid").map(Uuid::from_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::{both_ways, refused};
    use uuid::uuid;

    #[test]
    fn uuids_are_their_sixteen_bytes() {
        let random = uuid!("6ba7b810-9dad-41d1-80b4-00c04fd430c8");
        both_ways(&random, &ColumnType::Uuid, "6ba7b8109dad41d180b400c04fd430c8");
        let timed = uuid!("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
        both_ways(&timed, &ColumnType::TimeUuid, "6ba7b8109dad11d180b400c04fd430c8");
        refused::<Uuid>(&random, &ColumnType::TimeUuid, "`Uuid`: timeuuid takes version 1 only");
    }
}
