//! What the driver logs, for tests that look at it.

use std::cell::RefCell;
use std::fmt::{self, Write};
use std::sync::Once;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

thread_local! {
    /// What is logged on this thread at any level, once it is listened to.
    static LOGGED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Listens on all threads, since whether a line of code logs is decided once for all of them, and keeps what comes from
/// those that want to know.
struct Captured;

impl Captured {
    fn write(write: impl FnOnce(&mut String)) {
        LOGGED.with_borrow_mut(|logged| logged.as_mut().map(write));
    }
}

struct Text<'a>(&'a mut String);

impl Visit for Text<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }
}

impl Subscriber for Captured {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        Captured::write(|text| span.record(&mut Text(text)));
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, values: &Record<'_>) {
        Captured::write(|text| values.record(&mut Text(text)));
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        Captured::write(|text| {
            event.record(&mut Text(text));
            text.push('\n');
        });
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

static LISTENING: Once = Once::new();

/// Keeps what is logged on this thread from now on, at any level.
pub(crate) fn listen() {
    LISTENING.call_once(|| tracing::subscriber::set_global_default(Captured).unwrap());
    LOGGED.set(Some(String::new()));
}

/// What was logged since.
pub(crate) fn take() -> String {
    LOGGED.take().unwrap()
}
