//! Aggregates: one value of many rows.

use crate::engine::problem::{self, Result};
use crate::engine::values;
use crate::engine::values::number::{Decimal, half_even, power_of_ten};
use bytes::Bytes;
use cql_protocol::types::ColumnType;
use num_bigint_04::BigInt;

/// What is made of the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Of all rows.
    CountAll,
    /// Of rows that have a value.
    Count,
    Min,
    Max,
    Sum,
    Average,
}

/// What was found in the rows so far.
#[derive(Debug, Clone)]
pub(super) struct State {
    kind: Kind,
    of: ColumnType,
    count: i64,
    best: Option<Bytes>,
    sum: Sum,
}

#[derive(Debug, Clone)]
enum Sum {
    Integer(BigInt),
    Decimal(Decimal),
    /// The average so far: the server rounds it with each value.
    DecimalAverage(Decimal),
    /// With the error that additions left so far, and the plain sum in case something is infinite.
    Float {
        sum: f64,
        compensation: f64,
        plain: f64,
    },
}

impl Kind {
    pub(super) fn of(function: &str) -> Option<Kind> {
        match function {
            "count" => Some(Kind::Count),
            "min" => Some(Kind::Min),
            "max" => Some(Kind::Max),
            "sum" => Some(Kind::Sum),
            "avg" => Some(Kind::Average),
            _ => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::CountAll | Kind::Count => "count",
            Kind::Min => "min",
            Kind::Max => "max",
            Kind::Sum => "sum",
            Kind::Average => "avg",
        }
    }

    /// Whether it is of numbers alone.
    pub(super) fn needs_numbers(self) -> bool {
        matches!(self, Kind::Sum | Kind::Average)
    }

    pub(super) fn result(self, of: &ColumnType) -> ColumnType {
        match self {
            Kind::CountAll | Kind::Count => ColumnType::BigInt,
            Kind::Min | Kind::Max | Kind::Sum | Kind::Average => of.clone(),
        }
    }
}

/// Whether numbers of the type can be added.
pub(super) fn is_number(of: &ColumnType) -> bool {
    use ColumnType as Is;
    matches!(
        of,
        Is::TinyInt
            | Is::SmallInt
            | Is::Int
            | Is::BigInt
            | Is::Counter
            | Is::Varint
            | Is::Decimal
            | Is::Float
            | Is::Double
    )
}

impl State {
    pub(super) fn new(kind: Kind, of: &ColumnType) -> Self {
        let sum = match of {
            ColumnType::Decimal if kind == Kind::Average => {
                Sum::DecimalAverage(Decimal::new(BigInt::ZERO, 0))
            }
            ColumnType::Decimal => Sum::Decimal(Decimal::new(BigInt::ZERO, 0)),
            ColumnType::Float | ColumnType::Double => Sum::Float { sum: 0.0, compensation: 0.0, plain: 0.0 },
            _ => Sum::Integer(BigInt::ZERO),
        };
        State { kind, of: of.clone(), count: 0, best: None, sum }
    }

    /// Adds the value of a row.
    pub(super) fn add(&mut self, value: Option<&Bytes>) -> Result<()> {
        if self.kind == Kind::CountAll {
            self.count += 1;
            return Ok(());
        }
        let Some(value) = value else { return Ok(()) };
        // The empty number is no number.
        if value.is_empty() && matches!(self.kind, Kind::Sum | Kind::Average) {
            return Ok(());
        }
        self.count += 1;
        match self.kind {
            Kind::CountAll | Kind::Count => {}
            Kind::Min | Kind::Max => {
                let is_better = self.best.as_ref().is_none_or(|best| {
                    let ordering = values::compare(&self.of, value, best);
                    if self.kind == Kind::Min { ordering.is_lt() } else { ordering.is_gt() }
                });
                if is_better {
                    self.best = Some(value.clone());
                }
            }
            Kind::Sum | Kind::Average => {
                self.sum.add(&self.of, value, self.count);
                if self.sum.bits() > MOST_BITS {
                    return Err(problem::unsupported("sums of so many digits"));
                }
            }
        }
        Ok(())
    }

    /// The value for the rows so far.
    pub(super) fn value(&self) -> Option<Bytes> {
        match self.kind {
            Kind::CountAll | Kind::Count => Some(Bytes::copy_from_slice(&self.count.to_be_bytes())),
            Kind::Min | Kind::Max => self.best.clone(),
            Kind::Sum => Some(self.sum.total(&self.of)),
            Kind::Average => Some(self.sum.average(&self.of, self.count)),
        }
    }
}

