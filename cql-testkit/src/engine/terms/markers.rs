//! The bind markers of a statement.

use super::{Fit, Receiver};
use crate::engine::problem::{self, Result};
use cql_protocol::types::{ColumnSpec, ColumnType, TableSpec};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

/// What is known of a statement's bind markers, and what was found out of its terms meanwhile.
#[derive(Debug)]
pub(crate) struct Markers {
    specs: Vec<Option<ColumnSpec>>,
    /// By the position in the partition key: which marker is for it.
    key: Vec<Option<u16>>,
    /// Whether calls fit to types, by what they are in words: asked again for every function that one could be an
    /// argument of, and so for all of those within it.
    fits: RefCell<HashMap<(String, ColumnType), Fit>>,
    /// The types of what calls return, likewise.
    types: RefCell<HashMap<String, Option<ColumnType>>>,
    /// The bytes of words that calls may still be looked up by.
    words_left: Cell<usize>,
}

/// The bytes of words that the calls of a statement are looked up by. Each is looked up for many types and functions:
/// what is long and deep within calls would go on for ever.
const MOST_WORDS: usize = 16 << 20;

impl Markers {
    /// Of a statement with so many.
    pub(crate) fn new(count: usize) -> Self {
        Markers {
            specs: vec![None; count],
            key: Vec::new(),
            fits: RefCell::default(),
            types: RefCell::default(),
            words_left: Cell::new(MOST_WORDS),
        }
    }

    /// Takes the words that a call is looked up by; `None` when there have been too many.
    pub(super) fn words(&self, words: impl FnOnce() -> String) -> Option<String> {
        if self.words_left.get() == 0 {
            return None;
        }
        let words = words();
        self.words_left.set(self.words_left.get().saturating_sub(words.len()));
        Some(words)
    }

    /// Fails when there have been more words than calls are looked up by.
    pub(super) fn check_words(&self) -> Result<()> {
        match self.words_left.get() {
            0 => Err(problem::unsupported("calls with arguments as long as these")),
            _ => Ok(()),
        }
    }

    /// Notes what a marker is for. Its own name goes before that of what receives it.
    pub(crate) fn set(
        &mut self,
        index: usize,
        name: Option<&str>,
        receiver: &Receiver,
        table: &Arc<TableSpec>,
    ) {
        let name = name.unwrap_or(&receiver.name);
        let spec = ColumnSpec::new(Arc::clone(table), name, receiver.column_type.clone());
        if let Some(slot) = self.specs.get_mut(index) {
            *slot = Some(spec);
        }
        if let (Some(position), Ok(index)) = (receiver.key_position, u16::try_from(index)) {
            self.key.resize(self.key.len().max(position + 1), None);
            self.key[position] = Some(index);
        }
    }

    /// Whether a call fits, if that is known.
    pub(super) fn known_fit(&self, call: &(String, ColumnType)) -> Option<Fit> {
        self.fits.borrow().get(call).copied()
    }

    pub(super) fn set_fit(&self, call: (String, ColumnType), fit: Fit) {
        self.fits.borrow_mut().insert(call, fit);
    }

    /// The type of a call, if it is known whether there is one.
    pub(super) fn known_type(&self, call: &str) -> Option<Option<ColumnType>> {
        self.types.borrow().get(call).cloned()
    }

    pub(super) fn set_type(&self, call: String, of: Option<ColumnType>) {
        self.types.borrow_mut().insert(call, of);
    }

    /// Which markers make the partition key, if all its columns have one.
    pub(crate) fn key_indexes(&self, columns: usize) -> Box<[u16]> {
        let whole = self.key.iter().copied().collect::<Option<Box<[u16]>>>().unwrap_or_default();
        if whole.len() == columns { whole } else { Box::default() }
    }

    /// In their order. A marker that was never noted is left out, which happens in statements that are refused alone.
    pub(crate) fn into_specs(self) -> Vec<ColumnSpec> {
        self.specs.into_iter().flatten().collect()
    }
}
