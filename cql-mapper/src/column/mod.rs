//! Columns as values of types: what can be asked of a column, and what can be done to it, depends on what it is.

mod slice;

pub use slice::{Follows, Slice, SliceExt};

use crate::key_state::op;
use crate::model::{Model, ModelMeta, PartOf};
use crate::query::{Clause, Op, Term};
use crate::role::{
    ClusteringKey, CounterColumn, Indexed, Regular, RowScope, Sai, SettableRole, Static, Vector,
};
use crate::value::{Bind, CqlType, Elements, Nullable, UserType, write_elements};
use cql_driver::value::ValueError;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::marker::PhantomData;

/// A column of a model. Derived; the value is a field of the model's constant: `User.id`.
pub trait Column: Copy + 'static {
    /// The model.
    type Model: Model;
    /// What it is for: see [`role`](crate::role).
    type Role;
    /// The field's type.
    type Field: CqlType;
    /// Its number in [`ModelMeta::columns`](crate::ModelMeta::columns).
    const INDEX: u16;
}

/// A column of the model `M`, or of a model that is a variant of `M`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a column of `{M}`",
    label = "a column of another model",
    note = "columns are named by their model: `Model.column`"
)]
pub trait ColumnOf<M> {}
#[diagnostic::do_not_recommend]
impl<C: Column, M> ColumnOf<M> for C where C::Model: PartOf<M> {}

/// The number of a column among those of `M`.
pub(crate) fn number_in<M: Model, C: Column>() -> u16 {
    renumbered(C::Model::META, M::META, C::INDEX)
}

/// The number that the column of one model has in another, of which that is a variant.
pub(crate) fn renumbered(from: &'static ModelMeta, to: &'static ModelMeta, column: u16) -> u16 {
    if std::ptr::eq(from, to) {
        return column;
    }
    let name = from.column(column).map(|column| column.name);
    let found = (0..).zip(to.columns).find(|(_, other)| Some(other.name) == name);
    found.map_or(column, |(number, _)| number)
}

/// What conditions and assignments of a column take: the field's type without `Option`.
pub type ValueOf<C> = <<C as Column>::Field as CqlType>::NonNull;

macro_rules! properties {
    ($(#[$diagnostic:meta])* $property:ident by $of_role:ident: $($role:ident $(<$parameter:ident>)?),*) => {
        $(#[$diagnostic])*
        pub trait $property {}
        #[doc(hidden)]
        pub trait $of_role {}
        $(impl$(<$parameter>)? $of_role for $role$(<$parameter>)? {})*
        #[diagnostic::do_not_recommend]
        impl<C: Column> $property for C where C::Role: $of_role {}
    };
}

properties! {
    /// A column whose values can be compared by order.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` does not support range operators (`gt`, `ge`, `lt`, `le`)",
        label = "not a clustering column nor a range-indexed column",
        note = "range restrictions are for clustering columns and those with `#[cql(sai)]`; a partition key has no order to ask for"
    )]
    RangeColumn by RangeRole: ClusteringKey<I>, Sai, Regular, Static
}
properties! {
    /// A column that rows can be ordered by.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` cannot be used in `order_by`",
        label = "ORDER BY is legal on clustering columns only (or `.nearest(..)` on a vector column)"
    )]
    SortColumn by SortRole: ClusteringKey<I>
}
properties! {
    /// A column that nearest neighbours can be asked of.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` has no index for nearest neighbours",
        label = "`.nearest(..)` is for vectors with `#[cql(sai)]`"
    )]
    AnnColumn by AnnRole: Vector
}
properties! {
    /// A counter.
    #[diagnostic::on_unimplemented(message = "`{Self}` is not a counter", label = "`incr` is for `Counter` fields")]
    CountingColumn by CountingRole: CounterColumn
}
properties! {
    /// A column that an IF clause can test.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` cannot be tested by `iff`",
        label = "conditions are on columns that are not of the primary key",
        note = "whether the row is there at all: `.if_exists()`"
    )]
    TestColumn by TestRole: Regular, Static, Indexed, Sai, Vector
}

