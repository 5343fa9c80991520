//! When a replica is asked again: the policies of `speculative_retry` and `additional_write_policy`.

/// A policy in the server's spelling; `None` when it is none.
pub(super) fn policy(text: &str) -> Option<String> {
    let upper = text.trim().to_ascii_uppercase();
    match upper.as_str() {
        "NEVER" | "NONE" => return Some("NEVER".to_owned()),
        "ALWAYS" => return Some(upper),
        _ => {}
    }
    for function in ["MIN", "MAX"] {
        let inner = upper.strip_prefix(function).map(str::trim_start);
        if let Some(inner) = inner.and_then(|rest| rest.strip_prefix('(')?.strip_suffix(')')) {
            let (one, two) = inner.split_once(',')?;
            return Some(format!("{function}({},{})", simple(one.trim())?, simple(two.trim())?));
        }
    }
    simple(&upper)
}

/// `99p` or `50ms`, of capital letters.
fn simple(text: &str) -> Option<String> {
    if let Some(milliseconds) = text.strip_suffix("MS") {
        let whole = milliseconds.parse::<f64>().ok().filter(|it| it.is_finite() && *it >= 0.0)?.trunc();
        return Some(format!("{whole}ms"));
    }
    let number = text.strip_suffix("PERCENTILE").or_else(|| text.strip_suffix('P'))?;
    let percentile: f64 = number.trim().parse().ok()?;
    (0.0..=100.0).contains(&percentile).then(|| format!("{percentile}p"))
}
