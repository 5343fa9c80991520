//! Which key columns a query restricts, as a type: what is no legal CQL does not compile.
//!
//! The state is a list of slots for the partition key and one for the clustering key. `filter` moves one slot; what
//! executes a query asks for [`Runnable`].

use crate::model::Accessible;
use crate::role::{ClusteringKey, Discriminator, Indexed, PartitionKey, Sai};
use std::marker::PhantomData;

macro_rules! markers {
    ($($(#[$doc:meta])* $name:ident<$($parameter:ident),+>;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            #[non_exhaustive]
            pub struct $name<$($parameter),+>(PhantomData<($($parameter,)+)>);
        )*
    };
}

markers! {
    /// Column `C` is not restricted.
    Unset<C>;
    /// Column `C` has a value.
    Eq<C>;
    /// Column `C` has one of several values.
    In<C>;
    /// Column `C` has a lower bound.
    Lower<C>;
    /// Column `C` has an upper bound.
    Upper<C>;
    /// Column `C` has both bounds.
    Between<C>;
    /// The slots of the partition key, those of the clustering key, and whether an index is used.
    Keys<Pk, Ck, Ix>;
}

/// No index is used.
#[derive(Debug)]
#[non_exhaustive]
pub struct NoIndex;
/// An index is used.
#[derive(Debug)]
#[non_exhaustive]
pub struct WithIndex;
impl Accessible for WithIndex {}

/// The same keys without an index.
#[doc(hidden)]
pub trait WithoutIndex {
    type Out;
}
impl<Pk, Ck, Ix> WithoutIndex for Keys<Pk, Ck, Ix> {
    type Out = Keys<Pk, Ck, NoIndex>;
}

/// The state of a query that may read all: after `allow_filtering()`.
#[derive(Debug)]
#[non_exhaustive]
pub struct Filtering;
/// The state of a query that reads the whole table.
#[derive(Debug)]
#[non_exhaustive]
pub struct Scanning;

/// Kinds of conditions.
pub mod op {
    macro_rules! ops {
        ($($(#[$doc:meta])* $name:ident;)*) => {
            $($(#[$doc])* #[derive(Debug)] #[non_exhaustive] pub struct $name;)*
        };
    }
    ops! {
        /// A value.
        Eq;
        /// One of several values.
        In;
        /// A lower bound.
        Lower;
        /// An upper bound.
        Upper;
        /// What only an index or filtering can answer.
        Search;
        /// What only an IF clause can ask.
        Test;
    }

    /// A kind of condition that WHERE can have.
    #[diagnostic::on_unimplemented(
        message = "`not_eq` is for `iff`: WHERE has no `!=`",
        label = "not a condition to filter by"
    )]
    pub trait Filters {}
    impl Filters for Eq {}
    impl Filters for In {}
    impl Filters for Lower {}
    impl Filters for Upper {}
    impl Filters for Search {}
}

/// What a further condition makes of a slot.
#[diagnostic::on_unimplemented(
    message = "this column is already restricted as `{Self}`; another `{Op}` restriction is not legal CQL",
    label = "conflicts with an earlier filter on the same column"
)]
pub trait Step<Op> {
    /// The slot after it.
    type Out;
}

impl<C> Step<op::Eq> for Unset<C> {
    type Out = Eq<C>;
}
impl<C> Step<op::In> for Unset<C> {
    type Out = In<C>;
}
impl<C> Step<op::Lower> for Unset<C> {
    type Out = Lower<C>;
}
impl<C> Step<op::Upper> for Unset<C> {
    type Out = Upper<C>;
}
impl<C> Step<op::Lower> for Upper<C> {
    type Out = Between<C>;
}
impl<C> Step<op::Upper> for Lower<C> {
    type Out = Between<C>;
}

/// The first of a list.
#[derive(Debug)]
#[non_exhaustive]
pub struct Here;
/// The one after `I` of a list.
#[derive(Debug)]
#[non_exhaustive]
pub struct Next<I>(PhantomData<I>);

/// What a condition on the column at `I` makes of a list of slots.
pub trait StepAt<I, Op> {
    /// The list after it.
    type Out;
}

impl<H: Step<Op>, T, Op> StepAt<Here, Op> for (H, T) {
    type Out = (H::Out, T);
}
impl<H, T: StepAt<I, Op>, I, Op> StepAt<Next<I>, Op> for (H, T) {
    type Out = (H, T::Out);
}

/// What a condition on a column of a role makes of a query's state.
#[diagnostic::on_unimplemented(
    message = "a `{Role}` column cannot be filtered on in this query",
    label = "neither a primary key column nor an indexed column",
    note = "index the field (`#[cql(index)]` / `#[cql(sai)]`) or opt in with `.allow_filtering()`"
)]
pub trait Apply<Role, Op> {
    /// The state after it.
    type Out;
}