/// A column that can be assigned to.
#[diagnostic::on_unimplemented(
    message = "column `{Self}` cannot be assigned",
    label = "primary key and counter columns cannot be SET",
    note = "key columns: delete the row and insert it under the new key; counters: use `.incr(n)`"
)]
pub trait Settable {
    /// What the assignment is about: a row, or the partition.
    type Scope;
}
#[diagnostic::do_not_recommend]
impl<C: Column> Settable for C
where
    C::Role: SettableRole,
{
    type Scope = <C::Role as SettableRole>::Scope;
}

/// A condition on column `C`.
#[derive(Debug)]
#[must_use = "a condition does nothing by itself"]
pub struct Condition<C, O> {
    pub(crate) term: Term,
    pub(crate) value: Encoded,
    of: PhantomData<(C, O)>,
}

/// An assignment to a column of `M`.
#[derive(Debug)]
#[must_use = "an assignment does nothing by itself"]
pub struct Assignment<M, S> {
    pub(crate) term: Term,
    pub(crate) value: Encoded,
    /// What goes with a value that has its own kind of statement.
    of: PhantomData<(M, S)>,
}

/// An order by column `C`.
#[derive(Debug)]
#[must_use = "an order does nothing by itself"]
pub struct Order<C> {
    pub(crate) term: Term,
    of: PhantomData<C>,
}

/// An encoded value, or why it could not be encoded; and how many elements it has, where it is made of some.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) bytes: Result<Vec<u8>, ValueError>,
    pub(crate) elements: Option<usize>,
}

impl Encoded {
    pub(crate) fn of<T>(value: &impl Bind<T>) -> Self {
        let mut bytes = Vec::with_capacity(24);
        let bound = value.bind(&mut bytes);
        Encoded { bytes: bound.map(|()| bytes), elements: None }
    }

    fn null() -> Self {
        Encoded { bytes: Ok((-1_i32).to_be_bytes().to_vec()), elements: None }
    }

    pub(crate) fn elements<T>(elements: impl Elements<T>) -> Self {
        let mut bytes = Vec::new();
        match write_elements(elements, &mut bytes) {
            Ok(count) => Encoded { bytes: Ok(bytes), elements: Some(count) },
            Err(error) => Encoded { bytes: Err(error), elements: None },
        }
    }

    fn pair<K, V>(key: &impl Bind<K>, value: &impl Bind<V>) -> Self {
        let mut bytes = Vec::new();
        let bound = key.bind(&mut bytes).and_then(|()| value.bind(&mut bytes));
        Encoded { bytes: bound.map(|()| bytes), elements: None }
    }
}

fn condition<C: Column, O>(op: Op, value: Encoded) -> Condition<C, O> {
    let term = Term { clause: Clause::Where, column: C::INDEX, op };
    Condition { term, value, of: PhantomData }
}

fn assignment<C: Column + Settable>(op: Op, value: Encoded) -> Assignment<C::Model, C::Scope> {
    let term = Term { clause: Clause::Assign, column: C::INDEX, op };
    Assignment { term, value, of: PhantomData }
}

