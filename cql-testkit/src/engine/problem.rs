//! Why a statement is not executed, in the codes and words of a server.

use super::values::type_name;
use cql_protocol::response::{ErrorCode, ErrorDetails, ServerError};
use cql_protocol::types::ColumnType;

/// What the parts of the engine return.
pub(crate) type Result<T> = std::result::Result<T, ServerError>;

/// The statement makes no sense for this schema, or these values (0x2200).
pub(crate) fn invalid(message: impl Into<String>) -> ServerError {
    ServerError::new(ErrorCode::INVALID, message)
}

/// The text is no statement (0x2000).
pub(crate) fn syntax(message: impl Into<String>) -> ServerError {
    ServerError::new(ErrorCode::SYNTAX_ERROR, message)
}

/// A change of the schema that cannot be (0x2300).
pub(crate) fn configuration(message: impl Into<String>) -> ServerError {
    ServerError::new(ErrorCode::CONFIG_ERROR, message)
}

/// What a server did not expect of itself (0x0000).
pub(crate) fn server(message: impl Into<String>) -> ServerError {
    ServerError::new(ErrorCode::SERVER_ERROR, message)
}

/// A function of the server failed on its arguments (0x1400).
pub(crate) fn function_failure(
    name: &str,
    arguments: &[ColumnType],
    message: impl Into<String>,
) -> ServerError {
    let details = ErrorDetails::FunctionFailure {
        keyspace: "system".to_owned(),
        function: name.to_owned(),
        arg_types: arguments.iter().map(|of| type_name(of, false)).collect(),
    };
    ServerError::with_details(message, details)
}

/// What this server does not do, by its name.
pub(crate) fn unsupported(what: &str) -> ServerError {
    invalid(format!("cql-testkit does not support {what}"))
}
