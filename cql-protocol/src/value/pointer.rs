//! References and owners of values write what they point at.

use super::encode::{Encoded, ToCql, ValueError};
use crate::types::ColumnType;
use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

macro_rules! through {
    ($($pointer:ty),*) => {$(
        impl<T: ToCql + ?Sized> ToCql for $pointer {
            #[inline]
            fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
                (**self).to_cql(column_type, out)
            }

            fn natural_type(&self) -> Option<ColumnType> {
                (**self).natural_type()
            }
        }
    )*};
}

through!(&T, Box<T>, Arc<T>, Rc<T>);

impl<T: ToCql + ToOwned + ?Sized> ToCql for Cow<'_, T> {
    #[inline]
    fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        (**self).to_cql(column_type, out)
    }

    fn natural_type(&self) -> Option<ColumnType> {
        (**self).natural_type()
    }
}
