//! Sequences on both servers, until they are all done or the time is over.

use crate::answer::Outcome;
use crate::arena::{Arena, Compared, Instance};
use crate::compare::Kind;
use crate::generate::Generator;
use crate::report::Report;
use crate::shrink::{needed, shrink};
use crate::step::Step;
use futures::StreamExt as _;
use std::time::Instant;

/// Worlds at once.
const AT_ONCE: usize = 4;
/// Sequences on the same tables.
const OF_A_WORLD: usize = 40;

pub(crate) struct Run<'a> {
    pub(crate) arena: &'a Arena,
    pub(crate) report: &'a Report,
    pub(crate) until: Option<Instant>,
}

impl Run<'_> {
    pub(crate) async fn worlds(&self, seed: u64, sequences: usize) {
        let worlds = u64::try_from(sequences.div_ceil(OF_A_WORLD)).expect("not so many");
        let all = (0..worlds).map(|number| self.world(seed.wrapping_mul(1_000_000).wrapping_add(number)));
        futures::stream::iter(all).buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
    }

    fn is_over(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() >= until)
    }

    /// Sequences on tables of their own, as a report names them by their number.
    pub(crate) async fn world(&self, seed: u64) {
        if self.is_over() {
            return;
        }
        let mut generator = Generator::new(seed);
        let pristine = generator.world.clone();
        let setup = &pristine.setup;
        let mut instance = self.arena.open().await;
        let mut history: Vec<Step> = Vec::new();
        if !self.steps(&instance, setup, (&[], &mut history), Some(seed)).await {
            return self.arena.close(instance).await;
        }
        history.clear();
        for _ in 0..OF_A_WORLD {
            if self.is_over() {
                break;
            }
            let steps = generator.sequence();
            self.report.sequence();
            if !self.steps(&instance, &steps, (setup, &mut history), Some(seed)).await {
                self.arena.close(instance).await;
                instance = self.arena.open().await;
                for step in setup {
                    self.arena.compare(&instance, step, &[]).await;
                }
                generator.reset(pristine.clone());
                history.clear();
            }
        }
        self.arena.close(instance).await;
    }

    /// Executes steps, of a generated world or written by hand; whether both servers have the same data after them.
    pub(crate) async fn steps(
        &self,
        instance: &Instance,
        steps: &[Step],
        (setup, history): (&[Step], &mut Vec<Step>),
        world: Option<u64>,
    ) -> bool {
        let began = history.len();
        for step in steps {
            let compared = self.arena.compare(instance, step, &[setup, history]).await;
            if compared.is_void(step) {
                self.report.give_up();
                return false;
            }
            history.push(step.clone());
            let refused = matches!(compared.reference.outcome, Outcome::Error(_));
            self.report.statement(&compared);
            let Some(kind) = compared.difference else { continue };
            if let Some(signature) = self.report.count(kind, step, &compared) {
                self.show(kind, signature, &compared, (setup, history, began), world).await;
            }
            let is_harmless = kind.is_harmless() || step.reads() || kind == Kind::Unsupported && refused;
            if !is_harmless {
                return false;
            }
        }
        true
    }

    async fn show(
        &self,
        kind: Kind,
        signature: String,
        compared: &Compared,
        (setup, history, began): (&[Step], &[Step], usize),
        world: Option<u64>,
    ) {
        let last = &history[history.len() - 1..];
        let mut shortest = None;
        // What is written by hand is as short as it should be.
        if world.is_some() && !matches!(kind, Kind::Message | Kind::Unsupported) && !self.is_over() {
            // Alone first; then all of this sequence; then all that its tables have seen.
            for steps in [last, &history[began..], history] {
                shortest = shrink(self.arena, setup, steps, kind).await;
                if shortest.is_some() {
                    break;
                }
            }
        }
        let mut origin = world.map_or_else(|| "by hand".to_owned(), |seed| format!("world {seed}"));
        if world.is_some() && shortest.is_none() && !matches!(kind, Kind::Message | Kind::Unsupported) {
            origin.push_str("; not shortened, or not to be seen on new tables");
        }
        let steps = shortest.unwrap_or_else(|| last.to_vec());
        let all: Vec<Step> = needed(setup, &steps).into_iter().chain(steps).collect();
        self.report.show(kind, signature, &all, compared, &origin);
    }
}
