//! Sequences of statements from a seed: tables of all kinds, and statements that mostly make sense for them.
//!
//! Values are of few kinds and timestamps small, so that writes meet: what is compared is above all how they are put
//! together. Nothing that a clock or chance decides may show: timestamps and "now" are the client's.

mod alter;
mod conditions;
mod delete;
mod mistakes;
mod select;
mod selectors;
mod table;
mod terms;
mod types;
mod values;
mod write;

pub(crate) use table::World;

use crate::step::{Bound, FIRST_TIMESTAMP, Step, Value, Way};
use fastrand::Rng;
use table::Table;

/// Statements of a sequence.
const LENGTH: std::ops::Range<usize> = 20..32;

/// Makes the sequences of one world, one after the other.
#[derive(Debug)]
pub(crate) struct Generator {
    rng: Rng,
    pub(crate) world: World,
    /// The sequence that is being made: it has partitions of its own.
    sequence: u32,
    /// Seconds that have passed.
    now: i32,
    timestamp: i64,
    /// Whether it is for a batch.
    in_batch: bool,
    /// What the markers of the statement being made stand for, if it is to have some.
    values: Option<Vec<Value>>,
}

impl Generator {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let world = World::new(&mut rng);
        Generator {
            rng,
            world,
            sequence: 0,
            now: 0,
            timestamp: FIRST_TIMESTAMP,
            in_batch: false,
            values: None,
        }
    }

    /// Of tables that were made anew.
    pub(crate) fn reset(&mut self, world: World) {
        self.world = world;
    }

    pub(crate) fn sequence(&mut self) -> Vec<Step> {
        self.sequence += 1;
        let length = self.rng.usize(LENGTH);
        let focus = self.rng.usize(..self.world.tables.len());
        (0..length)
            .map(|_| {
                let at = if self.one_in(4) { self.rng.usize(..self.world.tables.len()) } else { focus };
                self.step(at)
            })
            .collect()
    }

    fn step(&mut self, at: usize) -> Step {
        self.timestamp += 1;
        self.now += if self.one_in(4) { self.rng.i32(0..8) } else { 0 };
        if self.one_in(150) {
            let text = self.alter(at);
            return Step { now: self.now, ..Step::query(text) };
        }
        let table = self.world.tables[at].clone();
        let mut step = Step { timestamp: self.timestamp, now: self.now, ..Step::default() };
        match self.rng.u8(..20) {
            0 => self.message_batch(&mut step, &table),
            1..9 => {
                step.statements.push(self.bound(|this| this.select(&table)));
                step.page = self.one_in(4).then(|| this_many(&mut self.rng));
            }
            9 => step.statements.push(self.bound(|this| this.batch(&table))),
            _ => step.statements.push(self.bound(|this| this.write(&table))),
        }
        if step.way == Way::Query && self.one_in(2) && !step.statements[0].values.is_empty()
            || self.one_in(10) && step.way == Way::Query
        {
            step.way = Way::Prepared;
        }
        if self.one_in(12) {
            self.spoil(&mut step, &table);
        }
        step
    }

    /// A statement, with markers or without.
    fn bound(&mut self, make: impl FnOnce(&mut Self) -> String) -> Bound {
        self.values = self.one_in(3).then(Vec::new);
        let text = make(self);
        Bound { text, values: self.values.take().unwrap_or_default() }
    }

    fn write(&mut self, table: &Table) -> String {
        match self.rng.u8(..20) {
            0 if self.one_in(6) => format!("TRUNCATE {}", table.name),
            0..8 if !table.is_counter => self.insert(table),
            // What a deleted counter begins with again depends on what a server has in its cache.
            0..15 => self.update(table),
            _ if table.is_counter => self.update(table),
            _ => self.delete(table),
        }
    }

    /// BEGIN BATCH ... in a text.
    fn batch(&mut self, table: &Table) -> String {
        let kind = match self.rng.u8(..4) {
            _ if table.is_counter && !self.one_in(8) => "COUNTER ",
            0 => "UNLOGGED ",
            1 if self.one_in(4) => "COUNTER ",
            _ => "",
        };
        let using =
            if self.one_in(6) { format!("USING TIMESTAMP {} ", self.rng.u8(1..6)) } else { String::new() };
        let mut text = format!("BEGIN {kind}BATCH {using}");
        self.in_batch = true;
        for _ in 0..self.rng.usize(1..5) {
            text.push_str(&self.write(table));
            text.push_str("; ");
        }
        self.in_batch = false;
        text + "APPLY BATCH"
    }

    fn message_batch(&mut self, step: &mut Step, table: &Table) {
        step.way = match self.rng.u8(..4) {
            _ if table.is_counter && !self.one_in(8) => Way::Counter,
            0 => Way::Unlogged,
            1 if self.one_in(4) => Way::Counter,
            _ => Way::Logged,
        };
        self.in_batch = true;
        for _ in 0..self.rng.usize(1..5) {
            let bound = self.bound(|this| this.write(table));
            step.statements.push(bound);
        }
        self.in_batch = false;
    }

    fn one_in(&mut self, many: u32) -> bool {
        self.rng.u32(..many) == 0
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        values::pick(&mut self.rng, of)
    }

    /// Some of them, in their order.
    fn some<'a, T>(&mut self, of: &'a [T], one_in: u32) -> Vec<&'a T> {
        of.iter().filter(|_| self.rng.u32(..one_in) == 0).collect()
    }
}

fn this_many(rng: &mut Rng) -> u32 {
    rng.u32(1..6)
}
