//! One of the two servers that are compared.

use crate::answer::{Answer, Names, Outcome, Prepared};
use crate::step::{Bound, Step, Way};
use cql_driver::{
    Batch, BatchType, Cluster, Error, Executable, ExecutionProfile, PreparedStatement, QueryResult,
    SchemaMetadata, Session, Statement,
};
use std::time::Duration;

/// Pages that are read of a result at most: a server that never ends them is wrong.
const MOST_PAGES: usize = 200;
/// How often an index that is not built yet is asked again.
const PATIENCE: u32 = 100;
const TIMEOUT: Duration = Duration::from_secs(30);

/// A server with the keyspaces of this run.
#[derive(Debug)]
pub(crate) struct Side {
    cluster: Cluster,
    /// In no keyspace.
    session: Session,
    prefix: String,
    /// What `now` of a step is counted from.
    began: i32,
}

/// A keyspace with a session in it: names in statements have none.
#[derive(Debug)]
pub(crate) struct Place {
    session: Session,
    keyspace: String,
    began: i32,
}

impl Side {
    pub(crate) async fn connect(points: Vec<String>, prefix: String, began: i32) -> Self {
        let profile = ExecutionProfile::builder().request_timeout(TIMEOUT).build().expect("good settings");
        let cluster = Cluster::builder()
            .contact_points(points)
            .default_profile(profile)
            .schema_agreement_timeout(TIMEOUT)
            .schema_metadata(SchemaMetadata::off())
            .build()
            .expect("good settings");
        let session = cluster.connect().await.expect("a session");
        Side { cluster, session, prefix, began }
    }

    pub(crate) async fn open(&self, instance: usize) -> Place {
        let keyspace = format!("{}_{instance:06}", self.prefix);
        let replication = "{'class': 'SimpleStrategy', 'replication_factor': 1}";
        let text = format!("CREATE KEYSPACE {keyspace} WITH replication = {replication}");
        self.session.execute(text.as_str(), ()).await.expect("a keyspace can be created");
        let session = self.cluster.connect_keyspace(&keyspace).await.expect("a session");
        Place { session, keyspace, began: self.began }
    }

    pub(crate) async fn close(&self, place: Place) {
        place.session.close().await;
        let text = format!("DROP KEYSPACE {}", place.keyspace);
        // A server cannot drop one with an attached index of a descending vector.
        if let Err(error) = self.session.execute(text.as_str(), ()).await {
            println!("{} stays: {error}", place.keyspace);
        }
    }
}

impl Place {
    /// Executes a step; once more where the server was not ready.
    pub(crate) async fn answer(&self, step: &Step) -> Answer {
        let mut patience = PATIENCE;
        loop {
            let answer = self.answer_once(step).await;
            if !answer.outcome.waits_for_index() || patience == 0 {
                return answer;
            }
            patience -= 1;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn answer_once(&self, step: &Step) -> Answer {
        let names = Names { keyspace: &self.keyspace };
        let mut prepared = Vec::new();
        let outcome = match self.execute(step, &mut prepared).await {
            Ok(pages) => Outcome::of_pages(&pages, names),
            Err(error) => Outcome::of_error(&error, names),
        };
        Answer { prepared, outcome }
    }

    async fn execute(&self, step: &Step, told: &mut Vec<Prepared>) -> Result<Vec<QueryResult>, Error> {
        let now = self.began + step.now;
        let [first, ..] = step.statements.as_slice() else { return Ok(Vec::new()) };
        match step.way {
            Way::Query => {
                let statement = Statement::new(self.text(&first.text));
                let statement = statement.with_timestamp(step.timestamp).with_now_in_seconds(now);
                match step.page {
                    Some(rows) => self.pages(statement.with_page_size(rows), first).await,
                    None => Ok(vec![self.session.execute(&statement, first).await?]),
                }
            }
            Way::Prepared => {
                let statement = self.prepare(&first.text, told).await?;
                let statement = statement.with_timestamp(step.timestamp).with_now_in_seconds(now);
                match step.page {
                    Some(rows) => self.pages(statement.with_page_size(rows), first).await,
                    None => Ok(vec![self.session.execute(&statement, first).await?]),
                }
            }
            Way::Logged | Way::Unlogged | Way::Counter => {
                let kind = match step.way {
                    Way::Logged => BatchType::Logged,
                    Way::Unlogged => BatchType::Unlogged,
                    _ => BatchType::Counter,
                };
                let mut batch = Batch::new(kind);
                for bound in &step.statements {
                    if bound.values.is_empty() {
                        batch.add(self.text(&bound.text), bound)?;
                    } else {
                        batch.add(&self.prepare(&bound.text, told).await?, bound)?;
                    }
                }
                let batch = batch.with_timestamp(step.timestamp).with_now_in_seconds(now);
                Ok(vec![self.session.batch(&batch).await?])
            }
        }
    }

    async fn prepare(&self, text: &str, told: &mut Vec<Prepared>) -> Result<PreparedStatement, Error> {
        let statement = self.session.prepare(self.text(text)).await?;
        told.push(Prepared::of(&statement, Names { keyspace: &self.keyspace }));
        Ok(statement)
    }

    async fn pages(&self, statement: impl Executable, values: &Bound) -> Result<Vec<QueryResult>, Error> {
        let mut pages = self.session.pages(statement, values)?;
        let mut read = Vec::new();
        while let Some(page) = pages.next().await? {
            read.push(page);
            if read.len() == MOST_PAGES {
                break;
            }
        }
        Ok(read)
    }

    /// Texts that name the keyspace have `$ks` in its place.
    fn text(&self, text: &str) -> String {
        text.replace("$ks", &self.keyspace)
    }
}
