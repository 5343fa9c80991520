//! The options of tables that are maps: caching, compaction and compression.

use crate::engine::problem::{self, Result};

type Pairs = Vec<(String, String)>;

const COMPACTION: &str = "org.apache.cassandra.db.compaction.";
const COMPRESSION: &str = "org.apache.cassandra.io.compress.";

/// What a table has that says nothing.
pub(super) fn default(name: &str) -> Pairs {
    let pairs: &[(&str, &str)] = match name {
        "caching" => &[("keys", "ALL"), ("rows_per_partition", "NONE")],
        "compaction" => &[
            ("class", "org.apache.cassandra.db.compaction.SizeTieredCompactionStrategy"),
            ("max_threshold", "32"),
            ("min_threshold", "4"),
        ],
        "compression" => {
            &[("chunk_length_in_kb", "16"), ("class", "org.apache.cassandra.io.compress.LZ4Compressor")]
        }
        _ => &[],
    };
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn get<'a>(pairs: &'a Pairs, key: &str) -> Option<&'a str> {
    pairs.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
}

fn take(pairs: &mut Pairs, key: &str) -> Option<String> {
    let at = pairs.iter().position(|(known, _)| known == key)?;
    Some(pairs.remove(at).1)
}

/// With a package, if it has none.
fn full_name(package: &str, class: &str) -> String {
    if class.contains('.') { class.to_owned() } else { format!("{package}{class}") }
}

pub(super) fn caching(said: Pairs) -> Result<Pairs> {
    if let Some((key, _)) =
        said.iter().find(|(key, _)| !matches!(key.as_str(), "keys" | "rows_per_partition"))
    {
        return Err(problem::configuration(format!(
            "Invalid caching sub-options [{key}]: only 'keys' and 'rows_per_partition' are allowed"
        )));
    }
    let mut pairs = default("caching");
    for (key, value) in &mut pairs {
        // What is not said of a map that is, is off.
        let said = get(&said, key).unwrap_or("NONE");
        let upper = said.to_ascii_uppercase();
        let is_word = matches!(upper.as_str(), "ALL" | "NONE");
        let is_number = key == "rows_per_partition" && said.parse().is_ok_and(|rows: i32| rows >= 0);
        if !is_word && !is_number {
            let allowed = if key == "keys" {
                "only 'ALL' and 'NONE' are allowed"
            } else {
                "only 'ALL', 'NONE', and integer values are allowed"
            };
            return Err(problem::configuration(format!(
                "Invalid value '{said}' for caching sub-option '{key}': {allowed}"
            )));
        }
        *value = upper;
    }
    Ok(pairs)
}

const OF_ALL: &[&str] = &[
    "enabled",
    "log_all",
    "max_threshold",
    "min_threshold",
    "only_purge_repaired_tombstones",
    "provide_overlapping_tombstones",
    "tombstone_compaction_interval",
    "tombstone_threshold",
    "unchecked_tombstone_compaction",
];

/// What a strategy knows besides; `None` when there is no such strategy.
fn of_strategy(strategy: &str) -> Option<&'static [&'static str]> {
    Some(match strategy {
        "SizeTieredCompactionStrategy" => &["bucket_high", "bucket_low", "min_sstable_size"],
        "LeveledCompactionStrategy" => &[
            "bucket_high",
            "bucket_low",
            "fanout_size",
            "min_sstable_size",
            "single_sstable_uplevel",
            "sstable_size_in_mb",
        ],
        "TimeWindowCompactionStrategy" => &[
            "bucket_high",
            "bucket_low",
            "compaction_window_size",
            "compaction_window_unit",
            "expired_sstable_check_frequency_seconds",
            "min_sstable_size",
            "timestamp_resolution",
            "unsafe_aggressive_sstable_expiration",
        ],
        "UnifiedCompactionStrategy" => &[
            "base_shard_count",
            "expired_sstable_check_frequency_seconds",
            "flush_size_override",
            "max_sstables_to_compact",
            "min_sstable_size",
            "overlap_inclusion_method",
            "scaling_parameters",
            "sstable_growth",
            "target_sstable_size",
            "unsafe_aggressive_sstable_expiration",
        ],
        _ => return None,
    })
}

