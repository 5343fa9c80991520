//! Names of Rust types as their users write them.

use std::fmt;

/// Shows a name from [`std::any::type_name`] in backticks, without module paths and lifetimes: `` `Vec<String>` ``.
pub(super) struct RustName(pub(super) &'static str);

impl fmt::Display for RustName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Newer compilers tell that there are lifetimes, older ones do not.
        let name = self.0.replace("<'_>", "").replace("'_, ", "");
        let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
        f.write_str("`")?;
        let mut rest = name.as_str();
        while !rest.is_empty() {
            let end = rest.find(|c| !is_path(c)).unwrap_or(rest.len());
            let (path, tail) = rest.split_at(end);
            f.write_str(path.rsplit("::").next().unwrap_or(path))?;
            let separators = tail.find(is_path).unwrap_or(tail.len());
            let (between, tail) = tail.split_at(separators);
            f.write_str(between)?;
            rest = tail;
        }
        f.write_str("`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn module_paths_are_left_out() {
        let name = std::any::type_name::<BTreeMap<String, (Option<&[u8]>, Vec<i32>)>>();
        assert_eq!(RustName(name).to_string(), "`BTreeMap<String, (Option<&[u8]>, Vec<i32>)>`");
    }
}
