//! What may be asked for, checked at run time for `dynamic()` queries: the same rules that types check for others.

use super::shape::{Bound, Clause, Op, Query};
use crate::error::QueryError;
use crate::model::{ColumnMeta, ColumnRole, ModelMeta};

/// How a key column is restricted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Open,
    Eq,
    In,
    Lower,
    Upper,
    Between,
}

impl Slot {
    fn with(self, op: Op) -> Option<Slot> {
        match (self, op) {
            (Slot::Open, Op::Eq) => Some(Slot::Eq),
            (Slot::Open, Op::In) => Some(Slot::In),
            (slot, Op::Slice(Bound::Gt | Bound::Ge, _)) => slot.with(Op::Gt),
            (slot, Op::Slice(Bound::Lt | Bound::Le, _)) => slot.with(Op::Lt),
            (Slot::Open, Op::Gt | Op::Ge) => Some(Slot::Lower),
            (Slot::Open, Op::Lt | Op::Le) => Some(Slot::Upper),
            (Slot::Upper, Op::Gt | Op::Ge) | (Slot::Lower, Op::Lt | Op::Le) => Some(Slot::Between),
            _ => None,
        }
    }
}

/// The keys of a query, slot by slot.
struct Keys {
    meta: &'static ModelMeta,
    slots: Vec<Slot>,
    uses_index: bool,
}

impl Query {
    /// Checks that the conditions are legal CQL.
    pub(crate) fn check(&self) -> Result<(), QueryError> {
        if self.shape.allow_filtering {
            return Ok(());
        }
        let meta = self.shape.meta;
        let mut keys = Keys { meta, slots: vec![Slot::Open; meta.columns.len()], uses_index: false };
        for (_, term) in self.shape.terms_of(Clause::Where) {
            keys.restrict(term.column, term.op)?;
        }
        keys.check_order(self)?;
        if keys.uses_index { Ok(()) } else { keys.check() }
    }
}

impl Keys {
    fn restrict(&mut self, at: u16, op: Op) -> Result<(), QueryError> {
        let Some(column) = self.meta.column(at) else { return Ok(()) };
        match column.role {
            ColumnRole::PartitionKey | ColumnRole::ClusteringKey => {}
            _ if is_indexed(column) => {
                self.uses_index = true;
                return Ok(());
            }
            _ => return Err(QueryError::NotIndexed { column: column.name }),
        }
        let Some(slot) = self.slots.get_mut(usize::from(at)) else { return Ok(()) };
        *slot = slot.with(op).ok_or(QueryError::Twice { column: column.name })?;
        Ok(())
    }

    fn slot(&self, at: u16) -> Slot {
        self.slots.get(usize::from(at)).copied().unwrap_or(Slot::Open)
    }

    fn name(&self, at: u16) -> &'static str {
        self.meta.column(at).map_or("", |column| column.name)
    }

    fn missing(&self) -> Vec<&'static str> {
        let open =
            self.meta.partition_key.iter().filter(|at| !matches!(self.slot(**at), Slot::Eq | Slot::In));
        open.map(|at| self.name(*at)).collect()
    }

    fn check(&self) -> Result<(), QueryError> {
        let missing = self.missing();
        if !missing.is_empty() {
            return Err(QueryError::PartitionKey { missing });
        }
        let mut before: Option<&'static str> = None;
        for (at, _) in self.meta.clustering_key {
            match (self.slot(*at), before) {
                (Slot::Open, _) => before = before.or(Some(self.name(*at))),
                (_, Some(open)) => {
                    return Err(QueryError::ClusteringGap { column: self.name(*at), after: open });
                }
                (Slot::Eq | Slot::In, None) => {}
                (Slot::Lower | Slot::Upper | Slot::Between, None) => before = Some(self.name(*at)),
            }
        }
        Ok(())
    }

    fn check_order(&self, query: &Query) -> Result<(), QueryError> {
        for (_, term) in query.shape.terms_of(Clause::Order).filter(|(_, term)| term.op != Op::Ann) {
            let preceding = self.meta.clustering_key.iter().take_while(|(at, _)| *at != term.column);
            let ordered =
                |at: &u16| query.shape.terms_of(Clause::Order).any(|(_, other)| other.column == *at);
            let mut open = preceding.filter(|(at, _)| self.slot(*at) != Slot::Eq && !ordered(at));
            if !self.missing().is_empty() || self.uses_index || open.next().is_some() {
                return Err(QueryError::Order { column: self.name(term.column) });
            }
        }
        Ok(())
    }
}

fn is_indexed(column: &ColumnMeta) -> bool {
    column.index.is_some()
}
