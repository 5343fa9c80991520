//! Several clustering columns compared as one: `(Reading.at, Reading.seq).gt((at, seq))`.

use super::{Column, Condition, Encoded, ValueOf, condition};
use crate::key_state::{Next, op};
use crate::model::{KeyFor, KeyWriter};
use crate::query::{Bound, Op};
use crate::role::ClusteringKey;
use std::marker::PhantomData;

/// Clustering columns that follow one another in the key, compared as one: rows behind a place in a partition are
/// `(at, seq) > (?, ?)`, which no conditions on single columns say.
///
/// ```
/// # use cql_mapper::prelude::*;
/// # #[derive(Model)]
/// # #[cql(keyspace = "iot", table = "readings")]
/// # struct Reading {
/// #     #[cql(partition_key)] sensor: String,
/// #     #[cql(clustering_key)] at: i64,
/// #     #[cql(clustering_key)] seq: i32,
/// # }
/// let after =
///     Reading::objects().filter(Reading.sensor.eq("s1")).filter((Reading.at, Reading.seq).gt((1_000, 7)));
/// assert_eq!(
///     after.cql(),
///     "SELECT sensor, at, seq FROM iot.readings WHERE sensor = ? AND (at, seq) > (?, ?)"
/// );
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be compared as one",
    label = "these are no clustering columns that follow one another in the key",
    note = "name them in the key's order, without a gap: `(Reading.at, Reading.seq)`"
)]
pub trait SliceExt: Sized {
    /// They, as one.
    type Slice: Column;
    /// The types of their values.
    type Values;
    /// How many there are.
    const COUNT: u8;

    /// Rows behind the place.
    fn gt(self, values: impl KeyFor<Self::Values>) -> Condition<Self::Slice, op::Lower> {
        compared::<Self, _>(Bound::Gt, &values)
    }

    /// Rows from the place on.
    fn ge(self, values: impl KeyFor<Self::Values>) -> Condition<Self::Slice, op::Lower> {
        compared::<Self, _>(Bound::Ge, &values)
    }

    /// Rows before the place.
    fn lt(self, values: impl KeyFor<Self::Values>) -> Condition<Self::Slice, op::Upper> {
        compared::<Self, _>(Bound::Lt, &values)
    }

    /// Rows up to the place.
    fn le(self, values: impl KeyFor<Self::Values>) -> Condition<Self::Slice, op::Upper> {
        compared::<Self, _>(Bound::Le, &values)
    }
}

fn compared<S: SliceExt, O>(bound: Bound, values: &impl KeyFor<S::Values>) -> Condition<S::Slice, O> {
    let mut written = Vec::new();
    let outcome = values.write(&mut KeyWriter::new(&mut written));
    let value = Encoded { bytes: outcome.map(|()| written), elements: None };
    condition(Op::Slice(bound, S::COUNT), value)
}

/// Clustering columns as one: a [`Column`] where the first of them is.
#[derive(Debug)]
pub struct Slice<T>(PhantomData<fn() -> T>);

impl<T> Clone for Slice<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Slice<T> {}

/// The column after `Self` in the clustering key.
#[doc(hidden)]
pub trait Follows<C> {}
#[diagnostic::do_not_recommend]
impl<A, B, I> Follows<A> for B
where
    A: Column<Role = ClusteringKey<I>>,
    B: Column<Model = A::Model, Role = ClusteringKey<Next<I>>>,
{
}

macro_rules! slices {
    ($($count:literal: $first:ident $($before:ident $column:ident)+;)*) => {
        $(
            impl<$first: Column, $($column: Column),+> Column for Slice<($first, $($column),+)> {
                type Model = $first::Model;
                type Role = $first::Role;
                type Field = $first::Field;
                const INDEX: u16 = $first::INDEX;
            }

            #[diagnostic::do_not_recommend]
            impl<$first: Column, $($column: Column + Follows<$before>),+> SliceExt for ($first, $($column),+) {
                type Slice = Slice<Self>;
                type Values = (ValueOf<$first>, $(ValueOf<$column>),+);
                const COUNT: u8 = $count;
            }
        )*
    };
}

slices! {
    2: A A B;
    3: A A B B C;
    4: A A B B C C D;
    5: A A B B C C D D E;
}
