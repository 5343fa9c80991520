//! Roles of columns: what a column is for, as a type.

use crate::model::kind;
use crate::value::content;
use std::marker::PhantomData;

macro_rules! roles {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        $($(#[$doc])* #[derive(Debug)] #[non_exhaustive] pub struct $name;)*
    };
}

/// A column of the partition key, at `I`.
#[derive(Debug)]
#[non_exhaustive]
pub struct PartitionKey<I>(PhantomData<I>);
/// A column of the clustering key, at `I`.
#[derive(Debug)]
#[non_exhaustive]
pub struct ClusteringKey<I>(PhantomData<I>);
roles! {
    /// A value of its row.
    Regular;
    /// One value for the whole partition.
    Static;
    /// A value of its row with a secondary index.
    Indexed;
    /// A value of its row with a storage-attached index.
    Sai;
    /// A vector with a storage-attached index.
    Vector;
    /// A counter.
    CounterColumn;
    /// What tells several models of a table apart, with an index.
    Discriminator;
    /// Not stored: a write time, or a time to live; and what is not the caller's to write.
    Computed;
}

/// The role of a column that is neither of the key nor static nor indexed, and the kind of its table, by what it holds.
pub trait RoleOf {
    /// The role.
    type Role;
    /// The kind of table.
    type Kind: kind::Kind;
}
impl RoleOf for content::Value {
    type Role = Regular;
    type Kind = kind::Table;
}
impl RoleOf for content::Vector {
    type Role = Regular;
    type Kind = kind::Table;
}
impl RoleOf for content::Counter {
    type Role = CounterColumn;
    type Kind = kind::Counter;
}

/// The role of a column with a storage-attached index, by what it holds.
#[diagnostic::on_unimplemented(message = "a counter cannot have an index")]
pub trait SaiRoleOf {
    /// The role.
    type Role;
}
impl SaiRoleOf for content::Value {
    type Role = Sai;
}
impl SaiRoleOf for content::Vector {
    type Role = Vector;
}

roles! {
    /// An assignment to a column of a row.
    RowScope;
    /// An assignment to a static column.
    StaticScope;
}

#[doc(hidden)]
pub trait SettableRole {
    type Scope;
}
macro_rules! settable {
    ($($role:ident => $scope:ident),*) => {
        $(impl SettableRole for $role { type Scope = $scope; })*
    };
}
settable!(Regular => RowScope, Indexed => RowScope, Sai => RowScope, Vector => RowScope, Static => StaticScope);
