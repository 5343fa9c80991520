//! Primes: which requests are answered how.

use crate::reply::{Kind, Reply};
use crate::request::Received;
use crate::sync::lock;
use cql_protocol::frame::Opcode;
use cql_protocol::types::ColumnSpec;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

/// What answers requests of a kind: a condition, and the answers in their order.
///
/// ```
/// use cql_testkit::{ErrorCode, Prime, Reply};
///
/// // Fails twice, then answers.
/// Prime::query("SELECT v FROM ks.t")
///     .times(2, Reply::error_code(ErrorCode::OVERLOADED, "busy"))
///     .reply(Reply::void());
/// ```
#[derive(Clone)]
#[must_use = "it does nothing until it is handed to a cluster, node or connection"]
pub struct Prime {
    conditions: Vec<Condition>,
    /// The text it is for, for finding the columns of a statement that is prepared.
    text: Option<Arc<str>>,
    replies: Vec<(Reply, Times)>,
}

type Condition = Arc<dyn Fn(&Received) -> bool + Send + Sync>;

/// How many requests an answer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Times {
    Always,
    Left(usize),
}

/// Where a prime holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    Cluster,
    Datacenter(String),
    Node(usize),
    Connection(u64),
}

impl Prime {
    /// Requests for which the condition holds.
    pub fn matching(condition: impl Fn(&Received) -> bool + Send + Sync + 'static) -> Self {
        Prime { conditions: vec![Arc::new(condition)], text: None, replies: Vec::new() }
    }

    /// QUERY and EXECUTE of this statement, and batches that hold it.
    pub fn query(text: &str) -> Self {
        let text: Arc<str> = text.into();
        let wanted = Arc::clone(&text);
        let prime = Prime::matching(move |request| {
            executes(request) && request.texts().any(|text| text.trim() == wanted.trim())
        });
        Prime { text: Some(text), ..prime }
    }

    /// QUERY and EXECUTE of statements that begin so, and batches that hold one.
    pub fn prefix(text: &str) -> Self {
        let wanted = text.to_owned();
        Prime::matching(move |request| {
            executes(request) && request.texts().any(|text| text.trim_start().starts_with(&wanted))
        })
    }

    /// QUERY and EXECUTE of statements in which this regular expression is found, and batches that hold one.
    ///
    /// # Panics
    /// When it is no regular expression.
    #[cfg(feature = "regex")]
    #[track_caller]
    #[allow(clippy::panic, reason = "a mistake in a test")]
    pub fn regex(pattern: &str) -> Self {
        match regex_lite::Regex::new(pattern) {
            Ok(regex) => Prime::matching(move |request| {
                executes(request) && request.texts().any(|text| regex.is_match(text))
            }),
            Err(error) => panic!("`{pattern}`: {error}"),
        }
    }

    /// PREPARE of this statement.
    pub fn prepare(text: &str) -> Self {
        let wanted = text.trim().to_owned();
        Prime::opcode(Opcode::PREPARE)
            .and(move |request| request.text().is_some_and(|text| text.trim() == wanted))
    }

    /// All requests of a kind: STARTUP, OPTIONS, REGISTER, AUTH_RESPONSE …
    pub fn opcode(opcode: Opcode) -> Self {
        Prime::matching(move |request| request.opcode() == opcode)
    }

    /// Only those for which this holds too.
    pub fn and(mut self, condition: impl Fn(&Received) -> bool + Send + Sync + 'static) -> Self {
        self.conditions.push(Arc::new(condition));
        self
    }

    /// Then answers every request so.
    pub fn reply(mut self, reply: Reply) -> Self {
        self.replies.push((reply, Times::Always));
        self
    }

    /// Then answers one request so. Behind the last answer the prime is of no effect any more.
    pub fn once(self, reply: Reply) -> Self {
        self.times(1, reply)
    }

