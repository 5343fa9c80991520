//! What the driver logs, for tests that look at it.

use std::cell::RefCell;
use std::fmt::{self, Write};
use std::sync::{LazyLock, Once};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};

thread_local! {
    /// What is logged on this thread at any level, once it is listened to.
    static LOGGED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Keeps what comes from the threads that want to know. To the others it is as if nobody listened: the driver goes
/// another way where its requests are spans.
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
    /// Which thread it is matters: not to be decided once for all.
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        *SPANS || LOGGED.with_borrow(Option::is_some)
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
/// With `CQL_SPANS` in the environment every request of every test is a span.
static SPANS: LazyLock<bool> = LazyLock::new(|| std::env::var_os("CQL_SPANS").is_some());

fn subscribe() {
    LISTENING.call_once(|| tracing::subscriber::set_global_default(Captured).unwrap());
}

/// Keeps what is logged on this thread from now on, at any level.
pub(crate) fn listen() {
    subscribe();
    LOGGED.set(Some(String::new()));
}

/// Has a test take the way of those who trace their requests, where all are to.
pub(crate) fn make_spans_if_asked() {
    if *SPANS {
        subscribe();
    }
}

/// What was logged since.
pub(crate) fn take() -> String {
    LOGGED.take().unwrap()
}
