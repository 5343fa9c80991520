//! CQL as text: tokens, statements as data, what is wrong with a text.

pub(crate) mod ast;
mod error;
mod lexer;
mod parser;
#[cfg(test)]
mod tests;

pub use error::SyntaxError;
pub(super) use parser::parse;
