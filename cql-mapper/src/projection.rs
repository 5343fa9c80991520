//! Rows with some of a model's columns.

use crate::column::{Column, ColumnOf, number_in};
use crate::model::Model;
use smallvec::SmallVec;

/// A struct with some of the columns of `M`. Derived: `#[derive(Projection)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a projection of `{M}`",
    note = "derive `Projection` for it and say `#[cql(model = {M})]`"
)]
pub trait Projection<M: Model> {
    /// The numbers of its columns in [`ModelMeta::columns`](crate::ModelMeta::columns).
    const COLUMNS: &'static [u16];
}

/// What a projection's field may be: the model's field type, or what borrows from it.
#[diagnostic::on_unimplemented(
    message = "the model has `{F}` for this column, which `{Self}` cannot hold",
    label = "not the type of the model's field"
)]
pub trait ReadAs<F> {}
impl<F> ReadAs<F> for F {}
impl ReadAs<String> for &str {}
impl ReadAs<Option<String>> for Option<&str> {}
impl ReadAs<Vec<u8>> for &[u8] {}
impl ReadAs<Option<Vec<u8>>> for Option<&[u8]> {}

/// One to eight columns of `M` as a tuple.
pub trait ColumnTuple<M: Model> {
    /// The fields' types, as a tuple.
    type Row;

    #[doc(hidden)]
    fn indexes() -> SmallVec<[u16; 8]>;
}

macro_rules! tuples {
    ($($($column:ident)+;)*) => {
        $(
            impl<M: Model, $($column: Column + ColumnOf<M>),+> ColumnTuple<M> for ($($column,)+) {
                type Row = ($($column::Field,)+);

                fn indexes() -> SmallVec<[u16; 8]> {
                    SmallVec::from_slice(&[$(number_in::<M, $column>()),+])
                }
            }
        )*
    };
}

tuples! {
    A; A B; A B C; A B C D; A B C D E; A B C D E F; A B C D E F G; A B C D E F G H;
}