impl<Pk: StepAt<I, Op>, Ck, Ix, I, Op> Apply<PartitionKey<I>, Op> for Keys<Pk, Ck, Ix> {
    type Out = Keys<Pk::Out, Ck, Ix>;
}
impl<Pk, Ck: StepAt<I, Op>, Ix, I, Op> Apply<ClusteringKey<I>, Op> for Keys<Pk, Ck, Ix> {
    type Out = Keys<Pk, Ck::Out, Ix>;
}
impl<Pk, Ck, Ix, Op: op::Filters> Apply<Indexed, Op> for Keys<Pk, Ck, Ix> {
    type Out = Keys<Pk, Ck, WithIndex>;
}
impl<Pk, Ck, Ix, Op: op::Filters> Apply<Sai, Op> for Keys<Pk, Ck, Ix> {
    type Out = Keys<Pk, Ck, WithIndex>;
}
impl<Pk, Ck, Ix, Op: op::Filters> Apply<Discriminator, Op> for Keys<Pk, Ck, Ix> {
    type Out = Keys<Pk, Ck, WithIndex>;
}
impl<Role, Op: op::Filters> Apply<Role, Op> for Filtering {
    type Out = Filtering;
}

/// A slot of the partition key that is restricted.
#[diagnostic::on_unimplemented(
    message = "the partition key is not fully restricted: {Self}",
    label = "this would scan the whole cluster",
    note = "restrict every partition key column with `.eq(..)` or `.is_in(..)`",
    note = "or opt in explicitly: `.scan()` (full table) or `.allow_filtering()`"
)]
pub trait Restricted {}
impl<C> Restricted for Eq<C> {}
impl<C> Restricted for In<C> {}

/// All slots of the partition key are restricted.
pub trait AllRestricted {}
impl AllRestricted for () {}
impl<H: Restricted, T: AllRestricted> AllRestricted for (H, T) {}

/// A slot behind one that leaves several values open.
#[diagnostic::on_unimplemented(
    message = "clustering columns must be restricted in key order; `{Self}` follows a column that is unrestricted or range-restricted",
    label = "restrict the preceding clustering columns with `.eq(..)` first"
)]
pub trait MustBeOpen {}
impl<C> MustBeOpen for Unset<C> {}

/// No slot is restricted.
pub trait AllOpen {}
impl AllOpen for () {}
impl<H: MustBeOpen, T: AllOpen> AllOpen for (H, T) {}

/// A clustering key that is restricted from its beginning on.
pub trait Prefix {}
impl Prefix for () {}
impl<C, T: Prefix> Prefix for (Eq<C>, T) {}
impl<C, T: Prefix> Prefix for (In<C>, T) {}
impl<C, T: AllOpen> Prefix for (Unset<C>, T) {}
impl<C, T: AllOpen> Prefix for (Lower<C>, T) {}
impl<C, T: AllOpen> Prefix for (Upper<C>, T) {}
impl<C, T: AllOpen> Prefix for (Between<C>, T) {}

/// A state in which a query can be executed.
pub trait Runnable {}
impl<Pk: AllRestricted, Ck: Prefix> Runnable for Keys<Pk, Ck, NoIndex> {}
impl<Pk, Ck> Runnable for Keys<Pk, Ck, WithIndex> {}
impl Runnable for Filtering {}
impl Runnable for Scanning {}

/// A state in which rows can be deleted: partitions, ranges of a partition, and rows.
#[diagnostic::on_unimplemented(
    message = "rows cannot be deleted by these conditions",
    label = "DELETE takes conditions on the primary key alone",
    note = "restrict the whole partition key; read the rows first to delete by other columns"
)]
pub trait Deletable {}
impl<Pk: AllRestricted, Ck: Prefix> Deletable for Keys<Pk, Ck, NoIndex> {}

/// A slot that has one value.
#[diagnostic::on_unimplemented(
    message = "cannot order by this column while `{Self}` is open",
    label = "restrict the preceding clustering columns with `.eq(..)` first"
)]
pub trait IsEq {}
impl<C> IsEq for Eq<C> {}

/// All slots have one value.
pub trait AllEq {}
impl AllEq for () {}
impl<H: IsEq, T: AllEq> AllEq for (H, T) {}

/// The slots before the one at `I`.
pub trait Before<I> {
    /// They.
    type Out;
}
impl<H, T> Before<Here> for (H, T) {
    type Out = ();
}
impl<H, T: Before<I>, I> Before<Next<I>> for (H, T) {
    type Out = (H, T::Out);
}

/// A state in which rows can be ordered by a column of a role.
#[diagnostic::on_unimplemented(
    message = "this query cannot be ordered by a `{Role}` column",
    label = "ORDER BY needs the whole partition key restricted, a clustering column, and `.eq(..)` on every clustering column before it"
)]
pub trait Orderable<Role> {}
impl<Pk: AllRestricted, Ck: Before<I>, I> Orderable<ClusteringKey<I>> for Keys<Pk, Ck, NoIndex> where
    Ck::Out: AllEq
{
}
