//! The options of tables: what stands behind WITH, checked, and as the server keeps it.

mod maps;
mod retries;

use super::properties;
use super::table::Options;
use crate::engine::problem::{self, Result};
use crate::engine::syntax::ast::{self, OptionValue};
use uuid::Uuid;

const NAMES: &[&str] = &[
    "additional_write_policy",
    "allow_auto_snapshot",
    "bloom_filter_fp_chance",
    "caching",
    "cdc",
    "comment",
    "compaction",
    "compression",
    "crc_check_chance",
    "default_time_to_live",
    "extensions",
    "gc_grace_seconds",
    "id",
    "incremental_backups",
    "max_index_interval",
    "memtable",
    "memtable_flush_period_in_ms",
    "min_index_interval",
    "read_repair",
    "speculative_retry",
];

/// Twenty years.
const MAX_TIME_TO_LIVE: i32 = 630_720_000;

const DEFAULT_GRACE: i32 = 864_000;

impl Options {
    /// Those of a table without a WITH.
    pub(super) fn new() -> Self {
        Options { gc_grace_seconds: DEFAULT_GRACE, ..Options::default() }
    }
}

/// The identity that a CREATE TABLE asks for.
pub(super) fn id(options: &ast::Options) -> Result<Option<Uuid>> {
    let Some(text) = properties::text(options, "id")? else { return Ok(None) };
    Uuid::parse_str(text).map(Some).map_err(|_| problem::configuration("Invalid table id"))
}

/// What comes of options when others are said.
pub(super) fn merge(old: &Options, said: &ast::Options) -> Result<Options> {
    properties::check_names(said, NAMES)?;
    let mut new = old.clone();
    if let Some(comment) = properties::text(said, "comment")? {
        comment.clone_into(&mut new.comment);
    }
    if let Some(seconds) = properties::integer(said, "default_time_to_live")? {
        at_least(0, "default_time_to_live", seconds)?;
        if seconds > MAX_TIME_TO_LIVE {
            return Err(problem::configuration(format!(
                "default_time_to_live must be less than or equal to {MAX_TIME_TO_LIVE} (got {seconds})"
            )));
        }
        new.default_time_to_live = seconds;
    }
    if let Some(seconds) = properties::integer(said, "gc_grace_seconds")? {
        at_least(0, "gc_grace_seconds", seconds)?;
        new.gc_grace_seconds = seconds;
    }
    for name in ["caching", "compaction", "compression"] {
        if let Some(pairs) = properties::map(said, name)? {
            let pairs = match name {
                "caching" => maps::caching(pairs)?,
                "compaction" => maps::compaction(pairs)?,
                _ => maps::compression(pairs)?,
            };
            new.others.insert(name.to_owned(), OptionValue::Map(pairs));
        }
    }
    properties::map(said, "extensions")?;
    merge_numbers(&mut new, said)?;
    merge_words(&mut new, said)?;
    Ok(new)
}

fn merge_numbers(new: &mut Options, said: &ast::Options) -> Result<()> {
    if let Some(chance) = properties::double(said, "bloom_filter_fp_chance")? {
        if !(chance > 6.71e-5 && chance <= 1.0) {
            return Err(problem::configuration(format!(
                "bloom_filter_fp_chance must be larger than 6.71E-5 and less than or equal to 1.0 (got {chance:?})"
            )));
        }
        set(new, "bloom_filter_fp_chance", chance.to_string());
    }
    if let Some(chance) = properties::double(said, "crc_check_chance")? {
        if !(0.0..=1.0).contains(&chance) {
            return Err(problem::configuration(format!(
                "crc_check_chance must be larger than or equal to 0 and smaller than or equal to 1.0 (got {chance:?})"
            )));
        }
        set(new, "crc_check_chance", chance.to_string());
    }
    for (name, least) in
        [("min_index_interval", 1), ("max_index_interval", i32::MIN), ("memtable_flush_period_in_ms", 0)]
    {
        if let Some(number) = properties::integer(said, name)? {
            at_least(least, name, number)?;
            set(new, name, number.to_string());
        }
    }
    let (least, most) = (new.number("min_index_interval"), new.number("max_index_interval"));
    if most < least {
        return Err(problem::configuration(format!(
            "max_index_interval must be greater than or equal to min_index_interval ({least}) (got {most})"
        )));
    }
    Ok(())
}

fn merge_words(new: &mut Options, said: &ast::Options) -> Result<()> {
    for name in ["speculative_retry", "additional_write_policy"] {
        if let Some(text) = properties::text(said, name)? {
            let policy = retries::policy(text)
                .ok_or_else(|| problem::configuration(format!("Invalid value {text} for option '{name}'")))?;
            set(new, name, policy);
        }
    }
    for name in ["allow_auto_snapshot", "incremental_backups", "cdc"] {
        if let Some(value) = properties::boolean(said, name)? {
            set(new, name, value.to_string());
        }
    }
    if let Some(text) = properties::text(said, "read_repair")? {
        let upper = text.to_ascii_uppercase();
        if !matches!(upper.as_str(), "NONE" | "BLOCKING") {
            let class = "org.apache.cassandra.service.reads.repair.ReadRepairStrategy";
            return Err(problem::configuration(format!("No enum constant {class}.{upper}")));
        }
        set(new, "read_repair", upper);
    }
    if let Some(name) = properties::text(said, "memtable")?
        && name != "default"
    {
        return Err(problem::configuration(format!("Memtable configuration \"{name}\" not found.")));
    }
    Ok(())
}

fn set(options: &mut Options, name: &str, value: String) {
    options.others.insert(name.to_owned(), OptionValue::Plain(value));
}

fn at_least(least: i32, name: &str, value: i32) -> Result<()> {
    if value >= least {
        return Ok(());
    }
    let message = format!("{name} must be greater than or equal to {least} (got {value})");
    Err(problem::configuration(message))
}

impl Options {
    /// A number, as it was said or as it is without that.
    pub(super) fn number(&self, name: &str) -> i32 {
        let said = match self.others.get(name) {
            Some(OptionValue::Plain(text)) => text.parse().ok(),
            _ => None,
        };
        said.unwrap_or(match name {
            "min_index_interval" => 128,
            "max_index_interval" => 2048,
            _ => 0,
        })
    }

    /// What was said, if anything.
    pub(super) fn said(&self, name: &str) -> Option<&str> {
        match self.others.get(name) {
            Some(OptionValue::Plain(text)) => Some(text),
            _ => None,
        }
    }

    /// The pairs of a map, as they were said or as they are without that, by their keys.
    pub(super) fn map(&self, name: &str) -> Vec<(String, String)> {
        let mut pairs = match self.others.get(name) {
            Some(OptionValue::Map(pairs)) => pairs.clone(),
            _ => maps::default(name),
        };
        pairs.sort();
        pairs
    }
}
