//! The values of keys, as callers give them.

use crate::value::{Bind, CqlType};
use cql_driver::value::ValueError;

/// The values of a key: a tuple of what [`Bind`]s to its columns; for a key of one column the value itself does as well.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a key of the form `{K}`",
    label = "the key's columns are wanted in order, as a tuple",
    note = "a key of one column may be given without a tuple"
)]
pub trait KeyFor<K> {
    /// Writes the values.
    ///
    /// # Errors
    /// When one is outside of what the CQL type can hold.
    fn write(&self, key: &mut KeyWriter<'_>) -> Result<(), ValueError>;
}

/// Takes the values of a key, column by column.
#[derive(Debug)]
pub struct KeyWriter<'a> {
    out: &'a mut Vec<u8>,
    count: u16,
}

impl<'a> KeyWriter<'a> {
    /// Appends to `out`.
    pub(crate) fn new(out: &'a mut Vec<u8>) -> Self {
        KeyWriter { out, count: 0 }
    }

    /// How many values there are.
    pub(crate) fn count(&self) -> u16 {
        self.count
    }

    fn value<T>(&mut self, value: &impl Bind<T>) -> Result<(), ValueError> {
        self.count += 1;
        value.bind(self.out)
    }
}

impl<T: CqlType, A: Bind<T>> KeyFor<(T,)> for A {
    fn write(&self, key: &mut KeyWriter<'_>) -> Result<(), ValueError> {
        key.value(self)
    }
}

macro_rules! keys {
    ($($($given:ident $column:ident $at:tt)+;)*) => {
        $(
            impl<$($column: CqlType, $given: Bind<$column>),+> KeyFor<($($column,)+)> for ($($given,)+) {
                fn write(&self, key: &mut KeyWriter<'_>) -> Result<(), ValueError> {
                    $(key.value(&self.$at)?;)+
                    Ok(())
                }
            }
        )*
    };
}

keys! {
    A TA 0 B TB 1;
    A TA 0 B TB 1 C TC 2;
    A TA 0 B TB 1 C TC 2 D TD 3;
    A TA 0 B TB 1 C TC 2 D TD 3 E TE 4;
    A TA 0 B TB 1 C TC 2 D TD 3 E TE 4 F TF 5;
    A TA 0 B TB 1 C TC 2 D TD 3 E TE 4 F TF 5 G TG 6;
    A TA 0 B TB 1 C TC 2 D TD 3 E TE 4 F TF 5 G TG 6 H TH 7;
}
