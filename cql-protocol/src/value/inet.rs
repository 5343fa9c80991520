//! `inet` (v5 §6.11): 4 or 16 bytes.

use super::decode::{FromCql, TypeMismatch, malformed, not_null};
use super::encode::{Encoded, ToCql, ValueError};
use crate::error::{DecodeError, Problem};
use crate::types::ColumnType;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

fn write<T>(octets: &[u8], column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
    match column_type {
        ColumnType::Inet => {
            out.extend_from_slice(octets);
            Ok(Encoded::Value)
        }
        other => Err(ValueError::mismatch::<T>(other)),
    }
}

fn check<T>(column_type: &ColumnType) -> Result<(), TypeMismatch> {
    match column_type {
        ColumnType::Inet => Ok(()),
        other => Err(TypeMismatch::new::<T>(other)),
    }
}

impl ToCql for Ipv4Addr {
    fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        write::<Self>(&self.octets(), column_type, out)
    }

    fn natural_type(&self) -> Option<ColumnType> {
        Some(ColumnType::Inet)
    }
}

impl ToCql for Ipv6Addr {
    fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        write::<Self>(&self.octets(), column_type, out)
    }

    fn natural_type(&self) -> Option<ColumnType> {
        Some(ColumnType::Inet)
    }
}

impl ToCql for IpAddr {
    fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        match self {
            IpAddr::V4(v4) => write::<Self>(&v4.octets(), column_type, out),
            IpAddr::V6(v6) => write::<Self>(&v6.octets(), column_type, out),
        }
    }

    fn natural_type(&self) -> Option<ColumnType> {
        Some(ColumnType::Inet)
    }
}

impl<'a> FromCql<'a> for IpAddr {
    fn type_check(column_type: &ColumnType) -> Result<(), TypeMismatch> {
        check::<Self>(column_type)
    }

    fn from_cql(_: &'a ColumnType, bytes: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        let bytes = not_null(bytes, "inet")?;
        if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
            Ok(IpAddr::from(v4))
        } else if let Ok(v6) = <[u8; 16]>::try_from(bytes) {
            Ok(IpAddr::from(v6))
        } else {
            Err(malformed("inet", "an address has 4 or 16 bytes"))
        }
    }
}

impl<'a> FromCql<'a> for Ipv4Addr {
    fn type_check(column_type: &ColumnType) -> Result<(), TypeMismatch> {
        check::<Self>(column_type)
    }

    fn from_cql(column_type: &'a ColumnType, bytes: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        match IpAddr::from_cql(column_type, bytes)? {
            IpAddr::V4(v4) => Ok(v4),
            IpAddr::V6(_) => Err(other_family("an IPv6 address, which Ipv4Addr cannot hold: use IpAddr")),
        }
    }
}

impl<'a> FromCql<'a> for Ipv6Addr {
    fn type_check(column_type: &ColumnType) -> Result<(), TypeMismatch> {
        check::<Self>(column_type)
    }

    fn from_cql(column_type: &'a ColumnType, bytes: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        match IpAddr::from_cql(column_type, bytes)? {
            IpAddr::V6(v6) => Ok(v6),
            IpAddr::V4(_) => Err(other_family("an IPv4 address, which Ipv6Addr cannot hold: use IpAddr")),
        }
    }
}

#[cold]
fn other_family(problem: &'static str) -> DecodeError {
    DecodeError::new("inet", 0, Problem::Unrepresentable(problem))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::{both_ways, refused};

    #[test]
    fn p1_addresses_are_their_octets() {
        let hex = "00000000000000000000000000000001";
        both_ways(&IpAddr::from(Ipv6Addr::LOCALHOST), &ColumnType::Inet, hex);
        both_ways(&Ipv6Addr::LOCALHOST, &ColumnType::Inet, hex);
        both_ways(&Ipv4Addr::LOCALHOST, &ColumnType::Inet, "7f000001");
        both_ways(&IpAddr::from(Ipv4Addr::LOCALHOST), &ColumnType::Inet, "7f000001");
        refused(&Ipv4Addr::LOCALHOST, &ColumnType::Text, "`Ipv4Addr` cannot be written as text");
    }

    #[test]
    fn other_sizes_and_the_other_family_are_errors() {
        assert!(IpAddr::from_cql(&ColumnType::Inet, Some(&[1, 2, 3])).is_err());
        assert!(IpAddr::from_cql(&ColumnType::Inet, Some(&[])).is_err());
        assert!(Ipv4Addr::from_cql(&ColumnType::Inet, Some(&[0; 16])).is_err());
        assert!(Ipv6Addr::from_cql(&ColumnType::Inet, Some(&[0; 4])).is_err());
    }
}