    /// Then answers so many requests so.
    pub fn times(mut self, requests: usize, reply: Reply) -> Self {
        self.replies.push((reply, Times::Left(requests)));
        self
    }

    fn next(&mut self) -> Option<Reply> {
        while let Some((reply, times)) = self.replies.first_mut() {
            match times {
                Times::Always => return Some(reply.clone()),
                Times::Left(0) => {
                    drop(self.replies.remove(0));
                }
                Times::Left(left) => {
                    *left -= 1;
                    return Some(reply.clone());
                }
            }
        }
        None
    }

    /// The columns of the first rows it answers with.
    fn columns(&self) -> Option<Arc<[ColumnSpec]>> {
        self.replies.iter().find_map(|(reply, _)| match &reply.kind {
            Kind::Rows { pages, .. } => pages.first().map(|rows| Arc::clone(rows.columns())),
            _ => None,
        })
    }
}

impl fmt::Debug for Prime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prime").field("text", &self.text).field("replies", &self.replies).finish()
    }
}

fn executes(request: &Received) -> bool {
    matches!(request.opcode(), Opcode::QUERY | Opcode::EXECUTE | Opcode::BATCH)
}

/// A prime in force.
#[derive(Debug, Clone)]
pub struct Primed {
    hits: Arc<AtomicUsize>,
    removed: Arc<Mutex<bool>>,
}

impl Primed {
    /// How many requests it has answered.
    #[must_use]
    pub fn hits(&self) -> usize {
        self.hits.load(Relaxed)
    }

    /// Takes it out of force.
    pub fn remove(&self) {
        *lock(&self.removed) = true;
    }
}

/// All primes in force, the newest last.
#[derive(Debug, Default)]
pub(crate) struct Primes(Mutex<Vec<(Scope, Prime, Primed)>>);

impl Primes {
    pub(crate) fn add(&self, scope: Scope, prime: Prime) -> Primed {
        let primed = Primed { hits: Arc::default(), removed: Arc::default() };
        lock(&self.0).push((scope, prime, primed.clone()));
        primed
    }

    pub(crate) fn clear(&self) {
        lock(&self.0).clear();
    }

    /// The answer of the newest prime that is for this request and not used up.
    pub(crate) fn reply_to(&self, request: &Received, is_in: impl Fn(&str) -> bool) -> Option<Reply> {
        let candidates: Vec<_> = {
            let mut primes = lock(&self.0);
            primes.retain(|(_, prime, primed)| !prime.replies.is_empty() && !*lock(&primed.removed));
            let here = |scope: &Scope| match scope {
                Scope::Cluster => true,
                Scope::Datacenter(name) => is_in(name),
                Scope::Node(node) => *node == request.node(),
                Scope::Connection(connection) => *connection == request.connection(),
            };
            let newest = primes.iter().rev().filter(|(scope, ..)| here(scope));
            newest.map(|(_, prime, primed)| (prime.conditions.clone(), primed.clone())).collect()
        };
        // Conditions are the test's code, which may prime.
        for (conditions, primed) in candidates {
            if !conditions.iter().all(|condition| condition(request)) {
                continue;
            }
            let mut primes = lock(&self.0);
            let Some((_, prime, _)) =
                primes.iter_mut().find(|(_, _, other)| Arc::ptr_eq(&other.hits, &primed.hits))
            else {
                continue;
            };
            if let Some(reply) = prime.next() {
                primed.hits.fetch_add(1, Relaxed);
                return Some(reply);
            }
        }
        None
    }

    /// The columns that a statement returns, if a prime for it answers with rows.
    pub(crate) fn columns_of(&self, text: &str) -> Option<Arc<[ColumnSpec]>> {
        let primes = lock(&self.0);
        let of_text = primes
            .iter()
            .rev()
            .filter(|(_, prime, _)| prime.text.as_ref().is_some_and(|wanted| wanted.trim() == text.trim()));
        of_text.filter_map(|(_, prime, _)| prime.columns()).next()
    }
}