/// A set.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` is not a set",
    label = "`add` and `remove` are for sets",
    note = "lists have `append`, `prepend` and `remove_value`, maps have `put` and `remove_keys`, counters have `incr`"
)]
pub trait SetType {
    /// What it holds.
    type Element: CqlType;
}
impl<T: CqlType + Ord> SetType for BTreeSet<T> {
    type Element = T;
}
impl<T: CqlType, S> SetType for HashSet<T, S> {
    type Element = T;
}
/// A list.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` is not a list",
    label = "`append`, `prepend` and the like are for lists",
    note = "sets have `add` and `remove`, maps have `put` and `remove_keys`"
)]
pub trait ListType {
    /// What it holds.
    type Element: CqlType;
}
impl<T: CqlType> ListType for Vec<T> {
    type Element = T;
}
/// A map.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` is not a map",
    label = "`put`, `remove_keys` and the like are for maps",
    note = "sets have `add` and `remove`, lists have `append`, `prepend` and `remove_value`"
)]
pub trait MapType {
    /// Its keys.
    type Key: CqlType;
    /// Its values.
    type Value: CqlType;
}
impl<K: CqlType + Ord, V: CqlType> MapType for BTreeMap<K, V> {
    type Key = K;
    type Value = V;
}
impl<K: CqlType, V: CqlType, S> MapType for HashMap<K, V, S> {
    type Key = K;
    type Value = V;
}
/// A collection, by what `contains` looks for: elements, or the values of a map.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` is not a collection",
    label = "`contains` is for collections"
)]
pub trait ContainsType {
    /// What is looked for.
    type Element: CqlType;
}
impl<T: CqlType> ContainsType for Vec<T> {
    type Element = T;
}
impl<T: CqlType + Ord> ContainsType for BTreeSet<T> {
    type Element = T;
}
impl<T: CqlType, S> ContainsType for HashSet<T, S> {
    type Element = T;
}
impl<K: CqlType + Ord, V: CqlType> ContainsType for BTreeMap<K, V> {
    type Element = V;
}
impl<K: CqlType, V: CqlType, S> ContainsType for HashMap<K, V, S> {
    type Element = V;
}

/// A text.
#[diagnostic::on_unimplemented(message = "a `{Self}` is no text", label = "`like` is for columns of text")]
pub trait TextType {}
impl TextType for String {}
impl TextType for Box<str> {}

/// What can be asked of columns, and done to them.
pub trait ColumnExt: Column {
    /// `column = value`.
    fn eq(self, value: impl Bind<ValueOf<Self>>) -> Condition<Self, op::Eq> {
        condition(Op::Eq, Encoded::of(&value))
    }

    /// `column != value`: for `iff`.
    fn not_eq(self, value: impl Bind<ValueOf<Self>>) -> Condition<Self, op::Test> {
        condition(Op::NotEq, Encoded::of(&value))
    }

    /// `column IN (values)`. Of no value, it is met by no row, and nothing is sent.
    fn is_in(self, values: impl Elements<ValueOf<Self>>) -> Condition<Self, op::In> {
        condition(Op::In, Encoded::elements(values))
    }

    /// `column > value`.
    fn gt(self, value: impl Bind<ValueOf<Self>>) -> Condition<Self, op::Lower>
    where
        Self: RangeColumn,
    {
        condition(Op::Gt, Encoded::of(&value))
    }

    /// `column >= value`.
    fn ge(self, value: impl Bind<ValueOf<Self>>) -> Condition<Self, op::Lower>
    where
        Self: RangeColumn,
    {
        condition(Op::Ge, Encoded::of(&value))
    }

    /// `column < value`.
    fn lt(self, value: impl Bind<ValueOf<Self>>) -> Condition<Self, op::Upper>
    where
        Self: RangeColumn,
    {
        condition(Op::Lt, Encoded::of(&value))
    }

    /// `column <= value`.
    fn le(self, value: impl Bind<ValueOf<Self>>) -> Condition<Self, op::Upper>
    where
        Self: RangeColumn,
    {
        condition(Op::Le, Encoded::of(&value))
    }

    /// `column CONTAINS value`: an element, or a value of a map.
    fn contains<T: ContainsType>(self, value: impl Bind<T::Element>) -> Condition<Self, op::Search>
    where
        Self::Field: CqlType<NonNull = T>,
    {
        condition(Op::Contains, Encoded::of(&value))
    }

    /// `column CONTAINS KEY key`.
    fn contains_key<T: MapType>(self, key: impl Bind<T::Key>) -> Condition<Self, op::Search>
    where
        Self::Field: CqlType<NonNull = T>,
    {
        condition(Op::ContainsKey, Encoded::of(&key))
    }

