//! Types of other crates, one version of one crate per file and feature.

#[cfg(feature = "bigdecimal-04")]
mod bigdecimal_04;
#[cfg(feature = "chrono-04")]
mod chrono_04;
#[cfg(feature = "num-bigint-04")]
mod num_bigint_04;
#[cfg(feature = "time-03")]
mod time_03;

/// Implements both directions through one of this crate's types.
#[cfg(any(feature = "chrono-04", feature = "time-03", feature = "num-bigint-04"))]
macro_rules! through {
    ($external:ty as $own:ty: $column:ident, $to:expr, $from:expr, $unrepresentable:literal) => {
        impl crate::value::ToCql for $external {
            fn to_cql(
                &self,
                column_type: &crate::types::ColumnType,
                out: &mut Vec<u8>,
            ) -> Result<crate::value::Encoded, crate::value::ValueError> {
                use crate::value::ValueError;
                if *column_type != crate::types::ColumnType::$column {
                    return Err(ValueError::mismatch::<Self>(column_type));
                }
                let to: fn(&Self) -> Option<$own> = $to;
                match to(self) {
                    Some(own) => own.to_cql(column_type, out),
                    None => Err(ValueError::invalid::<Self>("outside of the range of the CQL type")),
                }
            }

            fn natural_type(&self) -> Option<crate::types::ColumnType> {
                Some(crate::types::ColumnType::$column)
            }
        }

        impl<'a> crate::value::FromCql<'a> for $external {
            fn type_check(column_type: &crate::types::ColumnType) -> Result<(), crate::value::TypeMismatch> {
                match column_type {
                    crate::types::ColumnType::$column => Ok(()),
                    other => Err(crate::value::TypeMismatch::new::<Self>(other)),
                }
            }

            fn from_cql(
                column_type: &'a crate::types::ColumnType,
                bytes: Option<&'a [u8]>,
            ) -> Result<Self, crate::error::DecodeError> {
                let from: fn($own) -> Option<Self> = $from;
                from(<$own>::from_cql(column_type, bytes)?).ok_or_else(|| {
                    let problem = crate::error::Problem::Unrepresentable($unrepresentable);
                    crate::error::DecodeError::new(stringify!($column), 0, problem)
                })
            }
        }
    };
}
#[cfg(any(feature = "chrono-04", feature = "time-03", feature = "num-bigint-04"))]
use through;
