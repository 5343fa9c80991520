//! What programs here fail with.

/// Whatever went wrong in a program that measures: it is printed, and never decided upon.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
