//! `intAsBlob` and `blobAsInt`, and the like of all native types.

use super::Scalar;
use crate::engine::problem;
use crate::engine::values;
use cql_protocol::types::ColumnType;

/// Both spellings of both ways.
pub(super) fn find(name: &str) -> Vec<Scalar> {
    let to = name.strip_suffix("_as_blob").or_else(|| name.strip_suffix("asblob"));
    let from = name.strip_prefix("blob_as_").or_else(|| name.strip_prefix("blobas"));
    let native = |name: &str| values::native_type(name).filter(|of| *of != ColumnType::Blob);
    if let Some(of) = to.and_then(native) {
        let body = |arguments: &[Option<bytes::Bytes>], _| Ok(arguments.first().cloned().flatten());
        return vec![Scalar::new(name, [of], ColumnType::Blob, body)];
    }
    let Some(of) = from.and_then(native) else { return Vec::new() };
    let (shown, returns) = (name.to_owned(), of.clone());
    vec![Scalar::new(name, [ColumnType::Blob], returns, move |arguments, _| {
        let Some(Some(bytes)) = arguments.first() else { return Ok(None) };
        if values::validate(&of, bytes).is_err() {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            let of = values::type_name(&of, false);
            return Err(problem::invalid(format!(
                "In call to function system.{shown}, value 0x{hex} is not a valid binary representation for type {of}"
            )));
        }
        Ok(Some(bytes.clone()))
    })]
}