impl Sum {
    fn add(&mut self, of: &ColumnType, value: &Bytes, count: i64) {
        match self {
            Sum::Integer(sum) => *sum += BigInt::from_signed_bytes_be(value),
            Sum::Decimal(sum) => {
                if let Some(value) = Decimal::read(value) {
                    *sum = plus(sum, &value);
                }
            }
            Sum::DecimalAverage(average) => {
                if let Some(value) = Decimal::read(value) {
                    let minus = Decimal::new(-&average.unscaled, average.scale);
                    *average = plus(average, &divided(&plus(&value, &minus), count));
                }
            }
            Sum::Float { sum, compensation, plain } => {
                let value = match of {
                    ColumnType::Float => {
                        value.first_chunk().map(|bytes| f64::from(f32::from_be_bytes(*bytes)))
                    }
                    _ => value.first_chunk().map(|bytes| f64::from_be_bytes(*bytes)),
                };
                let Some(value) = value else { return };
                // The summation of Kahan and Babuska, as the server's.
                *plain += value;
                let corrected = value - *compensation;
                let next = *sum + corrected;
                *compensation = (next - *sum) - corrected;
                *sum = next;
            }
        }
    }

    /// How long it is, if that has no bounds.
    fn bits(&self) -> u64 {
        match self {
            Sum::Integer(sum) => sum.bits(),
            Sum::Decimal(sum) | Sum::DecimalAverage(sum) => sum.unscaled.bits(),
            Sum::Float { .. } => 0,
        }
    }

    /// What goes beyond the type comes in from its other end, as in the server.
    fn total(&self, of: &ColumnType) -> Bytes {
        match self {
            Sum::Integer(sum) => integer(sum, of),
            Sum::Decimal(sum) | Sum::DecimalAverage(sum) => sum.to_bytes().into(),
            Sum::Float { .. } => float(self.float(), of),
        }
    }

    fn average(&self, of: &ColumnType, count: i64) -> Bytes {
        match self {
            Sum::Integer(sum) if count > 0 => integer(&(sum / BigInt::from(count)), of),
            #[allow(clippy::cast_precision_loss, reason = "so does the server")]
            Sum::Float { .. } if count > 0 => float(self.float() / count as f64, of),
            _ => self.total(of),
        }
    }

    fn float(&self) -> f64 {
        match self {
            Sum::Float { sum, compensation, plain } => {
                let compensated = sum + compensation;
                if compensated.is_nan() && plain.is_infinite() { *plain } else { compensated }
            }
            Sum::Integer(_) | Sum::Decimal(_) | Sum::DecimalAverage(_) => 0.0,
        }
    }
}

/// The bits of a sum, some 100,000 digits: decimals whose scales are ever further apart make it ever longer.
const MOST_BITS: u64 = 340_000;

/// How far the scales of two numbers may be apart that are added: what is further away would be all zeros.
const MOST_DIGITS: u32 = 10_000;

/// The sum, with the larger scale of the two.
fn plus(one: &Decimal, two: &Decimal) -> Decimal {
    let scale = one.scale.max(two.scale);
    let scaled = |of: &Decimal| {
        let missing = scale.abs_diff(of.scale).min(MOST_DIGITS);
        &of.unscaled * power_of_ten(missing)
    };
    Decimal::new(scaled(one) + scaled(two), scale)
}

/// Rounded to the scale it has; halves to the even neighbour.
fn divided(number: &Decimal, by: i64) -> Decimal {
    Decimal::new(half_even(&number.unscaled, &BigInt::from(by)), number.scale)
}

/// The lowest bytes of a number.
fn integer(number: &BigInt, of: &ColumnType) -> Bytes {
    let bytes = number.to_signed_bytes_be();
    let width = match of {
        ColumnType::TinyInt => 1,
        ColumnType::SmallInt => 2,
        ColumnType::Int => 4,
        ColumnType::BigInt | ColumnType::Counter => 8,
        _ => return bytes.into(),
    };
    let sign = if bytes.first().is_some_and(|byte| byte & 0x80 != 0) { 0xFF } else { 0 };
    let mut out = vec![sign; width];
    for (to, from) in out.iter_mut().rev().zip(bytes.iter().rev()) {
        *to = *from;
    }
    out.into()
}

fn float(number: f64, of: &ColumnType) -> Bytes {
    match of {
        #[allow(clippy::cast_possible_truncation, reason = "a sum of that type has no more digits")]
        ColumnType::Float => Bytes::copy_from_slice(&(number as f32).to_be_bytes()),
        _ => Bytes::copy_from_slice(&number.to_be_bytes()),
    }
}
