//! All functions of a name.

use super::{Argument, Scalar, arithmetic, blobs, casts, factory, floor, math, time, token};
use crate::engine::problem::Result;
use crate::engine::terms::Scope;
use cql_protocol::types::ColumnType;

/// Those that a name stands for; one that fits to any types is made for the arguments at hand.
pub(super) fn of(
    name: &str,
    arguments: &[Argument<'_>],
    receiver: Option<&ColumnType>,
    scope: &Scope<'_>,
) -> Result<Vec<Scalar>> {
    for find in [arithmetic::find, blobs::find, time::find, math::find, floor::find, casts::find] {
        let found = find(name);
        if !found.is_empty() {
            return Ok(found);
        }
    }
    if let Some(token) = token::find(name, scope) {
        return Ok(vec![token]);
    }
    let made = factory::find(name, arguments, receiver, scope)?;
    Ok(made.into_iter().map(Scalar::made).collect())
}
