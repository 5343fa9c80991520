//! What is done to a statement when it is complete: columns it leaves out, the checks of values, its timestamp.

use crate::column::{Assignment, Encoded, renumbered};
use crate::error::Error;
use crate::model::{Fill, Filler, Model, PartOf};
use crate::options::Options;
use crate::query::{Clause, Op, Query, Term};
use crate::select::add;
use crate::value::{Cell, split};

/// Adds an assignment to a column of `A` to a statement about `M`. Adding nothing to a collection, or removing nothing,
/// changes nothing.
pub(super) fn assign<M: Model, A: Model + PartOf<M>, S>(query: &mut Query, assignment: Assignment<A, S>) {
    if assignment.value.elements != Some(0) {
        let column = renumbered(A::META, M::META, assignment.term.column);
        add(query, Term { column, ..assignment.term }, assignment.value);
    }
}

/// Adds what the model gives to columns that the statement does not assign, as far as they are `wanted`.
pub(super) fn fill<M: Model>(query: &mut Query, when: Fill, wanted: impl Fn(u16) -> bool) {
    let shape = &query.shape;
    let is_given = |column: u16| {
        !wanted(column) || shape.terms_of(Clause::Assign).any(|(_, term)| term.column == column)
    };
    let mut filler = Filler::new(&is_given);
    M::fill(when, &mut filler);
    for (column, bytes) in filler.filled {
        let term = Term { clause: Clause::Assign, column, op: Op::Set };
        add(query, term, Encoded { bytes, elements: None });
    }
}

/// Checks the values that columns are set to by what `validate` names.
pub(super) fn validate<M: Model>(query: &Query) -> Result<(), Error> {
    for (at, term) in query.shape.terms_of(Clause::Assign).filter(|(_, term)| term.op == Op::Set) {
        let cell = match split(query.values.get(at)).next() {
            Some(Cell::Value(bytes)) => Some(bytes),
            Some(Cell::Null) | None => None,
            Some(Cell::Unset) => continue,
        };
        M::validate_cell(term.column, cell)?;
    }
    Ok(())
}

/// Puts a timestamp before the epoch into the text, as the protocol has no place for it.
pub(super) fn place_timestamp(query: &mut Query, options: &mut Options) {
    if let Some(micros) = options.timestamp.filter(|micros| micros.is_negative()) {
        query.set_timestamp(micros);
        *options = std::mem::take(options).without_timestamp();
    }
}
