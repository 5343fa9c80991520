//! Why values could not be bound to a statement.

use super::encode::ValueError;
use super::rust_name::RustName;
use crate::types::ColumnSpec;
use crate::version::ProtocolVersion;
use std::error::Error;
use std::fmt;

/// Why values could not be bound to a statement. It names markers, counts and types, never a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BindError(Box<Reason>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Reason {
    Value { index: u16, name: Option<Box<str>>, error: ValueError },
    Unset { index: u16, name: Option<Box<str>>, version: ProtocolVersion },
    Count { given: usize, markers: usize, version: ProtocolVersion },
    UnknownName { name: Box<str>, known: Vec<Box<str>> },
    NoField { index: u16, name: Box<str>, rust_type: &'static str },
    TooMany,
    MixedNames,
    TooLongName,
}

impl BindError {
    #[cold]
    pub(super) fn value(index: u16, name: Option<&str>, error: ValueError) -> Self {
        Self::new(Reason::Value { index, name: name.map(Into::into), error })
    }

    #[cold]
    pub(super) fn unset(index: u16, name: Option<&str>, version: ProtocolVersion) -> Self {
        Self::new(Reason::Unset { index, name: name.map(Into::into), version })
    }

    #[cold]
    pub(super) fn count(given: usize, markers: usize, version: ProtocolVersion) -> Self {
        Self::new(Reason::Count { given, markers, version })
    }

    /// A value was given under a `name` that no marker has.
    #[cold]
    #[must_use]
    pub fn unknown_name(name: &str, markers: &[ColumnSpec]) -> Self {
        let known = markers.iter().map(|marker| marker.name().into()).collect();
        Self::new(Reason::UnknownName { name: name.into(), known })
    }

    /// `R`, which is bound by name, has no field for a marker.
    #[cold]
    pub(super) fn no_field<R>(marker: &ColumnSpec, index: u16) -> Self {
        let rust_type = std::any::type_name::<R>();
        Self::new(Reason::NoField { index, name: marker.name().into(), rust_type })
    }

    #[cold]
    pub(super) fn too_many() -> Self {
        Self::new(Reason::TooMany)
    }

    #[cold]
    pub(super) fn mixed_names() -> Self {
        Self::new(Reason::MixedNames)
    }

    #[cold]
    pub(super) fn too_long_name() -> Self {
        Self::new(Reason::TooLongName)
    }

    fn new(reason: Reason) -> Self {
        BindError(Box::new(reason))
    }

    /// The marker at fault, counted from 0, where one is.
    #[must_use]
    pub fn index(&self) -> Option<usize> {
        match &*self.0 {
            Reason::Value { index, .. } | Reason::Unset { index, .. } | Reason::NoField { index, .. } => {
                Some(usize::from(*index))
            }
            _ => None,
        }
    }

    /// The name of the marker at fault, where it has one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match &*self.0 {
            Reason::Value { name, .. } | Reason::Unset { name, .. } => name.as_deref(),
            Reason::UnknownName { name, .. } | Reason::NoField { name, .. } => Some(name),
            _ => None,
        }
    }

    /// What is wrong with that marker's value, where it is the value.
    #[must_use]
    pub fn value_error(&self) -> Option<&ValueError> {
        match &*self.0 {
            Reason::Value { error, .. } => Some(error),
            _ => None,
        }
    }
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Reason::Value { index, name: Some(name), error } => {
                write!(f, "cannot bind `{name}` (index {index}): {error}")
            }
            Reason::Value { index, name: None, error } => write!(f, "cannot bind value {index}: {error}"),
            Reason::Unset { index, name, version } => {
                let name = name.as_ref().map(|name| format!("`{name}` (index {index})"));
                let name = name.unwrap_or_else(|| format!("value {index}"));
                write!(
                    f,
                    "cannot leave {name} unset: protocol {version} has no unset values, bind null or a value"
                )
            }
            Reason::Count { given, markers, version } => {
                write!(f, "{given} values for {markers} bind markers")?;
                if given < markers {
                    write!(f, ": protocol {version} cannot leave the rest unset")?;
                }
                Ok(())
            }
            Reason::UnknownName { name, known } => {
                write!(f, "no bind marker is named `{name}`, the statement has {}", known.join(", "))
            }
            Reason::NoField { index, name, rust_type } => {
                write!(f, "{} has no field for the bind marker `{name}` (index {index})", RustName(rust_type))
            }
            Reason::TooMany => f.write_str("more than 65535 values in one statement"),
            Reason::MixedNames => f.write_str("values with names and values without in one statement"),
            Reason::TooLongName => f.write_str("the name of a value is longer than 65535 bytes"),
        }
    }
}

impl Error for BindError {}