    /// `column LIKE pattern`: for columns whose index can answer it (SASI).
    fn like(self, pattern: impl Bind<ValueOf<Self>>) -> Condition<Self, op::Search>
    where
        ValueOf<Self>: TextType,
    {
        condition(Op::Like, Encoded::of(&pattern))
    }

    /// `column[key] = value`.
    fn entry<T: MapType>(
        self,
        key: impl Bind<T::Key>,
        value: impl Bind<T::Value>,
    ) -> Condition<Self, op::Search>
    where
        Self::Field: CqlType<NonNull = T>,
    {
        condition(Op::Entry, Encoded::pair(&key, &value))
    }

    /// Smallest first.
    fn asc(self) -> Order<Self>
    where
        Self: SortColumn,
    {
        Order { term: Term { clause: Clause::Order, column: Self::INDEX, op: Op::Asc }, of: PhantomData }
    }

    /// Largest first.
    fn desc(self) -> Order<Self>
    where
        Self: SortColumn,
    {
        Order { term: Term { clause: Clause::Order, column: Self::INDEX, op: Op::Desc }, of: PhantomData }
    }

    /// Sets the column to a value.
    fn to(self, value: impl Bind<ValueOf<Self>>) -> Assignment<Self::Model, <Self as Settable>::Scope>
    where
        Self: Settable,
    {
        assignment::<Self>(Op::Set, Encoded::of(&value))
    }

    /// Sets the column to a value, or to null for `None`.
    fn to_or_clear<B: Bind<ValueOf<Self>>>(
        self,
        value: Option<B>,
    ) -> Assignment<Self::Model, <Self as Settable>::Scope>
    where
        Self: Settable,
        Self::Field: Nullable,
    {
        assignment::<Self>(Op::Set, value.map_or_else(Encoded::null, |value| Encoded::of(&value)))
    }

    /// Sets the column to null: a tombstone.
    fn clear(self) -> Assignment<Self::Model, <Self as Settable>::Scope>
    where
        Self: Settable,
        Self::Field: Nullable,
    {
        assignment::<Self>(Op::Set, Encoded::null())
    }

    /// Adds elements to a set.
    fn add<T: SetType>(
        self,
        elements: impl Elements<T::Element>,
    ) -> Assignment<Self::Model, <Self as Settable>::Scope>
    where
        Self: Settable,
        Self::Field: CqlType<NonNull = T>,
    {
        assignment::<Self>(Op::Add, Encoded::elements(elements))
    }

    /// Removes elements from a set.
    fn remove<T: SetType>(
        self,
        elements: impl Elements<T::Element>,
    ) -> Assignment<Self::Model, <Self as Settable>::Scope>
    where
        Self: Settable,
        Self::Field: CqlType<NonNull = T>,
    {
        assignment::<Self>(Op::Remove, Encoded::elements(elements))
    }

    /// Adds elements at the end of a list. Done twice it adds them twice, so that it is not retried.
    fn append<T: ListType>(
        self,
        elements: impl Elements<T::Element>,
    ) -> Assignment<Self::Model, <Self as Settable>::Scope>
    where
        Self: Settable,
        Self::Field: CqlType<NonNull = T>,
    {
        assignment::<Self>(Op::Add, Encoded::elements(elements))
    }

    /// Adds elements at the beginning of a list, in their order.
    fn prepend<T: ListType>(
        self,
        elements: impl Elements<T::Element>,
    ) -> Assignment<Self::Model, <Self as Settable>::Scope>
    where
        Self: Settable,
        Self::Field: CqlType<NonNull = T>,
    {
        assignment::<Self>(Op::Prepend, Encoded::elements(elements))
    }

