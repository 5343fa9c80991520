//! What an IF clause tested, as the answer tells it.

use super::update::Conditional;
use crate::column::ValueOf;
use crate::value::CqlType;
use cql_driver::value::{RawRow, RowError};

/// A tuple of tested columns, with one more at its end.
pub trait Append<T> {
    /// The longer tuple.
    type Out;
}

/// With one more column tested.
pub type AndTested<T, C> = Conditional<<T as Append<Option<ValueOf<C>>>>::Out>;

/// The tested columns' values, as a tuple of `Option`s in the order of the tests.
pub trait Tested: Sized {
    /// Reads them from a row by their names: a server gives them in an order of its own.
    #[doc(hidden)]
    fn read(row: &RawRow<'_>, names: &[&str]) -> Result<Self, RowError>;
}

impl Tested for () {
    fn read(_: &RawRow<'_>, _: &[&str]) -> Result<Self, RowError> {
        Ok(())
    }
}

fn cell<T: CqlType>(row: &RawRow<'_>, name: Option<&&str>) -> Result<Option<T>, RowError> {
    row.value(name.copied().unwrap_or_default())
}

macro_rules! tested {
    ($($($part:ident $at:tt)* => $next:ident;)*) => {
        $(
            impl<$($part,)* $next> Append<$next> for ($($part,)*) {
                type Out = ($($part,)* $next,);
            }

            impl<$($part: CqlType,)* $next: CqlType> Tested for ($(Option<$part>,)* Option<$next>,) {
                fn read(row: &RawRow<'_>, names: &[&str]) -> Result<Self, RowError> {
                    let mut names = names.iter();
                    Ok(($(cell::<$part>(row, names.next())?,)* cell::<$next>(row, names.next())?,))
                }
            }
        )*
    };
}

tested! {
    => A;
    A 0 => B;
    A 0 B 1 => C;
    A 0 B 1 C 2 => D;
    A 0 B 1 C 2 D 3 => E;
    A 0 B 1 C 2 D 3 E 4 => F;
    A 0 B 1 C 2 D 3 E 4 F 5 => G;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6 => H;
}
