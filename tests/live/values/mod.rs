//! Every CQL type, written in each way there is and read back.

mod foreign;
mod nested;
mod nothing;
mod scalars;
mod user_types;
mod vectors;

use cql_driver::Session;
use cql_driver::value::{CqlValue, FromCql, FromRow, ToCql};
use cql_tests::{Capability, Database};
use std::fmt::Debug;

/// What a value must be to be tried.
pub(crate) trait Value: ToCql + for<'a> FromCql<'a> + PartialEq + Debug + Send + Sync {}
impl<T: ToCql + for<'a> FromCql<'a> + PartialEq + Debug + Send + Sync> Value for T {}

/// A column where values are tried, of a table whose key is `k text`.
#[derive(Clone, Copy)]
pub(crate) struct Column<'a> {
    pub(crate) db: &'a Database,
    pub(crate) session: &'a Session,
    pub(crate) table: &'a str,
    pub(crate) name: &'a str,
}

impl Column<'_> {
    /// Writes a value as a literal, bound, bound without preparing, as a dynamic value and as that one's own literal;
    /// all must read as the same value, in Rust and in the server's JSON.
    pub(crate) async fn check<T: Value>(self, literal: &str, value: T) {
        self.write_literal("literal", literal).await;
        assert_eq!(self.read::<T>("literal").await, value, "{} read from {literal}", self.name);
        let json = self.json("literal").await;

        self.write("bound", &value).await;
        assert_eq!(self.read::<T>("bound").await, value, "{} bound", self.name);
        assert_eq!(self.json("bound").await, json, "{} bound", self.name);

        let dynamic: CqlValue = self.read("literal").await;
        self.write("dynamic", &dynamic).await;
        assert_eq!(self.read::<CqlValue>("dynamic").await, dynamic, "{} dynamic", self.name);
        assert_eq!(self.json("dynamic").await, json, "{} dynamic", self.name);

        self.write_literal("shown", &dynamic.to_string()).await;
        assert_eq!(self.read::<T>("shown").await, value, "{} from the literal {dynamic}", self.name);
        assert_eq!(self.json("shown").await, json, "{} from the literal {dynamic}", self.name);
    }

    /// Binds a value to text that was not prepared: its Rust type says what it is.
    pub(crate) async fn check_unprepared<T: Value>(self, value: T) {
        let text = format!("INSERT INTO {} (k, {}) VALUES (?, ?)", self.table, self.name);
        self.session.execute(&text, (self.key("unprepared"), &value)).await.unwrap();
        assert_eq!(self.read::<T>("unprepared").await, value, "{} unprepared", self.name);
    }

    pub(crate) async fn write_literal(self, row: &str, literal: &str) {
        let (table, name, key) = (self.table, self.name, self.key(row));
        let text = format!("INSERT INTO {table} (k, {name}) VALUES ('{key}', {literal})");
        self.session.execute(&text, ()).await.unwrap_or_else(|error| panic!("`{text}`: {error}"));
    }

    pub(crate) async fn write<T: ToCql + Sync>(self, row: &str, value: &T) {
        let text = format!("INSERT INTO {} (k, {}) VALUES (?, ?)", self.table, self.name);
        let insert = self.session.prepare(&text).await.unwrap();
        let bound = self.session.execute(&insert, (self.key(row), value)).await;
        bound.unwrap_or_else(|error| panic!("`{text}`: {error:?}"));
    }

    pub(crate) async fn read<T: for<'a> FromCql<'a>>(self, row: &str) -> T {
        let select = format!("SELECT {} FROM {} WHERE k = ?", self.name, self.table);
        self.select::<(T,)>(&select, row).await.0
    }

    async fn json(self, row: &str) -> Option<String> {
        if !self.db.can(Capability::Json) {
            return None;
        }
        let select = format!("SELECT JSON {} FROM {} WHERE k = ?", self.name, self.table);
        Some(self.select::<(String,)>(&select, row).await.0)
    }

    async fn select<R: for<'r> FromRow<'r>>(self, text: &str, row: &str) -> R {
        let select = self.session.prepare(text).await.unwrap();
        let result = self.session.execute(&select, (self.key(row),)).await.unwrap();
        result.single_row().unwrap_or_else(|error| panic!("`{text}`: {error:?}"))
    }

    /// The key of a row that no other test uses: libtest calls the thread of a test by its name.
    pub(crate) fn key(self, row: &str) -> String {
        let test = std::thread::current().name().unwrap_or_default().to_owned();
        format!("{test} {} {} {row}", self.session.protocol_version(), self.name)
    }
}

/// Runs a check on a session of each version that the release speaks.
pub(crate) async fn for_each_version(db: &Database, check: impl AsyncFn(&Session)) {
    for version in db.release().versions() {
        let session = db.session_of(version).await;
        check(&session).await;
        session.close().await;
    }
}
