//! Which levels of consistency writes may have.

use super::Plan;
use crate::engine::Call;
use crate::engine::problem::{self, Result};
use cql_protocol::Consistency;

/// Checks the level of a statement that is executed by itself and without conditions.
pub(super) fn check(plan: &Plan, call: &Call<'_>) -> Result<()> {
    // Nearly all are of another level.
    if !matches!(call.consistency, Consistency::Any | Consistency::Serial | Consistency::LocalSerial) {
        return Ok(());
    }
    let (level, is_any) = (call.consistency, call.consistency == Consistency::Any);
    let message = match () {
        () if plan.table.is_counter() && is_any => {
            format!("Consistency level ANY is not yet supported for counter table {}", plan.table.name())
        }
        () if plan.table.is_counter() => "Counter operations are inherently non-serializable".to_owned(),
        () if !is_any => "You must use conditional updates for serializable writes".to_owned(),
        () if plan.regulars.iter().chain(&plan.statics).any(super::Operation::reads) => {
            format!("Write operation require a read but consistency {level} is not supported on reads")
        }
        () => return Ok(()),
    };
    Err(problem::invalid(message))
}

/// Checks the levels of conditional statements.
pub(super) fn check_conditional(call: &Call<'_>) -> Result<()> {
    let level = call.consistency;
    if matches!(level, Consistency::Serial | Consistency::LocalSerial) {
        let message = "is not supported as conditional update commit consistency. Use ANY if you mean \"make sure it is accepted but I don't care how many replicas commit it for non-SERIAL reads\"";
        return Err(problem::invalid(format!("{level} {message}")));
    }
    Ok(())
}