pub(super) fn compaction(mut pairs: Pairs) -> Result<Pairs> {
    let Some(class) = take(&mut pairs, "class") else {
        return Err(problem::configuration("Missing sub-option 'class' for the 'compaction' option"));
    };
    let class = full_name(COMPACTION, &class);
    let strategy = class.strip_prefix(COMPACTION).unwrap_or_default();
    let Some(known) = of_strategy(strategy) else {
        return Err(problem::configuration(format!("Unable to find compaction strategy class '{class}'")));
    };
    if strategy != "UnifiedCompactionStrategy" {
        check_thresholds(&pairs)?;
    }
    let is_known = |key: &str| OF_ALL.contains(&key) || known.contains(&key);
    let unknown: Vec<&str> = pairs.iter().map(|(key, _)| key.as_str()).filter(|key| !is_known(key)).collect();
    if !unknown.is_empty() {
        return Err(problem::configuration(format!(
            "Properties specified [{}] are not understood by {strategy}",
            unknown.join(", ")
        )));
    }
    if strategy != "UnifiedCompactionStrategy" {
        for (key, value) in [("max_threshold", "32"), ("min_threshold", "4")] {
            if get(&pairs, key).is_none() {
                pairs.push((key.to_owned(), value.to_owned()));
            }
        }
    }
    pairs.push(("class".to_owned(), class));
    Ok(pairs)
}

fn check_thresholds(pairs: &Pairs) -> Result<()> {
    let threshold = |name: &str, default| match get(pairs, name) {
        None => Ok(default),
        Some(text) => text.parse::<i32>().map_err(|_| {
            problem::configuration(format!(
                "Invalid value {text} for '{name}' compaction sub-option - must be an integer"
            ))
        }),
    };
    let (least, most) = (threshold("min_threshold", 4)?, threshold("max_threshold", 32)?);
    if least < 2 {
        let message = format!("Min compaction threshold cannot be less than 2 (got {least})");
        return Err(problem::configuration(message));
    }
    if least > most {
        return Err(problem::configuration(format!(
            "Min compaction threshold (got {least}) cannot be greater than max compaction threshold (got {most})"
        )));
    }
    Ok(())
}

/// What a compressor knows besides; `None` when there is no such one.
fn of_compressor(compressor: &str) -> Option<&'static [&'static str]> {
    Some(match compressor {
        "LZ4Compressor" => &["lz4_compressor_type", "lz4_high_compressor_level"],
        "ZstdCompressor" => &["compression_level"],
        "DeflateCompressor" | "NoopCompressor" | "SnappyCompressor" => &[],
        _ => return None,
    })
}

pub(super) fn compression(mut pairs: Pairs) -> Result<Pairs> {
    let enabled = take(&mut pairs, "enabled");
    let is_off = enabled.as_deref().is_some_and(|text| !text.eq_ignore_ascii_case("true"));
    if is_off || (enabled.is_none() && pairs.is_empty()) {
        if !pairs.is_empty() {
            let message = "If the 'enabled' option is set to false no other options must be specified";
            return Err(problem::configuration(message));
        }
        return Ok(vec![("enabled".to_owned(), "false".to_owned())]);
    }
    let Some(class) = take(&mut pairs, "class") else {
        return Err(problem::configuration("Missing sub-option 'class' for the 'compression' option."));
    };
    let class = full_name(COMPRESSION, &class);
    let Some(known) = class.strip_prefix(COMPRESSION).and_then(of_compressor) else {
        return Err(problem::configuration(format!("Could not create Compression for type {class}")));
    };
    match get(&pairs, "chunk_length_in_kb").map(str::parse::<u32>) {
        None => pairs.push(("chunk_length_in_kb".to_owned(), "16".to_owned())),
        Some(Err(_)) => return Err(problem::configuration("Invalid value for chunk_length_in_kb")),
        Some(Ok(length)) if !length.is_power_of_two() => {
            return Err(problem::configuration("chunk_length_in_kb must be a power of 2"));
        }
        Some(Ok(_)) => {}
    }
    let is_known =
        |key: &str| matches!(key, "chunk_length_in_kb" | "min_compress_ratio") || known.contains(&key);
    let unknown: Vec<&str> = pairs.iter().map(|(key, _)| key.as_str()).filter(|key| !is_known(key)).collect();
    if !unknown.is_empty() {
        let message = format!("Unknown compression options {}", unknown.join(", "));
        return Err(problem::configuration(message));
    }
    pairs.push(("class".to_owned(), class));
    Ok(pairs)
}