    /// Removes every element that equals one of these from a list. The server reads before it writes.
    fn remove_value<T: ListType>(
        self,
        elements: impl Elements<T::Element>,
    ) -> Assignment<Self::Model, <Self as Settable>::Scope>
    where
        Self: Settable,
        Self::Field: CqlType<NonNull = T>,
    {
        assignment::<Self>(Op::Remove, Encoded::elements(elements))
    }

    /// Sets the element of a list at a place, from 0. The server reads before it writes; that the list has not changed
    /// since its places were known is for the caller to say.
    fn unsafe_set_at<T: ListType>(
        self,
        at: i32,
        value: impl Bind<T::Element>,
    ) -> Assignment<Self::Model, <Self as Settable>::Scope>
    where
        Self: Settable,
        Self::Field: CqlType<NonNull = T>,
    {
        assignment::<Self>(Op::Put, Encoded::pair::<i32, T::Element>(&at, &value))
    }

    /// Sets the value of a key of a map.
    fn put<T: MapType>(
        self,
        key: impl Bind<T::Key>,
        value: impl Bind<T::Value>,
    ) -> Assignment<Self::Model, <Self as Settable>::Scope>
    where
        Self: Settable,
        Self::Field: CqlType<NonNull = T>,
    {
        assignment::<Self>(Op::Put, Encoded::pair(&key, &value))
    }

    /// Removes keys from a map.
    fn remove_keys<T: MapType>(
        self,
        keys: impl Elements<T::Key>,
    ) -> Assignment<Self::Model, <Self as Settable>::Scope>
    where
        Self: Settable,
        Self::Field: CqlType<NonNull = T>,
    {
        assignment::<Self>(Op::Remove, Encoded::elements(keys))
    }

    /// Adds to a counter; a negative number takes away. Done twice it counts twice, so that it is not retried.
    fn incr(self, by: i64) -> Assignment<Self::Model, RowScope>
    where
        Self: CountingColumn,
    {
        let (op, by) = if by == i64::MIN {
            (Op::Add, by)
        } else if by < 0 {
            (Op::Remove, -by)
        } else {
            (Op::Add, by)
        };
        let term = Term { clause: Clause::Assign, column: Self::INDEX, op };
        Assignment { term, value: Encoded::of::<i64>(&by), of: PhantomData }
    }

    /// A field of a user-defined type that is not frozen.
    fn field<U: UserType, F: Field<Of = U>>(self, field: F) -> FieldOf<Self, F>
    where
        Self::Field: CqlType<NonNull = U>,
        Self: Unfrozen,
    {
        let _ = field;
        FieldOf(PhantomData)
    }
}

impl<C: Column> ColumnExt for C {}

/// A column of a user-defined type whose fields are stored each by itself. Derived for `#[cql(unfrozen)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is frozen: its value is written as a whole",
    label = "fields of a frozen value cannot be set by themselves",
    note = "say `#[cql(unfrozen)]` on the field, or assign the whole value with `.to(..)`"
)]
pub trait Unfrozen {}

/// A field of a user-defined type. Derived; the value is a field of the type's constant: `Address.city`.
pub trait Field: Copy + 'static {
    /// The user-defined type.
    type Of: UserType;
    /// The field's type.
    type Type: CqlType;
    /// Its number.
    const INDEX: u16;
}

/// A field of a column, from [`ColumnExt::field`].
#[derive(Debug, Clone, Copy)]
pub struct FieldOf<C, F>(PhantomData<(C, F)>);

impl<C: Column + Settable, F: Field> FieldOf<C, F> {
    /// Sets the field and leaves the others as they are.
    pub fn to(
        self,
        value: impl Bind<<F::Type as CqlType>::NonNull>,
    ) -> Assignment<C::Model, <C as Settable>::Scope> {
        assignment::<C>(Op::Field(F::INDEX), Encoded::of(&value))
    }

    /// Sets the field to null.
    pub fn clear(self) -> Assignment<C::Model, <C as Settable>::Scope>
    where
        F::Type: Nullable,
    {
        assignment::<C>(Op::Field(F::INDEX), Encoded::null())
    }
}
