//! The shortest sequence that still shows a difference.

use crate::arena::Arena;
use crate::compare::Kind;
use crate::step::Step;
use std::cell::Cell;

/// Runs on new tables at most: each takes a good part of a second.
const MOST_TRIES: usize = 40;

/// Leaves out of `steps` what is not needed for its last to differ. `None` where it does not differ on new tables.
pub(crate) async fn shrink(arena: &Arena, setup: &[Step], steps: &[Step], kind: Kind) -> Option<Vec<Step>> {
    let tries = Cell::new(0);
    let differs = async |steps: &[Step]| {
        tries.set(tries.get() + 1);
        differs_alone(arena, setup, steps, kind).await
    };
    if !differs(steps).await {
        return None;
    }
    let mut kept = steps.to_vec();
    let mut length = kept.len().div_ceil(2);
    while length > 0 {
        let mut at = 0;
        // The last is the one that differs.
        while at + 1 < kept.len() && tries.get() < MOST_TRIES {
            let end = (at + length).min(kept.len() - 1);
            let fewer: Vec<Step> = kept[..at].iter().chain(&kept[end..]).cloned().collect();
            if differs(&fewer).await { kept = fewer } else { at = end }
        }
        length /= 2;
    }
    Some(kept)
}

async fn differs_alone(arena: &Arena, setup: &[Step], steps: &[Step], kind: Kind) -> bool {
    let instance = arena.open().await;
    let setup = needed(setup, steps);
    let mut last = None;
    for step in &setup {
        last = Some(arena.compare(&instance, step, &[]).await);
    }
    for (at, step) in steps.iter().enumerate() {
        last = Some(arena.compare(&instance, step, &[&setup, &steps[..at]]).await);
    }
    arena.close(instance).await;
    last.is_some_and(|compared| compared.difference == Some(kind))
}

/// Those of the statements that make tables which the steps are about, and which they need in turn.
pub(crate) fn needed(setup: &[Step], steps: &[Step]) -> Vec<Step> {
    let mut kept: Vec<Step> = Vec::new();
    for step in setup.iter().rev() {
        let text = &step.statements[0].text;
        let mut words = text.split([' ', '(']).skip_while(|word| !matches!(*word, "TABLE" | "TYPE" | "ON"));
        let name = words.nth(1).unwrap_or_default();
        if steps.iter().chain(&kept).any(|other| other.names(name)) {
            kept.push(step.clone());
        }
    }
    kept.reverse();
    kept
}
